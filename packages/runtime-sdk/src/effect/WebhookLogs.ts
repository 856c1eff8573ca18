/**
 * The webhook logs of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { webhookLogs } from "../contract/webhookLogs.ts"
import type { ServiceOf } from "./service.ts"

/**
 * The webhook logs of a runtime: the operations of the contract, and streams over every list.
 *
 * @since 0.2.0
 * @category models
 */
export interface Service extends ServiceOf<typeof webhookLogs> {}

/**
 * The service's tag. `AywaRuntime.layer` provides it.
 *
 * @since 0.1.0
 * @category services
 */
export class WebhookLogs extends Context.Service<WebhookLogs, Service>()("@aywa-ai/runtime-sdk/WebhookLogs") {}
