/**
 * After a migration: no id of the old platform is left in the runtime's rows.
 */
import { readFile } from "node:fs/promises"
import { answered, rowsOf, type Probe } from "../probe.ts"
import { type Check, fail, ok, skip } from "../types.ts"

const paths = ["/assistant", "/phone-number", "/tool", "/structured-output", "/webhook-endpoint"] as const

const leftovers: Check = {
  id: "migration.leftovers",
  meaning: "Nothing in the runtime refers to a row of the old platform by its id.",
  needs: ["auth.key"],
  run: async ({ input, probe }) => {
    if (input.mapping === undefined) return skip("give --mapping with the mapping file of your import")
    const ids = await sourceIds(input.mapping)
    if (ids === undefined) {
      return fail(
        `${input.mapping} is no mapping.`,
        "It is the JSON that aywa-runtime imports mappings ID --all prints."
      )
    }
    const found: Array<string> = []
    let rows = 0
    for (const path of paths) {
      for (const row of await everyRow(probe, path)) {
        rows++
        const old = [...textsOf(row)].find((text) => ids.has(text))
        if (old !== undefined) found.push(`${path}/${String(row["id"])} (${old})`)
      }
    }
    if (found.length === 0) return ok(`none of ${ids.size} source ids in ${rows} rows`)
    return fail(
      `Source ids are left in ${found.slice(0, 5).join(", ")}${found.length > 5 ? `, and ${found.length - 5} more` : ""}.`,
      "Import again: references between imported rows are rewritten."
    )
  }
}

/** Ids that changed; an id that a row has kept is no leftover. */
const sourceIds = async (file: string): Promise<ReadonlySet<string> | undefined> => {
  let json: unknown
  try {
    json = JSON.parse(await readFile(file, "utf8"))
  } catch {
    return undefined
  }
  const entries = rowsOf(Array.isArray(json) ? json : (Reflect.get(Object(json), "mappings") ?? json))
  const pairs = entries.filter(({ sourceId }) => typeof sourceId === "string")
  if (pairs.length === 0) return undefined
  return new Set(
    pairs.filter(({ sourceId, runtimeId }) => sourceId !== runtimeId).map(({ sourceId }) => String(sourceId))
  )
}

const everyRow = async (probe: Probe, path: string) => {
  const answer = await probe(`${path}?limit=1000`)
  if (answer.status === 404) return []
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answered(answer)}`)
  return rowsOf(answer.json)
}

/** Every text in a row, its own `metadata` apart: that is yours, and an import notes the source id there. */
function* textsOf(value: unknown): Generator<string> {
  if (typeof value === "string") yield value
  else if (Array.isArray(value)) for (const item of value) yield* textsOf(item)
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) if (key !== "metadata") yield* textsOf(inner)
  }
}

/** The checks of this file. */
export const migrationChecks: ReadonlyArray<Check> = [leftovers]
