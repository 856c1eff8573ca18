/**
 * YAML that a person wrote: read, and changed without touching what was not changed.
 */
import { diff3Merge, diffComm } from "node-diff3"
import { Document, isMap, isNode, isScalar, isSeq, parseDocument, Scalar, visit, type YAMLMap, YAMLSeq } from "yaml"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { invalid } from "../errors/RuntimeConfigError.ts"
import { type Change, changesBetween, identity } from "../rows/diff.ts"
import { canonical, equal, isObject, type Path, rowWith } from "../rows/json.ts"

// Quoted texts stay in one line: over several, the library loses spaces at the ends of lines.
const written = {
  lineWidth: 0,
  indent: 2,
  indentSeq: true,
  nullStr: "null",
  doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER
} as const

/** Reads a YAML mapping. Errors name the file and the line, and never quote the text. */
export const parseYaml = (text: string, file: string, firstLine = 1): JsonObject => {
  const value = toValue(documentOf(text, file, firstLine))
  if (value === null || value === undefined) return {}
  return isObject(value) ? value : invalid(file, "Expected a mapping of keys to values at the top.")
}

const toValue = (document: Document): unknown => document.toJS({ maxAliasCount: 100 })

const documentOf = (text: string, file: string, firstLine: number) => {
  const document = parseDocument(text, { logLevel: "silent", prettyErrors: true, uniqueKeys: true, version: "1.2" })
  const [wrong] = document.errors
  if (wrong !== undefined) {
    const at = wrong.linePos?.[0]
    const where = at === undefined ? "" : ` (line ${at.line + firstLine - 1}, column ${at.col})`
    invalid(file, `Not YAML${where}: ${wrong.code}. Check quotes, brackets and indentation there.`)
  }
  return document
}

/** A new file's YAML: texts of several lines as blocks. */
export const yamlText = (value: JsonObject): string => {
  if (Object.keys(value).length === 0) return ""
  const document = new Document(value)
  readable(document)
  return document.toString(written)
}

/** Texts of several lines are readable as blocks only. */
const readable = (document: Document): void =>
  visit(document, {
    Scalar: (key, node) => {
      if (key !== "key" && typeof node.value === "string" && node.value.includes("\n") && node.type === undefined) {
        node.type = fitsBlock(node.value) ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE
      }
    }
  })

/** Whether a block says the text as it is: lines of spaces, and characters that nobody sees, need quotes. */
const fitsBlock = (text: string): boolean =>
  /^\S/.test(text) && !/^[ \t]+$/m.test(text) && !/(?![\n\t])\p{Cc}/u.test(text)

/**
 * A person's YAML with changes in it: comments, order, quotes and blocks of everything else stay as they are, down to
 * the byte where that is possible.
 */
export const changeYaml = (
  text: string,
  changes: ReadonlyArray<Change>,
  order: ReadonlyArray<string>,
  file: string
): string => {
  if (changes.length === 0) return text
  const wanted = changes.reduce((row, { path, after }) => rowWith(row, path, after), parseYaml(text, file))
  const says = (result: string) => {
    const read = parseDocument(result, { logLevel: "silent" })
    return read.errors.length === 0 && equal(toValue(read), wanted)
  }
  return candidates(text, changes, order, file).find(says) ?? yamlText(wanted)
}

/** The changed text, as much in its own style as can be; the first that says what is wanted is taken. */
const candidates = (
  text: string,
  changes: ReadonlyArray<Change>,
  order: ReadonlyArray<string>,
  file: string
): ReadonlyArray<string> => {
  const { spliced, left } = splice(text, changes, file)
  if (left.length === 0) return [spliced]
  try {
    const before = documentOf(spliced, file, 1).toString(written)
    const document = documentOf(spliced, file, 1)
    for (const change of left) put(document, change.path, change.after, order)
    readable(document)
    const after = document.toString(written)
    return [inStyle(spliced, before, after), after]
  } catch {
    // A change behind an alias, or of what one stands for: there is no text of this style that says it.
    return []
  }
}

/** Values of one line are changed in the text itself. Gives what is left to do. */
const splice = (text: string, changes: ReadonlyArray<Change>, file: string) => {
  const document = documentOf(text, file, 1)
  const left: Array<Change> = []
  const edits: Array<{ readonly start: number; readonly end: number; readonly value: string }> = []
  for (const change of changes) {
    const node = document.getIn(change.path, true)
    const { after } = change
    const [start, end] = isScalar(node) || isSeq(node) ? (node.range ?? []) : []
    const value = valueLine(node, after, text)
    if (start === undefined || end === undefined || start === end || value === undefined) left.push(change)
    else if (text.slice(start, end).includes("\n")) left.push(change)
    else edits.push({ start, end, value })
  }
  const spliced = edits
    .toSorted((a, b) => b.start - a.start)
    .reduce((result, { start, end, value }) => result.slice(0, start) + value + result.slice(end), text)
  return { spliced, left }
}

