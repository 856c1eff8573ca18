/**
 * The same steps as Effects: what went wrong is in the error channel, and interruption stops a step between two writes.
 *
 * @since 0.2.0
 */
import * as Effect from "effect/Effect"
import { isRuntimeError, type RuntimeError } from "@aywa-ai/runtime-sdk"
import * as Steps from "./index.ts"

/**
 * What a step that asks the runtime fails with.
 *
 * @since 0.2.0
 * @category errors
 */
export type StepError = Steps.RuntimeConfigError | RuntimeError

/** Options of a step, without the signal: that is the fiber's. */
type Unsignalled<O> = Omit<O, "signal">

const failure = (error: unknown): Effect.Effect<never, StepError> =>
  Steps.isRuntimeConfigError(error) || isRuntimeError(error) ? Effect.fail(error) : Effect.die(error)

/** An interrupted step is waited for: it has let go of the folder before others go on. */
const step = <A>(run: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, StepError> =>
  Effect.callback<A, StepError>((resume, signal) => {
    const ended = run(signal).then(
      (value) => resume(Effect.succeed(value)),
      (error: unknown) => resume(failure(error))
    )
    return Effect.promise(() => ended)
  })

/**
 * Reads a folder of configuration. See `readConfig` of the promise entry.
 *
 * @since 0.2.0
 * @category folder
 */
export const readConfig = (
  folder: string,
  options?: Steps.ReadConfigOptions
): Effect.Effect<Steps.Config, Steps.RuntimeConfigError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(Steps.readConfig(folder, options))
    } catch (error) {
      return Steps.isRuntimeConfigError(error) ? Effect.fail(error) : Effect.die(error)
    }
  })

/**
 * Says what a push would do. Reads lists only.
 *
 * @since 0.2.0
 * @category plan
 */
export const planConfig = (
  aywa: Steps.ConfigClient,
  config: Steps.Config,
  options?: Unsignalled<Steps.PlanOptions>
): Effect.Effect<Steps.Plan, StepError> => step((signal) => Steps.planConfig(aywa, config, { ...options, signal }))

/**
 * Applies a plan, row by row. Interrupted, it can be planned and applied again.
 *
 * @since 0.2.0
 * @category push
 */
export const applyPlan = (
  aywa: Steps.ConfigClient,
  config: Steps.Config,
  plan: Steps.Plan,
  options?: Unsignalled<Steps.ApplyOptions>
): Effect.Effect<Steps.ApplyReport, StepError> =>
  step((signal) => Steps.applyPlan(aywa, config, plan, { ...options, signal }))

/**
 * Plans and applies in one go, with one reading of the lists. Nobody is asked in between: to show the plan first, use
 * `planConfig` and `applyPlan`.
 *
 * @since 0.2.0
 * @category push
 */
export const pushConfig = (
  aywa: Steps.ConfigClient,
  config: Steps.Config,
  options?: Unsignalled<Steps.ApplyOptions> & { readonly plan?: Unsignalled<Steps.PlanOptions> }
): Effect.Effect<Steps.ApplyReport & { readonly plan: Steps.Plan }, StepError> =>
  step((signal) => Steps.pushConfig(aywa, config, { ...options, signal }))

/**
 * Plans the way back to before a push. See `planRollback` of the promise entry.
 *
 * @since 0.2.0
 * @category push
 */
export const planRollback = (
  aywa: Steps.ConfigClient,
  config: Steps.Config,
  options?: Unsignalled<NonNullable<Parameters<typeof Steps.planRollback>[2]>>
): Effect.Effect<Steps.Plan, StepError> => step((signal) => Steps.planRollback(aywa, config, { ...options, signal }))

/**
 * Says that a file is a row of the runtime. See `adoptRow` of the promise entry.
 *
 * @since 0.2.0
 * @category pull
 */
export const adoptRow = (
  aywa: Steps.ConfigClient,
  config: Steps.Config,
  address: string,
  id: string
): Effect.Effect<{ readonly file: string; readonly differences: number }, StepError> =>
  step((signal) => Steps.adoptRow(aywa, config, address, id, { signal }))

/**
 * Brings the runtime's changes into the files.
 *
 * @since 0.2.0
 * @category pull
 */
export const pullConfig = (
  aywa: Steps.ConfigClient,
  config: Steps.Config,
  options?: Unsignalled<Steps.PullOptions>
): Effect.Effect<Steps.PullReport, StepError> =>
  step((signal) => Steps.pullConfig(aywa, config, { ...options, signal }))

/**
 * Compares state and runtime. Reads lists only.
 *
 * @since 0.2.0
 * @category plan
 */
export const findDrift = (
  aywa: Steps.ConfigClient,
  config: Steps.Config,
  options?: Unsignalled<NonNullable<Parameters<typeof Steps.findDrift>[2]>>
): Effect.Effect<Steps.DriftReport, StepError> =>
  step((signal) => Steps.findDrift(aywa, config, { ...options, signal }))
