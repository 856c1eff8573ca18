/**
 * Bodies from files, from stdin and from `--set path=value`: JSON or YAML.
 */
import { readFile } from "node:fs/promises"
import { text } from "node:stream/consumers"
import { addAbortSignal, type Readable } from "node:stream"
import { codeOf, messageOf, usage } from "./failure.ts"
import { stop } from "./stop.ts"
import { decodeText } from "./text.ts"

type Json = Record<string, unknown>

/** Reads a body: a file, `-` for stdin, or what `sets` alone make of an empty one. */
export const readBody = async (
  file: string | undefined,
  sets: ReadonlyArray<string>,
  stdin: NodeJS.ReadStream = process.stdin
): Promise<Json> => {
  const read = async () => {
    if (file !== undefined && file !== "-") return parse(await readText(file), file)
    if (file === undefined && sets.length > 0) return {}
    if (file === undefined && stdin.isTTY) {
      throw usage("There is no body.", "Give a JSON or YAML file, - to read stdin, or --set path=value.")
    }
    return parse(await readAll(stdin), "stdin")
  }
  const body = await read()
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw usage(`The body from ${file ?? "stdin"} is not an object.`, "A body is one JSON or YAML object.")
  }
  const copy: Json = { ...body }
  for (const set of sets) assign(copy, set)
  return copy
}

/** Reads stdin to its end, or until Ctrl-C. */
export const readAll = (stdin: Readable = process.stdin): Promise<string> => text(addAbortSignal(stop.signal, stdin))

/** Reads a text file; what goes wrong names the file. */
export const readText = async (file: string): Promise<string> => {
  try {
    const text = decodeText(await readFile(file))
    if (text !== undefined) return text
  } catch (error) {
    throw usage(
      `${file} cannot be read${codeOf(error) === undefined ? "" : ` (${codeOf(error)})`}.`,
      "Check the path; it is read from the folder that you are in."
    )
  }
  throw usage(`${file} is no text in UTF-8.`, "Save it as UTF-8, or as UTF-16 with a byte order mark.")
}

/** Parses JSON, or YAML where it is not JSON. A message says where, and never quotes the text. */
export const parse = async (source: string, name: string): Promise<unknown> => {
  if (source.trim() === "") throw usage(`${name} is empty.`, "A body is one JSON or YAML object.")
  if (/\.json$/i.test(name) || /^\s*[[{]/.test(source)) {
    try {
      return JSON.parse(source)
    } catch (error) {
      // A file that says it is JSON is taken at its word; flow style YAML starts with a bracket too.
      if (/\.json$/i.test(name)) throw usage(`${name} is not JSON${place(messageOf(error), source)}.`)
    }
  }
  const { parseDocument } = await import("yaml")
  const document = parseDocument(source, { logLevel: "silent", prettyErrors: true })
  const [wrong] = document.errors
  if (wrong !== undefined) {
    const at = wrong.linePos?.[0]
    const where = at === undefined ? "" : ` (line ${at.line}, column ${at.col})`
    throw usage(`${name} is neither JSON nor YAML${where}.`, "Check the quotes, brackets and indentation there.")
  }
  return document.toJS({ maxAliasCount: 100 })
}

const place = (message: string, source: string): string => {
  const at = /position (\d+)/.exec(message)?.[1]
  if (at === undefined) return ""
  const before = source.slice(0, Number(at)).split("\n")
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`
}

/**
 * Puts one `path=value` into a body: `model.provider=openai`, `metadata.tags.0=vip`. The value is JSON where it reads
 * as JSON, and text otherwise.
 */
export const assign = (target: Json, set: string): void => {
  const at = set.indexOf("=")
  if (at <= 0) throw usage(`--set ${set} has no value.`, "Write it as --set path=value.")
  const path = set.slice(0, at).split(".")
  if (path.some((key) => key === "" || key === "__proto__")) {
    throw usage(`--set ${path.join(".")} is not a path.`, "Keys are separated by dots: --set model.provider=openai.")
  }
  setIn(target, path, valueOf(set.slice(at + 1)), path.join("."))
}

const setIn = (
  target: Json | Array<unknown>,
  [key = "", ...rest]: ReadonlyArray<string>,
  value: unknown,
  whole: string
) => {
  if (Array.isArray(target) && !/^\d+$/.test(key)) {
    throw usage(`--set ${whole}: ${key} is no position in a list.`, "Positions count from 0.")
  }
  if (Array.isArray(target) && Number(key) > target.length) {
    throw usage(`--set ${whole}: the list has ${target.length} items.`, `The next position is ${target.length}.`)
  }
  if (rest.length === 0) {
    Object.assign(target, { [key]: value })
    return
  }
  const there: unknown = Object.hasOwn(target, key) ? Reflect.get(target, key) : undefined
  const inner = isObject(there) ? structuredClone(there) : /^\d+$/.test(rest[0] ?? "") ? [] : {}
  setIn(inner, rest, value, whole)
  Object.assign(target, { [key]: inner })
}

const isObject = (value: unknown): value is Json | Array<unknown> => typeof value === "object" && value !== null

/** JSON where it reads as JSON, text otherwise. */
export const valueOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
