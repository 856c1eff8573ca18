/**
 * Plain JSON Schema as a schema that validates: of what tools take, no more and no less.
 */
import { isObject } from "../schema/isObject.ts"
import { formatIssue } from "./formats.ts"
import { brokenRules } from "./keywordRules.ts"
import { pointed } from "./pointer.ts"
import type { JsonSchema, StandardIssue, StandardJsonSchema } from "./standard.ts"

type Node = Readonly<Record<string, unknown>>
type Arguments = Readonly<Record<string, unknown>>

/** A JSON Schema as Standard Schema. What it gives is what it was given. */
export const fromJsonSchema = (jsonSchema: JsonSchema): StandardJsonSchema<Arguments, Arguments> => ({
  "~standard": {
    version: 1,
    vendor: "json-schema",
    validate: (value) => {
      const issues: Array<StandardIssue> = []
      check(jsonSchema, value, [], (path, message) => issues.push({ path, message }), jsonSchema)
      // It is an object: that is what the schema says.
      return issues.length > 0 ? { issues } : { value: value as Arguments }
    },
    jsonSchema: { input: () => jsonSchema }
  }
})

type Report = (path: ReadonlyArray<string>, message: string) => void

/** What a value is, in words of JSON Schema. */
export const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value === "object" ? "object" : typeof value

/** Whether a value is of a type of JSON Schema. */
export const isOfType = (value: unknown, type: unknown): boolean =>
  type === "integer" ? Number.isInteger(value) : type === "number" ? Number.isFinite(value) : typeOf(value) === type

const check = (schema: unknown, value: unknown, path: ReadonlyArray<string>, report: Report, document: Node): void => {
  if (!isObject(schema)) {
    if (schema === false) report(path, "must not be given")
    return
  }
  const node = schema
  const reference = node["$ref"]
  if (reference !== undefined) check(pointed(reference, document) ?? false, value, path, report, document)
  const types = node["type"] === undefined ? [] : [node["type"]].flat()
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) {
    return report(path, `must be ${types.join(" or ")}, and is ${typeOf(value)}`)
  }
  for (const values of ["const" in node ? [node["const"]] : undefined, node["enum"]]) {
    if (Array.isArray(values) && !values.some((one) => JSON.stringify(one) === JSON.stringify(value))) {
      return report(path, `must be one of ${values.map((one) => JSON.stringify(one)).join(", ")}`)
    }
  }
  for (const name of ["anyOf", "oneOf"]) {
    const members = node[name]
    if (!Array.isArray(members)) continue
    const { length } = members.filter((member) => isValid(member, value, document))
    if (length === 0 || (length > 1 && name === "oneOf")) return report(path, "fits none of the kinds that it may be")
  }
  if (Array.isArray(node["allOf"])) for (const part of node["allOf"]) check(part, value, path, report, document)
  if (typeof value === "string") text(node, value, path, report)
  if (typeof value === "number") rules(node, "number", value, path, report)
  if (Array.isArray(value)) list(node, value, path, report, document)
  else if (isObject(value)) fields(node, value, path, report, document)
}

/** Whether a value is what a schema says. */
export const isValid = (schema: unknown, value: unknown, document: Node): boolean => {
  let valid = true
  const note = () => {
    valid = false
  }
  check(schema, value, [], note, document)
  return valid
}

const rules = (
  node: Node,
  type: Parameters<typeof brokenRules>[1],
  value: unknown,
  path: ReadonlyArray<string>,
  report: Report
): void => {
  for (const rule of brokenRules(node, type, value)) report(path, `must be ${rule}`)
}

const text = (node: Node, value: string, path: ReadonlyArray<string>, report: Report): void => {
  const { pattern, format } = node
  if (typeof pattern === "string" && !new RegExp(pattern, "u").test(value)) {
    report(path, `must be a string matching the RegExp ${pattern}`)
  }
  const message = typeof format === "string" ? formatIssue(value, format) : undefined
  if (message !== undefined) report(path, message)
  rules(node, "string", value, path, report)
}

const list = (
  node: Node,
  value: ReadonlyArray<unknown>,
  path: ReadonlyArray<string>,
  report: Report,
  document: Node
): void => {
  const first: ReadonlyArray<unknown> = Array.isArray(node["prefixItems"]) ? node["prefixItems"] : []
  for (const [index, item] of value.entries()) {
    check(index < first.length ? first[index] : node["items"], item, [...path, String(index)], report, document)
  }
  rules(node, "array", value, path, report)
}

const fields = (node: Node, value: Arguments, path: ReadonlyArray<string>, report: Report, document: Node): void => {
  const properties = isObject(node["properties"]) ? node["properties"] : {}
  for (const name of Array.isArray(node["required"]) ? node["required"] : []) {
    if (typeof name === "string" && !Object.hasOwn(value, name)) report([...path, name], "is missing")
  }
  for (const [name, inner] of Object.entries(value)) {
    const schema = Object.hasOwn(properties, name) ? properties[name] : node["additionalProperties"]
    check(schema, inner, [...path, name], report, document)
  }
  rules(node, "object", value, path, report)
}
