/** Walks a list of 300,000 rows over HTTP, as each client does it: processor time per row, and the peak of memory. */
import { loadEffect, loadPromise } from "./built.ts"
import type { Task, Variants, Work } from "./rounds.ts"

export const names = ["fetch", "undici.request", "aywa", "aywa pages", "aywa (Effect)", "stripe"]

export const tasks = (items: number): ReadonlyArray<Task> => [
  { name: "page 100", units: items, inFlight: 100 },
  { name: "page 1000", units: items, inFlight: 1000 }
]

const key = "bench-key"
const headers = { accept: "application/json", authorization: `Bearer ${key}`, "user-agent": "bench" }

interface Page {
  readonly items: ReadonlyArray<{ readonly id: string }>
  readonly nextCursor?: string
}

/** Reads every row, and says how much memory the process had at most, in megabytes. */
const reading =
  (walk: (limit: number, row: (row: { readonly id: string }) => void, page: () => void) => Promise<void>): Work =>
  async ({ units, inFlight: limit = 100 }) => {
    let rows = 0
    let length = 0
    let peak = 0
    const see = (row: { readonly id: string }): void => {
      rows++
      length += row.id.length
      if (rows % 10_000 === 0) peak = Math.max(peak, process.memoryUsage.rss())
    }
    await walk(limit, see, () => {})
    // Stripe stops at its own page size of 100.
    if (rows < units || length === 0) throw new Error(`${rows} rows of ${units}`)
    return { peak: peak / 2 ** 20 }
  }

const bare = (get: (path: string) => Promise<unknown>): Work =>
  reading(async (limit, see) => {
    let cursor: string | undefined = ""
    while (cursor !== undefined) {
      const page = (await get(`/many/assistant?limit=${limit}&cursor=${cursor}`)) as Page // What our server sends.
      for (const row of page.items) see(row)
      cursor = page.nextCursor
    }
  })

const client = async (baseUrl: string) => {
  const { AywaRuntimeClient } = await loadPromise()
  return new AywaRuntimeClient({ baseUrl: `${baseUrl}/many`, apiKey: key }).assistants
}

export const variants: Variants = {
  fetch: async (baseUrl) => bare(async (path) => (await fetch(baseUrl + path, { headers })).json()),
  "undici.request": async (baseUrl) => {
    const { request } = await import("undici")
    return bare(async (path) => (await request(baseUrl + path, { headers })).body.json())
  },
  aywa: async (baseUrl) => {
    const assistants = await client(baseUrl)
    return reading(async (limit, see) => {
      for await (const row of assistants.stream({ limit })) see(row)
    })
  },
  "aywa pages": async (baseUrl) => {
    const assistants = await client(baseUrl)
    return reading(async (limit, see) => {
      for await (const page of assistants.pages({ limit })) for (const row of page.items) see(row)
    })
  },
  "aywa (Effect)": async (baseUrl) => {
    const Effect = await import("effect/Effect")
    const Stream = await import("effect/Stream")
    const { Assistants, AywaRuntime } = await loadEffect()
    const layer = AywaRuntime.layer({ baseUrl: `${baseUrl}/many`, apiKey: key })
    return reading((limit, see) =>
      Effect.runPromise(
        Effect.flatMap(Assistants.Assistants, (assistants) =>
          Stream.runForEachArray(assistants.stream({ limit }), (rows) => Effect.sync(() => rows.forEach(see)))
        ).pipe(Effect.provide(layer))
      )
    )
  },
  stripe: async (baseUrl) => {
    const { default: Stripe } = await import("stripe")
    const { hostname, port } = new URL(baseUrl)
    const { customers } = new Stripe("sk_test_bench", { host: hostname, port, protocol: "http", telemetry: false })
    return reading(async (limit, see) => {
      for await (const row of customers.list({ limit })) see(row)
    })
  }
}
