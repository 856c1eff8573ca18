/**
 * The webhook logs of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import { webhookLogs } from "../contract/webhookLogs.ts"
import { layerOf, type ServiceOf } from "./service.ts"
import type { RuntimeConfig } from "../config/RuntimeConfig.ts"
import type { Transport } from "../transport/Transport.ts"

/**
 * The webhook logs of a runtime: the operations of the contract, and streams over every list.
 *
 * @since 0.1.0
 * @category services
 */
export class WebhookLogs extends Context.Service<WebhookLogs, ServiceOf<typeof webhookLogs>>()(
  "@aywa-ai/runtime-sdk/WebhookLogs"
) {}

/**
 * Provides the service over a configuration and a transport.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<WebhookLogs, never, RuntimeConfig | Transport> = layerOf(
  WebhookLogs,
  "webhookLogs",
  webhookLogs
)
