/**
 * The calls of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import { calls } from "./contract/calls.ts"
import { layerOf, type ServiceOf } from "./internal/service.ts"
import type { RuntimeConfig } from "./RuntimeConfig.ts"
import type { Transport } from "./Transport.ts"

/**
 * The calls of a runtime: the operations of the contract, and streams over every list.
 *
 * @since 0.1.0
 * @category services
 */
export class Calls extends Context.Service<Calls, ServiceOf<typeof calls>>()("@aywa-ai/runtime-sdk/Calls") {}

/**
 * Provides the service over a configuration and a transport.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Calls, never, RuntimeConfig | Transport> = layerOf(Calls, "calls", calls)
