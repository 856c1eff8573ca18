/**
 * What a tool fails with, and how any error is shown to an agent: whether something happened, and what to do next.
 */

/** Whether the runtime may have acted. */
export type Outcome = "not-sent" | "maybe-applied" | "rejected"

/** An error as an agent reads it. */
export interface ShownError {
  /** A word for programs. */
  readonly code: string
  readonly message: string
  /** What to do next. */
  readonly hint?: string | undefined
  /** `not-sent` and `rejected`: nothing happened. `maybe-applied`: it may have. */
  readonly outcome: Outcome
  readonly idempotencyKey?: string | undefined
  readonly requestId?: string | undefined
  /** Everything that is wrong with the arguments, each with its path. */
  readonly issues?: ReadonlyArray<string> | undefined
}

/**
 * A refusal of this server: nothing was sent. `serveStdio` and `serveHttp` throw it for options that are wrong.
 *
 * @since 0.2.0
 * @category errors
 */
export class McpFailure extends Error {
  readonly _tag = "McpFailure"
  /** A word for programs, such as `invalid_options`. */
  readonly code: string
  /** What to do about it. */
  readonly hint: string | undefined
  readonly issues: ReadonlyArray<string> | undefined

  constructor(code: string, message: string, hint?: string, issues?: ReadonlyArray<string>) {
    super(message)
    this.name = this._tag
    this.code = code
    this.hint = hint
    this.issues = issues
  }
}

/**
 * Whether a value is an `McpFailure`.
 *
 * @since 0.2.0
 * @category guards
 */
export const isMcpFailure = (value: unknown): value is McpFailure => value instanceof McpFailure

const field = (value: object, key: string): string | undefined => {
  const member: unknown = Reflect.get(value, key)
  return typeof member === "string" ? member : undefined
}

const isOutcome = (text: string | undefined): text is Outcome =>
  text === "not-sent" || text === "maybe-applied" || text === "rejected"

const hints: Readonly<Record<string, string>> = {
  AuthError: "The key of this server is wrong or may not do this; an agent cannot change that. Say so to your user.",
  NotFound: "List the rows with read to find the id.",
  RateLimited: "Wait, then repeat the same call.",
  ConnectionError: "The runtime does not answer. runtime_overview says whether it lives.",
  precondition_failed: "Somebody changed the row. Call write without ifMatch to see the difference as it is now.",
  assistant_pinned: "Something still uses it: error.message says what.",
  Aborted: "The call was cancelled."
}

const repeat = (key: string | undefined): string =>
  key === undefined
    ? "It may have happened. Look with read before anything else."
    : `It may have happened. Repeat the same call with the same idempotencyKey (${key}): it is done once.`

const issuesOf = (error: object): ReadonlyArray<string> | undefined => {
  const issues: unknown = Reflect.get(error, "issues")
  if (!Array.isArray(issues) || issues.length === 0) return undefined
  return issues.slice(0, 20).flatMap((issue: unknown) => {
    if (typeof issue === "string") return [issue]
    if (typeof issue !== "object" || issue === null) return []
    const path: unknown = Reflect.get(issue, "path")
    const message = field(issue, "message")
    if (message === undefined) return []
    return [Array.isArray(path) && path.length > 0 ? `${path.join(".")}: ${message}` : message]
  })
}

/** Shows any error. What is not known is a defect of this server; its words stay out, for they may quote anything. */
export const showError = (error: unknown): ShownError => {
  if (error instanceof McpFailure) {
    const { code, message, hint, issues } = error
    return { code, message, hint, outcome: "not-sent", issues }
  }
  if (error instanceof Error && field(error, "_tag") === "RuntimeConfigError") return configError(error)
  if (error instanceof Error && field(error, "_tag") !== undefined && isOutcome(field(error, "outcome"))) {
    return runtimeError(error)
  }
  return {
    code: "defect",
    message: "This server failed; that is its own defect. Its notes on stderr say more.",
    hint: "Look with read whether something happened.",
    outcome: "maybe-applied"
  }
}

const runtimeError = (error: Error): ShownError => {
  const tag = field(error, "_tag") ?? "error"
  const code = field(error, "code") ?? tag
  const outcome = field(error, "outcome")
  const idempotencyKey = field(error, "idempotencyKey")
  const isWrite = !["GET", "HEAD"].includes(field(error, "method") ?? "")
  return {
    code,
    message: error.message,
    hint: outcome === "maybe-applied" && isWrite ? repeat(idempotencyKey) : (hints[code] ?? hints[tag]),
    outcome: isOutcome(outcome) ? outcome : "maybe-applied",
    idempotencyKey,
    requestId: field(error, "requestId"),
    issues: issuesOf(error)
  }
}

const configError = (error: Error): ShownError => {
  const reason: unknown = Reflect.get(error, "reason")
  const tag = typeof reason === "object" && reason !== null ? (field(reason, "_tag") ?? "Invalid") : "Invalid"
  const mayHave = tag === "MaybeApplied" || tag === "Aborted"
  return {
    code: `config_${tag.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase()}`,
    message: error.message,
    hint: mayHave
      ? "config_plan, then config_push again: it goes on, and makes nothing twice."
      : tag === "Invalid"
        ? "Correct what it names, then config_plan again."
        : "Make a new plan with config_plan.",
    outcome: mayHave ? "maybe-applied" : tag === "Conflict" ? "rejected" : "not-sent"
  }
}
