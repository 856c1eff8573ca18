/**
 * The runtime's own time. It drives timestamps, idempotency TTLs, rate-limit windows, deliveries and calls; injected
 * latency stays real.
 */

/**
 * A piece of work that ran because its time had come.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fired {
  readonly kind: "webhook" | "call"
  /** The job's or the call's id. */
  readonly id: string
  /** What was done: an event type, or a step of a call. */
  readonly what: string
  /** ISO 8601, on the runtime's clock. */
  readonly at: string
}

/** A clock that tests can move. */
export interface RuntimeClock {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Jumps to a point in time: epoch milliseconds, an ISO 8601 time or a Date. What is due then runs at that time. */
  readonly set: (time: number | string | Date) => void
  /**
   * Moves forward by a number of milliseconds, and stops on the way wherever something is due: it runs then, in order.
   * Resolves when all is quiet, with what ran. With nothing due on the way the clock has moved when this returns.
   */
  readonly advance: (milliseconds: number) => Promise<ReadonlyArray<Fired>>
}

/** A clock as the scheduler sees it. */
export interface Moving {
  readonly now: () => number
  readonly moveTo: (time: number) => void
}

/** The end of what four digits of a year can say. */
const endOfTime = Date.UTC(10_000)

/** Gives epoch milliseconds back; throws a TypeError for a time that an ISO 8601 text cannot say in four digits. */
export const validTime = (time: number): number => {
  if (time >= 0 && time < endOfTime) return time
  throw new TypeError("Not a time from 1970 to 9999: give epoch milliseconds, an ISO 8601 time or a Date")
}

/** `"system"` keeps running from wherever it is set to; `"manual"` stands still until it is moved. */
export const makeClock = (mode: "system" | "manual"): Moving => {
  let offset = 0
  let fixed = Date.now()
  return {
    now: () => (mode === "system" ? Date.now() + offset : fixed),
    moveTo: (time) => {
      fixed = Math.round(validTime(time))
      offset = fixed - Date.now()
    }
  }
}

/** Waits in real time; ends early, by rejecting, when the listener that serves the request goes away. */
export const sleep = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Stopped())
    const stop = () => {
      clearTimeout(timer)
      reject(new Stopped())
    }
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop)
      resolve()
    }, milliseconds)
    signal.addEventListener("abort", stop, { once: true })
  })

/** The request outlived its listener: like a crash, it must leave no trace. */
export class Stopped extends Error {
  override readonly name = "Stopped"
}
