/**
 * Work that becomes due on the runtime's clock: deliveries and calls. One place decides what runs when, so that a test
 * that moves the clock can wait until everything is quiet.
 */
import { type Fired, type Moving, validTime } from "./clock.ts"

/** One kind of work. */
export interface WorkSource {
  /** When the next piece is due, of those that nobody works on; with `after`, of those that are due later than that. */
  readonly nextDue: (after?: number) => number | undefined
  /** Claims what is due now, and starts it. */
  readonly take: () => ReadonlyArray<Promise<Fired>>
}

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

/** The longest wait that a timer takes. */
const longestTimer = 2_000_000_000

/** Milliseconds until the next look at a store that fails. */
const troubled = 1000

/**
 * A scheduler on a clock; on a clock that runs by itself it keeps a timer for what is next. `describe` puts an error
 * into words, for the operator.
 */
export const makeScheduler = (
  clock: Moving,
  mode: "system" | "manual",
  describe: (error: unknown) => string
): Scheduler => {
  const sources: Array<WorkSource> = []
  let running = 0
  let stopped = true
  let waking: NodeJS.Immediate | undefined
  let timer: NodeJS.Timeout | undefined
  let fired: Array<Fired> | undefined
  let quiet: Array<() => void> = []
  let advancing: Promise<unknown> | undefined

  const nextDue = (after?: number) => {
    const times = sources.map((source) => source.nextDue(after)).filter((time) => time !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
  }
  const isQuiet = () => {
    if (stopped) return true
    if (running > 0 || waking !== undefined) return false
    const next = nextDue()
    return next === undefined || next > clock.now()
  }
  const run = async (work: Promise<Fired>) => {
    running += 1
    try {
      const one = await work
      fired?.push(one)
      running -= 1
      pump()
    } catch (error) {
      running -= 1
      // Its work may still be due: at once again would be for ever.
      process.stderr.write(`Scheduled work failed: ${describe(error)}\n`)
      later()
    }
  }
  const later = () => {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(pump, troubled).unref()
  }
  const pump = () => {
    if (stopped) return
    const looked = clock.now()
    try {
      for (const source of sources) for (const work of source.take()) void run(work)
      arm(looked)
      if (!isQuiet()) return
    } catch (error) {
      // The store fails: that is for requests to say. The work is still there, so it is looked at again.
      process.stderr.write(`Scheduled work cannot be read, and will be looked at again: ${describe(error)}\n`)
      later()
    }
    const done = quiet
    quiet = []
    for (const resolve of done) resolve()
  }
  const arm = (looked = clock.now()) => {
    clearTimeout(timer)
    if (mode !== "system" || stopped) return
    const next = nextDue()
    if (next !== undefined && next <= looked && running === 0) return wake()
    // What was due and was not taken waits for running work: it is looked at when that ends, the rest at its time.
    const later = nextDue(looked)
    if (later === undefined) return
    timer = setTimeout(pump, Math.min(Math.max(0, Math.ceil(later - clock.now())), longestTimer)).unref()
  }
  const wake = () => {
    waking ??= setImmediate(() => {
      waking = undefined
      pump()
    })
  }
  const idle = () =>
    new Promise<void>((resolve) => {
      if (isQuiet()) return resolve()
      quiet.push(resolve)
      if (running === 0) wake()
    })
  const stepwise = async (milliseconds: number): Promise<ReadonlyArray<Fired>> => {
    const target = clock.now() + milliseconds
    const done: Array<Fired> = []
    fired = done
    try {
      // One instant after the other: the order of the work is the order of its times.
      for (let round = 0; round < mostRounds; round++) {
        // oxlint-disable-next-line no-await-in-loop
        await idle()
        const next = nextDue()
        if (stopped || next === undefined || next > target) break
        clock.moveTo(Math.max(next, clock.now()))
        wake()
      }
      clock.moveTo(Math.max(target, clock.now()))
      wake()
      await idle()
    } finally {
      fired = undefined
    }
    return done
  }
  return {
    add: (source) => void sources.push(source),
    wake,
    idle,
    advance: (milliseconds) => {
      if (!(milliseconds >= 0)) throw new TypeError("The clock advances by a number of milliseconds, 0 or more")
      validTime(clock.now() + milliseconds)
      const next = nextDue()
      // Nothing to do on the way: the clock has moved before this returns.
      if (advancing === undefined && isQuiet() && (next === undefined || next > clock.now() + milliseconds)) {
        clock.moveTo(clock.now() + milliseconds)
        arm()
        return Promise.resolve([])
      }
      const go = () => stepwise(milliseconds)
      const mine: Promise<ReadonlyArray<Fired>> = (advancing ?? Promise.resolve()).then(go, go)
      advancing = mine
      const over = () => {
        if (advancing === mine) advancing = undefined
      }
      mine.then(over, over)
      return mine
    },
    set: (time) => {
      clock.moveTo(typeof time === "number" ? time : new Date(time).getTime())
      wake()
    },
    start: () => {
      stopped = false
      wake()
    },
    stop: () => {
      stopped = true
      clearTimeout(timer)
      clearImmediate(waking)
      waking = undefined
      const done = quiet
      quiet = []
      for (const resolve of done) resolve()
    }
  }
}
