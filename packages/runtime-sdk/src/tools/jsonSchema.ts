/**
 * From JSON Schema (2020-12), as schema libraries write it, to the part that the runtime takes: `type`, `properties`,
 * `required`, `items`, `enum` of strings, `pattern`, `format`, `title`, `description`; no references.
 *
 * What has no form there is either loosened, said in the description and checked when a call arrives (a minimum, a
 * length), or refused (a union of objects): a schema that says something else than the validation would mislead the model.
 */
import { isObject } from "../schema/isObject.ts"
import { isFormat } from "./formats.ts"
import type { FlaggedPatterns } from "./flags.ts"
import { keywordRules } from "./keywordRules.ts"
import type { LooseRule, ToolSchema } from "./model.ts"
import { placeOf } from "./places.ts"
import type { ToolDefinitionIssue } from "./ToolDefinitionError.ts"
import { isUnicode, oneOf, recordRule, refusals, tupleSize, withWords } from "./words.ts"

type Node = Readonly<Record<string, unknown>>
type Path = ReadonlyArray<string>

/** What became of a schema. */
export interface ToolSchemaOf {
  /** Undefined when there are issues. */
  readonly schema: ToolSchema | undefined
  /** What is checked on arrival only. */
  readonly loose: ReadonlyArray<LooseRule>
  /** The places of optional fields that take `null`. */
  readonly nullable: ReadonlySet<string>
  readonly issues: ReadonlyArray<ToolDefinitionIssue>
}

/**
 * Translates a JSON Schema of arguments, which is one of an object. `flagged`: patterns that stand in it without their
 * flags.
 */
export const reduceJsonSchema = (document: Node, root: string, flagged: FlaggedPatterns = new Map()): ToolSchemaOf => {
  const reduction = new Reduction(document, flagged)
  const top = reduction.resolve(document)
  const isObjectSchema = top?.["type"] === "object" || (top?.["type"] === undefined && isObject(top?.["properties"]))
  if (top === undefined || !isObjectSchema) {
    return { schema: undefined, loose: [], nullable: new Set(), issues: [{ path: [root], message: refusals.root }] }
  }
  const schema = reduction.object(top, [root], [])
  const { issues, loose, nullable } = reduction
  const whole = issues.length > 0 ? undefined : { ...schema, properties: schema.properties ?? {} }
  return { schema: whole, loose, nullable, issues }
}

class Reduction {
  readonly issues: Array<ToolDefinitionIssue> = []
  readonly loose: Array<LooseRule> = []
  readonly nullable = new Set<string>()
  readonly document: Node
  private readonly flagged: FlaggedPatterns
  constructor(document: Node, flagged: FlaggedPatterns) {
    this.document = document
    this.flagged = flagged
  }

  /** The node that a reference names, with what stands beside the reference. Undefined for what is no schema. */
  resolve(value: unknown): Node | undefined {
    let node = value === true ? {} : value
    for (let depth = 0; isObject(node) && typeof node["$ref"] === "string" && depth < 64; depth++) {
      const { $ref, ...beside } = node
      const target = this.target($ref)
      // The same object for the same reference, so that what has no end is known by it.
      node = Object.keys(beside).length === 0 || !isObject(target) ? target : { ...target, ...beside }
    }
    return isObject(node) ? merged(node) : undefined
  }

