/**
 * The local runtime for tests of your own. Needs `@aywa-ai/runtime-local` beside this package.
 *
 * @since 0.1.0
 */
export * from "./testing/TestRuntime.ts"
