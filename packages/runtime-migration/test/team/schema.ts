/** The schemas as statements, and what is in their tables. */
import { readFileSync } from "node:fs"
import type { SqlDriver } from "../../src/index.ts"
import { quoteName } from "../../src/sql/names.ts"
import { tables } from "./tables.ts"

/** The statements of a schema. */
export const statementsOf = (schema: string): ReadonlyArray<string> =>
  readFileSync(new URL(`./schemas/${schema}.sql`, import.meta.url), "utf8")
    .replaceAll("--> statement-breakpoint", "")
    .split(/;\n/)
    .map((text) => text.trim())
    .filter((text) => text.replaceAll(/^--.*$/gm, "").trim() !== "")

/** Every row of every table by its key, as texts. */
export const rowsOf = async (driver: SqlDriver): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> => {
  const all = new Map<string, Readonly<Record<string, string>>>()
  for (const { name, key, columns } of tables) {
    const names = [...(key[0] === "id" ? ["id"] : []), ...columns.map((column) => column.name)]
    const text = (column: string) => {
      const quoted = quoteName(driver.dialect, column)
      if (driver.dialect === "sqlite") return quoted
      return `CAST(${quoted} AS ${driver.dialect === "mysql" ? "CHAR" : "text"}) AS ${quoted}`
    }
    const { rows } = await driver.run(`SELECT ${names.map(text).join(", ")} FROM ${quoteName(driver.dialect, name)}`)
    for (const row of rows) {
      const values = Object.fromEntries(names.map((column) => [column, String(row[column])]))
      all.set(`${name} ${key.map((column) => values[column]).join(" ")}`, values)
    }
  }
  return all
}
