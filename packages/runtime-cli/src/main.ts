/**
 * Runs the command line once: parses, runs, reports, waits until everything is written, and exits.
 */
import type * as CliError from "effect/cli/CliError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { type OutputFailure, outputFailure, watchOutput } from "@aywa-ai/runtime-local/internal/standard-streams"
import { makeProgram } from "./app.ts"
import type { Exited, Failed } from "./cli/define.ts"
import { makePresenter } from "./cli/presenter.ts"
import { type ExplainedError, explain, paragraph } from "./core/explain.ts"
import { exitCodes } from "./core/failure.ts"
import { hasColor } from "./core/output.ts"
import { stop } from "./core/stop.ts"
import { painter, wrap } from "./core/table.ts"

watchOutput({
  // What is still written for it is lost, and no reason not to clean up.
  onReaderGone: () => halt("EPIPE"),
  // Without its notes a command goes on: it may be in the middle of a change.
  onFailure: ({ stream }) => (stream === "stdout" ? halt("unwritten") : undefined)
})

/** `help assistants list` is `assistants list --help`. */
const helped = (words: ReadonlyArray<string>) => (words[0] === "help" ? [...words.slice(1), "--help"] : words)

const args = helped(process.argv.slice(2))
const debug = args.includes("--debug")
const jsonErrors = !args.includes("--no-json") && (args.includes("--json") || process.stderr.isTTY !== true)
const wantsColor = !args.includes("--no-color")

const report = (error: ExplainedError, cause?: unknown): number => {
  if (jsonErrors && (args.includes("--json") || process.stdout.isTTY !== true)) {
    process.stderr.write(`${JSON.stringify({ error })}\n`)
  } else {
    const paint = painter(hasColor(process.stderr, wantsColor, process.env))
    const text = `${paint("red", "error:")} ${paragraph(error)}`
    process.stderr.write(`${wrap(text, process.stderr.columns || Infinity, 2)}\n`)
  }
  if (debug && cause instanceof Error) process.stderr.write(`${cause.stack ?? cause.message}\n`)
  return error.exitCode
}

const presenter = makePresenter({
  help: (text) => process.stdout.write(`${text.replace(/\n*$/, "")}\n`),
  error: (error) => report(error),
  colors: hasColor(process.stdout, wantsColor, process.env)
})

/** The exit code of a run, after reporting what must be reported. */
const codeOf = (exit: Exit.Exit<void, Failed | Exited | CliError.CliError>): number => {
  if (Exit.isSuccess(exit)) return exitCodes.ok
  const failure = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  if (failure?._tag === "Exited") return failure.exitCode
  if (stoppedBy !== undefined) return codesOfStops[stoppedBy]
  if (failure === undefined) {
    const defect = Cause.squash(exit.cause)
    return report(explain(defect), defect)
  }
  if (failure._tag === "Failed") return report(explain(failure.error), failure.error)
  // The presenter has said it already; help that was asked for is no failure.
  if (failure._tag === "ShowHelp") return failure.errors.length === 0 ? exitCodes.ok : exitCodes.usage
  return report(explain(failure), failure)
}

const codesOfStops = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hungUp,
  /** `aywa-runtime … | head`: the reader has seen enough. */
  EPIPE: exitCodes.ok,
  /** A full disk, perhaps. */
  unwritten: exitCodes.unwritten
} as const

let stoppedBy: keyof typeof codesOfStops | undefined

/** Tells the command to take back what is half done and to end. */
const halt = (by: keyof typeof codesOfStops): void => {
  if (stoppedBy !== undefined) return
  stoppedBy = by
  stop.abort(new Error(`Stopped by ${by}`))
}

/** Says on stderr that the output is not whole, and gives the exit code that says so too. */
const reportUnwritten = ({ stream, code }: OutputFailure, exitCode: number): number => {
  const failed = exitCode === exitCodes.ok ? exitCodes.unwritten : exitCode
  if (stream === "stderr") return failed
  report({
    code: "output",
    message: `stdout could not be written whole (${code}).`,
    hint: "Check the space on the disk and the limit on file sizes. What the command changed stays changed.",
    exitCode: failed
  })
  return failed
}

/** Writes out what is buffered, then exits: `process.exit` alone cuts a pipe off after 64 KiB. */
const finish = (code: number): void => {
  process.exitCode = code
  process.stdout.write("", () => {
    const failure = outputFailure()
    const exitCode = failure === undefined ? code : reportUnwritten(failure, code)
    process.stderr.write("", () => process.exit(exitCode))
  })
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // A second one does not wait for anything.
    if (stoppedBy === undefined) halt(signal)
    else process.exit(codesOfStops[signal])
  })
}
Effect.runFork(makeProgram(args, presenter)).addObserver((exit) => finish(codeOf(exit)))
