/**
 * `schema/codec.ts` for the one-file entries: the same functions over the small schema beside this file.
 */
import type { Issue } from "../../errors/Errors.ts"
import { isObject } from "../isObject.ts"
import { type Stray, straysOf } from "../strays.ts"
import { node, type Node, Struct, String as Text, makeFilter } from "./Schema.ts"

/** The proof is a matter of types, and was made when the contract was compiled. */
export const codec = () => (schema: Node) => schema
export { codec as described }

interface Ruled {
  readonly schema: Node
  readonly rule: Rule
}
type Rule = (
  body: Readonly<Record<string, unknown>>
) => ReadonlyArray<{ readonly path: ReadonlyArray<string>; readonly issue: string }>

const rules = new WeakMap<object, Ruled>()

/** A value as a view; one that is no object has none of the fields. */
export const viewOf = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? { ...value } : {})

export const ruled = (schema: Node, rule: Rule): Node => {
  const withCheck = schema.check(makeFilter((body) => rule(body)))
  rules.set(withCheck, { schema, rule })
  return withCheck
}

export const tagged = (known: Node, key: string, tags: ReadonlySet<string>): Node =>
  node({
    tag: "tagged",
    known,
    key,
    tags,
    generic: Struct({
      id: Text,
      orgId: Text,
      createdAt: Text,
      updatedAt: Text,
      [key]: Text.check(
        makeFilter((value: string) => !tags.has(value), { expected: "a type whose fields are not known here" })
      )
    })
  })

/** The body fields of a schema. */
export const keysOf = (schema: Node): ReadonlySet<string> =>
  new Set(schema.tag === "struct" ? Object.keys(schema.fields) : [])

/** The fields of a value, at every depth, that its schema does not name. */
export const strays = (schema: Node, value: unknown, path: ReadonlyArray<string> = []): ReadonlyArray<Stray> => {
  if (schema.tag === "union") return schema.members.flatMap((member) => strays(member, value, path))
  if (schema.tag === "array" && Array.isArray(value)) {
    return value.flatMap((item, i) => strays(schema.item, item, [...path, String(i)]))
  }
  if (schema.tag !== "struct" || !isObject(value)) return []
  const { fields } = schema
  return straysOf(value, Object.keys(fields), path, (name, at) =>
    strays(fields[name] ?? node({ tag: "unknown" }), value[name], at)
  )
}

/** Compiles a predicate to a function without interpretation; where `new Function` is forbidden it interprets. */
export const compile = (schema: Node): ((input: unknown) => boolean) => {
  let predicate: ((input: unknown) => boolean) | undefined
  return (input) => (predicate ??= build(schema))(input)
}

/** Compiles a predicate for rows. */
export const compileRows = (row: Node): ((input: unknown) => boolean) => compile(node({ tag: "array", item: row }))

const build = (schema: Node): ((input: unknown) => boolean) => {
  const output: Emitted = { functions: [], checks: [] }
  const expression = emit(schema, "v", output)
  const source = `"use strict";${output.functions.join("")}return v=>${expression}`
  try {
    // Made of the contract's own field names, which are written in this package; no input reaches it.
    return new Function("c", source)(output.checks)
  } catch {
    return (input) => explain(schema, input).length === 0
  }
}

interface Emitted {
  readonly functions: Array<string>
  readonly checks: Array<(value: never) => ReadonlyArray<unknown>>
}

/** An expression that is true when `v`, a variable, matches. */
const emit = (schema: Node, v: string, out: Emitted): string => {
  let test = emitType(schema, v, out)
  for (const check of schema.checks) {
    test += `&&c[${out.checks.push(check) - 1}](${v}).length===0`
  }
  return `(${test})`
}

