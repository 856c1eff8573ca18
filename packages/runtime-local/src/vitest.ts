/**
 * Global set-up of vitest: one runtime for the run. `globalSetup: "@aywa-ai/runtime-local/vitest"`; in a test,
 * `testRuntime()` of `@aywa-ai/runtime-local/testing` is the worker's share of it.
 *
 * @since 0.2.0
 */
import { startTestRun } from "./testRuntime.ts"

/**
 * Starts the runtime; what it gives stops it.
 *
 * @since 0.2.0
 * @category constructors
 */
const setup = (): Promise<() => Promise<void>> => startTestRun()

export default setup
