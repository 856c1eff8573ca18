/**
 * The promise entry: client, errors, types. Its declarations name no Effect type.
 *
 * @since 0.1.0
 */
export { AywaRuntimeClient } from "./promise/AywaRuntimeClient.ts"
export type { AywaRuntimeClientOptions } from "./promise/AywaRuntimeClient.ts"
export * from "./errors/Errors.ts"
export { redacted } from "./config/redacted.ts"
export type * from "./call/CallOptions.ts"
export type * from "./call/Trace.ts"
export type * from "./promise/ClientTypes.ts"
export type * from "./contract/Operation.ts"
export type * from "./contract/shared.ts"
export type * from "./contract/assistants.ts"
export type * from "./contract/phoneNumbers.ts"
export type * from "./contract/tools.ts"
export type * from "./contract/calls.ts"
export type * from "./contract/callControl.ts"
export type * from "./contract/callViews.ts"
export type * from "./contract/credentials.ts"
export type * from "./contract/webhookEndpoints.ts"
export type * from "./contract/files.ts"
export type * from "./contract/structuredOutputs.ts"
export type * from "./contract/imports.ts"
export type * from "./contract/webhookLogs.ts"
export type * from "./contract/operations.ts"
export type * from "./contract/references.ts"
