/**
 * The inbox on BullMQ, for those who run it already.
 *
 * @since 0.2.0
 */
export { bullmqInbox } from "./engines/bullmq.ts"
export type { BullmqInboxOptions, BullmqLike } from "./engines/bullmq.ts"
export type { EngineAttempt, EngineHandler, EngineInbox, EngineOptions, EngineRunOptions } from "./engines/engine.ts"
export type { WebhookSink, WebhookSinkDelivery } from "../webhooks/sink.ts"
