/**
 * The structured outputs of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import { structuredOutputs } from "../contract/structuredOutputs.ts"
import { layerOf, type ServiceOf } from "./service.ts"
import type { RuntimeConfig } from "../config/RuntimeConfig.ts"
import type { Transport } from "../transport/Transport.ts"

/**
 * The structured outputs of a runtime: the operations of the contract, and streams over every list.
 *
 * @since 0.1.0
 * @category services
 */
export class StructuredOutputs extends Context.Service<StructuredOutputs, ServiceOf<typeof structuredOutputs>>()(
  "@aywa-ai/runtime-sdk/StructuredOutputs"
) {}

/**
 * Provides the service over a configuration and a transport.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<StructuredOutputs, never, RuntimeConfig | Transport> = layerOf(
  StructuredOutputs,
  "structuredOutputs",
  structuredOutputs
)
