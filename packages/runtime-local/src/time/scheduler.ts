/**
 * Work that becomes due on the runtime's clock: deliveries and calls. One place decides what runs when, so that a test
 * that moves the clock can wait until everything is quiet.
 */
import { type Fired, type Moving, validTime } from "./clock.ts"
import { makeWorkLoop, type WorkLoop, type WorkSource } from "./workLoop.ts"

/** The scheduler of a runtime. */
export interface Scheduler {
  readonly add: (source: WorkSource) => void
  /** Says that there may be work: looked at after the current turn, hence after the current transaction. */
  readonly wake: () => void
  /** Resolves when nothing runs and nothing is due. */
  readonly idle: () => Promise<void>
  /** Moves the clock from due time to due time, running what is due at each; resolves when all is quiet. */
  readonly advance: (milliseconds: number) => Promise<ReadonlyArray<Fired>>
  readonly set: (time: number | string | Date) => void
  readonly start: () => void
  /** Starts nothing more; what runs is left to end. */
  readonly stop: () => void
}

/** More rounds than any test has use for: a job that is due again and again at the same instant is a defect. */
const mostRounds = 1_000_000

/** A scheduler on a clock. */
export const makeScheduler = (
  clock: Moving,
  mode: "system" | "manual",
  describe: (error: unknown) => string
): Scheduler => {
  const loop = makeWorkLoop(clock, mode, describe)
  const { add, wake, idle, start, stop } = loop
  return {
    add,
    wake,
    idle,
    start,
    stop,
    advance: makeAdvance(clock, loop),
    set: (time) => {
      clock.moveTo(typeof time === "number" ? time : new Date(time).getTime())
      wake()
    }
  }
}

const makeAdvance = (clock: Moving, loop: WorkLoop): Scheduler["advance"] => {
  let last: Promise<unknown> | undefined
  return (milliseconds) => {
    if (!(milliseconds >= 0)) throw new TypeError("The clock advances by a number of milliseconds, 0 or more")
    const target = validTime(clock.now() + milliseconds)
    const next = loop.nextDue()
    // Nothing to do on the way: the clock has moved before this returns.
    if (last === undefined && loop.isQuiet() && (next === undefined || next > target)) {
      clock.moveTo(target)
      loop.arm()
      return Promise.resolve([])
    }
    // One after the other: each goes on from where the one before it ended.
    const go = () => stepwise(clock, loop, milliseconds)
    const mine: Promise<ReadonlyArray<Fired>> = (last ?? Promise.resolve()).then(go, go)
    last = mine
    const over = () => {
      if (last === mine) last = undefined
    }
    mine.then(over, over)
    return mine
  }
}

/** One instant after the other: the order of the work is the order of its times. */
const stepwise = async (clock: Moving, loop: WorkLoop, milliseconds: number): Promise<ReadonlyArray<Fired>> => {
  const target = clock.now() + milliseconds
  const fired: Array<Fired> = []
  loop.record(fired)
  try {
    for (let round = 0; round < mostRounds; round++) {
      // oxlint-disable-next-line no-await-in-loop
      await loop.idle()
      const next = loop.nextDue()
      if (loop.isStopped() || next === undefined || next > target) break
      clock.moveTo(Math.max(next, clock.now()))
      loop.wake()
    }
    clock.moveTo(Math.max(target, clock.now()))
    loop.wake()
    await loop.idle()
  } finally {
    loop.record(undefined)
  }
  return fired
}
