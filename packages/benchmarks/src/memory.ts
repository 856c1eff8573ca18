/** 10,000 calls in flight against a server that answers none of them: bytes of this process per call. */
import { callers } from "./clients.ts"
import type { Task, Variants, Work } from "./rounds.ts"

export const names = [
  "fetch",
  "undici.request",
  "undici.request, 128 connections",
  "bare dispatcher",
  "aywa",
  "aywa, uncapped",
  "aywa (Effect)",
  "vapi",
  "stripe"
]

export const tasks = (units: number): ReadonlyArray<Task> => [{ name: "in flight", units }]

const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
}

const held =
  (call: () => Promise<unknown>): Work =>
  async ({ units }) => {
    const before = await measure()
    const calls = Array.from({ length: units }, () => call().catch(() => undefined))
    // Long enough that all sockets there will be are open: until their number stays.
    let open = -1
    while (open !== sockets()) {
      open = sockets()
      await new Promise((resolve) => setTimeout(resolve, 400))
    }
    const after = await measure()
    if (calls.length !== units) throw new Error("lost calls")
    return {
      rss: (after.rss - before.rss) / units,
      heap: (after.heap - before.heap) / units,
      sockets: open
    }
  }

const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length

const measure = async () => {
  await settled()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, heap: heapUsed + external }
}

const slow = (baseUrl: string): string => `${baseUrl}/never`

// One call that is answered first, so that what a client makes once is not counted.
const warm = async (baseUrl: string, open: (typeof callers)[string] | undefined): Promise<Work> => {
  if (open === undefined) throw new Error("no such client")
  const ready = await open(baseUrl)
  for (let i = 0; i < 50; i++) await ready.get()
  const calls = await open(slow(baseUrl))
  return held(() => calls.get())
}

export const variants: Variants = {
  ...Object.fromEntries(
    ["fetch", "undici.request", "bare dispatcher", "aywa", "aywa (Effect)", "vapi"].map((name) => [
      name,
      (baseUrl: string) => warm(baseUrl, callers[name])
    ])
  ),
  "aywa, uncapped": async (baseUrl) => {
    const { loadPromise } = await import("./built.ts")
    const { AywaRuntimeClient } = await loadPromise()
    return warm(baseUrl, async (url) => {
      const { assistants } = new AywaRuntimeClient({ baseUrl: url, apiKey: "k", connections: 20_000 })
      return { get: () => assistants.get("a"), list: () => assistants.list() }
    })
  },
  "undici.request, 128 connections": async (baseUrl) => {
    const { Agent, request } = await import("undici")
    const dispatcher = new Agent({ connections: 128 })
    return warm(baseUrl, async (url) => {
      const get = async () => (await request(`${url}/assistant/a`, { dispatcher })).body.json()
      return { get, list: get }
    })
  },
  stripe: async (baseUrl) => {
    const { default: Stripe } = await import("stripe")
    const { hostname, port } = new URL(baseUrl)
    // Its paths cannot be prefixed: what is never answered has an id of its own.
    const { customers } = new Stripe("sk_test_bench", {
      host: hostname,
      port,
      protocol: "http",
      telemetry: false,
      maxNetworkRetries: 0
    })
    for (let i = 0; i < 50; i++) await customers.retrieve("a")
    return held(() => customers.retrieve("never"))
  }
}
