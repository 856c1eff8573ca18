/** A plain client: Node's fetch, nothing of the SDK. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { onTestFinished } from "vitest"
import { type LocalRuntimeHandle, type LocalRuntimeOptions, startLocalRuntime } from "../src/index.ts"

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into JSON that they provoke
  readonly body: any
}

export interface CallOptions {
  readonly headers?: Record<string, string>
  readonly key?: string
  readonly fault?: string
  readonly signal?: AbortSignal
  readonly apiKey?: string
}

export interface Client {
  readonly runtime: LocalRuntimeHandle
  readonly call: (method: string, path: string, body?: unknown, options?: CallOptions) => Promise<Reply>
}

export const start = async (options: LocalRuntimeOptions = {}): Promise<Client> => {
  const runtime = await startLocalRuntime(options)
  onTestFinished(() => runtime.close())
  return clientOf(runtime)
}

export const clientOf = (runtime: LocalRuntimeHandle): Client => ({
  runtime,
  call: async (method, target, body, options = {}) => {
    const response = await fetch(runtime.baseUrl + target, {
      method,
      redirect: "manual",
      signal: options.signal ?? null,
      headers: {
        authorization: `Bearer ${options.apiKey ?? runtime.apiKey}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(options.key === undefined ? {} : { "idempotency-key": options.key }),
        ...(options.fault === undefined ? {} : { "aywa-fault": options.fault }),
        ...options.headers
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parse(text) }
  }
})

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const temporaryFile = (): string => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "runtime-local-"))
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }))
  return path.join(directory, "runtime.sqlite")
}

/** What fetch failed with: its message and the code of its cause. */
export const failure = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise
    return "no failure"
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined
    return `${error instanceof Error ? error.message : String(error)}: ${String(code ?? cause)}`
  }
}
