/** Rows of the team's tables, by chance of a number that says it all again. */
import type { Location, SqlDriver } from "../../src/index.ts"
import { quoteName } from "../../src/sql/names.ts"
import { mapping, old } from "../databases.ts"
import { type Column, tables } from "./tables.ts"

/** A number below another one, the same ones for the same seed. */
export type Chance = (below: number) => number

export const chanceOf = (seed: number): Chance => {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const counts = { assistant: 20, tool: 12, phoneNumber: 8 } as const
const firsts = { assistant: 1, tool: 101, phoneNumber: 201 } as const
type Kind = keyof typeof counts

export const idsOf = (kind: Kind): ReadonlyArray<string> =>
  Array.from({ length: counts[kind] }, (_, at) => old(firsts[kind] + at))

export const runtimeIdOf = (id: string): string => id.replace("abcdef00", "0fedcba0")

export const mappings = (["assistant", "tool", "phoneNumber"] as const).flatMap((kind) =>
  idsOf(kind).map((id) => mapping(id, runtimeIdOf(id), kind))
)

export const documentOf = (id: string): string =>
  JSON.stringify({ agent: id, by: { [id]: 3 }, args: JSON.stringify({ id }), n: [1, null] })

export const textOf = (id: string): string =>
  `é call of ${id}, see https://app.example.test/a/${id}?x=1 and ${id.toUpperCase()} "quoted", ${id}-mono.wav\n`

export const locations: ReadonlyArray<Location> = tables.flatMap(({ name, columns }) =>
  columns.flatMap((column): ReadonlyArray<Location> => {
    const at = { table: name, column: column.name }
    if (column.type === "id" && column.of !== undefined && column.of !== "any")
      return [{ ...at, kind: "id", resource: column.of }]
    if (column.of === undefined) return []
    return [{ ...at, kind: column.type === "document" ? "json-any" : "text" }]
  })
)

/** A value for a row; ids of unique columns and of keys one after the other. */
const valueOf = (column: Column, row: number, chance: Chance, states: boolean): string | number | undefined => {
  if (column.optional && chance(5) === 0) return undefined
  const kind = column.of === "any" || column.of === undefined ? "assistant" : column.of
  const ids = idsOf(kind)
  const one = ids[chance(ids.length)] ?? ""
  switch (column.type) {
    case "number":
      return 1 + chance(20)
    case "line":
      return states && column.name === "status" ? "new" : `${column.name} ${row}`
    case "text":
      return column.of === undefined ? `text ${row}` : textOf(one)
    case "document":
      return column.of === undefined ? `{"n":${row}}` : documentOf(one)
    case "id":
      return one
  }
}

/** Writes a row; a column without a value is left out. */
export const insert = async (
  { dialect, run }: SqlDriver,
  table: string,
  row: Readonly<Record<string, string | number | undefined>>
): Promise<void> => {
  const filled = Object.entries(row).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  const marks = filled.map((_, at) => (dialect === "postgres" ? `$${at + 1}` : "?"))
  await run(
    `INSERT INTO ${quoteName(dialect, table)} (${filled.map(([name]) => quoteName(dialect, name)).join(", ")}) VALUES (${marks.join(", ")})`,
    filled.map(([, value]) => value)
  )
}

/** Fills all tables: those that others refer to with a row for each id. */
export const fill = async (driver: SqlDriver, size: number, seed: number): Promise<void> => {
  const chance = chanceOf(seed)
  const parents = ["agents", "tools", "phone_numbers"]
  const ordered = [...tables].sort((a, b) => rank(parents, a.name) - rank(parents, b.name))
  for (const { name, key, columns } of ordered) {
    const unique = columns.filter((column) => column.unique || key.includes(column.name))
    const most = unique.reduce(
      (least, { of }) => Math.min(least, idsOf(of === "any" || of === undefined ? "assistant" : of).length),
      size
    )
    const rows = parents.includes(name) ? Number.MAX_SAFE_INTEGER : size
    const [only] = unique
    const ids = only === undefined ? [] : idsOf(only.of === "any" || only.of === undefined ? "assistant" : only.of)
    for (
      let row = 1;
      row <= (only === undefined ? rows : Math.min(rows, parents.includes(name) ? ids.length : most));
      row++
    ) {
      const values = columns.map((column) => [column.name, valueOf(column, row, chance, true)] as const)
      const made: Record<string, string | number | undefined> = Object.fromEntries(values)
      if (only !== undefined) made[only.name] = ids[row - 1]
      if (name === "experiments") made["variant_b"] = idsOf("assistant").find((id) => id !== made["variant_a"])
      await insert(driver, name, key[0] === "id" ? { id: row, ...made } : made)
    }
  }
}

const rank = (order: ReadonlyArray<string>, name: string): number =>
  order.includes(name) ? order.indexOf(name) : order.length
