/**
 * The fields of a location, checked: the file that they come from has no types, and some become part of statements.
 */
import { invalid } from "../errors/MigrationError.ts"
import type { Location } from "./config.ts"

interface Field {
  readonly is: (value: unknown) => boolean
  readonly what: string
}

const isText = (value: unknown): boolean => typeof value === "string"
const isList = (value: unknown): boolean => Array.isArray(value) && value.every(isText)
const isBound = (value: unknown): boolean => value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0)
const isBounds = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.entries(value).every(([key, bound]) => (key === "min" || key === "max") && isBound(bound))

const name: Field = { is: isText, what: "expected a name" }
const oneOf = (...words: ReadonlyArray<unknown>): Field => ({
  is: (value) => words.includes(value),
  what: `expected one of ${words.join(", ")}`
})

const fields: Readonly<Record<keyof Required<Location>, Field>> = {
  table: name,
  schema: name,
  column: name,
  kind: oneOf("id", "json-path", "json-any", "text", "array"),
  key: { is: isList, what: "expected a list of columns, such as [id]" },
  resource: { is: (value) => isText(value) || isList(value), what: "expected a kind of row, or a list of them" },
  path: {
    is: (value) => isText(value) || Array.isArray(value),
    what: "expected keys joined by dots, or a list of keys"
  },
  columnType: oneOf("text", "json", "jsonb", "uuid", "bytes"),
  keep: { is: isList, what: "expected a list of columns" },
  expect: { is: isBounds, what: "expected min, max or both, whole numbers" },
  twoStep: oneOf(true, false)
}

/** Refuses what is no location; which one it is, `field` says. */
export const checkShape = (location: Location, field: string): void => {
  if (typeof location !== "object" || location === null) invalid(field, "expected table, column and kind")
  for (const [key, value] of Object.entries({ ...location, kind: location.kind ?? null })) {
    if (!Object.hasOwn(fields, key)) {
      invalid(`${field}.${key}`, `there is no such field; known are ${Object.keys(fields).join(", ")}`)
    }
    const { is, what } = fields[key as keyof Location]
    if (value !== undefined && !is(value)) invalid(`${field}.${key}`, what)
  }
}
