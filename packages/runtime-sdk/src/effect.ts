/**
 * The Effect entry: services, layers, policies and errors.
 *
 * @since 0.1.0
 */
/** The agents that answer and place calls, as a service. */
export * as Assistants from "./effect/Assistants.ts"
/** A runtime as one client value, and the layers that provide it. */
export * as AywaRuntime from "./effect/AywaRuntime.ts"
/** Calls: placed, read, waited for and controlled, as a service. */
export * as Calls from "./effect/Calls.ts"
/** What the runtime needs to reach carriers, providers and your servers, as a service. */
export * as Credentials from "./effect/Credentials.ts"
/** Verification of signed webhooks, as a service. */
export * as AywaWebhooks from "./webhooks/effect/AywaWebhooks.ts"
/** Every error of a call, tagged, with what it says and whether the runtime may have acted. */
export * as Errors from "./effect/Errors.ts"
/** Schemas of the errors, for JSON and back. */
export * as ErrorSchema from "./errors/ErrorSchema.ts"
/** What knowledge bases and assistants read, as a service. */
export * as Files from "./effect/Files.ts"
/** Imports of a source account, as a service. */
export * as Imports from "./effect/Imports.ts"
/** Whether the runtime is well, and what it has done, as a service. */
export * as Operations from "./effect/Operations.ts"
/** Numbers that you bring, as a service. */
export * as PhoneNumbers from "./effect/PhoneNumbers.ts"
/** Retries, timeouts, idempotency, limits and the circuit breaker, as values that compose. */
export * as Policy from "./policy/Policy.ts"
/** Fields of a body that a newer runtime takes and this SDK does not know. */
export { extras } from "./contract/extras.ts"
/** Schemas of the rows, for RPC, HttpApi and queues. */
export * as Schemas from "./effect/Schemas.ts"
/** What is extracted from calls, as a service. */
export * as StructuredOutputs from "./effect/StructuredOutputs.ts"
/** Metrics of the calls. */
export * as Telemetry from "./effect/Telemetry.ts"
/** What assistants may do during a call, as a service. */
export * as Tools from "./effect/Tools.ts"
/** The SDK's port to HTTP. */
export * as Transport from "./transport/Transport.ts"
/** Where the runtime sends its events, as a service. */
export * as WebhookEndpoints from "./effect/WebhookEndpoints.ts"
/** The runtime's outbox, as a service. */
export * as WebhookLogs from "./effect/WebhookLogs.ts"
export type * from "./effect/named.ts"
export type { AywaWebhooks as AywaWebhooksTag } from "./webhooks/effect/AywaWebhooks.ts"
export type * from "./webhooks/named.ts"
// Both have one: of rows, and of messages.
export type { Open } from "./effect/named.ts"
