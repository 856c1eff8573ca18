/**
 * Global teardown of jest, for the set-up beside it.
 *
 * @since 0.2.0
 */
import { stopSlot } from "./jestStop.ts"

/**
 * Stops the runtime.
 *
 * @since 0.2.0
 * @category constructors
 */
const teardown = async (): Promise<void> => stopSlot.stop?.()

export default teardown
