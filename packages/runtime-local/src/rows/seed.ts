/**
 * Rows that are there from the start: fixtures of a test, or the demo account of a developer.
 */
import { contract, type Group, specOf } from "@aywa-ai/runtime-sdk/internal/contract"
import * as fs from "node:fs"
import { insertRow, type RowContext } from "./crud.ts"
import { rulesOf } from "./rules.ts"
import type { Store } from "../store/Store.ts"
import { isObject, type JsonObject } from "../json/object.ts"
import { explain } from "./validation.ts"

/**
 * Rows by the name of their resource in the contract: `{ assistants: [{ id: "support", name: "Support" }] }`. An `id`
 * is kept, so that rows can refer to each other.
 *
 * @since 0.1.0
 * @category models
 */
export type SeedRows = Readonly<Record<string, ReadonlyArray<Readonly<Record<string, unknown>>>>>

/**
 * Reads rows from a JSON file. Throws a TypeError that names the file and what is wrong with it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const readSeedRows = (file: string): SeedRows => {
  let text: string
  try {
    text = fs.readFileSync(file, "utf8")
  } catch (cause) {
    throw new TypeError(`${file} cannot be read`, { cause })
  }
  try {
    const rows: unknown = JSON.parse(text)
    assertSeedRows(rows)
    return rows
  } catch (cause) {
    throw new TypeError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/**
 * Stores the rows of an organization. One that is there already (a restart on the same file) stays as it is; rows
 * without an id are only stored while their resource is empty. All or none: throws a TypeError that says what is wrong.
 */
export const storeSeedRows = (
  store: Store,
  rows: SeedRows,
  organization: string,
  contextOf: (resource: string) => RowContext
): void => {
  assertSeedRows(rows)
  store.transaction(() => {
    for (const [resource, list] of Object.entries(rows)) {
      const context = contextOf(resource)
      const sql = "SELECT count(*) AS n FROM resource_rows WHERE resource = ? AND org_id = ?"
      const isEmpty = store.get<{ n: number }>(sql, resource, organization)?.n === 0
      // Newest first is how lists answer: what stands first is stored last.
      for (const row of list.toReversed()) {
        const { id, orgId: _, createdAt: __, updatedAt: ___, ...fields } = row
        if (typeof id === "string" ? !exists(store, resource, id) : isEmpty) {
          insertRow(
            context,
            organization,
            { ...rulesOf(resource).defaults(fields), ...fields },
            typeof id === "string" ? id : undefined
          )
        }
      }
    }
  })
}

const exists = (store: Store, resource: string, id: string): boolean =>
  store.get("SELECT 1 AS one FROM resource_rows WHERE resource = ? AND id = ?", resource, id) !== undefined

const groups = new Map(Object.entries<Group>(contract).filter(([, group]) => group["get"] !== undefined))

const frame = { id: "id", orgId: "org", createdAt: "time", updatedAt: "time" }

function assertSeedRows(value: unknown): asserts value is SeedRows {
  if (!isObject(value)) throw new TypeError("Rows come by resource: { assistants: [...], tools: [...] }")
  for (const [resource, list] of Object.entries(value)) {
    const get = groups.get(resource)?.["get"]
    if (get === undefined) {
      throw new TypeError(`There are no rows of ${resource}; there are ${[...groups.keys()].join(", ")}`)
    }
    if (!Array.isArray(list)) throw new TypeError(`${resource}: expected a list of rows`)
    list.forEach((row: unknown, index) => assertRow(`${resource}[${index}]`, specOf(get).success, row))
  }
}

const assertRow = (at: string, schema: Parameters<typeof explain>[0], row: unknown) => {
  if (!isObject(row)) throw new TypeError(`${at}: expected a JSON object`)
  const whole: JsonObject = { ...frame, ...row }
  const problems = explain(schema, whole)
  if (problems.length > 0) throw new TypeError(`${at}: ${problems.join("; ")}`)
}
