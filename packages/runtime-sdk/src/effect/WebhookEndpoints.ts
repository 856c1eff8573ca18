/**
 * The webhook endpoints of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import { webhookEndpoints } from "../contract/webhookEndpoints.ts"
import { layerOf, type ServiceOf } from "./service.ts"
import type { RuntimeConfig } from "../config/RuntimeConfig.ts"
import type { Transport } from "../transport/Transport.ts"

/**
 * The webhook endpoints of a runtime: the operations of the contract, and streams over every list.
 *
 * @since 0.1.0
 * @category services
 */
export class WebhookEndpoints extends Context.Service<WebhookEndpoints, ServiceOf<typeof webhookEndpoints>>()(
  "@aywa-ai/runtime-sdk/WebhookEndpoints"
) {}

/**
 * Provides the service over a configuration and a transport.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<WebhookEndpoints, never, RuntimeConfig | Transport> = layerOf(
  WebhookEndpoints,
  "webhookEndpoints",
  webhookEndpoints
)
