/**
 * The process of one command line: stops it on signals, waits until everything is written, and exits.
 */
import { type OutputFailure, outputFailure, watchOutput } from "@aywa-ai/runtime-local/internal/standard-streams"
import { exitCodes } from "./core/failure.ts"
import { stop } from "./core/stop.ts"
import { commandLine } from "./run.ts"

watchOutput({
  // What is still written for it is lost, and no reason not to clean up.
  onReaderGone: () => halt("EPIPE"),
  // Without its notes a command goes on: it may be in the middle of a change.
  onFailure: ({ stream }) => (stream === "stdout" ? halt("unwritten") : undefined)
})

const codesOfStops = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hungUp,
  /** `aywa-runtime … | head`: the reader has seen enough. */
  EPIPE: exitCodes.ok,
  /** A full disk, perhaps. */
  unwritten: exitCodes.unwritten
} as const

const { report, run } = commandLine(process.argv.slice(2))
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

void run(() => (stoppedBy === undefined ? undefined : codesOfStops[stoppedBy])).then(finish)
