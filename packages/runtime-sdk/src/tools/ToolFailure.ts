/**
 * What a tool tells the model instead of a result.
 *
 * @since 0.1.0
 */
import { isBranded } from "../errors/brands.ts"

const TypeId: unique symbol = Symbol.for("@aywa-ai/runtime-sdk/ToolFailure") as never

/**
 * Fails a tool call with words that the model reads. Throw it, reject with it, or fail with it. The text of any other
 * error stays in your process: the model only hears that the tool failed. `instanceof` looks at a brand and so recognises the
 * failure of another bundled copy of this package.
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

  constructor(message?: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    Object.defineProperty(this, TypeId, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(this, ToolFailure, TypeId, value)
  }
}
