/**
 * The credentials of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { credentials } from "../contract/credentials.ts"
import type { ServiceOf } from "./service.ts"

/**
 * The credentials of a runtime: the operations of the contract, and streams over every list.
 *
 * @since 0.2.0
 * @category models
 */
export interface Service extends ServiceOf<typeof credentials> {}

/**
 * The service's tag. `AywaRuntime.layer` provides it.
 *
 * @since 0.1.0
 * @category services
 */
export class Credentials extends Context.Service<Credentials, Service>()("@aywa-ai/runtime-sdk/Credentials") {}
