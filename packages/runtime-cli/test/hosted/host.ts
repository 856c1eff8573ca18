/**
 * The command line in a process that stays: one command after another, each with words, variables, folder and streams
 * of its own. Starting a process takes thirty times as long as what most commands do.
 */
import { Readable, Writable } from "node:stream"
import { commandLine } from "../../src/run.ts"

/** What a command is run with. */
export interface Task {
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdin: string
}

/** What came of it. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Takes the place of a stream of this process while a command runs. */
const standIn = (name: "stdin" | "stdout" | "stderr", stream: Readable | Writable): void => {
  Object.defineProperty(process, name, { configurable: true, enumerable: true, value: stream })
}

const collected = (): { readonly stream: Writable; readonly text: () => string } => {
  const chunks: Array<Buffer> = []
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk)
      done()
    }
  })
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") }
}

const perform = async ({ args, env, cwd, stdin }: Task): Promise<Ended> => {
  const [stdout, stderr] = [collected(), collected()]
  process.argv = [...process.argv.slice(0, 2), ...args]
  process.env = { ...env }
  process.chdir(cwd)
  standIn("stdin", Readable.from(stdin === "" ? [] : [Buffer.from(stdin)], { objectMode: false }))
  standIn("stdout", stdout.stream)
  standIn("stderr", stderr.stream)
  const code = await commandLine(args).run(() => undefined)
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

process.on("message", (task: Task) => {
  perform(task).then(
    (ended) => process.send?.(ended),
    (error: unknown) => process.send?.({ code: -1, stdout: "", stderr: error instanceof Error ? error.stack : "" })
  )
})
process.on("disconnect", () => process.exit())
process.send?.("ready")
