/**
 * The imports of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { imports } from "../contract/imports.ts"
import type { ServiceOf } from "./service.ts"

/**
 * Imports of a source account into the runtime, and the mapping of its ids.
 *
 * @since 0.2.0
 * @category models
 */
export interface Service extends ServiceOf<typeof imports> {}

/**
 * The service's tag. `AywaRuntime.layer` provides it.
 *
 * @since 0.1.0
 * @category services
 */
export class Imports extends Context.Service<Imports, Service>()("@aywa-ai/runtime-sdk/Imports") {}
