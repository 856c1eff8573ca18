/**
 * The ledger as text: JSON Lines and CSV.
 *
 * @since 0.1.0
 */
import { fail } from "../errors/MigrationError.ts"
import { keyOf, type Mapping, readMapping } from "./Mapping.ts"

/**
 * One JSON object per line. What `parseMappings` reads.
 *
 * @since 0.1.0
 * @category ledger
 */
export const mappingsToJsonLines = (mappings: Iterable<Mapping>): string => {
  let text = ""
  for (const { source, resource, sourceId, runtimeId } of mappings) {
    text += `${JSON.stringify({ source, resource, sourceId, runtimeId })}\n`
  }
  return text
}

/** A line for a row that was gone and was made again: the mapping to its old id, earlier in the file, is no more. */
export const replacingLine = (mapping: Mapping, replaces: string): string =>
  `${JSON.stringify({ ...mapping, replaces })}\n`

const header = "source,resource,sourceId,runtimeId"

/**
 * CSV with a header line (RFC 4180). What `parseMappings` reads. A value that a spreadsheet would run as a formula is
 * kept as it is: open the file as text.
 *
 * @since 0.1.0
 * @category ledger
 */
export const mappingsToCsv = (mappings: Iterable<Mapping>): string => {
  let text = `${header}\r\n`
  for (const { source, resource, sourceId, runtimeId } of mappings) {
    text += `${[source, resource, sourceId, runtimeId].map(quote).join(",")}\r\n`
  }
  return text
}

const quote = (value: string): string => (/[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

/**
 * Reads JSON Lines, CSV with a header line, or a JSON list, by how the text begins. A last line of JSON Lines that
 * broke off (the writer was killed) is left out; a broken line before it is an error.
 *
 * @since 0.1.0
 * @category ledger
 */
export const parseMappings = (text: string, file = "mappings"): ReadonlyArray<Mapping> => {
  const body = text.startsWith("\uFEFF") ? text.slice(1) : text
  const start = body.trimStart()
  if (start === "") return []
  if (start.startsWith("[")) {
    const list = parseJson(body, file)
    return Array.isArray(list) ? list.map((item, index) => readMapping(item, `${file}[${index}]`)) : []
  }
  return start.startsWith("{") ? parseJsonLines(body, file) : parseCsv(body, file)
}

const parseJson = (text: string, file: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return fail({ _tag: "UnreadableFile", file, detail: "this is not JSON" })
  }
}

const parseJsonLines = (text: string, file: string): ReadonlyArray<Mapping> => {
  const mappings: Array<Mapping> = []
  const replaced = new Set<string>()
  const lines = text.split("\n")
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue
    // A line is complete once its line feed is there: only what was being written when the writer died is not.
    const torn = index === lines.length - 1 && !isJson(line)
    if (torn) continue
    const value = parseJson(line, `${file}:${index + 1}`)
    const mapping = readMapping(value, `${file}:${index + 1}`)
    mappings.push(mapping)
    const before: unknown = Reflect.get(Object(value), "replaces")
    if (typeof before === "string") replaced.add(wholeOf({ ...mapping, runtimeId: before }))
  }
  return replaced.size === 0 ? mappings : mappings.filter((mapping) => !replaced.has(wholeOf(mapping)))
}

const wholeOf = (mapping: Mapping): string => JSON.stringify([keyOf(mapping), mapping.runtimeId])

const isJson = (line: string): boolean => {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

const parseCsv = (text: string, file: string): ReadonlyArray<Mapping> => {
  const [columns = [], ...rows] = csvRows(text)
  for (const name of header.split(",")) {
    if (!columns.includes(name)) {
      fail({ _tag: "UnreadableFile", file, detail: `the first line has no column ${name}; expected ${header}` })
    }
  }
  return rows.map((row, index) =>
    readMapping(Object.fromEntries(columns.map((name, column) => [name, row[column]])), `${file}:${index + 2}`)
  )
}

/** The rows of a CSV text; empty lines are none. */
const csvRows = (text: string): ReadonlyArray<ReadonlyArray<string>> => {
  const rows: Array<ReadonlyArray<string>> = []
  let row: Array<string> = []
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? "")
    if (end === ",") continue
    if (row.length > 1 || row[0] !== "") rows.push(row)
    row = []
  }
  return rows
}
