/**
 * Columns with ids that no kind of location rewrites, and what does.
 */
import type { Resolve } from "../ledger/rewrite.ts"
import type { Dialect } from "../sql/config.ts"
import { quoteName } from "../sql/names.ts"
import type { ColumnInfo } from "./catalog.ts"

/** Source ids that are values of an enum's type, with what each becomes. */
const labelsOf = ({ labels }: ColumnInfo, resolve: Resolve): ReadonlyArray<readonly [label: string, id: string]> =>
  labels.flatMap((label) => {
    const id = resolve(label)
    return id === undefined || id === label ? [] : [[label, id] as const]
  })

const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** Values of an enum belong to its type: how they get there. `undefined` where a location does all of it. */
export const enumWay = (dialect: Dialect, column: ColumnInfo, resolve: Resolve): string | undefined => {
  const all = labelsOf(column, resolve)
  const renamed = all.find(([, id]) => !column.labels.includes(id))
  if (dialect !== "postgres") {
    return renamed === undefined
      ? undefined
      : `this is an enum, which knows source ids as values and not yet those of the runtime: add them to its type with ALTER TABLE … MODIFY, ${renamed[1]} for ${renamed[0]} and so on for each, and take the old ones away after cleanup`
  }
  const [first] = all
  if (first === undefined) return undefined
  const known = `the enum ${column.enumType} knows source ids as values`
  if (renamed !== undefined) {
    const [label, id] = renamed.map(quoted)
    return `${known}. They are renamed in the type, in every column at once: ALTER TYPE ${column.enumType} RENAME VALUE ${label} TO ${id}; and so on for each`
  }
  const [label, id] = first.map(quoted)
  const name = quoteName("postgres", column.name)
  return `${known}, and those of the runtime as well. Write those rows by hand: UPDATE … SET ${name} = ${id} WHERE ${name} = ${label}; and so on for each`
}

/** PostgreSQL: whether a column's type has source ids for values, so that no kind of location may name the column. */
export const isOfEnum = (dialect: Dialect, column: ColumnInfo, resolve: Resolve): boolean =>
  dialect === "postgres" && labelsOf(column, resolve).length > 0

/** The items of a PostgreSQL array as it is written; `undefined` where it has several dimensions, or is not counted from 1. */
export const itemsOf = (array: string): ReadonlyArray<string> | undefined => {
  if (!/^\{(?!\{)/.test(array)) return undefined
  return [...array.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,"]+)/gs)].map(([, quoted, plain = ""]) =>
    quoted === undefined ? plain : quoted.replaceAll(/\\(.)/gs, "$1")
  )
}

/** What is said of ids that no kind rewrites, and of those that some do. */
export const handWords = ({ type }: ColumnInfo): string =>
  type.endsWith("[]")
    ? "no kind rewrites lists of several dimensions, those that are not counted from 1, and items that are more than an id, such as JSON: write those rows by hand, or make the column jsonb before"
    : "no kind rewrites all of their forms (ids in mixed letters, behind escapes, within longer numbers or bytes): write those rows by hand"
