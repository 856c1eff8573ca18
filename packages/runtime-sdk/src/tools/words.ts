/**
 * What a schema says in words, for the model.
 */
import type { ToolSchema } from "./model.ts"

/** Words of a schema, and rules of it that have no keyword. */
export interface Words {
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly rules?: ReadonlyArray<string> | undefined
  /** Whether the description takes the place of one that is there. */
  readonly instead?: boolean | undefined
}

/** Adds words to a schema. Rules stand in brackets behind the description. */
export const withWords = (
  schema: ToolSchema,
  { title, description, rules = [], instead = false }: Words
): ToolSchema => {
  const base = instead ? (description ?? schema.description) : (schema.description ?? description)
  const added = rules.filter((rule) => rule !== "")
  const words = added.length === 0 ? base : base === undefined ? added.join("; ") : `${base} (${added.join("; ")})`
  return {
    ...schema,
    ...(title === undefined ? {} : { title }),
    ...(words === undefined ? {} : { description: words })
  }
}

/** Why a place has no form that the runtime takes, in every schema language the same. */
export const refusals = {
  root: "must be an object: a model gives arguments by name",
  recursive: "is recursive, which has no form here: end it at some depth",
  unnamed: "is required, and there is no such property: describe it in properties, or take it out of required",
  noFields: "is an object without fields: leave it out",
  nothing: "is nothing: leave it out",
  any: "may be any value, and a model must be told a type: write the schema of what you need",
  never: "can never be given",
  lost: "has a $ref that leads nowhere: write a path, such as #/$defs/name",
  literals: "mixes kinds of literals: use one kind",
  noItems: "is a list without items: leave it out",
  tuple: "is a tuple of different kinds: use an object, which names its parts",
  key: "has a key that is no text",
  nullable: "may be null, which a model cannot be told: make it optional",
  union: "is a union of different kinds, which has no form here: use one object with optional fields, or text"
} as const

/** Of which values of a record something is told: those with such names, or with other names than are told. */
export const named = (pattern: unknown): string => ` whose name matches the RegExp ${String(pattern)}`
export const otherNames = " of another name"

/** Literals that are no strings, in words. */
export const oneOf = (values: ReadonlyArray<unknown>): string => `one of ${[...new Set(values)].join(", ")}`

/** How many items a tuple has, in words. */
export const tupleSize = (least: number, most: number): string =>
  most === Infinity ? `at least ${least} items` : `${least} to ${most} items`

/** Of an object with fields of any name: what is told of their values. `which`: of which ones. */
export const recordRule = (value: ToolSchema, which: string): string => `each value${which}: ${JSON.stringify(value)}`

/** JSON Schema reads patterns in Unicode mode, where some of JavaScript's are errors. */
export const isUnicode = (source: unknown): boolean => {
  try {
    return typeof source === "string" && new RegExp(source, "u").unicode
  } catch {
    return false
  }
}