const emitType = (schema: Node, v: string, out: Emitted): string => {
  switch (schema.tag) {
    case "unknown":
      return "true"
    case "null":
      return `${v}===null`
    case "undefined":
      return `${v}===undefined`
    case "array":
      return `Array.isArray(${v})&&${define(out, "a", `for(let i=0;i<a.length;i++){const x=a[i];if(!${emit(schema.item, "x", out)})return false}`)}(${v})`
    case "record":
      return `${objectTest(v)}${
        schema.value.tag === "unknown"
          ? ""
          : `&&${define(out, "o", `for(const k of Object.keys(o)){const x=o[k];if(!${emit(schema.value, "x", out)})return false}`)}(${v})`
      }`
    case "struct": {
      const fields = Object.entries(schema.fields).map(([name, field]) => {
        const key = JSON.stringify(name)
        const test = `if(!${emit(field, "x", out)})return false`
        return `x=o[${key}];${field.optional ? `if(x!==undefined||${key} in o){${test}}` : `if(x===undefined&&!(${key} in o))return false;${test}`}`
      })
      return `${objectTest(v)}&&${define(out, "o", `let x;${fields.join(";")}`)}(${v})`
    }
    case "union":
      return schema.members.map((member) => emit(member, v, out)).join("||")
    case "tagged":
      return `${emit(schema.known, v, out)}||${emit(schema.generic, v, out)}`
    default:
      return `typeof ${v}===${JSON.stringify(schema.tag)}`
  }
}

const objectTest = (v: string): string => `typeof ${v}==="object"&&${v}!==null&&!Array.isArray(${v})`

const define = (out: Emitted, parameter: string, body: string): string => {
  const name = `f${out.functions.length}`
  out.functions.push(`function ${name}(${parameter}){${body};return true}`)
  return name
}

/** Explains what is wrong with a value: every issue with its path. Never quotes the value itself. */
export const explain = (schema: Node, input: unknown): ReadonlyArray<Issue> => {
  const entry = rules.get(schema)
  if (entry !== undefined) {
    const violations = isKind(entry.schema, input) ? entry.rule({ ...(input as object) }) : []
    return [...explain(entry.schema, input), ...violations.map(({ path, issue: message }) => ({ path, message }))]
  }
  const issues = explainType(schema, input)
  // Checks see values of the right type only.
  return issues.length > 0 ? issues : schema.checks.flatMap((check) => check(input as never))
}

const explainType = (schema: Node, input: unknown): ReadonlyArray<Issue> => {
  switch (schema.tag) {
    case "union": {
      const candidates = schema.members.filter((member) => isKind(member, input))
      if (candidates.length === 0) return wrong(schema)
      const issues = candidates.map((member) => explain(member, input))
      return issues.some((one) => one.length === 0) ? [] : issues.flat()
    }
    case "tagged": {
      const tag: unknown = typeof input === "object" && input !== null ? Reflect.get(input, schema.key) : undefined
      return explain(typeof tag === "string" && !schema.tags.has(tag) ? schema.generic : schema.known, input)
    }
    default: {
      if (!isKind(schema, input)) return wrong(schema)
      if (schema.tag === "array") {
        return (input as ReadonlyArray<unknown>).flatMap((item, i) => below(String(i), explain(schema.item, item)))
      }
      if (schema.tag === "record") {
        return Object.entries(input as object).flatMap(([key, value]) => below(key, explain(schema.value, value)))
      }
      if (schema.tag !== "struct") return []
      return Object.entries(schema.fields).flatMap(([key, field]) => {
        const value: unknown = Reflect.get(input as object, key)
        if (value === undefined && !(key in (input as object))) {
          return field.optional ? [] : [{ path: [key], message: "Missing key" }]
        }
        return below(key, explain(field, value))
      })
    }
  }
}

const below = (key: string, issues: ReadonlyArray<Issue>): ReadonlyArray<Issue> =>
  issues.map(({ path, message }) => ({ path: [key, ...path], message }))

const wrong = (schema: Node): ReadonlyArray<Issue> => [{ path: [], message: `Expected ${nameOf(schema)}` }]

const nameOf = (schema: Node): string => {
  switch (schema.tag) {
    case "struct":
    case "record":
    case "tagged":
      return "object"
    case "union":
      return schema.members.map(nameOf).join(" | ")
    default:
      return schema.tag
  }
}

const isKind = (schema: Node, input: unknown): boolean => {
  switch (schema.tag) {
    case "unknown":
      return true
    case "null":
      return input === null
    case "array":
      return Array.isArray(input)
    case "struct":
    case "record":
    case "tagged":
      return isObject(input)
    case "union":
      return schema.members.some((member) => isKind(member, input))
    default:
      return typeof input === schema.tag
  }
}
