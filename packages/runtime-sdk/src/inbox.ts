/**
 * The webhook inbox: work done once, over machines.
 *
 * @since 0.1.0
 */
export * as NodeSqlite from "./inbox/NodeSqlite.ts"
export * as Once from "./inbox/Once.ts"
export * as WebhookDedupe from "./inbox/WebhookDedupe.ts"
export * as WebhookInbox from "./inbox/WebhookInbox.ts"
export { openWebhookInbox } from "./inbox/open.ts"
export type { OpenInbox, OpenOptions } from "./inbox/open.ts"
export { InboxError } from "./inbox/model.ts"
export type { Delivery, Health, InboxErrorKind, LineStats, Parked, Stats, Subject } from "./inbox/model.ts"
export { inboxTables } from "./inbox/tables.ts"
export type { TablesOptions } from "./inbox/tables.ts"
export type { ParkedPage } from "./inbox/parking.ts"
export type { Attempt } from "./inbox/worker.ts"
export type { WebhookSink, WebhookSinkDelivery } from "./webhooks/sink.ts"
