/**
 * The tools of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import { tools } from "../contract/tools.ts"
import { layerOf, type ServiceOf } from "./service.ts"
import type { RuntimeConfig } from "../config/RuntimeConfig.ts"
import type { Transport } from "../transport/Transport.ts"

/**
 * The tools of a runtime: the operations of the contract, and `stream` and `pages` over the whole list.
 *
 * @since 0.1.0
 * @category services
 */
export class Tools extends Context.Service<Tools, ServiceOf<typeof tools>>()("@aywa-ai/runtime-sdk/Tools") {}

/**
 * Provides the service over a configuration and a transport.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Tools, never, RuntimeConfig | Transport> = layerOf(Tools, "tools", tools)
