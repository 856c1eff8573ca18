/**
 * Waits in real time that something may end early.
 */

/** Whoever waits for something to happen: each is called when it does. */
export type Waiters = Set<() => void>

/** Says that it happened. */
export const notify = (waiters: Waiters): void => {
  for (const waiter of waiters) waiter()
}

/** Waits for a time, up to the end of the runtime, and up to what `until` waits for. Never rejects. */
export const pause = (milliseconds: number, signal: AbortSignal, until?: Waiters): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", done)
      until?.delete(done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener("abort", done)
    until?.add(done)
    if (signal.aborted) done()
  })
