/**
 * Work under a deadline, as promises.
 *
 * @since 0.1.0
 */
import { done, failed, late, type Outcome } from "./outcome.ts"

/** A deadline that has begun: ends by time, or when whoever asked hangs up. */
export interface Deadline {
  /** Aborted at the deadline, and when the outer signal is. */
  readonly signal: AbortSignal
  /** When it ends. */
  readonly at: Date
  /** Resolves at the deadline. */
  readonly timeout: Promise<Outcome<never>>
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
  const timeout = new Promise<Outcome<never>>((resolve) => {
    timer = setTimeout(
      () => {
        resolve(late)
        controller.abort(tooLate())
      },
      Math.max(0, milliseconds)
    )
  })
  const stop = () => clearTimeout(timer)
  const close = () => {
    stop()
    outer?.removeEventListener("abort", hangUp)
  }
  return { signal: controller.signal, at: new Date(Date.now() + milliseconds), timeout, stop, close }
}

/** Why the signal of a handler is aborted at its deadline. */
export const tooLate = (): DOMException =>
  new DOMException("The runtime no longer waits for this answer.", "TimeoutError")

/** The outcome of work. Work that goes on after the deadline is left alone; its failure is nobody's. */
export const within = <A>(deadline: Deadline, work: () => A | PromiseLike<A>): Promise<Outcome<A>> =>
  Promise.race([outcomeOf(work), deadline.timeout])

/** The outcome of work that takes as long as it takes. */
export const outcomeOf = async <A>(work: () => A | PromiseLike<A>): Promise<Outcome<A>> => {
  try {
    return done(await work())
  } catch (cause) {
    return failed(cause)
  }
}
