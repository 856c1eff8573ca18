/**
 * What a tool tells the model instead of a result.
 *
 * @since 0.1.0
 */

/**
 * Fails a tool call with words that the model reads. Throw it, reject with it, or fail with it. The text of any other
 * error stays in your process: the model only hears that the tool failed.
 *
 * **Example**
 *
 * ```ts
 * import { ToolFailure } from "@aywa-ai/runtime-sdk/tools"
 *
 * export const lookup = (orderId: string): never => {
 *   throw new ToolFailure(`There is no order ${orderId}. Ask the caller to spell the number.`)
 * }
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class ToolFailure extends Error {
  readonly _tag = "ToolFailure"
  override readonly name = "ToolFailure"
}
