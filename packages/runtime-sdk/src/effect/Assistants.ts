/**
 * The assistants of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import { assistants } from "../contract/assistants.ts"
import { layerOf, type ServiceOf } from "./service.ts"
import type { RuntimeConfig } from "../config/RuntimeConfig.ts"
import type { Transport } from "../transport/Transport.ts"

/**
 * The assistants of a runtime: the operations of the contract, and `stream` and `pages` over the whole list.
 *
 * @since 0.1.0
 * @category services
 */
export class Assistants extends Context.Service<Assistants, ServiceOf<typeof assistants>>()(
  "@aywa-ai/runtime-sdk/Assistants"
) {}

/**
 * Provides the service over a configuration and a transport.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Assistants, never, RuntimeConfig | Transport> = layerOf(
  Assistants,
  "assistants",
  assistants
)
