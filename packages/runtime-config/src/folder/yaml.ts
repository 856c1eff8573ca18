/**
 * YAML that a person wrote: read, and changed without touching what was not changed.
 */
import { diff3Merge } from "node-diff3"
import { Document, isMap, isNode, isScalar, parseDocument, Scalar, visit, type YAMLMap } from "yaml"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { invalid } from "../errors/RuntimeConfigError.ts"
import type { Change } from "../rows/diff.ts"
import { equal, isObject, type Path } from "../rows/json.ts"

const written = { lineWidth: 0, indent: 2, indentSeq: true, nullStr: "null" } as const

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
        node.type = Scalar.BLOCK_LITERAL
      }
    }
  })

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
  const before = documentOf(text, file, 1).toString(written)
  const document = documentOf(text, file, 1)
  for (const change of changes) put(document, change.path, change.after, order)
  readable(document)
  const after = document.toString(written)
  return inStyle(text, before, after) ?? after
}

/** What the library would write anew is merged into the text by line: so the text keeps its own spacing elsewhere. */
const inStyle = (text: string, before: string, after: string): string | undefined => {
  const regions = diff3Merge(lines(text), lines(before), lines(after), { excludeFalseConflicts: true })
  const merged: Array<string> = []
  for (const region of regions) {
    if (region.ok === undefined) return undefined
    merged.push(...region.ok)
  }
  const result = merged.join("\n")
  const [kept, wanted] = [result, after].map((each) => parseDocument(each, { logLevel: "silent" }))
  if (kept === undefined || wanted === undefined || kept.errors.length > 0) return undefined
  return equal(toValue(kept), toValue(wanted)) ? result : undefined
}

const lines = (text: string): Array<string> => text.split("\n")

const put = (document: Document, path: Path, value: unknown, order: ReadonlyArray<string>): void => {
  if (value === undefined) {
    document.deleteIn(path)
    return
  }
  const node = document.getIn(path, true)
  if (isScalar(node) && (typeof value !== "object" || value === null)) {
    // The node stays, and with it its comment and its style.
    if (typeof value !== typeof node.value || String(value).includes("\n")) delete node.type
    node.value = value
    delete node.source
    return
  }
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

/** Where a new key goes: before the first one that the contract has behind it. */
const placeOf = (map: YAMLMap, key: string, order: ReadonlyArray<string>): number => {
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  const at = map.items.findIndex((pair) => rank(isScalar(pair.key) ? String(pair.key.value) : "") > rank(key))
  return at === -1 ? map.items.length : at
}
