/**
 * The files of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { files } from "../contract/files.ts"
import type { ServiceOf } from "./service.ts"

/**
 * The files of a runtime: the operations of the contract, and streams over every list.
 *
 * @since 0.2.0
 * @category models
 */
export interface Service extends ServiceOf<typeof files> {}

/**
 * The service's tag. `AywaRuntime.layer` provides it.
 *
 * @since 0.1.0
 * @category services
 */
export class Files extends Context.Service<Files, Service>()("@aywa-ai/runtime-sdk/Files") {}
