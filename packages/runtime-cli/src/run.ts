/**
 * One command line, from its words to its exit code: parses, runs, reports. The process around it is `main.ts`.
 */
import type * as CliError from "effect/cli/CliError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { makeProgram } from "./app.ts"
import type { Exited, Failed } from "./cli/define.ts"
import { makePresenter } from "./cli/presenter.ts"
import { type ExplainedError, explain, paragraph } from "./core/explain.ts"
import { exitCodes } from "./core/failure.ts"
import { hasColor } from "./core/output.ts"
import { painter, wrap } from "./core/table.ts"

/** Writes an error to stderr and gives its exit code. */
export type Report = (error: ExplainedError, cause?: unknown) => number

/** One command line. */
export interface CommandLine {
  readonly report: Report
  /** Runs it to its end and gives the exit code; `stoppedWith` is that of whatever has stopped it meanwhile. */
  readonly run: (stoppedWith: () => number | undefined) => Promise<number>
}

/** `help assistants list` is `assistants list --help`. */
const helped = (words: ReadonlyArray<string>) => (words[0] === "help" ? [...words.slice(1), "--help"] : words)

/** Whether errors are JSON is read from the words: they may be wrong before anything is parsed. */
const makeReport = (args: ReadonlyArray<string>): Report => {
  const asJson = args.includes("--json") && !args.includes("--no-json")
  return (error, cause) => {
    if (asJson) {
      process.stderr.write(`${JSON.stringify({ error })}\n`)
    } else {
      const paint = painter(hasColor(process.stderr, !args.includes("--no-color"), process.env))
      const text = `${paint("red", "error:")} ${paragraph(error)}`
      process.stderr.write(`${wrap(text, process.stderr.columns || Infinity, 2)}\n`)
    }
    if (args.includes("--debug") && cause instanceof Error) process.stderr.write(`${cause.stack ?? cause.message}\n`)
    return error.exitCode
  }
}

/** The exit code of a run, after reporting what must be reported. */
const codeOf = (
  exit: Exit.Exit<void, Failed | Exited | CliError.CliError>,
  report: Report,
  stoppedWith: number | undefined
): number => {
  if (Exit.isSuccess(exit)) return exitCodes.ok
  const failure = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  if (failure?._tag === "Exited") return failure.exitCode
  if (stoppedWith !== undefined) return stoppedWith
  if (failure === undefined) {
    const defect = Cause.squash(exit.cause)
    return report(explain(defect), defect)
  }
  if (failure._tag === "Failed") return report(explain(failure.error), failure.error)
  // The presenter has said it already; help that was asked for is no failure.
  if (failure._tag === "ShowHelp") return failure.errors.length === 0 ? exitCodes.ok : exitCodes.usage
  return report(explain(failure), failure)
}

/** The command line of these words, `aywa-runtime` left out. */
export const commandLine = (words: ReadonlyArray<string>): CommandLine => {
  const args = helped(words)
  const report = makeReport(args)
  const presenter = makePresenter({
    help: (text) => process.stdout.write(`${text.replace(/\n*$/, "")}\n`),
    error: (error) => report(error),
    colors: hasColor(process.stdout, !args.includes("--no-color"), process.env)
  })
  return {
    report,
    run: async (stoppedWith) => {
      const exit = await Effect.runPromiseExit(makeProgram(args, presenter))
      return codeOf(exit, report, stoppedWith())
    }
  }
}
