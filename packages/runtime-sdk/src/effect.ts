/**
 * The Effect entry: services, layers, policies and errors.
 *
 * @since 0.1.0
 */
export * as Assistants from "./Assistants.ts"
export * as AywaRuntime from "./AywaRuntime.ts"
export * as AywaWebhooks from "./AywaWebhooks.ts"
export * as Errors from "./Errors.ts"
export * as ErrorSchema from "./ErrorSchema.ts"
export * as PhoneNumbers from "./PhoneNumbers.ts"
export * as Policy from "./Policy.ts"
export * as RuntimeConfig from "./RuntimeConfig.ts"
export * as Tools from "./Tools.ts"
export * as Transport from "./Transport.ts"
export type * from "./CallOptions.ts"
export type * from "./contract/Operation.ts"
export type * from "./contract/shared.ts"
export type * from "./contract/assistants.ts"
export type * from "./contract/phoneNumbers.ts"
export type * from "./contract/tools.ts"