  private target(reference: string): unknown {
    if (!reference.startsWith("#")) return undefined
    return reference
      .split("/")
      .slice(1)
      .map((key) => decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~"))
      .reduce<unknown>(
        (node, key) => (isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined),
        this.document
      )
  }

  private refuse(path: Path, message: string): ToolSchema {
    this.issues.push({ path, message })
    return { type: "object" }
  }

  private loosen(path: Path, rule: string): string {
    this.loose.push({ path, rule })
    return rule
  }

  /** `inside`: the references that this one is part of. One of them again means that the schema has no end. */
  value(value: unknown, path: Path, inside: ReadonlyArray<unknown>): ToolSchema {
    const reference = isObject(value) ? value["$ref"] : undefined
    // Plain data may have itself inside, too.
    if (isObject(value) && (value === this.document || inside.includes(value))) {
      return this.refuse(path, refusals.recursive)
    }
    if (reference !== undefined && (inside.includes(reference) || reference === "#")) {
      return this.refuse(path, refusals.recursive)
    }
    const node = this.resolve(value)
    if (node === undefined) return this.refuse(path, refusals.never)
    const within = reference === undefined ? [...inside, value] : [...inside, value, reference]
    const members = membersOf(node)
    if (members !== undefined) return this.union(node, members, path, within)
    if ("const" in node) return this.literals([node["const"]], node, path)
    if (Array.isArray(node["enum"])) return this.literals(node["enum"], node, path)
    switch (node["type"] ?? typeByKeywords(node)) {
      case "string":
        return this.text(node, path)
      case "number":
        return this.finish({ type: "number" }, node, path)
      case "integer":
        return this.finish({ type: "integer" }, node, path)
      case "boolean":
        return this.finish({ type: "boolean" }, node, path)
      case "array":
        return this.array(node, path, within)
      case "object":
        return isEmptyObject(node) ? this.refuse(path, refusals.noFields) : this.object(node, path, within)
      case "null":
        return this.refuse(path, refusals.nothing)
      default:
        return this.refuse(path, "not" in node ? refusals.never : refusals.any)
    }
  }

  /** With title, description, and the rules that have no keyword in words. */
  private finish(schema: ToolSchema, node: Node, path: Path, more: ReadonlyArray<string> = []): ToolSchema {
    const rules = [...more, ...keywordRules(node, schema.type).map((rule) => this.loosen(path, rule))]
    return withWords(schema, { ...textOf(node), rules })
  }

  private text(node: Node, path: Path): ToolSchema {
    const { format, pattern } = node
    // A format says it, and is checked as it is told.
    if (isFormat(format)) return this.finish({ type: "string", format }, node, path)
    const written = typeof pattern === "string" ? this.flagged.get(pattern) : undefined
    if (typeof pattern === "string" && written === undefined && isUnicode(pattern))
      return this.finish({ type: "string", pattern }, node, path)
    const rule =
      typeof pattern === "string"
        ? `a string matching the RegExp ${written ?? pattern}`
        : typeof format === "string"
          ? `a string in the format ${format}`
          : undefined
    return this.finish({ type: "string" }, node, path, rule === undefined ? [] : [this.loosen(path, rule)])
  }

  /** Strings are an enum; other values are told in words. */
  private literals(values: ReadonlyArray<unknown>, node: Node, path: Path): ToolSchema {
    const some = values.filter((value) => value !== null)
    if (some.length < values.length) return this.refuse(path, some.length === 0 ? refusals.nothing : refusals.nullable)
    if (some.length === 0) return this.refuse(path, refusals.never)
    if (some.every((value) => typeof value === "string")) {
      return this.finish({ type: "string", enum: [...new Set(some)] }, textOf(node), path)
    }
    const kinds = new Set(some.map((value) => typeof value))
    const [kind] = kinds
    if (kinds.size === 1 && kind === "boolean" && new Set(some).size === 2) {
      return this.finish({ type: "boolean" }, textOf(node), path)
    }
    if (kinds.size !== 1 || (kind !== "number" && kind !== "boolean")) return this.refuse(path, refusals.literals)
    const type = kind === "boolean" ? "boolean" : some.every(Number.isInteger) ? "integer" : "number"
    return this.finish({ type }, textOf(node), path, [this.loosen(path, oneOf(some))])
  }

  private array(node: Node, path: Path, inside: ReadonlyArray<unknown>): ToolSchema {
    const first = Array.isArray(node["prefixItems"]) ? node["prefixItems"] : []
    const rest = node["items"] === undefined || node["items"] === false ? [] : [node["items"]]
    const [items, ...others] = [...first, ...rest].map((item) => this.value(item, [...path, "items"], inside))
    if (items === undefined) return this.refuse(path, refusals.noItems)
    if (others.some((other) => JSON.stringify(other) !== JSON.stringify(items)))
      return this.refuse(path, refusals.tuple)
    if (first.length === 0) return this.finish({ type: "array", items }, node, path)
    const least = typeof node["minItems"] === "number" ? node["minItems"] : 0
    const rule = tupleSize(least, rest.length > 0 ? Infinity : first.length)
    const { minItems: _least, maxItems: _most, ...bare } = node
    return this.finish({ type: "array", items }, bare, path, [this.loosen(path, rule)])
  }

  object(node: Node, path: Path, inside: ReadonlyArray<unknown>): ToolSchema {
    const fields = isObject(node["properties"]) ? Object.entries(node["properties"]) : []
    const names: ReadonlyArray<unknown> = Array.isArray(node["required"]) ? node["required"] : []
    const properties: Record<string, ToolSchema> = {}
    const required: Array<string> = []
    for (const [name, field] of fields) {
      const at = [...path, name]
      const isOptional = !names.includes(name)
      const bare = isOptional ? this.withoutNull(field) : field
      if (bare !== field) this.nullable.add(placeOf(at))
      // Defined, not assigned: a key may be called __proto__.
      Object.defineProperty(properties, name, { value: this.value(bare, at, inside), enumerable: true })
      if (!isOptional) required.push(name)
    }
    for (const name of names) {
      if (fields.some(([field]) => field === name)) continue
      this.refuse([...path, String(name)], refusals.unnamed)
    }
    const isRecord = isObject(node["additionalProperties"]) || isObject(node["patternProperties"])
    if (isRecord && Object.keys(Object(node["additionalProperties"] ?? node["patternProperties"])).length > 0) {
      this.loosen(path, recordRule)
    }
    return this.finish(
      {
        type: "object",
        ...(fields.length > 0 ? { properties } : {}),
        ...(required.length > 0 ? { required } : {})
      },
      node,
      path
    )
  }

  /** An optional field needs no null: the model leaves it out. */
  private withoutNull(field: unknown): unknown {
    const node = this.resolve(field)
    const members = node === undefined ? undefined : membersOf(node)
    if (node === undefined || members === undefined) return field
    const some = members.filter((member) => !isNull(this.resolve(member)))
    if (some.length === 0 || some.length === members.length) return field
    const { anyOf: _any, oneOf: _one, type: _type, ...rest } = node
    return some.length === 1 ? { ...Object(this.resolve(some[0])), ...textOf(rest) } : { ...rest, anyOf: some }
  }

  private union(node: Node, members: ReadonlyArray<unknown>, path: Path, inside: ReadonlyArray<unknown>): ToolSchema {
    const all = members.flatMap((member) => this.members(member))
    if (all.some(isNull)) return this.refuse(path, refusals.nullable)
    const literals = all.map(literalsOf)
    if (literals.every((values) => values !== undefined)) return this.literals(literals.flat(), node, path)
    const schemas = all.map((member) => this.value(member, path, inside))
    const [first, ...others] = schemas
    if (first !== undefined && others.every((other) => JSON.stringify(other) === JSON.stringify(first))) {
      return withWords(first, { ...textOf(node), instead: true })
    }
    return this.refuse(path, refusals.union)
  }

  /** The members of a union, those of unions inside of it too. */
  private members(member: unknown): ReadonlyArray<Node> {
    const node = this.resolve(member)
    if (node === undefined) return []
    return membersOf(node)?.flatMap((inner) => this.members(inner)) ?? [node]
  }
}

const isNull = (node: Node | undefined): boolean =>
  node !== undefined && (node["type"] === "null" || ("const" in node && node["const"] === null))

const literalsOf = (node: Node): ReadonlyArray<unknown> | undefined =>
  "const" in node ? [node["const"]] : Array.isArray(node["enum"]) ? node["enum"] : undefined

/** The members of a union: `anyOf`, `oneOf`, or several types. */
const membersOf = (node: Node): ReadonlyArray<unknown> | undefined => {
  const { anyOf, oneOf: exclusive, type } = node
  if (Array.isArray(anyOf)) return anyOf
  if (Array.isArray(exclusive)) return exclusive
  if (!Array.isArray(type)) return undefined
  return type.map((one: unknown) => ({ ...node, type: one }))
}

/** Libraries leave the type out where other keywords say it. */
const typeByKeywords = (node: Node): string | undefined => {
  if (isObject(node["properties"])) return "object"
  if (node["items"] !== undefined || node["prefixItems"] !== undefined) return "array"
  return typeof node["pattern"] === "string" ? "string" : undefined
}

const isEmptyObject = (node: Node): boolean =>
  Object.keys(Object(node["properties"])).length === 0 &&
  Object.keys(Object(node["additionalProperties"])).length === 0 &&
  Object.keys(Object(node["patternProperties"])).length === 0

/** `allOf` in one, where its parts are about different keywords, or all about objects. */
const merged = (node: Node): Node => {
  const { allOf, ...rest } = node
  if (!Array.isArray(allOf) || !allOf.every(isObject)) return node
  return allOf.reduce<Node>(
    (whole, part) => ({
      ...whole,
      ...part,
      ...(isObject(part["properties"])
        ? { properties: { ...Object(whole["properties"]), ...part["properties"] } }
        : {}),
      ...(Array.isArray(part["required"]) ? { required: [...listOf(whole["required"]), ...part["required"]] } : {})
    }),
    rest
  )
}

const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const textOf = (node: Node) => ({
  ...(typeof node["title"] === "string" ? { title: node["title"] } : {}),
  ...(typeof node["description"] === "string" ? { description: node["description"] } : {})
})
