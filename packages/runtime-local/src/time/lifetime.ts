/**
 * The time from a start of the runtime to its stop. What begins in one lifetime writes nothing in the next: the database
 * may have been closed and opened again in between.
 */

/** The lifetime that now is. */
export interface Lifetime {
  /** Aborts when this lifetime ends. Whoever begins something keeps the signal that it began under. */
  readonly signal: () => AbortSignal
  /** Ends this lifetime, and begins the next one. */
  readonly end: () => void
}

/** Makes a lifetime that has begun. */
export const makeLifetime = (): Lifetime => {
  let controller = new AbortController()
  return {
    signal: () => controller.signal,
    end: () => {
      controller.abort()
      controller = new AbortController()
    }
  }
}
