/**
 * Global set-up of jest: one runtime for the run. `globalSetup: "@aywa-ai/runtime-local/jest"` with `globalTeardown:
 * "@aywa-ai/runtime-local/jest-teardown"`; in a test, `testRuntime()` of `@aywa-ai/runtime-local/testing`.
 *
 * @since 0.2.0
 */
import { stopSlot } from "./jestStop.ts"
import { startTestRun } from "./testRuntime.ts"

/**
 * Starts the runtime.
 *
 * @since 0.2.0
 * @category constructors
 */
const setup = async (): Promise<void> => {
  stopSlot.stop = await startTestRun()
}

export default setup
