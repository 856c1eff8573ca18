/**
 * The types that signatures of the handlers and adapters mention: TypeScript writes their names into the declarations of
 * a program that exports what it was given.
 */
export type { WebhookAnswer } from "./answer.ts"
export type { HandledDelivery, WebhookHandlers } from "./handlers.ts"
export type { IncomingWebhook, WebhookReceiver, WebhookReceiverOptions } from "./receiver.ts"
export type * from "./replies.ts"
export type * from "./types.ts"
export type { WebhookHandlerError, WebhookHandlerReason } from "./WebhookHandlerError.ts"
export type * from "../named.ts"
