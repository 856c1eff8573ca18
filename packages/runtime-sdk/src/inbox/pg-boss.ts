/**
 * The inbox on pg-boss, for those who run it already.
 *
 * @since 0.2.0
 */
export { pgBossInbox } from "./engines/pgBoss.ts"
export type { PgBossInboxOptions, PgBossJob, PgBossLike } from "./engines/pgBoss.ts"
export type { EngineAttempt, EngineHandler, EngineInbox, EngineOptions, EngineRunOptions } from "./engines/engine.ts"
export type { WebhookSink, WebhookSinkDelivery } from "../webhooks/sink.ts"
