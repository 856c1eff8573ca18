/**
 * Work under a deadline.
 *
 * @since 0.1.0
 */

/** What `within` gives when the time was over first. */
export const late: unique symbol = Symbol("late")

/** A deadline that has begun: ends by time, or when whoever asked hangs up. */
export interface Deadline {
  /** Aborted at the deadline, and when the outer signal is. */
  readonly signal: AbortSignal
  /** When it ends. */
  readonly at: Date
  /** Resolves at the deadline. */
  readonly passed: Promise<typeof late>
  /** Stops the clock. The outer signal is still listened to. */
  readonly stop: () => void
  /** Stops listening to the outer signal, too. */
  readonly close: () => void
}

/** Begins a deadline that many milliseconds from now. */
export const startDeadline = (milliseconds: number, outer: AbortSignal | undefined): Deadline => {
  const controller = new AbortController()
  const hangUp = () => controller.abort(outer?.reason)
  if (outer?.aborted === true) hangUp()
  outer?.addEventListener("abort", hangUp)
  let timer: ReturnType<typeof setTimeout> | undefined
  const passed = new Promise<typeof late>((resolve) => {
    timer = setTimeout(
      () => {
        resolve(late)
        controller.abort(new DOMException("The runtime no longer waits for this answer.", "TimeoutError"))
      },
      Math.max(0, milliseconds)
    )
  })
  const stop = () => clearTimeout(timer)
  const close = () => {
    stop()
    outer?.removeEventListener("abort", hangUp)
  }
  return { signal: controller.signal, at: new Date(Date.now() + milliseconds), passed, stop, close }
}

/** The outcome of work, or `late`. Work that goes on after the deadline is left alone; its failure is nobody's. */
export const within = <A>(deadline: Deadline, work: () => A | PromiseLike<A>): Promise<A | typeof late> =>
  Promise.race([(async () => work())(), deadline.passed])
