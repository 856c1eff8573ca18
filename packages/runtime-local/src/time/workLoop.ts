/**
 * The loop that starts work when it is due on the runtime's clock, and knows when all is quiet.
 */
import type { Fired, Moving } from "./clock.ts"
import { makeAlarm, makeGate, makeNextTurn } from "./timers.ts"

/** One kind of work. */
export interface WorkSource {
  /** When the next piece is due, of those that nobody works on; with `after`, of those that are due later than that. */
  readonly nextDue: (after?: number) => number | undefined
  /** Claims what is due now, and starts it. */
  readonly take: () => ReadonlyArray<Promise<Fired>>
}

/** The loop of a runtime. */
export interface WorkLoop {
  readonly add: (source: WorkSource) => void
  readonly nextDue: () => number | undefined
  /** Whether nothing runs and nothing is due. */
  readonly isQuiet: () => boolean
  readonly isStopped: () => boolean
  /** Looks after the current turn, hence after the current transaction. */
  readonly wake: () => void
  /** Sets the timer for what is next, after the clock was moved. */
  readonly arm: () => void
  /** Resolves when all is quiet, or the loop stops. */
  readonly idle: () => Promise<void>
  /** Notes what fires from now on in a list; `undefined` ends that. */
  readonly record: (list: Array<Fired> | undefined) => void
  readonly start: () => void
  /** Starts nothing more; what runs is left to end. */
  readonly stop: () => void
}

/** Milliseconds until the next look at a store that fails. */
const retryMillis = 1000

/**
 * A loop over a clock; where that runs by itself, with a timer for what is next. `describe` puts an error into words,
 * for the operator.
 */
export const makeWorkLoop = (
  clock: Moving,
  mode: "system" | "manual",
  describe: (error: unknown) => string
): WorkLoop => {
  const sources: Array<WorkSource> = []
  const quiet = makeGate()
  const alarm = makeAlarm(() => look())
  const nextTurn = makeNextTurn(() => look())
  let running = 0
  let stopped = true
  let recorded: Array<Fired> | undefined

  const nextDue = (after?: number) => earliest(sources.map((source) => source.nextDue(after)))
  const isQuiet = () => {
    if (stopped) return true
    if (running > 0 || nextTurn.isPending()) return false
    const next = nextDue()
    return next === undefined || next > clock.now()
  }
  const complain = (what: string, error: unknown) => {
    process.stderr.write(`Scheduled work ${what}: ${describe(error)}\n`)
    // What is due may still be due: at once again would be for ever.
    if (!stopped) alarm.set(retryMillis)
  }
  const run = async (work: Promise<Fired>) => {
    running += 1
    try {
      const fired = await work
      recorded?.push(fired)
      running -= 1
      look()
    } catch (error) {
      running -= 1
      complain("failed", error)
    }
  }
  const look = () => {
    if (stopped) return
    const looked = clock.now()
    try {
      for (const source of sources) for (const work of source.take()) void run(work)
      arm(looked)
      if (!isQuiet()) return
    } catch (error) {
      // The store fails: that is for requests to say. The work is still there, so it is looked at again.
      complain("cannot be read, and will be looked at again", error)
    }
    quiet.open()
  }
  const arm = (looked = clock.now()) => {
    alarm.clear()
    if (mode !== "system" || stopped) return
    const next = nextDue()
    if (next !== undefined && next <= looked && running === 0) return nextTurn.request()
    // What was due and was not taken waits for running work: it is looked at when that ends, the rest at its time.
    const later = next === undefined || next > looked ? next : nextDue(looked)
    if (later !== undefined) alarm.set(Math.max(0, Math.ceil(later - clock.now())))
  }
  const idle = () => {
    if (isQuiet()) return Promise.resolve()
    if (running === 0) nextTurn.request()
    return quiet.wait()
  }
  const start = () => {
    stopped = false
    nextTurn.request()
  }
  const stop = () => {
    stopped = true
    alarm.clear()
    nextTurn.clear()
    quiet.open()
  }
  const record = (list: Array<Fired> | undefined) => void (recorded = list)
  const add = (source: WorkSource) => void sources.push(source)
  return { add, nextDue, isQuiet, isStopped: () => stopped, wake: nextTurn.request, arm, idle, record, start, stop }
}

const earliest = (times: ReadonlyArray<number | undefined>): number | undefined => {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
