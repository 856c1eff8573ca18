/** Real servers, the official client, and the real local runtime. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough, type Readable, type Writable } from "node:stream"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { ElicitRequestSchema, type JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js"
import { type LocalRuntimeHandle, type LocalRuntimeOptions, startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { inject, onTestFinished } from "vitest"
import { type McpOptions, serveHttp, serveStdio } from "../src/index.ts"

export const startRuntime = async (options: LocalRuntimeOptions = {}): Promise<LocalRuntimeHandle> => {
  const runtime = await startLocalRuntime({ webhookSchedule: "instant", ...options })
  onTestFinished(() => runtime.close())
  return runtime
}

export const clientOf = ({ baseUrl, apiKey, organizationId }: LocalRuntimeHandle): AywaRuntimeClient =>
  new AywaRuntimeClient({ baseUrl, apiKey, organizationId, retries: 0 })

/** What a person at the client answers, by the question. */
export type Answer = (question: string) => "accept" | "no" | "decline" | "cancel"

/** The official client. With `answer` it can ask a person. */
export const officialClient = (answer?: Answer): Client => {
  const client = new Client(
    { name: "test", version: "1.0.0" },
    { capabilities: answer === undefined ? {} : { elicitation: { form: {} } } }
  )
  if (answer !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      const action = answer(params.message)
      if (action === "accept") return { action, content: { place: true } }
      return action === "no" ? { action: "accept", content: { place: false } } : { action }
    })
  }
  return client
}

type Settings = Omit<McpOptions, "client" | "local"> & {
  readonly local?: boolean
  readonly answer?: Answer | undefined
}

const optionsOf = (runtime: LocalRuntimeHandle, settings: Settings): McpOptions => {
  const { local, ...rest } = settings
  delete rest.answer
  return { ...rest, client: clientOf(runtime), ...(local === true ? { local: runtime } : {}) }
}

/** A server in this process over streams, and the official client on the other end of them. */
export const connect = async (runtime: LocalRuntimeHandle, settings: Settings = {}): Promise<Client> => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()]
  const client = officialClient(settings.answer)
  const served = serveStdio({ ...optionsOf(runtime, settings), stdin, stdout })
  onTestFinished(async () => {
    await client.close()
    stdin.end()
    await served
  })
  await client.connect(new StreamTransport(stdout, stdin))
  return client
}

/** The official framing over streams instead of a child process. */
class StreamTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  readonly #input: PassThrough
  readonly #output: PassThrough

  constructor(input: PassThrough, output: PassThrough) {
    this.#input = input
    this.#output = output
  }

  async start(): Promise<void> {
    let rest = ""
    this.#input.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) this.onmessage?.(JSON.parse(line))
    })
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#output.write(`${JSON.stringify(message)}\n`)
  }

  async close(): Promise<void> {
    this.#output.end()
    this.onclose?.()
  }
}

/** The same over HTTP on loopback. */
export const connectHttp = async (runtime: LocalRuntimeHandle, settings: Settings = {}) => {
  const server = await serveHttp(optionsOf(runtime, settings))
  const client = officialClient(settings.answer)
  onTestFinished(async () => {
    await client.close()
    await server.close()
  })
  await client.connect(
    // Its own types are not written for exactOptionalPropertyTypes.
    new StreamableHTTPClientTransport(new URL(server.url), {
      requestInit: { headers: { authorization: `Bearer ${server.token}` } }
    }) as unknown as Transport
  )
  return { client, server }
}

const processEnv = ({ baseUrl, apiKey, organizationId, controlToken }: LocalRuntimeHandle, settings: Settings) => ({
  PATH: process.env["PATH"] ?? "",
  AYWA_MCP_TEST: JSON.stringify({
    ...settings,
    baseUrl,
    apiKey,
    organizationId,
    ...(settings.local === true ? { local: { baseUrl, controlToken } } : {})
  })
})

/** A server as a process that the official client starts. */
export const connectProcess = async (runtime: LocalRuntimeHandle, settings: Settings = {}): Promise<Client> => {
  const client = officialClient(settings.answer)
  onTestFinished(() => client.close())
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [inject("server")],
      env: processEnv(runtime, settings)
    })
  )
  return client
}

