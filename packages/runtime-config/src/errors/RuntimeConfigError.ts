/**
 * The one error of the package.
 *
 * @since 0.2.0
 */
import type { Problem } from "./Problem.ts"

const TypeId: unique symbol = Symbol.for("@aywa-ai/runtime-config/RuntimeConfigError") as never

/**
 * Why a step was refused or stopped. Switch on `_tag`.
 *
 * **Details**
 *
 * - `Invalid`: files, variables or arguments are wrong; every `Problem` names file and path. Nothing was sent.
 * - `Conflict`: what is on the runtime and what the files say cannot both be; `problems` lists the rows. What was applied
 *   before stays, and is in the state.
 * - `Locked`: another process pushes or pulls in this folder.
 * - `MaybeApplied`: a write went out and its answer was lost. The same command goes on: it finds out what became of it.
 * - `Unwritten`: a file could not be written; `detail` has the system's code.
 * - `Aborted`: the caller's signal fired. The same command goes on.
 *
 * @since 0.2.0
 * @category errors
 */
export type RuntimeConfigReason =
  | { readonly _tag: "Invalid"; readonly problems: ReadonlyArray<Problem> }
  | { readonly _tag: "Conflict"; readonly problems: ReadonlyArray<Problem> }
  | { readonly _tag: "Locked"; readonly file: string; readonly owner: string }
  | { readonly _tag: "MaybeApplied"; readonly address: string; readonly detail: string }
  | { readonly _tag: "Unwritten"; readonly file: string; readonly detail: string }
  | { readonly _tag: "Aborted" }

/** One line of a problem: where, what, and what to do. */
export const problemText = ({ file, path, detail }: Problem): string =>
  `${path === undefined || path === "" ? file : `${file}: ${path}`}: ${detail}`

const listed = (problems: ReadonlyArray<Problem>): string =>
  problems.length === 1
    ? problemText(problems[0] ?? { file: "", detail: "" })
    : problems.map((problem) => `\n- ${problemText(problem)}`).join("")

const describe = (reason: RuntimeConfigReason): string => {
  switch (reason._tag) {
    case "Invalid":
      return `Nothing was sent: ${listed(reason.problems)}`
    case "Conflict":
      return `Refused, so that nobody's change is lost: ${listed(reason.problems)}`
    case "Locked":
      return `${reason.file} is held by ${reason.owner}. Wait until it has ended; if it runs on a machine that is gone, remove the file.`
    case "MaybeApplied":
      return (
        `The answer to the write of ${reason.address} was lost (${reason.detail}), so it may have been applied. ` +
        `Run the same command again: it finds out, and makes nothing twice.`
      )
    case "Unwritten":
      return `${reason.file} could not be written (${reason.detail}). Check the disk and the permissions, then run the same command again.`
    case "Aborted":
      return "Aborted by the caller's signal. Run the same command again to go on."
  }
}

/**
 * What every function of this package throws or rejects with, besides the errors of the runtime's client, which pass
 * through.
 *
 * @since 0.2.0
 * @category errors
 */
export class RuntimeConfigError extends Error {
  readonly _tag = "RuntimeConfigError"
  readonly reason: RuntimeConfigReason

  constructor(reason: RuntimeConfigReason, options?: { readonly cause?: unknown }) {
    super(describe(reason))
    this.name = this._tag
    this.reason = reason
    // A cause may hold what a transport saw: there for a debugger, never for a log.
    Object.defineProperty(this, "cause", { value: options?.cause, enumerable: false })
    Object.defineProperty(this, TypeId, { value: true })
  }

  toJSON(): object {
    return { _tag: this._tag, message: this.message, reason: this.reason }
  }

  static override [Symbol.hasInstance](value: unknown): value is RuntimeConfigError {
    return isRuntimeConfigError(value)
  }
}

/**
 * Whether a value is a `RuntimeConfigError`, of this or another copy of the package.
 *
 * @since 0.2.0
 * @category guards
 */
export const isRuntimeConfigError = (value: unknown): value is RuntimeConfigError =>
  typeof value === "object" && value !== null && TypeId in value

/** Throws the error of a reason. */
export const fail = (reason: RuntimeConfigReason, cause?: unknown): never => {
  throw new RuntimeConfigError(reason, { cause })
}

/** Refuses one file, or one place of it. */
export const invalid = (file: string, detail: string, path?: string): never =>
  fail({ _tag: "Invalid", problems: [{ file, path, detail }] })

/** Refuses one row. */
export const conflict = (file: string, detail: string, path?: string): never =>
  fail({ _tag: "Conflict", problems: [{ file, path, detail }] })

/** Ends the step when the caller's signal has fired. */
export const throwIfAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted === true) fail({ _tag: "Aborted" }, signal.reason)
}
