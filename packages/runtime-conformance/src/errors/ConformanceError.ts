/**
 * The one error of the package: what stands against a run as a whole. What a runtime does wrong is a finding, no error.
 *
 * @since 0.2.0
 */

/**
 * Why a run did not take place, or ended early.
 *
 * - `Invalid`: an option is wrong. Nothing was sent.
 * - `Unreachable`: nothing answers at the address, or it takes requests and never answers.
 * - `Aborted`: the caller's signal fired. The rows of the run were removed before.
 *
 * @since 0.2.0
 * @category errors
 */
export type ConformanceReason = "Invalid" | "Unreachable" | "Aborted"

/**
 * A run that did not take place, or ended early.
 *
 * @since 0.2.0
 * @category errors
 */
export class ConformanceError extends Error {
  readonly _tag = "ConformanceError"
  override readonly name: string = "ConformanceError"
  /** Why; switch on it. */
  readonly reason: ConformanceReason

  constructor(reason: ConformanceReason, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.reason = reason
  }
}

/**
 * Whether a value is a ConformanceError, of this copy of the package or of another one.
 *
 * @since 0.2.0
 * @category guards
 */
export const isConformanceError = (value: unknown): value is ConformanceError =>
  value instanceof Error && Reflect.get(value, "_tag") === "ConformanceError"
