/** The two calls that every client has, one after another and 32 at a time. */
import { callers, type Calls } from "./clients.ts"
import type { Task, Variants, Work } from "./rounds.ts"

export const names = [
  "fetch",
  "fetch with a signal",
  "undici.request",
  "bare dispatcher",
  "aywa",
  "aywa (Effect)",
  "aywa on fetch",
  "aywa on fetch (Effect)",
  "vapi",
  "stripe",
  "openai"
]

export const tasks = (units: number): ReadonlyArray<Task> => [
  { name: "get one, 32 in flight", units, inFlight: 32 },
  { name: "list 20, 32 in flight", units, inFlight: 32 },
  { name: "get one, in sequence", units: units / 4, inFlight: 1 },
  { name: "list 20, in sequence", units: units / 4, inFlight: 1 }
]

const work =
  (calls: Calls): Work =>
  async ({ name, units, inFlight = 1 }) => {
    const which = name.startsWith("get") ? "get" : "list"
    if (calls.many !== undefined) return calls.many(which, units, inFlight)
    let left = units
    const lane = async (): Promise<void> => {
      while (left-- > 0) await calls[which]()
    }
    await Promise.all(Array.from({ length: inFlight }, lane))
  }

export const variants: Variants = Object.fromEntries(
  Object.entries(callers).map(([name, open]) => [name, async (baseUrl) => work(await open(baseUrl))])
)
