/** A walk of pages that take their time to come, with work on each that takes as long: one after the other, or side by side. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assistant } from "./answers.ts"
import { loadPromise } from "./built.ts"
import type { Task, Variants, Work } from "./rounds.ts"

export const names = ["aywa", "aywa, prefetch"]

export const tasks = (pages: number): ReadonlyArray<Task> => [{ name: "20 ms a page, 20 ms of work", units: pages }]

const millis = 20

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

/** A server whose pages have one row, and come after a while. */
const slow = async (pages: number) => {
  const server = createServer((request, response) => {
    const page = Number(new URL(request.url ?? "", "http://runtime").searchParams.get("cursor") ?? 0)
    const next = page + 1 < pages ? { nextCursor: String(page + 1) } : {}
    setTimeout(() => response.end(JSON.stringify({ items: [assistant(page)], ...next })), millis)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

const walk =
  (prefetch: boolean): Work =>
  async ({ units }) => {
    const { AywaRuntimeClient } = await loadPromise()
    const { baseUrl, close } = await slow(units)
    const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "k" })
    let rows = 0
    for await (const page of aywa.assistants.pages({ prefetch })) {
      rows += page.items.length
      await pause()
    }
    await aywa.close()
    close()
    if (rows !== units) throw new Error(`${rows} rows of ${units}`)
  }

export const variants: Variants = {
  aywa: async () => walk(false),
  "aywa, prefetch": async () => walk(true)
}
