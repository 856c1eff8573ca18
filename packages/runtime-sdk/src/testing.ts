/**
 * The local runtime for tests of your own. Needs `@aywa-ai/runtime-local` beside this package.
 *
 * @since 0.1.0
 */
export * from "./testing/TestRuntime.ts"
export type * from "./effect/named.ts"
export type * from "./index.ts"
// Both have these: of services, and of the client.
export type { CallWaiting, Paged } from "./effect/named.ts"
export type { CallWaiting as ClientCallWaiting, Paged as ClientPaged } from "./index.ts"
