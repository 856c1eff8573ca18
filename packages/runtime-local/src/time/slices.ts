/**
 * Long work in small pieces, so that others are served in between.
 */
import { setImmediate } from "node:timers/promises"
import { Stopped } from "./clock.ts"

/** Milliseconds of work in one turn of the event loop. */
const slice = 8

/** Runs work that yields between its pieces; rejects with `Stopped` when the listener goes away. */
export const runInSlices = async <A>(work: Generator<void, A>, signal: AbortSignal): Promise<A> => {
  for (;;) {
    if (signal.aborted) throw new Stopped()
    const end = performance.now() + slice
    do {
      const step = work.next()
      if (step.done === true) return step.value
    } while (performance.now() < end)
    // The pieces come one after another: giving way in between is the point.
    // oxlint-disable-next-line no-await-in-loop
    await setImmediate()
  }
}

/** Runs the same work at once. */
export const runAtOnce = <A>(work: Generator<void, A>): A => {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}
