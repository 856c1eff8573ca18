/**
 * The promise entry: client, errors, types. Its declarations name no Effect type.
 *
 * @since 0.1.0
 */
export { AywaRuntimeClient } from "./promise/AywaRuntimeClient.ts"
export type { AywaRuntimeClientOptions, DerivedOptions } from "./promise/AywaRuntimeClient.ts"
export * from "./errors/Errors.ts"
export type { ListProfile, RuntimeProfile } from "./config/runtimeProfile.ts"
export { redacted } from "./config/redacted.ts"
export { extras } from "./contract/extras.ts"
export type * from "./call/CallOptions.ts"
export type * from "./call/Trace.ts"
export type * from "./promise/ClientTypes.ts"
export type * from "./transport/options.ts"
export type * from "./contract/types.ts"
