/**
 * A rehearsal on a copy: every step once, with its time, and everything put back.
 *
 * @since 0.2.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import { fail } from "../errors/MigrationError.ts"
import { isPrepared } from "../live/checks.ts"
import { cleanupDatabase } from "../live/cleanupDatabase.ts"
import type { DatabasePlan } from "../live/planDatabase.ts"
import type { DryRunLocation, NotRestored, StepOptions } from "../live/reports.ts"
import { applyDatabase, dryRunDatabase, rollbackDatabase } from "../live/runDatabase.ts"
import type { SqlDriver } from "../live/SqlDriver.ts"
import { stepNames } from "../live/stepNames.ts"
import { verifyDatabase } from "../live/verifyDatabase.ts"

/**
 * The steps that are timed.
 *
 * @since 0.2.0
 * @category models
 */
export type RehearsedStep = "dry-run" | "apply" | "catch-up" | "verify" | "rollback" | "cleanup"

/**
 * What a rehearsal found.
 *
 * @since 0.2.0
 * @category models
 */
export interface Rehearsal {
  /** Seconds of each step that ran. */
  readonly seconds: Readonly<Partial<Record<RehearsedStep, number>>>
  readonly locations: ReadonlyArray<DryRunLocation>
  /** Rows that apply changed. */
  readonly changed: number
  /** What stops apply, or what verify found after it. The live run will meet the same. */
  readonly problems: ReadonlyArray<string>
  /** What rollback could not put back. On a copy that nobody uses: nothing. */
  readonly notRestored: ReadonlyArray<NotRestored>
}

/**
 * Goes through the procedure on a copy of the database: dry run, apply, a second pass as catch-up makes it, verify,
 * rollback, cleanup. The copy is as it was then, and each step has its time. Refuses a database in which a run is under
 * way; where a step fails, what was written is put back before the error goes on.
 *
 * @since 0.2.0
 * @category database
 */
export const rehearseDatabase = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  options: StepOptions = {}
): Promise<Rehearsal> => {
  checkOptions("rehearseDatabase", options, stepNames)
  if (await isPrepared(driver, plan)) {
    const detail =
      "A run is under way in this database, and a rehearsal would put it back and clean it up. Rehearse on a copy from before it, or finish it first."
    fail({ _tag: "OutOfOrder", detail })
  }
  const seconds: Partial<Record<RehearsedStep, number>> = {}
  const timed: Timed = async (step, work) => {
    const begin = performance.now()
    const result = await work()
    seconds[step] = (performance.now() - begin) / 1000
    return result
  }
  try {
    const dry = await timed("dry-run", () => dryRunDatabase(driver, plan, options))
    const forward =
      dry.problems.length > 0 ? { changed: 0, problems: dry.problems } : await goForward(driver, plan, options, timed)
    // Ctrl-C on the way: what was written is put back all the same.
    const quiet = { ...options, signal: undefined }
    const back =
      dry.problems.length > 0 ? undefined : await timed("rollback", () => rollbackDatabase(driver, plan, quiet))
    await timed("cleanup", () => cleanupDatabase(driver, plan, { drifted: "accept" }))
    return { seconds, locations: dry.locations, ...forward, notRestored: back?.notRestored ?? [] }
  } catch (error) {
    await putBack(driver, plan)
    throw error
  }
}

type Timed = <A>(step: RehearsedStep, work: () => Promise<A>) => Promise<A>

const goForward = async (driver: SqlDriver, plan: DatabasePlan, options: StepOptions, timed: Timed) => {
  const { changed } = await timed("apply", () => applyDatabase(driver, plan, options))
  await timed("catch-up", async () => {
    await dryRunDatabase(driver, plan, options)
    await applyDatabase(driver, plan, options)
  })
  const { problems } = await timed("verify", () => verifyDatabase(driver, plan, options))
  return { changed, problems }
}

/** After an error, which is what the caller has to know: an error of this tells nothing more. */
const putBack = async (driver: SqlDriver, plan: DatabasePlan): Promise<void> => {
  // Where the dry run has not come to its end there is nothing to be put back.
  await rollbackDatabase(driver, plan).catch(() => undefined)
  await cleanupDatabase(driver, plan).catch(() => undefined)
}
