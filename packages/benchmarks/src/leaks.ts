/** What stays behind: heap, sockets and listeners after many calls that share one signal, and after failing ones. */
import { getEventListeners } from "node:events"
import { loadPromise } from "./built.ts"
import type { Task, Variants } from "./rounds.ts"

export const names = ["aywa", "aywa on fetch"]

export const tasks = (calls: number): ReadonlyArray<Task> => [
  { name: "one shared signal", units: calls },
  { name: "failing calls", units: calls / 20 }
]

const heap = async (): Promise<number> => {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return process.memoryUsage().heapUsed
}

const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length

const open = async (baseUrl: string, transport: "auto" | "fetch") => {
  const { AywaRuntimeClient } = await loadPromise()
  const options = { apiKey: "k", transport, retries: 0 } as const
  const good = new AywaRuntimeClient({ ...options, baseUrl }).assistants
  // Nothing listens on port 9 of loopback, and the server knows no path below /nowhere.
  const bad = new AywaRuntimeClient({ ...options, baseUrl: `${baseUrl}/nowhere` }).assistants
  const refused = new AywaRuntimeClient({ ...options, baseUrl: "http://127.0.0.1:9" }).assistants
  return { good, bad, refused }
}

const work = async (baseUrl: string, transport: "auto" | "fetch") => {
  const { good, bad, refused } = await open(baseUrl, transport)
  const { signal } = new AbortController()
  const call = (task: Task, i: number): Promise<unknown> => {
    if (task.name === "one shared signal") return good.get("a", { signal })
    const failing = i % 2 === 0 ? bad.get("a", { signal }) : refused.get("a", { signal })
    return failing.then(
      () => {
        throw new Error("a call that must fail succeeded")
      },
      () => undefined
    )
  }
  const many = async (task: Task, total: number): Promise<void> => {
    let at = 0
    const lane = async (): Promise<void> => {
      while (at < total) await call(task, at++)
    }
    await Promise.all(Array.from({ length: 16 }, lane))
  }
  return async (task: Task) => {
    await many(task, Math.min(task.units, 2000))
    const before = await heap()
    const socketsBefore = sockets()
    await many(task, task.units)
    const after = await heap()
    return {
      // Bytes per call: far below one object where nothing is kept.
      heap: (after - before) / task.units,
      sockets: sockets() - socketsBefore,
      listeners: getEventListeners(signal, "abort").length
    }
  }
}

export const variants: Variants = {
  aywa: (baseUrl) => work(baseUrl, "auto"),
  "aywa on fetch": (baseUrl) => work(baseUrl, "fetch")
}
