/**
 * From an Effect schema to the part of JSON Schema that the runtime takes: `type`, `properties`, `required`, `items`,
 * `enum` of strings, `pattern`, `format`, `title`, `description`; no references.
 *
 * What has no form there is either loosened, said in the description and checked when a call arrives (a minimum, a
 * length), or refused (a union of objects): a schema that says something else than the decoder would mislead the model.
 */
import * as Schema from "effect/Schema"
import * as SchemaRepresentation from "effect/SchemaRepresentation"
import type { ToolSchemaOf } from "../jsonSchema.ts"
import type { LooseRule, ToolSchema } from "../model.ts"
import { placeOf } from "../places.ts"
import type { ToolDefinitionIssue } from "../ToolDefinitionError.ts"
import { named, oneOf, otherNames, recordRule, refusals, tupleSize, withWords } from "../words.ts"
import { checksOf } from "./checks.ts"
import { dateTimePlaces } from "./dateTimes.ts"

type Node = SchemaRepresentation.Representation
type Path = ReadonlyArray<string>

/** Translates a schema of arguments, which is one of an object. */
export const toolSchemaOf = (schema: Schema.Constraint, root: string): ToolSchemaOf => {
  const { ast } = Schema.toCodecJson(schema)
  const { representation, references } = SchemaRepresentation.toRepresentation(ast)
  const translation = new Translation(references, dateTimePlaces(ast, [root]))
  const top = translation.resolve(representation)
  if (top._tag !== "Objects") {
    const issues = [{ path: [root], message: refusals.root }]
    return { schema: undefined, loose: [], nullable: new Set(), issues }
  }
  const made = translation.object(top, [root], [])
  const { issues, loose, nullable } = translation
  const whole = issues.length > 0 ? undefined : { ...made, properties: made.properties ?? {} }
  return { schema: whole, loose, nullable, issues }
}

class Translation {
  readonly issues: Array<ToolDefinitionIssue> = []
  readonly loose: Array<LooseRule> = []
  readonly nullable = new Set<string>()
  readonly references: SchemaRepresentation.References
  readonly dateTimes: ReadonlySet<string>
  constructor(references: SchemaRepresentation.References, dateTimes: ReadonlySet<string>) {
    this.references = references
    this.dateTimes = dateTimes
  }

  /** The node that a reference names. */
  resolve(node: Node): Exclude<Node, { readonly _tag: "Reference" | "Suspend" }> {
    let target: Node | undefined = node
    while (target?._tag === "Reference" || target?._tag === "Suspend") {
      target = target._tag === "Suspend" ? target.thunk : this.references[target.$ref]
    }
    if (target === undefined) throw new Error("A schema refers to a definition that it does not have")
    return target
  }

  private refuse(path: Path, message: string): ToolSchema {
    this.issues.push({ path, message })
    return { type: "object" }
  }

  /** `inside`: the nodes that this one is part of. One of them again means that the schema has no end. */
  value(node: Node, path: Path, inside: ReadonlyArray<Node>): ToolSchema {
    const target = this.resolve(node)
    if (inside.includes(target)) return this.refuse(path, refusals.recursive)
    switch (target._tag) {
      case "String":
      case "Number":
      case "Boolean":
      case "TemplateLiteral":
        return this.leaf(target, path)
      case "Literal":
        return this.literals([target.literal], target, path)
      case "Enum":
        return this.literals(
          target.enums.map(([, value]) => value),
          target,
          path
        )
      case "Arrays":
        return this.array(target, path, inside)
      case "Objects":
        return target.propertySignatures.length + target.indexSignatures.length === 0
          ? this.refuse(path, refusals.noFields)
          : this.object(target, path, inside)
      case "Union":
        return this.union(target, path, inside)
      case "Null":
      case "Undefined":
      case "Void":
        return this.refuse(path, refusals.nothing)
      default:
        return this.refuse(path, refusals.any)
    }
  }

  private finish(
    schema: ToolSchema,
    node: Pick<Exclude<Node, { _tag: "Reference" }>, "annotations" | "checks">,
    path: Path
  ) {
    const { keywords, loose, text } = checksOf(node, schema.type)
    this.loose.push(...loose.map((rule) => ({ path, rule })))
    return withWords({ ...schema, ...keywords }, text)
  }

  private leaf(node: Extract<Node, { _tag: "String" | "Number" | "Boolean" | "TemplateLiteral" }>, path: Path) {
    switch (node._tag) {
      case "String": {
        const isDateTime = this.dateTimes.has(placeOf(path))
        return this.finish({ type: "string", ...(isDateTime ? { format: "date-time" } : {}) }, node, path)
      }
      case "Number":
        return this.finish({ type: "number" }, node, path)
      case "Boolean":
        return this.finish({ type: "boolean" }, node, path)
      case "TemplateLiteral": {
        const bare = { representation: { ...node, checks: [] }, references: this.references }
        const { pattern } = SchemaRepresentation.toJsonSchemaDocument(bare).schema
        return this.finish({ type: "string", ...(typeof pattern === "string" ? { pattern } : {}) }, node, path)
      }
    }
  }

