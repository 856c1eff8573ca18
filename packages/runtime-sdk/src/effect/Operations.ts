/**
 * The operational routes of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { operations } from "../contract/operations.ts"
import type { ServiceOf } from "./service.ts"

/**
 * The operational routes of a runtime: health, readiness, metrics and what else operators ask for.
 *
 * @since 0.2.0
 * @category models
 */
export interface Service extends ServiceOf<typeof operations> {}

/**
 * The service's tag. `AywaRuntime.layer` provides it.
 *
 * @since 0.1.0
 * @category services
 */
export class Operations extends Context.Service<Operations, Service>()("@aywa-ai/runtime-sdk/Operations") {}
