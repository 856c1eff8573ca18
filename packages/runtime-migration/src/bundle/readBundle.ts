/**
 * A bundle from a file, or from a folder of files.
 *
 * @since 0.1.0
 */
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { fail, isMigrationError } from "../errors/MigrationError.ts"
import { type Bundle, isObject, kinds, unfinished } from "./Bundle.ts"
import { isPage } from "./source.ts"

/**
 * Reads a bundle.
 *
 * **Details**
 *
 * A file holds `{ assistants: […], tools: […], … }`. A folder holds any of: such files; `<kind>.json` with a list, or
 * with `{ results: […] }` as a list route answers it; folders `<kind>/` with one row, or one list, per file. `<kind>` is the
 * list's name (`phoneNumbers`) or the resource (`phone-number`).
 *
 * @since 0.1.0
 * @category bundle
 */
export const readBundle = (path: string): Bundle => {
  const lists = new Map<string, Array<JsonObject>>()
  const add = (name: string, rows: ReadonlyArray<unknown>, file: string) => {
    const list = lists.get(name) ?? []
    lists.set(name, list)
    for (const [at, row] of rows.entries()) {
      if (!isObject(row)) return unreadable(file, `${name}[${at}] is no object`)
      list.push(row)
    }
  }
  const readFile = (file: string, name: string | undefined) => {
    const content = parse(file)
    const rows = Array.isArray(content) ? content : isObject(content) ? listOf(content) : undefined
    if (name !== undefined) return add(name, rows ?? [content], file)
    if (!isObject(content)) return unreadable(file, "expected an object with lists of rows")
    for (const [key, list] of Object.entries(content)) {
      const kind = nameOf(key)
      if (list === null) continue
      if (Array.isArray(list)) add(kind ?? key, list, file)
      else if (kind !== undefined) unreadable(file, `${key} is no list`)
    }
  }
  if (!stat(path).isDirectory()) readFile(path, undefined)
  else {
    for (const entry of readdirSync(path).sort()) {
      const inside = join(path, entry)
      if (entry.endsWith(unfinished))
        unreadable(inside, "the export is not finished: run it again, into the same folder")
      if (stat(inside).isDirectory()) {
        const name = nameOf(entry)
        if (name === undefined) continue
        for (const file of readdirSync(inside).sort()) if (file.endsWith(".json")) readFile(join(inside, file), name)
      } else if (entry.endsWith(".json")) readFile(inside, nameOf(entry.slice(0, -".json".length)))
    }
  }
  if (lists.size === 0) return unreadable(path, "no list of rows in it")
  return Object.fromEntries(lists)
}

const nameOf = (text: string): string | undefined =>
  kinds.find(({ name, resource }) => name === text || resource === text || `${resource}s` === text)?.name

const listOf = (content: JsonObject): ReadonlyArray<unknown> | undefined =>
  [content["results"], content["items"]].find((value): value is ReadonlyArray<unknown> => Array.isArray(value))

const unreadable = (file: string, detail: string, cause?: unknown): never =>
  fail({ _tag: "UnreadableFile", file, detail }, cause)

const stat = (path: string) => {
  try {
    return statSync(path)
  } catch (error) {
    return unreadable(path, "there is no such file or folder", error)
  }
}

/** What one text of JavaScript holds, in bytes of ASCII. */
const largest = 0x1fff_ffe8

const parse = (file: string): unknown => {
  const { size } = stat(file)
  if (size > largest) {
    const detail = `it has ${Math.round(size / 1e6)} MB, and one file may have ${Math.floor(largest / 1e6)}: give a folder with a file per list (assistants.json, tools.json, …), or with a folder per list and a file per row`
    return unreadable(file, detail)
  }
  try {
    const text = readFileSync(file, "utf8").replace(/^\uFEFF/, "")
    if (isPage(text))
      return unreadable(file, "this is a web page (HTML), not JSON: it was saved from another address than the API's")
    return JSON.parse(text)
  } catch (error) {
    if (isMigrationError(error)) throw error
    // The parser's message may quote the file.
    return unreadable(file, error instanceof SyntaxError ? "this is not JSON" : "it cannot be read", error)
  }
}
