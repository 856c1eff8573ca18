/** The real binary as a child process, against a real local runtime. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer as createHttpServer, type IncomingHttpHeaders } from "node:http"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buffer } from "node:stream/consumers"
import { type LocalRuntimeHandle, type LocalRuntimeOptions, startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { assert, inject, onTestFinished } from "vitest"
import { eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { endUnfinished, mayBeHosted, runHosted } from "./hosted/hosted.ts"

export interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into JSON that they provoke
  readonly json: any
}

export interface RunOptions {
  readonly stdin?: string | undefined
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  readonly cwd?: string | undefined
}

export interface Running {
  readonly child: ChildProcess
  readonly output: { stdout: string; stderr: string }
  readonly done: Promise<Result>
}

/** Starts the command; nothing of this process's environment but PATH goes in. */
export const launch = (args: ReadonlyArray<string>, options: RunOptions = {}): Running => {
  const child = spawn(process.execPath, [inject("bin"), ...args], {
    cwd: options.cwd,
    env: { PATH: process.env["PATH"], HOME: tmpdir(), ...options.env },
    stdio: ["pipe", "pipe", "pipe"]
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  const output = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text))
  child.stdin.on("error", () => {}) // It may end before it has read everything.
  child.stdin.end(options.stdin ?? "")
  const done = once(child, "close").then(([code]): Result => ({ code, ...output, json: parsed(output.stdout) }))
  return { child, output, done }
}

/** Runs the command to its end: in a process of its own the first time, later in one that stays. */
export const run = async (args: ReadonlyArray<string>, options: RunOptions = {}): Promise<Result> => {
  const task = {
    args,
    env: { PATH: process.env["PATH"], HOME: tmpdir(), ...options.env },
    cwd: options.cwd ?? process.cwd(),
    stdin: options.stdin ?? ""
  }
  if (!mayBeHosted(task)) return launch(args, options).done
  onTestFinished(endUnfinished)
  const ended = await runHosted(task)
  return { ...ended, json: parsed(ended.stdout) }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The error that a piped run prints. */
export const errorOf = (result: Result) => {
  const line = result.stderr.trim().split("\n").at(-1) ?? ""
  assert.match(line, /^\{"error":/, result.stderr)
  return JSON.parse(line).error
}

/** A runtime, and the environment that leads to it. */
export const startRuntime = async (options: LocalRuntimeOptions = {}) => {
  const runtime = await startLocalRuntime(options)
  onTestFinished(() => runtime.close())
  return { runtime, env: envOf(runtime) }
}

export const envOf = (runtime: LocalRuntimeHandle) => ({
  AYWA_RUNTIME_BASE_URL: runtime.baseUrl,
  AYWA_RUNTIME_API_KEY: runtime.apiKey,
  AYWA_RUNTIME_ORGANIZATION_ID: runtime.organizationId
})

/** `--set` for each field. */
export const sets = (fields: Readonly<Record<string, unknown>>): ReadonlyArray<string> =>
  Object.entries(fields).flatMap(([path, value]) => [
    "--set",
    `${path}=${typeof value === "string" ? value : JSON.stringify(value)}`
  ])

/** For what must be there before a test begins: a process for each row would take most of the time. */
export const clientOf = (env: ReturnType<typeof envOf>): AywaRuntimeClient =>
  new AywaRuntimeClient({
    baseUrl: env.AYWA_RUNTIME_BASE_URL,
    apiKey: env.AYWA_RUNTIME_API_KEY,
    organizationId: env.AYWA_RUNTIME_ORGANIZATION_ID
  })

/** An assistant, and a phone number that is bound to it. */
export const createPinned = async (env: ReturnType<typeof envOf>): Promise<string> => {
  const aywa = clientOf(env)
  const { id } = await aywa.assistants.create({ name: "Desk" })
  await aywa.phoneNumbers.create({ provider: "vapi", number: "+14155550123", assistantId: id })
  return id
}

export interface Delivered {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A handler of webhooks that notes what it gets; `answer` gives the status and the body. */
export const startHandler = async (answer: (delivered: Delivered) => readonly [status: number, body?: string]) => {
  const got: Array<Delivered> = []
  const server = createHttpServer(async (request, response) => {
    const delivered = { path: request.url ?? "", headers: request.headers, body: await buffer(request) }
    got.push(delivered)
    const [status, body] = answer(delivered)
    response.writeHead(status, { "content-type": "application/json" }).end(body)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => void server.close())
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** A folder that goes when the test is done. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-cli-test-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Waits for text in what the command has written. */
export const until = (running: Running, stream: "stdout" | "stderr", text: string | RegExp) =>
  eventually(() => {
    const written = running.output[stream]
    if (typeof text === "string") assert.include(written, text)
    else assert.match(written, text)
  })

/** A port that nobody listens on. */
export const closedPort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : 0
}
