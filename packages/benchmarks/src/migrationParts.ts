/** What the benchmarks of the migration share: ids, a mapping of them, and where the servers are. */
import type { Mapping } from "@aywa-ai/runtime-migration"

export const oldId = (n: number): string => `0d000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
export const newId = (n: number): string => `1e000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`

/** So many ids, each with what it becomes. */
export const mappingsOf = (ids: number): ReadonlyArray<Mapping> =>
  Array.from({ length: ids }, (_, n) => ({
    source: "vapi",
    resource: "assistant",
    sourceId: oldId(n),
    runtimeId: newId(n)
  }))

/** Options of a command line, for `parseArgs`. */
export const servers = {
  postgres: { type: "string", default: "postgres://postgres@127.0.0.1:5432/postgres" },
  mysql: { type: "string", default: "mysql://root@127.0.0.1:3306/mysql" }
} as const
