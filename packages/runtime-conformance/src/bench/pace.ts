/**
 * How much a run asks of a runtime: never more requests than it may, and no more a second than it may on average.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { Ended, inconclusive } from "../model/Case.ts"

/** Takes requests out of what a run may make. */
export interface Pace {
  /** Waits for the turn of so many requests, which may then be made at once. Cleaning up is always allowed. */
  readonly take: (requests: number, cleaning: boolean, signal: AbortSignal) => Promise<void>
  readonly count: () => number
  /** From now on there is no waiting; what a run may ask at most stays. */
  readonly lift: () => void
}

export const makePace = (max: number, perSecond: number): Pace => {
  let every = 1000 / perSecond
  let free = performance.now()
  let count = 0
  return {
    count: () => count,
    lift: () => {
      every = 0
      free = performance.now()
    },
    take: async (requests, cleaning, signal) => {
      if (!cleaning && count + requests > max) throw new Ended(inconclusive(`the run may make ${max} requests at most`))
      count += requests
      // What is made at once is paid for before, so that the average holds at any time.
      const start = Math.max(performance.now(), free) + (requests - 1) * every
      free = start + every
      const wait = start - performance.now()
      if (wait > 1) await sleep(wait, undefined, { signal })
    }
  }
}
