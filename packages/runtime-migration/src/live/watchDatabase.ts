/**
 * Passes of dry run and apply, one after the other, while old writers are still at work.
 *
 * @since 0.2.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import { isMigrationError } from "../errors/MigrationError.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import type { StepOptions } from "./reports.ts"
import { applyDatabase, dryRunDatabase } from "./runDatabase.ts"
import type { SqlDriver } from "./SqlDriver.ts"

/**
 * Options of `watchDatabase`.
 *
 * @since 0.2.0
 * @category models
 */
export interface WatchOptions extends Omit<StepOptions, "signal"> {
  /** Ends it, behind the pass that is under way. */
  readonly signal?: AbortSignal | undefined
  /** Ends it after so many passes in a row that found nothing. Default: when the signal says so. */
  readonly quiet?: number | undefined
  /** Milliseconds between two passes. Default 5,000. */
  readonly every?: number | undefined
  /** Told after every pass. */
  readonly onPass?: ((pass: WatchPass) => void) | undefined
}

/**
 * One pass.
 *
 * @since 0.2.0
 * @category models
 */
export interface WatchPass {
  readonly pass: number
  readonly changed: number
}

/**
 * What a watch did.
 *
 * @since 0.2.0
 * @category models
 */
export interface WatchReport {
  readonly passes: number
  readonly changed: number
}

const pause = (milliseconds: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const timer = setTimeout(() => end(), milliseconds)
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", end)
      resolve()
    }
    signal?.addEventListener("abort", end)
  })

/**
 * Catches up with writers that still write ids of the source: dry run and apply, again and again, until the signal fires or
 * nothing comes any more. After the last writer has stopped, two passes end it: one that rewrites the rest, and one that
 * finds nothing. Fails where a dry run finds what stands against apply.
 *
 * @since 0.2.0
 * @category database
 */
export const watchDatabase = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  { signal, quiet = Number.POSITIVE_INFINITY, every = 5000, onPass, ...options }: WatchOptions = {}
): Promise<WatchReport> => {
  checkOptions("watchDatabase", options, {
    patience: true,
    replicaLag: true,
    replicas: true,
    onPause: true,
    onProgress: true
  })
  let [passes, changed, still] = [0, 0, 0]
  while (still < quiet) {
    if (still > 0) await pause(every, signal)
    if (signal?.aborted === true) break
    const rows = await onePass(driver, plan, { ...options, signal })
    if (rows === undefined) break
    passes++
    changed += rows
    still = rows === 0 ? still + 1 : 0
    onPass?.({ pass: passes, changed: rows })
  }
  return { passes, changed }
}

/** Rows of a pass; `undefined` where the signal ended it. */
const onePass = async (driver: SqlDriver, plan: DatabasePlan, options: StepOptions): Promise<number | undefined> => {
  try {
    await dryRunDatabase(driver, plan, options)
    return (await applyDatabase(driver, plan, options)).changed
  } catch (error) {
    if (isMigrationError(error) && error.reason._tag === "Aborted") return undefined
    throw error
  }
}