/** A value in the place of a node of one line, in that node's style; `undefined` when it takes more. */
const valueLine = (node: unknown, after: unknown, text: string): string | undefined => {
  if (after === undefined) return undefined
  if (isScalar(node)) return typeof after === "object" ? undefined : lineOf(after, node.type)
  if (!isSeq(node) || node.flow !== true || !Array.isArray(after)) return undefined
  const items = new Map<string, string>()
  for (const item of node.items) {
    if (!isScalar(item) || item.range == null) return undefined
    items.set(canonical(item.value), text.slice(item.range[0], item.range[1]))
  }
  const lines = after.map((item: unknown) =>
    typeof item === "object" ? undefined : (items.get(canonical(item)) ?? lineOf(item, undefined))
  )
  if (lines.includes(undefined)) return undefined
  const pad = lines.length > 0 && text[(node.range?.[0] ?? 0) + 1] === " " ? " " : ""
  return `[${pad}${lines.join(", ")}${pad}]`
}

/** A value as it stands in one line, also between brackets; `undefined` when it takes more. */
const lineOf = (value: unknown, type: string | undefined): string | undefined => {
  const scalar = new Scalar(value)
  if (typeof value === "string" && (type === "QUOTE_DOUBLE" || type === "QUOTE_SINGLE")) scalar.type = type
  const list = new YAMLSeq()
  list.flow = true
  list.items.push(scalar)
  return /^\[ (.*) \]\n$/.exec(new Document(list).toString(written))?.[1]
}

/** What the library would write anew is merged into the text by line: so the text keeps its own spacing elsewhere. */
const inStyle = (text: string, before: string, after: string): string =>
  diff3Merge(lines(text), lines(before), lines(after), { excludeFalseConflicts: true })
    .flatMap(({ ok, conflict }): ReadonlyArray<string> => ok ?? conflict?.b ?? [])
    .join("\n")

const lines = (text: string): Array<string> => text.split("\n")

const put = (document: Document, path: Path, value: unknown, order: ReadonlyArray<string>): void => {
  if (value === undefined) {
    document.deleteIn(path)
    return
  }
  const node = document.getIn(path, true)
  if (isScalar(node) && (typeof value !== "object" || value === null)) {
    // The node stays, and with it its comment and its style.
    const isBlock = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED
    if (typeof value !== typeof node.value || isBlock || String(value).includes("\n")) delete node.type
    node.value = value
    delete node.source
    return
  }
  if (isSeq(node) && Array.isArray(value)) return putItems(document, node, path, value, order)
  const parent = document.getIn(path.slice(0, -1), true)
  const key = path.at(-1)
  if (isMap(parent) && typeof key === "string" && !parent.has(key)) {
    const pair = document.createPair(key, value)
    const at = path.length === 1 ? placeOf(parent, key, order) : parent.items.length
    parent.items.splice(at, 0, pair)
    return
  }
  const made = document.createNode(value)
  if (isNode(node) && isNode(made)) {
    if (node.comment !== undefined) made.comment = node.comment
    if (node.commentBefore !== undefined) made.commentBefore = node.commentBefore
  }
  document.setIn(path, made)
}

/** A list keeps the nodes of items that stay, and of those that can be known again: with their comments and their style. */
const putItems = (
  document: Document,
  list: YAMLSeq,
  path: Path,
  value: ReadonlyArray<unknown>,
  order: ReadonlyArray<string>
): void => {
  const old = [...list.items]
  const values = old.map((item): unknown => (isNode(item) ? item.toJS(document, { maxAliasCount: 100 }) : item))
  const items: Array<unknown> = []
  const changed: Array<{ readonly path: Path; readonly after: unknown }> = []
  let at = 0
  for (const region of diffComm(values.map(canonical), value.map(canonical))) {
    if ("common" in region) {
      items.push(...old.slice(at, at + region.common.length))
      at += region.common.length
      continue
    }
    const left = new Set(region.buffer1.map((_, index) => at + index))
    for (const item of value.slice(items.length, items.length + region.buffer2.length)) {
      const name = identity(item)
      const same = name === undefined ? undefined : [...left].find((index) => identity(values[index]) === name)
      if (same === undefined) {
        items.push(document.createNode(item))
        continue
      }
      left.delete(same)
      for (const change of changesBetween(values[same], item)) {
        changed.push({ path: [...path, items.length, ...change.path], after: change.after })
      }
      items.push(old[same])
    }
    at += region.buffer1.length
  }
  list.items = items
  for (const change of changed) put(document, change.path, change.after, order)
}

/** Where a new key goes: before the first one that the contract has behind it. */
const placeOf = (map: YAMLMap, key: string, order: ReadonlyArray<string>): number => {
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  const at = map.items.findIndex((pair) => rank(isScalar(pair.key) ? String(pair.key.value) : "") > rank(key))
  return at === -1 ? map.items.length : at
}
