/**
 * The operational routes of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import { operations } from "../contract/operations.ts"
import { layerOf, type ServiceOf } from "./service.ts"
import type { RuntimeConfig } from "../config/RuntimeConfig.ts"
import type { Transport } from "../transport/Transport.ts"

/**
 * The operational routes of a runtime: health, readiness, metrics and what else operators ask for.
 *
 * @since 0.1.0
 * @category services
 */
export class Operations extends Context.Service<Operations, ServiceOf<typeof operations>>()(
  "@aywa-ai/runtime-sdk/Operations"
) {}

/**
 * Provides the service over a configuration and a transport.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Operations, never, RuntimeConfig | Transport> = layerOf(
  Operations,
  "operations",
  operations
)