/** A server as a process whose bytes the test sees. */
export const startProcess = (
  runtime: LocalRuntimeHandle,
  settings: Settings = {}
): RawServer & { readonly child: ChildProcess } => {
  const child = spawn(process.execPath, [inject("server")], {
    env: processEnv(runtime, settings),
    stdio: ["pipe", "pipe", "pipe"]
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  const ended = once(child, "close").then(([code]) => code)
  const server = new RawServer(child.stdin!, child.stdout!, ended)
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (server.stderr += text))
  return Object.assign(server, { child })
}

/** A server in this process whose bytes the test sees. */
export const startRaw = (runtime: LocalRuntimeHandle, settings: Settings = {}): RawServer => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()]
  const served = serveStdio({ ...optionsOf(runtime, settings), stdin, stdout })
  onTestFinished(async () => {
    stdin.end()
    await served
  })
  return new RawServer(stdin, stdout, served)
}

/** Lines in, lines out. */
export class RawServer {
  readonly lines: Array<string> = []
  stderr = ""
  readonly stdin: Writable
  readonly ended: Promise<unknown>
  #rest = ""
  #waiting: Array<() => void> = []

  constructor(stdin: Writable, stdout: Readable, ended: Promise<unknown>) {
    this.stdin = stdin
    this.ended = ended
    stdin.on("error", () => {})
    stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (this.#rest + text).split("\n")
      this.#rest = lines.pop() ?? ""
      this.lines.push(...lines)
      for (const wake of this.#waiting.splice(0)) wake()
    })
  }

  send(message: unknown): void {
    this.stdin.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`)
  }

  /** The message with this id. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into JSON that they provoke
  async answer(id: number | string): Promise<any> {
    for (;;) {
      const line = this.lines.find((text) => JSON.parse(text).id === id)
      if (line !== undefined) return JSON.parse(line)
      const ended = this.ended.then(() => {
        throw new Error(`it ended: ${this.stderr}`)
      })
      await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), ended])
    }
  }

  async initialize(protocolVersion = "2025-06-18") {
    this.send({
      jsonrpc: "2.0",
      id: "init",
      method: "initialize",
      params: { protocolVersion, capabilities: {}, clientInfo: { name: "raw", version: "1" } }
    })
    const answer = await this.answer("init")
    this.send({ jsonrpc: "2.0", method: "notifications/initialized" })
    return answer
  }
}

export interface ToolResult {
  readonly isError: boolean
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into JSON that they provoke
  readonly data: any
}

/** Calls a tool. */
export const call = async (
  client: Client,
  name: string,
  args: Readonly<Record<string, unknown>> = {},
  options: { readonly signal?: AbortSignal; readonly onprogress?: (progress: unknown) => void } = {}
): Promise<ToolResult> => {
  const result = await client.callTool({ name, arguments: { ...args } }, undefined, { timeout: 60_000, ...options })
  const content = result.content as ReadonlyArray<{ readonly type: string; readonly text: string }>
  return {
    isError: result.isError === true,
    text: content.map(({ text }) => text).join("\n"),
    data: result.structuredContent
  }
}

/** A tool call that must not fail. */
export const good = async (...args: Parameters<typeof call>): Promise<ToolResult> => {
  const result = await call(...args)
  if (result.isError) throw new Error(`${args[1]}: ${result.text}`)
  return result
}

/** The error of a tool call that must fail. */
export const bad = async (...args: Parameters<typeof call>) => {
  const result = await call(...args)
  if (!result.isError) throw new Error(`${args[1]} did not fail: ${result.text}`)
  return result.data.error
}

/** A handler of webhooks and tools that answers what it is told to. */
export const startHandler = async (answer: (body: string) => readonly [status: number, body?: string]) => {
  const bodies: Array<string> = []
  const server = createServer((request, response) => {
    let body = ""
    request.setEncoding("utf8").on("data", (text: string) => (body += text))
    request.on("end", () => {
      bodies.push(body)
      const [status, text] = answer(body)
      response.writeHead(status, { "content-type": "application/json" }).end(text)
    })
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-mcp-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What the runtime saw beside reads. */
export const writesIn = (runtime: LocalRuntimeHandle) => runtime.requests().filter(({ method }) => method !== "GET")
