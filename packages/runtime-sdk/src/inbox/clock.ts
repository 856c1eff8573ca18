/**
 * Steps of the database's clock.
 *
 * Whether a lock has ended is a question of that clock. When it steps forward, locks of workers that live seem to have
 * ended; so a process that sees a step, or has just begun, takes nothing over until every living worker has renewed its
 * locks.
 */

/** A difference that no network explains. */
const step = 2000

/** Follows the database's clock beside the process's own, which does not step. */
export const makeStepWatch = (lockMillis: number, monotonic: () => number) => {
  // Workers renew their locks after a third of the time.
  const quiet = lockMillis / 2
  let base: { readonly database: number; readonly own: number } | undefined
  let settledAt = Infinity
  return {
    /** Locks that ended before this instant may be taken over. */
    lapsedBefore: (): number => {
      if (base === undefined || monotonic() < settledAt) return 0
      return Math.floor(base.database + (monotonic() - base.own) + step)
    },
    /** Milliseconds until anything may be taken over. */
    settlesIn: (): number => (settledAt === Infinity ? 0 : Math.max(0, settledAt - monotonic())),
    /** Takes note of what the database's clock shows; `true` when it has stepped. */
    observe: (database: number): boolean => {
      const own = monotonic()
      const stepped = base !== undefined && Math.abs(base.database + (own - base.own) - database) > step
      if (base === undefined || stepped) settledAt = own + quiet
      base = { database, own }
      return stepped
    }
  }
}

export type StepWatch = ReturnType<typeof makeStepWatch>
