/**
 * A tool, toolkit or address that cannot be used as it is defined.
 *
 * @since 0.1.0
 */

import { isBranded } from "../errors/brands.ts"

const TypeId: unique symbol = Symbol.for("@aywa-ai/runtime-sdk/ToolDefinitionError") as never

/**
 * One thing that is wrong in a definition.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolDefinitionIssue {
  /** Where: `["parameters", "amount"]`. */
  readonly path: ReadonlyArray<string>
  /** What is wrong, and what to write instead. */
  readonly message: string
}

/**
 * Thrown by `Tool.make`, `Toolkit.make` and the alignment for a definition that the runtime would not accept: a fault
 * of the program, found when it starts. Lists all that is wrong at once.
 *
 * @since 0.1.0
 * @category errors
 */
export class ToolDefinitionError extends Error {
  readonly _tag = "ToolDefinitionError"
  override readonly name = "ToolDefinitionError"
  readonly issues: ReadonlyArray<ToolDefinitionIssue>

  constructor(subject: string, issues: ReadonlyArray<ToolDefinitionIssue>) {
    super(`${subject}: ${issues.map(({ path, message }) => [path.join("."), message].join(" ")).join("; ")}`)
    this.issues = issues
    Object.defineProperty(this, TypeId, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(this, ToolDefinitionError, TypeId, value)
  }
}
