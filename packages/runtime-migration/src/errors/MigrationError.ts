/**
 * The one error of the migration entry.
 *
 * @since 0.1.0
 */
import type { Mapping } from "./types.ts"

const TypeId: unique symbol = Symbol.for("@aywa-ai/runtime-sdk/MigrationError") as never

/**
 * Why a migration step was refused or stopped. Switch on `_tag`.
 *
 * **Details**
 *
 * - `InvalidConfig`: a location, an id or an option is wrong; `field` says which. Nothing was touched.
 * - `MappingConflict`: two ledgers send the same row of the source to different rows of the runtime. Both are named.
 * - `Refused`: something stands against the step; `problems` lists it. The step changed nothing; what earlier ones wrote
 *   stays.
 * - `OutOfOrder`: the steps came in another order than plan, dry run, apply, or the inputs changed in between.
 * - `CheckFailed`: the database did not end as it must; the transaction was rolled back, where there is one.
 * - `MissingPeer`: an optional package is not installed, or is older than `needs`; `found` is its version.
 * - `UnreadableFile`: a bundle or a ledger cannot be read; `file` and `detail` say where.
 * - `SourceFailed`: the source API did not answer as documented.
 * - `ImportFailed`: the runtime refused or lost the import; `cause` is the client's own error.
 * - `ConnectionLost`: the database ended the connection. What was committed stays; connect again and run the step again.
 * - `StatementFailed`: the database refused a statement; `location`, `key` of the row and `statement` say which, as far as
 *   they are known. What was committed before stays.
 * - `Blocked`: others held locks for longer than the step waits; `detail` says who, and `rows` which rows they hold (the
 *   first hundred), as far as that can be told. All other rows are written. Run the step again: it goes on with those.
 * - `Aborted`: the caller's signal fired. The step can be run again.
 *
 * @since 0.1.0
 * @category errors
 */
export type MigrationReason =
  | { readonly _tag: "InvalidConfig"; readonly field: string; readonly detail: string }
  | { readonly _tag: "MappingConflict"; readonly left: Mapping; readonly right: Mapping }
  | { readonly _tag: "Refused"; readonly problems: ReadonlyArray<string> }
  | { readonly _tag: "OutOfOrder"; readonly detail: string }
  | { readonly _tag: "CheckFailed"; readonly detail: string }
  | { readonly _tag: "MissingPeer"; readonly name: string; readonly needs: string; readonly found: string | undefined }
  | { readonly _tag: "UnreadableFile"; readonly file: string; readonly detail: string }
  | {
      readonly _tag: "SourceFailed"
      readonly path: string
      readonly status: number | undefined
      readonly detail: string
    }
  | { readonly _tag: "ImportFailed"; readonly detail: string }
  | { readonly _tag: "ConnectionLost"; readonly detail: string }
  | {
      readonly _tag: "StatementFailed"
      readonly location: string | undefined
      /** Key of the row, such as `id = 7`. */
      readonly key: string | undefined
      readonly statement: string
      readonly detail: string
    }
  | {
      readonly _tag: "Blocked"
      readonly location: string
      readonly detail: string
      readonly rows: ReadonlyArray<{ readonly location: string; readonly key: string }>
    }
  | { readonly _tag: "Aborted" }

/** Rows that a message names. */
const named = 20

const blockedWords = ({ location, detail, rows }: Extract<MigrationReason, { readonly _tag: "Blocked" }>): string => {
  const list = rows.slice(0, named).map((row) => `- ${row.location}, ${row.key}`)
  const more = rows.length > named ? [`- and ${rows.length - named} or more`] : []
  const words = `${location}: others hold locks for longer than this step waits (${detail}).`
  const end = "What was committed stays: run the step again, it goes on from the ledger."
  return rows.length === 0
    ? `${words} ${end}`
    : [`${words} These rows are held, and not written:`, ...list, ...more, end].join("\n")
}

const describe = (reason: MigrationReason): string => {
  switch (reason._tag) {
    case "InvalidConfig":
      return `${reason.field}: ${reason.detail}`
    case "MappingConflict":
      return (
        `${reason.left.source}/${reason.left.resource}/${reason.left.sourceId} leads to ${reason.left.runtimeId} in one ` +
        `ledger and to ${reason.right.runtimeId} in the other. Find out which of the two is in use, and remove the other.`
      )
    case "Refused":
      return `Refused:\n${reason.problems.map((problem) => `- ${problem}`).join("\n")}`
    case "OutOfOrder":
    case "CheckFailed":
    case "ImportFailed":
      return reason.detail
    case "MissingPeer":
      return (
        `@aywa-ai/runtime-migration needs ${reason.name} ${reason.needs} or later, ` +
        `${reason.found === undefined ? "which is not installed" : `this is ${reason.found}`}: ` +
        `npm install ${reason.name}@${reason.needs}`
      )
    case "UnreadableFile":
      return `${reason.file}: ${reason.detail}`
    case "SourceFailed":
      return `The source API at ${reason.path}${reason.status === undefined ? "" : ` answered ${reason.status}`}: ${reason.detail}`
    case "ConnectionLost":
      return `The connection to the database was lost (${reason.detail}). What was committed stays: connect again and run the step again, it goes on from the ledger.`
    case "StatementFailed": {
      const place = [reason.location, reason.key].filter((part) => part !== undefined).join(", ")
      return `${place === "" ? "" : `${place}: `}${reason.detail}. The statement was: ${reason.statement}`
    }
    case "Blocked":
      return blockedWords(reason)
    case "Aborted":
      return "Aborted by the caller's signal. Run the step again to go on."
  }
}

/**
 * What every function of this entry throws or rejects with, besides the errors of the runtime client, which
 * pass through; those of a database driver are its `cause`.
 *
 * @since 0.1.0
 * @category errors
 */
export class MigrationError extends Error {
  readonly _tag = "MigrationError"
  readonly reason: MigrationReason

  constructor(reason: MigrationReason, options?: { readonly cause?: unknown }) {
    super(describe(reason), options)
    this.name = this._tag
    this.reason = reason
    // A cause may hold what a transport saw: there for a debugger, never for a log.
    Object.defineProperty(this, "cause", { value: options?.cause, enumerable: false })
    Object.defineProperty(this, TypeId, { value: true })
  }

  toJSON(): object {
    return { _tag: this._tag, message: this.message, reason: this.reason }
  }

  static override [Symbol.hasInstance](value: unknown): value is MigrationError {
    return isMigrationError(value)
  }
}

/**
 * Whether a value is a `MigrationError`, of this or another copy of the package.
 *
 * @since 0.1.0
 * @category guards
 */
export const isMigrationError = (value: unknown): value is MigrationError =>
  typeof value === "object" && value !== null && TypeId in value

/** Throws the error of a reason. */
export const fail = (reason: MigrationReason, cause?: unknown): never => {
  throw new MigrationError(reason, { cause })
}

/** Refuses an option. */
export const invalid = (field: string, detail: string): never => fail({ _tag: "InvalidConfig", field, detail })
