/**
 * The same steps as Effects: what went wrong is in the error channel, and interruption stops a step where it can be run
 * again. An interrupted step is waited for: its transaction has ended before the connection is released.
 *
 * @since 0.2.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type AywaRuntimeClient, isRuntimeError, type RuntimeError } from "@aywa-ai/runtime-sdk"
import * as Steps from "./index.ts"

/**
 * What a step that asks a runtime or the source fails with.
 *
 * @since 0.2.0
 * @category errors
 */
export type StepError = Steps.MigrationError | RuntimeError

/** Options of a step, without the signal: that is the fiber's. */
type Unsignalled<O> = Omit<O, "signal">

const failure = (error: unknown): Effect.Effect<never, StepError> =>
  Steps.isMigrationError(error) || isRuntimeError(error) ? Effect.fail(error) : Effect.die(error)

const step = <A>(run: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, StepError> =>
  Effect.callback<A, StepError>((resume, signal) => {
    const ended = run(signal).then(
      (value) => resume(Effect.succeed(value)),
      (error: unknown) => resume(failure(error))
    )
    return Effect.promise(() => ended)
  })

/** A step that does not ask the runtime. */
const ownStep = <A>(run: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, Steps.MigrationError> =>
  step(run).pipe(Effect.catch((error) => (Steps.isMigrationError(error) ? Effect.fail(error) : Effect.die(error))))

/**
 * Connects to a database by its URL, until the scope closes. See `openDatabase` of the promise entry.
 *
 * @since 0.2.0
 * @category drivers
 */
export const openDatabase = (
  url: string,
  options?: Steps.DriverOptions
): Effect.Effect<Steps.SqlDriver, Steps.MigrationError, Scope.Scope> =>
  Effect.acquireRelease(
    ownStep(() => Steps.openDatabase(url, options)),
    (driver) => Effect.promise(() => driver.close())
  )

/**
 * Finds the columns in which ids of the mappings stand. Reads only.
 *
 * @since 0.2.0
 * @category database
 */
export const detectDatabase = (
  driver: Steps.SqlDriver,
  options: Unsignalled<Steps.DetectOptions>
): Effect.Effect<Steps.Detection, Steps.MigrationError> =>
  ownStep((signal) => Steps.detectDatabase(driver, { ...options, signal }))

/**
 * Compares locations with the catalog, and says what stands against the steps. Reads only.
 *
 * @since 0.2.0
 * @category database
 */
export const planDatabase = (
  driver: Steps.SqlDriver,
  config: Steps.DatabaseConfig
): Effect.Effect<Steps.DatabasePlan, Steps.MigrationError> => ownStep(() => Steps.planDatabase(driver, config))

/**
 * Prepares the ledgers, and tries on a sample what apply would do, in a transaction that is rolled back.
 *
 * @since 0.2.0
 * @category database
 */
export const dryRunDatabase = (
  driver: Steps.SqlDriver,
  plan: Steps.DatabasePlan,
  options?: Unsignalled<Steps.StepOptions>
): Effect.Effect<Steps.DryRunReport, Steps.MigrationError> =>
  ownStep((signal) => Steps.dryRunDatabase(driver, plan, { ...options, signal }))

/**
 * Rewrites the ids. Interrupted, it can be run again, and goes on.
 *
 * @since 0.2.0
 * @category database
 */
export const applyDatabase = (
  driver: Steps.SqlDriver,
  plan: Steps.DatabasePlan,
  options?: Unsignalled<Steps.StepOptions>
): Effect.Effect<Steps.MoveReport, Steps.MigrationError> =>
  ownStep((signal) => Steps.applyDatabase(driver, plan, { ...options, signal }))

/**
 * Adds what the plan's mappings have since, to the same ledgers.
 *
 * @since 0.2.0
 * @category database
 */
export const extendDatabase = (
  driver: Steps.SqlDriver,
  plan: Steps.DatabasePlan
): Effect.Effect<Steps.ExtendReport, Steps.MigrationError> => ownStep(() => Steps.extendDatabase(driver, plan))

/**
 * Applies again and again, until nothing comes any more for `quiet` passes, or until it is interrupted.
 *
 * @since 0.2.0
 * @category database
 */
export const watchDatabase = (
  driver: Steps.SqlDriver,
  plan: Steps.DatabasePlan,
  options?: Unsignalled<Steps.WatchOptions>
): Effect.Effect<Steps.WatchReport, Steps.MigrationError> =>
  ownStep((signal) => Steps.watchDatabase(driver, plan, { ...options, signal }))

/**
 * Looks at every row of the locations, and with other eyes at everything else.
 *
 * @since 0.2.0
 * @category database
 */
export const verifyDatabase = (
  driver: Steps.SqlDriver,
  plan: Steps.DatabasePlan,
  options?: Unsignalled<Steps.VerifyOptions>
): Effect.Effect<Steps.VerifyReport, Steps.MigrationError> =>
  ownStep((signal) => Steps.verifyDatabase(driver, plan, { ...options, signal }))

/**
 * Puts back what apply wrote, and lists what it left.
 *
 * @since 0.2.0
 * @category database
 */
export const rollbackDatabase = (
  driver: Steps.SqlDriver,
  plan: Steps.DatabasePlan,
  options?: Unsignalled<Steps.RollbackOptions>
): Effect.Effect<Steps.RollbackReport, Steps.MigrationError> =>
  ownStep((signal) => Steps.rollbackDatabase(driver, plan, { ...options, signal }))

/**
 * Drops the ledgers. What is drifted stands against it.
 *
 * @since 0.2.0
 * @category database
 */
export const cleanupDatabase = (
  driver: Steps.SqlDriver,
  plan: Steps.DatabasePlan,
  options?: Steps.CleanupOptions
): Effect.Effect<Steps.CleanupReport, Steps.MigrationError> =>
  ownStep(() => Steps.cleanupDatabase(driver, plan, options))

/**
 * Reads an account through the source's API.
 *
 * @since 0.2.0
 * @category bundle
 */
export const fetchBundle = (
  options: Unsignalled<Steps.FetchBundleOptions>
): Effect.Effect<Steps.Bundle, Steps.MigrationError> => ownStep((signal) => Steps.fetchBundle({ ...options, signal }))

/**
 * Says what an import would do. Reads only.
 *
 * @since 0.2.0
 * @category import
 */
export const planImport = (
  aywa: Steps.MigrationClient,
  bundle: Steps.Bundle,
  options?: Unsignalled<Steps.PlanImportOptions>
): Effect.Effect<Steps.ImportPlan, StepError> =>
  step((signal) => Steps.planImport(aywa, bundle, { ...options, signal }))

/**
 * Imports an account. Interrupted, it can be run again with the same ledger or key, and makes no row twice.
 *
 * @since 0.2.0
 * @category import
 */
export const runImport = (
  aywa: Steps.MigrationClient,
  bundle: Steps.Bundle,
  options?: Unsignalled<Steps.RunImportOptions>
): Effect.Effect<Steps.ImportReport, StepError> =>
  step((signal) => Steps.runImport(aywa, bundle, { ...options, signal }))

/**
 * Compares a source account with the runtime. Reads only.
 *
 * @since 0.2.0
 * @category import
 */
export const compareAccounts = (
  aywa: Steps.MigrationClient,
  bundle: Steps.Bundle,
  options: Unsignalled<Steps.CompareOptions>
): Effect.Effect<Steps.AccountReport, StepError> =>
  step((signal) => Steps.compareAccounts(aywa, bundle, { ...options, signal }))

/**
 * The mappings that a runtime keeps of its imports.
 *
 * @since 0.2.0
 * @category ledger
 */
export const readRuntimeMappings = (
  aywa: Pick<AywaRuntimeClient, "imports">,
  options?: Unsignalled<Steps.ReadRuntimeMappingsOptions>
): Effect.Effect<ReadonlyArray<Steps.Mapping>, StepError> =>
  step((signal) => Steps.readRuntimeMappings(aywa, { ...options, signal }))
