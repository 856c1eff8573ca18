/**
 * Every type of the contract: what the entries export, in one place.
 */
export type * from "./Operation.ts"
export type * from "./shared.ts"
export type * from "./assistants.ts"
export type * from "./phoneNumbers.ts"
export type * from "./tools.ts"
export type * from "./calls.ts"
export type * from "./callControl.ts"
export type * from "./callViews.ts"
export type * from "./credentials.ts"
export type * from "./webhookEndpoints.ts"
export type * from "./files.ts"
export type * from "./structuredOutputs.ts"
export type * from "./imports.ts"
export type * from "./webhookLogs.ts"
export type * from "./operations.ts"
export type * from "./references.ts"
