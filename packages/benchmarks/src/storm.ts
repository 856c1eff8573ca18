/** Many calls at once that are all told to wait for two seconds: how long until all are done, and how crowded it gets. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { loadPromise } from "./built.ts"
import type { Task, Variants } from "./rounds.ts"

export const names = ["aywa"]

export const tasks = (calls: number): ReadonlyArray<Task> => [{ name: "429 for 2 s", units: calls }]

const asked = 2000

/** A server that lets nobody in for as long as it asks to wait, and notes when each request came. */
const limited = async () => {
  const seen: Array<number> = []
  let first: number | undefined
  const server = createServer((_, response) => {
    const now = performance.now()
    first ??= now
    seen.push(now - first)
    if (now - first < asked) response.writeHead(429, { "retry-after": String(asked / 1000) }).end("{}")
    else response.writeHead(200, { "content-type": "application/json" }).end("[]")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, close }
}

export const variants: Variants = {
  aywa: async () => {
    const { AywaRuntimeClient } = await loadPromise()
    return async ({ units }) => {
      const { baseUrl, seen, close } = await limited()
      const { assistants } = new AywaRuntimeClient({ baseUrl, apiKey: "k" })
      await Promise.all(Array.from({ length: units }, () => assistants.list()))
      close()
      // What came in the first second is the crowd itself.
      const back = seen.filter((at) => at > 1000).sort((a, b) => a - b)
      const crowd = Math.max(...back.map((from) => back.filter((at) => from <= at && at < from + 100).length))
      return {
        early: back.filter((at) => at < asked).length,
        "over-ideal": (back.at(-1) ?? Number.NaN) / asked,
        "share-in-100-ms": crowd / units
      }
    }
  }
}
