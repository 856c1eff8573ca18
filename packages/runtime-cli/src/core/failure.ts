/**
 * What a command fails with, and the exit codes that scripts can rely on.
 */

/** Exit codes. 1 is for commands that compare or check and found something; `doctor` has its own three. */
export const exitCodes = {
  ok: 0,
  differences: 1,
  /** The output could not be written. */
  unwritten: 1,
  usage: 2,
  /** `config plan --exit-code`: there is something to push. */
  changes: 3,
  auth: 4,
  notFound: 5,
  conflict: 6,
  rateLimited: 7,
  unreachable: 8,
  defect: 70,
  hungUp: 129,
  interrupted: 130,
  terminated: 143
} as const

/** A failure that its command understands: what is wrong, in one sentence, and what to do next, in another. */
export class CliFailure extends Error {
  override readonly name = "CliFailure"
  /** A word for programs. */
  readonly code: string
  readonly hint: string | undefined
  readonly exitCode: number

  constructor(init: {
    readonly code: string
    readonly message: string
    readonly hint?: string | undefined
    readonly exitCode?: number | undefined
    readonly cause?: unknown
  }) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause })
    this.code = init.code
    this.hint = init.hint
    this.exitCode = init.exitCode ?? exitCodes.usage
  }
}

/** The arguments are wrong: exit code 2. */
export const usage = (message: string, hint?: string): CliFailure => new CliFailure({ code: "usage", message, hint })

/** The text of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The system's code of an error, such as `ENOENT`. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined

/** Whether a disk is full, a quota used up, a file at its limit, or a disk broken: nothing is wrong with the arguments. */
export const isOutOfRoom = (code: string): boolean => ["ENOSPC", "EDQUOT", "EFBIG", "EIO"].includes(code)
