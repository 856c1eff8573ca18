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
import { both, listOf } from "./merge.ts"
import type { LooseRule, ToolSchema } from "./model.ts"
import { placeOf } from "./places.ts"
import { isValid } from "./plainSchema.ts"
import { pointed } from "./pointer.ts"
import type { ToolDefinitionIssue } from "./ToolDefinitionError.ts"
import { unheld } from "./unheld.ts"
import { isUnicode, named, oneOf, otherNames, recordRule, refusals, tupleSize, withWords } from "./words.ts"

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

/** Who wrote a JSON Schema. */
export interface Source {
  /** Of the library that checks it; `json-schema` where it is checked as it stands. Undefined when nobody says. */
  readonly vendor?: string | undefined
  /** Patterns that stand in it without their flags. */
  readonly flagged?: FlaggedPatterns | undefined
}

/** Translates a JSON Schema of arguments, which is one of an object. */
export const reduceJsonSchema = (document: Node, root: string, source: Source = {}): ToolSchemaOf => {
  const reduction = new Reduction(document, source)
  const top = reduction.resolve(document)
  const isObjectSchema = top?.["type"] === "object" || (top?.["type"] === undefined && isObject(top?.["properties"]))
  if (top === undefined || !isObjectSchema) {
    const message = reduction.isLost ? refusals.lost : refusals.root
    return { schema: undefined, loose: [], nullable: new Set(), issues: [{ path: [root], message }] }
  }
  reduction.hold(top, [root])
  const schema = reduction[membersOf(top) === undefined ? "object" : "union"](top, [root], [])
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
  private readonly isPlain: boolean
  /** Whether a pattern beside a format is how the library checks the format. */
  private readonly hasOwnPatterns: boolean
  /** Whether a reference led nowhere. */
  isLost = false
  constructor(document: Node, { vendor, flagged = new Map() }: Source) {
    this.document = document
    this.flagged = flagged
    this.isPlain = vendor === "json-schema"
    this.hasOwnPatterns = !this.isPlain && vendor !== undefined && vendor !== "valibot"
  }

  /** A node with what it refers to and all of its parts in one. Undefined for what is no schema. */
  resolve(value: unknown): Node | undefined {
    const node = value === true ? {} : value
    if (!isObject(node)) return undefined
    const { $ref, allOf, ...beside } = node
    const parts = [...listOf(allOf)]
    if ($ref !== undefined) {
      const target = pointed($ref, this.document)
      this.isLost ||= target === undefined
      parts.unshift(target)
    }
    if (parts.length === 0) return node
    const resolved = parts.map((part) => this.resolve(part))
    // The same object for the same reference, so that what has no end is known by it.
    if (resolved.length === 1 && Object.keys(beside).length === 0) return resolved[0]
    return resolved.reduce<Node | undefined>((whole, part) => whole && part && both(whole, part), beside)
  }

  private refuse(path: Path, message: string): ToolSchema {
    this.issues.push({ path, message })
    return { type: "object" }
  }

  /** Of plain JSON Schema, which nobody else checks. */
  hold(node: Node, path: Path): void {
    const wrong = this.isPlain ? unheld(node) : undefined
    if (wrong !== undefined) this.refuse(path, wrong)
  }

  private refusesNull(path: Path, isOptional: boolean): boolean {
    if (isOptional) this.nullable.add(placeOf(path))
    return !isOptional
  }

  private loosen(path: Path, rule: string): string {
    this.loose.push({ path, rule })
    return rule
  }

  /**
   * `inside`: the references that this one is part of. One of them again means that the schema has no end. An optional
   * field needs no null: the model leaves it out.
   */
  private value(value: unknown, path: Path, inside: ReadonlyArray<unknown>, isOptional = false): ToolSchema {
    const reference = isObject(value) ? value["$ref"] : undefined
    // Plain data may have itself inside, too.
    if (isObject(value) && (value === this.document || inside.includes(value))) {
      return this.refuse(path, refusals.recursive)
    }
    if (reference !== undefined && (inside.includes(reference) || reference === "#")) {
      return this.refuse(path, refusals.recursive)
    }
    this.isLost = false
    const node = this.resolve(value)
    if (node === undefined) return this.refuse(path, this.isLost ? refusals.lost : refusals.never)
    this.hold(node, path)
    const within = reference === undefined ? [...inside, value] : [...inside, value, reference]
    const values = this.literalsOf(node)
    if (values !== undefined) return this.literals(values, node, path, isOptional)
    if (membersOf(node) !== undefined) return this.union(node, path, within, isOptional)
    switch (node["type"] ?? typeByKeywords(node)) {
      case "string":
        return this.text(node, path)
      case "number":
        return this.finish({ type: Number.isInteger(node["multipleOf"]) ? "integer" : "number" }, node, path)
      case "integer":
        return this.finish({ type: "integer" }, node, path)
      case "boolean":
        return this.finish({ type: "boolean" }, node, path)
      case "array":
        return this.array(node, path, within)
      case "object":
        return isEmptyObject(node) ? this.refuse(path, refusals.noFields) : this.object(node, path, within)
      default:
        return this.refuse(path, "not" in node ? refusals.never : refusals.any)
    }
  }

  /** With title, description, and the rules that have no keyword in words. */
  private finish(schema: ToolSchema, node: Node, path: Path, more: ReadonlyArray<string> = []): ToolSchema {
    const rules = [node, ...listOf(node["allOf"])].flatMap((part) => keywordRules(Object(part), schema.type))
    // Of a library, which checks it.
    if (node["not"] !== undefined) rules.push(`not ${JSON.stringify(node["not"])}`)
    const loose = [...new Set(rules)].map((rule) => this.loosen(path, rule))
    return withWords(schema, { ...textOf(node), rules: [...more, ...loose] })
  }

  private text(node: Node, path: Path): ToolSchema {
    const told: { type: "string"; format?: string; pattern?: string } = { type: "string" }
    const rules = new Set<string>()
    for (const part of [node, ...listOf(node["allOf"])]) {
      const { format, pattern } = Object(part)
      if (isFormat(format) && (told.format ?? format) === format) told.format = format
      else if (typeof format === "string" && !(this.hasOwnPatterns && pattern !== undefined)) {
        rules.add(`a string in the format ${format}`)
      }
      // A format says it, and is checked as it is told.
      if (typeof pattern !== "string" || (this.hasOwnPatterns && isFormat(format))) continue
      const written = this.flagged.get(pattern)
      if (written === undefined && isUnicode(pattern) && (told.pattern ?? pattern) === pattern) told.pattern = pattern
      else rules.add(`a string matching the RegExp ${written ?? pattern}`)
    }
    return this.finish(
      told,
      node,
      path,
      [...rules].map((rule) => this.loosen(path, rule))
    )
  }

  /** The values of an enum or a constant that its other keywords take, too. */
  private literalsOf(node: Node): ReadonlyArray<unknown> | undefined {
    const values = node["type"] === "null" ? [null] : "const" in node ? [node["const"]] : node["enum"]
    return Array.isArray(values) ? values.filter((value) => isValid(node, value, this.document)) : undefined
  }

  /** Strings are an enum; other values are told in words. */
  private literals(values: ReadonlyArray<unknown>, node: Node, path: Path, isOptional: boolean): ToolSchema {
    const some = values.filter((value) => value !== null)
    if (values.length === 0) return this.refuse(path, refusals.never)
    if (some.length === 0) return this.refuse(path, refusals.nothing)
    if (some.length < values.length && this.refusesNull(path, isOptional)) return this.refuse(path, refusals.nullable)
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
    const first = listOf(node["prefixItems"])
    // What follows the first ones may be anything, where nothing is said of it; libraries leave it out.
    const { items: following = this.isPlain && first.length > 0 } = node
    const rest = following === false ? [] : [following]
    const [items, ...others] = [...first, ...rest].map((item) => this.value(item, [...path, "items"], inside))
    if (items === undefined) return this.refuse(path, refusals.noItems)
    if (
      listOf(node["allOf"]).some((part) => isObject(part) && "prefixItems" in part) ||
      others.some((other) => !isSame(other, items))
    )
      return this.refuse(path, refusals.tuple)
    if (first.length === 0) return this.finish({ type: "array", items }, node, path)
    const { minItems, maxItems, ...bare } = node
    const least = typeof minItems === "number" ? minItems : 0
    const most = Math.min(typeof maxItems === "number" ? maxItems : Infinity, rest.length > 0 ? Infinity : first.length)
    return this.finish({ type: "array", items }, bare, path, [this.loosen(path, tupleSize(least, most))])
  }

  object(node: Node, path: Path, inside: ReadonlyArray<unknown>): ToolSchema {
    const { additionalProperties: others, patternProperties } = node
    const fields = new Map(Object.entries(Object(node["properties"])))
    const names = listOf(node["required"])
    const keys = this.resolve(node["propertyNames"])
    // Fields of any name that has to be one of some are those.
    for (const name of listOf(keys?.["enum"])) if (isObject(others)) fields.set(String(name), others)
    const properties: Record<string, ToolSchema> = {}
    const required: Array<string> = []
    for (const [name, field] of fields) {
      const isOptional = !names.includes(name)
      const value = this.value(field, [...path, name], inside, isOptional)
      // Defined, not assigned: a key may be called __proto__.
      Object.defineProperty(properties, name, { value, enumerable: true })
      if (!isOptional) required.push(name)
    }
    for (const name of names) {
      if (!fields.has(String(name))) this.refuse([...path, String(name)], refusals.unnamed)
    }
    const rules: Array<string> = []
    const record = (value: unknown, which: string) =>
      rules.push(recordRule(this.value(value, [...path, "*"], inside), which))
    for (const [pattern, value] of Object.entries(Object(patternProperties))) record(value, named(pattern))
    if (keys?.["enum"] === undefined && isObject(others) && Object.keys(others).length > 0) {
      record(others, keys?.["pattern"] ? named(keys["pattern"]) : fields.size + rules.length > 0 ? otherNames : "")
    }
    return this.finish(
      {
        type: "object",
        ...(fields.size > 0 ? { properties } : {}),
        ...(required.length > 0 ? { required } : {})
      },
      node,
      path,
      rules.map((rule) => this.loosen(path, rule))
    )
  }

  union(node: Node, path: Path, inside: ReadonlyArray<unknown>, isOptional = false): ToolSchema {
    const all = this.members(node)
    const literals = all.map((member) => this.literalsOf(member))
    if (literals.every((values) => values !== undefined)) {
      const values = literals.flat().filter((value) => isValid(node, value, this.document))
      return this.literals(values, node, path, isOptional)
    }
    const some = all.filter((_, index) => literals[index]?.every((value) => value === null) !== true)
    if (some.length < all.length && this.refusesNull(path, isOptional)) return this.refuse(path, refusals.nullable)
    const [one, ...more] = some
    const first = this.value(one, path, inside, isOptional)
    const others = more.map((member) => this.value(member, path, inside, isOptional))
    return others.some((other) => node["oneOf"] !== undefined || !isSame(other, first))
      ? this.refuse(path, refusals.union)
      : first
  }

  /** The members of a union, those of unions inside of it too, each with what holds of all. */
  private members(node: Node): ReadonlyArray<Node> {
    const members = membersOf(node)
    if (members === undefined) return [node]
    const { [members.keyword]: _, ...rest } = node
    return members.list.flatMap((member) => {
      const whole = this.resolve({ ...rest, allOf: [...listOf(rest["allOf"]), member] })
      return whole === undefined ? [] : this.members(whole)
    })
  }
}

/** The members of a union: `anyOf`, `oneOf`, or several types. */
const membersOf = (node: Node): { readonly keyword: string; readonly list: ReadonlyArray<unknown> } | undefined => {
  const keyword = ["anyOf", "oneOf", "type"].find((name) => Array.isArray(node[name]))
  if (keyword === undefined) return undefined
  const list = listOf(node[keyword])
  return { keyword, list: keyword === "type" ? list.map((type) => ({ type })) : list }
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Libraries leave the type out where other keywords say it. */
const typeByKeywords = (node: Node): string | undefined => {
  if (isObject(node["properties"])) return "object"
  if (node["items"] !== undefined || node["prefixItems"] !== undefined) return "array"
  return typeof node["pattern"] === "string" ? "string" : undefined
}

const isEmptyObject = (node: Node): boolean =>
  ["properties", "additionalProperties", "patternProperties"].every(
    (name) => Object.keys(Object(node[name])).length === 0
  )

const textOf = ({ title, description }: Node) => ({
  ...(typeof title === "string" ? { title } : {}),
  ...(typeof description === "string" ? { description } : {})
})
