/**
 * The Effect entry: services, layers, policies and errors.
 *
 * @since 0.1.0
 */
export * as Assistants from "./effect/Assistants.ts"
export * as AywaRuntime from "./effect/AywaRuntime.ts"
export * as Calls from "./effect/Calls.ts"
export * as Credentials from "./effect/Credentials.ts"
export * as AywaWebhooks from "./webhooks/effect/AywaWebhooks.ts"
export * as Errors from "./errors/Errors.ts"
export * as ErrorSchema from "./errors/ErrorSchema.ts"
export * as Files from "./effect/Files.ts"
export * as Imports from "./effect/Imports.ts"
export * as Operations from "./effect/Operations.ts"
export * as PhoneNumbers from "./effect/PhoneNumbers.ts"
export * as Policy from "./policy/Policy.ts"
export type { RequestError } from "./effect/Request.ts"
export type { Paged, ServiceOf } from "./effect/service.ts"
export type { ApiKey, ConfigOptions } from "./config/RuntimeConfig.ts"
export * as StructuredOutputs from "./effect/StructuredOutputs.ts"
export * as Telemetry from "./effect/Telemetry.ts"
export * as Tools from "./effect/Tools.ts"
export * as Transport from "./transport/Transport.ts"
export * as WebhookEndpoints from "./effect/WebhookEndpoints.ts"
export * as WebhookLogs from "./effect/WebhookLogs.ts"
export type * from "./call/CallOptions.ts"
export type * from "./contract/types.ts"
