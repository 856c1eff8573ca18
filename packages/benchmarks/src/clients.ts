/**
 * The clients that are compared, each as the two calls that all of them have. A variant lives alone in its process.
 */
import type { RuntimeError } from "@aywa-ai/runtime-sdk"
import type * as Effects from "effect/Effect"

import { loadEffect, loadPromise } from "./built.ts"

export interface Calls {
  readonly get: () => Promise<unknown>
  readonly list: () => Promise<unknown>
  /** Runs `total` calls with `inFlight` at a time, for variants that have a way of their own to do so. */
  readonly many?: (call: "get" | "list", total: number, inFlight: number) => Promise<void>
}

/** Node's own; the workspace's Node has undici 7. */
interface Dispatcher {
  readonly constructor: new (options: object) => { readonly dispatch: (options: object, handler: object) => boolean }
}

const key = "bench-key"
const headers = { accept: "application/json", authorization: `Bearer ${key}`, "user-agent": "bench" }

const promise = async (baseUrl: string, transport: "auto" | "fetch"): Promise<Calls> => {
  const { AywaRuntimeClient } = await loadPromise()
  const { assistants } = new AywaRuntimeClient({ baseUrl, apiKey: key, transport })
  return { get: () => assistants.get("a"), list: () => assistants.list({ limit: 20 }) }
}

const effect = async (baseUrl: string, transport: "auto" | "fetch"): Promise<Calls> => {
  const Effect = await import("effect/Effect")
  const ManagedRuntime = await import("effect/ManagedRuntime")
  const { Assistants, AywaRuntime } = await loadEffect()
  const runtime = ManagedRuntime.make(AywaRuntime.layer({ baseUrl, apiKey: key, transport }))
  const service = await runtime.runPromise(Assistants.Assistants)
  const call = (which: "get" | "list"): Effects.Effect<void, RuntimeError> =>
    which === "get" ? Effect.asVoid(service.get("a")) : Effect.asVoid(service.list({ limit: 20 }))
  return {
    get: () => runtime.runPromise(call("get")),
    list: () => runtime.runPromise(call("list")),
    // As an Effect program does it: fibers, and no promise per call. The loop is a plain one, as that of the others is.
    many: (which, total, inFlight) => {
      let left = total
      const lane = Effect.suspend(() =>
        Effect.whileLoop({ while: () => left-- > 0, body: () => call(which), step: () => undefined })
      )
      return runtime.runPromise(
        Effect.forEach(Array.from({ length: inFlight }), () => lane, { concurrency: "unbounded", discard: true })
      )
    }
  }
}

export const callers: Readonly<Record<string, (baseUrl: string) => Promise<Calls>>> = {
  fetch: async (baseUrl) => {
    const call = async (path: string): Promise<unknown> => {
      const response = await fetch(baseUrl + path, { headers })
      if (!response.ok) throw new Error(`status ${response.status}`)
      return response.json()
    }
    return { get: () => call("/assistant/a"), list: () => call("/assistant?limit=20") }
  },
  "undici.request": async (baseUrl) => {
    const { request } = await import("undici")
    const call = async (path: string): Promise<unknown> => {
      const response = await request(baseUrl + path, { headers })
      if (response.statusCode >= 300) throw new Error(`status ${response.statusCode}`)
      return response.body.json()
    }
    return { get: () => call("/assistant/a"), list: () => call("/assistant?limit=20") }
  },
  // What is below us: the dispatcher, the body as text, JSON.parse. No client on it can be cheaper.
  "bare dispatcher": async (baseUrl) => {
    void new Headers()
    const { constructor: Agent } = Reflect.get(globalThis, Symbol.for("undici.globalDispatcher.1")) as Dispatcher
    const agent = new Agent({ connections: 128 })
    const { origin, pathname } = new URL(baseUrl)
    const prefix = pathname.replace(/\/$/, "")
    const list = Object.entries(headers).flat()
    const call = (path: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const chunks: Array<Buffer> = []
        agent.dispatch(
          { origin, path: prefix + path, method: "GET", headers: list },
          {
            onConnect: () => undefined,
            onHeaders: () => true,
            onData: (chunk: Buffer) => chunks.push(chunk) > 0,
            onComplete: () => resolve(JSON.parse(Buffer.concat(chunks).toString("utf8"))),
            onError: reject
          }
        )
      })
    return { get: () => call("/assistant/a"), list: () => call("/assistant?limit=20") }
  },
  // What a timeout or a cancellation needs of `fetch`.
  "fetch with a signal": async (baseUrl) => {
    const call = async (path: string): Promise<unknown> => {
      const response = await fetch(baseUrl + path, { headers, signal: new AbortController().signal })
      if (!response.ok) throw new Error(`status ${response.status}`)
      return response.json()
    }
    return { get: () => call("/assistant/a"), list: () => call("/assistant?limit=20") }
  },
  aywa: (baseUrl) => promise(baseUrl, "auto"),
  "aywa (Effect)": (baseUrl) => effect(baseUrl, "auto"),
  "aywa on fetch": (baseUrl) => promise(baseUrl, "fetch"),
  "aywa on fetch (Effect)": (baseUrl) => effect(baseUrl, "fetch"),
  vapi: async (baseUrl) => {
    const { VapiClient } = await import("@vapi-ai/server-sdk")
    const { assistants } = new VapiClient({ token: key, environment: baseUrl })
    return { get: () => assistants.get({ id: "a" }), list: () => assistants.list({ limit: 20 }) }
  },
  stripe: async (baseUrl) => {
    const { default: Stripe } = await import("stripe")
    const { hostname, port } = new URL(baseUrl)
    const { customers } = new Stripe("sk_test_bench", { host: hostname, port, protocol: "http", telemetry: false })
    return { get: () => customers.retrieve("a"), list: () => customers.list({ limit: 20 }) }
  },
  openai: async (baseUrl) => {
    const { default: OpenAI } = await import("openai")
    const { files } = new OpenAI({ apiKey: key, baseURL: baseUrl })
    return { get: () => files.retrieve("a"), list: () => files.list({ limit: 20 }) }
  }
}
