/**
 * Chosen fields of rows, and texts from a place on: `artifact.transcript@2000`.
 */
import { McpFailure } from "../errors/McpFailure.ts"

/** A field that was asked for. */
export interface Field {
  /** As it was asked for, without the place. */
  readonly text: string
  readonly path: ReadonlyArray<string>
  /** Where a text begins. */
  readonly offset: number
}

/** Reads `model.messages`, `artifact.transcript@2000`. */
export const parseField = (text: string): Field => {
  const [, path = "", offset] = /^([^@]{1,200}?)(?:@(\d{1,9}))?$/.exec(text) ?? []
  if (path === "") {
    throw new McpFailure("invalid_arguments", "fields takes paths such as model.provider or artifact.transcript@2000.")
  }
  return { text: path, path: path.split("."), offset: Number(offset ?? 0) }
}

const at = (value: unknown, [key, ...rest]: ReadonlyArray<string>): unknown => {
  if (key === undefined) return value
  if (typeof value !== "object" || value === null) return undefined
  // A path into a list without a position is about each of its items.
  if (Array.isArray(value) && !/^\d+$/.test(key)) {
    return value.map((item) => at(item, [key, ...rest])).filter((found) => found !== undefined)
  }
  return Object.hasOwn(value, key) ? at(Reflect.get(value, key), rest) : undefined
}

/** The fields of a row by their paths, its id with them. */
export const project = (row: unknown, fields: ReadonlyArray<Field>): unknown => {
  if (fields.length === 0 || typeof row !== "object" || row === null) return row
  const id: unknown = Reflect.get(row, "id")
  return Object.fromEntries([
    ...(id === undefined ? [] : [["id", id] as const]),
    ...fields.flatMap(({ text, path, offset }) => {
      const value = at(row, path)
      if (value === undefined) return []
      return [[text, typeof value === "string" && offset > 0 ? value.slice(offset) : value] as const]
    })
  ])
}
