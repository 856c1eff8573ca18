/**
 * The runtime's own time. It drives timestamps, idempotency TTLs and rate-limit windows; injected latency stays real.
 */

/** A clock that tests can move. */
export interface RuntimeClock {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Moves to a point in time: epoch milliseconds, an ISO 8601 time or a Date. */
  readonly set: (time: number | string | Date) => void
  /** Moves forward by a number of milliseconds. */
  readonly advance: (milliseconds: number) => void
}

/** `"system"` keeps running from wherever it is set to; `"manual"` stands still until it is moved. */
export const makeClock = (mode: "system" | "manual"): RuntimeClock => {
  let offset = 0
  let fixed = Date.now()
  const now = () => (mode === "system" ? Date.now() + offset : fixed)
  const moveTo = (time: number) => {
    if (!Number.isFinite(time)) throw new TypeError("Not a time: give epoch milliseconds, an ISO 8601 time or a Date")
    fixed = time
    offset = time - Date.now()
  }
  return {
    now,
    set: (time) => moveTo(typeof time === "number" ? time : new Date(time).getTime()),
    advance: (milliseconds) => {
      if (!(milliseconds >= 0)) throw new TypeError("The clock advances by a number of milliseconds, 0 or more")
      moveTo(now() + milliseconds)
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
