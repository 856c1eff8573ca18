/**
 * The end of a run before its time: Ctrl-C, a closed terminal, a reader that went away. A command sees the signal,
 * takes back what is half done, and ends. One that runs until it is stopped ends with 0, any other with the code of
 * what stopped it.
 */

/** Fires once, whatever comes first. */
export const stop = new AbortController()

/** Fires three seconds after a signal: time for an answer that says what there is to take back. */
export const graceAfter = (signal: AbortSignal): AbortSignal => {
  const grace = new AbortController()
  signal.addEventListener("abort", () => setTimeout(() => grace.abort(signal.reason), 3000), { once: true })
  return grace.signal
}
