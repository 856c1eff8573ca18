/**
 * After a migration: no id of the old platform is left in the runtime's rows.
 */
import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { readText } from "../../core/input.ts"
import { rowsOf } from "../probe.ts"
import { type Check, fail, ok, skip } from "../types.ts"

/** The lists that are looked through. */
const lists = ({ assistants, phoneNumbers, tools, structuredOutputs, webhookEndpoints }: AywaRuntimeClient) => ({
  assistant: assistants,
  "phone-number": phoneNumbers,
  tool: tools,
  "structured-output": structuredOutputs,
  "webhook-endpoint": webhookEndpoints
})

const leftovers: Check = {
  id: "migration.leftovers",
  meaning: "Nothing in the runtime refers to a row of the old platform by its id.",
  needs: ["auth.key"],
  run: async ({ input, client, signal }) => {
    if (input.mapping === undefined) return skip("give --mapping with the mapping file of your import")
    const ids = await sourceIds(input.mapping)
    if (ids === undefined) {
      return fail(
        `${input.mapping} is no mapping.`,
        "It is what aywa-runtime migrate mapping --output writes, or imports mappings ID --all prints."
      )
    }
    const hits: Array<string> = []
    let rows = 0
    for (const [name, rowsOfOne] of Object.entries(lists(await client()))) {
      for await (const row of rowsOfOne.list({ limit: 1000 }, { signal })) {
        rows++
        const old = [...textsOf(row)].find((text) => ids.has(text))
        if (old !== undefined) hits.push(`${name} ${row.id} (${old})`)
      }
    }
    if (hits.length === 0) return ok(`none of ${ids.size} source ids in ${rows} rows`)
    return fail(
      `Source ids are left in ${hits.slice(0, 5).join(", ")}${hits.length > 5 ? `, and ${hits.length - 5} more` : ""}.`,
      "Import again: references between imported rows are rewritten."
    )
  }
}

/** Ids that changed; an id that a row has kept is no leftover. */
const sourceIds = async (file: string): Promise<ReadonlySet<string> | undefined> => {
  const text = await readText(file)
  const entries = listIn(text) ?? (await ledgerIn(text))
  const pairs = entries.filter(({ sourceId }) => typeof sourceId === "string")
  if (pairs.length === 0) return undefined
  return new Set(
    pairs.filter(({ sourceId, runtimeId }) => sourceId !== runtimeId).map(({ sourceId }) => String(sourceId))
  )
}

/** The list of a JSON document that is one answer of the runtime. */
const listIn = (text: string) => {
  try {
    const json: unknown = JSON.parse(text)
    const rows = rowsOf(Reflect.get(Object(json), "mappings") ?? json)
    return rows.length === 0 ? undefined : rows
  } catch {
    return undefined
  }
}

/** The ledger, as JSON Lines or CSV. */
const ledgerIn = async (text: string) => {
  const { parseMappings } = await import("@aywa-ai/runtime-migration")
  try {
    return parseMappings(text).map((mapping): Readonly<Record<string, unknown>> => ({ ...mapping }))
  } catch {
    return []
  }
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
