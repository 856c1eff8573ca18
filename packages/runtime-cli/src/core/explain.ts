/**
 * Turns whatever went wrong into one paragraph for people, one object for programs, and an exit code.
 */
import { CliFailure, codeOf, exitCodes, isOutOfRoom, messageOf } from "./failure.ts"

/** An error as `--json` prints it on stderr, inside `{ "error": … }`. */
export interface ExplainedError {
  /** A word for programs: the runtime's machine code, an error's tag, or the command's own. */
  readonly code: string
  readonly message: string
  /** What to do next, where the message does not say it. */
  readonly hint?: string | undefined
  readonly requestId?: string | undefined
  /** Whether the runtime may have acted: `not-sent`, `rejected` or `maybe-applied`. */
  readonly outcome?: string | undefined
  /** Everything that is wrong with a body, each with its path. */
  readonly issues?: ReadonlyArray<string> | undefined
  readonly exitCode: number
}

const byTag: Readonly<Record<string, number>> = {
  AuthError: exitCodes.auth,
  NotFound: exitCodes.notFound,
  ConflictError: exitCodes.conflict,
  RateLimited: exitCodes.rateLimited,
  ServerError: exitCodes.unreachable,
  ConnectionError: exitCodes.unreachable,
  AywaTimeoutError: exitCodes.unreachable,
  CircuitOpen: exitCodes.unreachable,
  UnexpectedResponse: exitCodes.unreachable,
  InvalidRequest: exitCodes.usage,
  AywaConfigError: exitCodes.usage,
  Aborted: exitCodes.interrupted,
  WebhookVerificationError: exitCodes.differences,
  ToolDefinitionError: exitCodes.usage
}

const byReason: Readonly<Record<string, number>> = {
  MappingConflict: exitCodes.conflict,
  Refused: exitCodes.conflict,
  OutOfOrder: exitCodes.conflict,
  CheckFailed: exitCodes.differences,
  SourceFailed: exitCodes.unreachable,
  ImportFailed: exitCodes.unreachable,
  ConnectionLost: exitCodes.unreachable,
  StatementFailed: exitCodes.conflict,
  Blocked: exitCodes.conflict,
  Aborted: exitCodes.interrupted,
  Conflict: exitCodes.conflict,
  Locked: exitCodes.conflict,
  MaybeApplied: exitCodes.unreachable,
  Unwritten: exitCodes.unwritten
}

/** Errors whose exit code goes by their reason; a reason that is not listed is something wrong that was given. */
const withReason: ReadonlySet<string> = new Set(["MigrationError", "RuntimeConfigError"])

/** The machine code of an error with a `reason`: the tag of the reason. */
const reasonOf = (error: unknown): string | undefined =>
  field(typeof error === "object" && error !== null ? Reflect.get(error, "reason") : undefined, "_tag")

/** Explains an error. Nothing in it comes from a key, a secret or a body. */
export const explain = (error: unknown): ExplainedError => {
  if (error instanceof CliFailure) {
    const { code, message, hint, exitCode } = error
    return { code, message, hint, exitCode }
  }
  const tag = field(error, "_tag")
  const reason = reasonOf(error)
  const exitCode =
    tag === undefined ? undefined : withReason.has(tag) ? (byReason[reason ?? ""] ?? exitCodes.usage) : byTag[tag]
  if (error instanceof Error && tag !== undefined && exitCode !== undefined) {
    return {
      code: field(error, "code") ?? reason ?? tag,
      message: error.message,
      hint: hintFor(tag, error),
      requestId: field(error, "requestId"),
      outcome: field(error, "outcome"),
      issues: issuesOf(error),
      exitCode
    }
  }
  const system = codeOf(error)
  if (system !== undefined && /^E[A-Z]+$/.test(system)) {
    const exitCode = isOutOfRoom(system) ? exitCodes.unwritten : exitCodes.usage
    return { code: system, message: systemMessage(system, error), exitCode }
  }
  return {
    code: "defect",
    message: `This is a defect of aywa-runtime: ${messageOf(error)}.`.replace(/\.\.$/, "."),
    hint: "Run the same command with --debug and report what it prints.",
    exitCode: exitCodes.defect
  }
}

const hintFor = (tag: string, error: Error): string | undefined => {
  if (tag === "ConnectionError") return "aywa-runtime doctor looks at address, DNS, TLS and key one by one."
  if (tag !== "AywaConfigError") return undefined
  const flag = { baseUrl: "--base-url", organizationId: "--org" }[field(error, "field") ?? ""]
  if (flag === "--base-url")
    return "Or give --env-file .env.local, which aywa-runtime local --write-env writes, or --base-url."
  return flag === undefined ? undefined : `Or give ${flag}.`
}

const issuesOf = (error: object): ReadonlyArray<string> | undefined => {
  const issues: unknown = Reflect.get(error, "issues")
  if (!Array.isArray(issues)) return undefined
  return issues.flatMap((issue: unknown) => {
    const path: unknown = typeof issue === "object" && issue !== null ? Reflect.get(issue, "path") : undefined
    const message = field(issue, "message")
    return message === undefined
      ? []
      : [Array.isArray(path) && path.length > 0 ? `${path.join(".")}: ${message}` : message]
  })
}

const systemMessage = (code: string, error: unknown): string => {
  const path = field(error, "path")
  const what = path === undefined ? "" : ` ${path}`
  switch (code) {
    case "ENOENT":
      return `There is no file${what}. Check the path; it is read from the folder that you are in.`
    case "EACCES":
    case "EPERM":
      return `This user may not open${what || " it"}. Check the permissions of the file and of its folder.`
    case "EISDIR":
      return `${path ?? "It"} is a folder; a file is needed here.`
    case "ENOSPC":
      return `The disk is full: ${path ?? "the file"} could not be written whole.`
    case "EDQUOT":
    case "EFBIG":
      return `${path ?? "The file"} could not be written whole (${code}). Check the quota and the limit on file sizes.`
    default:
      return `${messageOf(error)}.`
  }
}

const field = (value: unknown, key: string): string | undefined => {
  const member: unknown = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined
  return typeof member === "string" ? member : undefined
}

/** The paragraph for people. */
export const paragraph = ({ message, hint, issues, requestId }: ExplainedError): string => {
  const news = (issues ?? []).filter((issue) => !message.includes(issue))
  return [
    message,
    ...(news.length === 0 ? [] : [news.join("; ") + "."]),
    ...(hint === undefined ? [] : [hint]),
    ...(requestId === undefined || message.includes(requestId) ? [] : [`(request ${requestId})`])
  ].join(" ")
}