  /** Strings are an enum; other values are told in words. */
  private literals(
    values: ReadonlyArray<string | number | boolean | bigint>,
    node: Pick<Extract<Node, { _tag: "Union" }>, "annotations" | "checks">,
    path: Path
  ): ToolSchema {
    if (values.every((value) => typeof value === "string")) {
      return this.finish({ type: "string", enum: [...new Set(values)] }, node, path)
    }
    const kinds = new Set(values.map((value) => typeof value))
    const [kind] = kinds
    if (kinds.size === 1 && kind === "boolean" && new Set(values).size === 2) {
      return this.finish({ type: "boolean" }, node, path)
    }
    if (kinds.size !== 1 || (kind !== "number" && kind !== "boolean")) {
      return this.refuse(path, refusals.literals)
    }
    const rule = oneOf(values)
    this.loose.push({ path, rule })
    const type = kind === "boolean" ? "boolean" : values.every(Number.isInteger) ? "integer" : "number"
    return withWords(this.finish({ type }, node, path), { rules: [rule] })
  }

  private array(node: Extract<Node, { _tag: "Arrays" }>, path: Path, inside: ReadonlyArray<Node>): ToolSchema {
    const all = [...node.elements.map((element) => element.type), ...node.rest]
    const [items, ...others] = all.map((item) => this.value(item, [...path, "items"], [...inside, node]))
    if (items === undefined) return this.refuse(path, refusals.noItems)
    if (others.some((other) => JSON.stringify(other) !== JSON.stringify(items))) {
      return this.refuse(path, refusals.tuple)
    }
    if (node.elements.length === 0) return this.finish({ type: "array", items }, node, path)
    const least = node.elements.filter((element) => !element.isOptional).length
    const rule = tupleSize(least, node.rest.length > 0 ? Infinity : node.elements.length)
    this.loose.push({ path, rule })
    return withWords(this.finish({ type: "array", items }, node, path), { rules: [rule] })
  }

  object(node: Extract<Node, { _tag: "Objects" }>, path: Path, inside: ReadonlyArray<Node>): ToolSchema {
    const properties: Record<string, ToolSchema> = {}
    const required: Array<string> = []
    for (const { name, type, isOptional, annotations } of node.propertySignatures) {
      if (typeof name !== "string") return this.refuse(path, refusals.key)
      const at = [...path, name]
      const bare = isOptional ? this.withoutNull(type) : type
      if (bare !== type) this.nullable.add(placeOf(at))
      const schema = this.value(bare, at, [...inside, node])
      // Defined, not assigned: a key may be called __proto__.
      Object.defineProperty(properties, name, {
        value: withWords(schema, { ...textOf(annotations), instead: true }),
        enumerable: true
      })
      if (!isOptional) required.push(name)
    }
    const within = [...inside, node]
    const rules = node.indexSignatures.map(({ parameter, type }, index) => {
      const { pattern } = this.value(parameter, [...path, "*"], within)
      const isOther = node.propertySignatures.length + index > 0
      const which = pattern !== undefined ? named(pattern) : isOther ? otherNames : ""
      return recordRule(this.value(type, [...path, "*"], within), which)
    })
    this.loose.push(...rules.map((rule) => ({ path, rule })))
    const schema: ToolSchema = {
      type: "object",
      ...(node.propertySignatures.length > 0 ? { properties } : {}),
      ...(required.length > 0 ? { required } : {})
    }
    return withWords(this.finish(schema, node, path), { rules })
  }

  /** An optional field needs no null: the model leaves it out. */
  private withoutNull(node: Node): Node {
    const target = this.resolve(node)
    if (target._tag !== "Union") return node
    const types = target.types.filter((type) => !isNothing(this.resolve(type)))
    return types.length === 0 || types.length === target.types.length ? node : { ...target, types }
  }

  private union(node: Extract<Node, { _tag: "Union" }>, path: Path, inside: ReadonlyArray<Node>): ToolSchema {
    const members = node.types.flatMap((type) => this.members(type))
    if (members.some(isNothing)) {
      return this.refuse(path, refusals.nullable)
    }
    const numbers = members.filter((member) => !isNonFinite(member))
    // How `Schema.Number` is written in JSON: the three values that are no JSON number are of no use to a model.
    if (numbers.length === 1 && numbers[0]?._tag === "Number") {
      return this.finish(this.value(numbers[0], path, inside), node, path)
    }
    const literals = members.flatMap((member) =>
      member._tag === "Literal"
        ? [member.literal]
        : member._tag === "Enum"
          ? member.enums.map(([, value]) => value)
          : []
    )
    if (members.every((member) => member._tag === "Literal" || member._tag === "Enum")) {
      return members.length === 0 ? this.refuse(path, refusals.never) : this.literals(literals, node, path)
    }
    const schemas = members.map((member) => this.value(member, path, [...inside, node]))
    const [first, ...others] = schemas
    if (first !== undefined && others.every((other) => JSON.stringify(other) === JSON.stringify(first))) {
      return this.finish(first, node, path)
    }
    return this.refuse(path, refusals.union)
  }

  /** The members of a union, those of unions inside of it too. */
  private members(node: Node): ReadonlyArray<Exclude<Node, { readonly _tag: "Reference" | "Suspend" }>> {
    const target = this.resolve(node)
    return target._tag === "Union" && target.checks.length === 0
      ? target.types.flatMap((type) => this.members(type))
      : [target]
  }
}

const isNothing = (node: Node): boolean => node._tag === "Null" || node._tag === "Undefined" || node._tag === "Void"

const isNonFinite = (node: Node): boolean =>
  node._tag === "Literal" && (node.literal === "NaN" || node.literal === "Infinity" || node.literal === "-Infinity")

const textOf = (annotations: Schema.Annotations.Annotations | undefined) => ({
  title: typeof annotations?.["title"] === "string" ? annotations["title"] : undefined,
  description: typeof annotations?.["description"] === "string" ? annotations["description"] : undefined
})
