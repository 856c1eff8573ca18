/**
 * What the checks and annotations of a schema become: keywords of the runtime's subset, else words in the description.
 */
import type * as Schema from "effect/Schema"
import type * as SchemaRepresentation from "effect/SchemaRepresentation"
import { isFormat } from "../formats.ts"
import type { ToolSchema } from "../model.ts"
import { isUnicode, type Words } from "../words.ts"

interface Checked {
  readonly keywords: Partial<ToolSchema>
  readonly loose: ReadonlyArray<string>
  readonly text: Words
}

type Annotations = Schema.Annotations.Annotations | undefined

/** Reads the annotations and checks of a node whose type is known. */
export const checksOf = (
  node: {
    readonly annotations?: Annotations
    readonly checks: ReadonlyArray<SchemaRepresentation.Check>
  },
  type: ToolSchema["type"]
): Checked => {
  const all = [node.annotations, ...node.checks.map((check) => check.annotations)]
  const last = (key: string): string | undefined =>
    all.map((annotations) => annotations?.[key]).findLast((value) => typeof value === "string") as string | undefined
  const format = last("format")
  const keywords: { type?: ToolSchema["type"]; pattern?: string; format?: string } = isFormat(format) ? { format } : {}
  const loose: Array<string> = []
  for (const check of flat(node.checks)) {
    const isExpressed = tell(check, type, keywords)
    if (!isExpressed) loose.push(ruleOf(check))
  }
  return {
    keywords,
    loose: loose.map((rule) => rule || "a check of its own"),
    text: { title: last("title"), description: last("description"), rules: loose }
  }
}

const flat = (checks: ReadonlyArray<SchemaRepresentation.Check>): ReadonlyArray<SchemaRepresentation.Filter> =>
  checks.flatMap((check) => (check._tag === "FilterGroup" ? flat(check.checks) : [check]))

const ruleOf = ({ annotations }: SchemaRepresentation.Filter): string => {
  const expected = annotations?.["expected"]
  return typeof expected === "string" ? expected : ""
}

/** Puts a check into keywords; `false` when it has none. */
const tell = (
  check: SchemaRepresentation.Filter,
  type: ToolSchema["type"],
  keywords: { type?: ToolSchema["type"]; pattern?: string; format?: string }
): boolean => {
  const id = check.representation?.id
  // JSON has no other numbers, and none beyond the safe integers is of use.
  if (id === "effect/schema/isFinite") return true
  if (id === "effect/schema/isInt") {
    keywords.type = "integer"
    return true
  }
  if (id === "effect/schema/isMultipleOf" && Number.isInteger(Object(check.representation?.payload)["divisor"])) {
    keywords.type = "integer"
  }
  const pattern = patternOf(check, type)
  if (pattern === undefined || keywords.pattern !== undefined) return false
  // A format says it, and is checked as it is told.
  if (isFormat(pattern.format)) keywords.format = pattern.format
  else keywords.pattern = pattern.source
  return true
}

/** The pattern that says exactly what a check says. */
const patternOf = (
  { annotations, representation }: SchemaRepresentation.Filter,
  type: ToolSchema["type"]
): { readonly source: string; readonly format?: unknown } | undefined => {
  if (type !== "string") return undefined
  if (representation?.id === "effect/schema/isPattern") {
    const { source, flags } = representation.payload as { readonly source: string; readonly flags: string } // Its own.
    return /^[dgu]*$/.test(flags) && isUnicode(source) ? { source } : undefined
  }
  const toJsonSchema = annotations?.["toJsonSchema"]
  if (typeof toJsonSchema !== "function") return undefined
  const keywords: unknown = (toJsonSchema as SchemaRepresentation.ToJsonSchema.Check)({ type, schemas: [] })
  if (typeof keywords !== "object" || keywords === null || Array.isArray(keywords)) return undefined
  const { pattern, format, ...others } = keywords as { readonly [keyword: string]: unknown }
  return typeof pattern === "string" && Object.keys(others).length === 0 ? { source: pattern, format } : undefined
}
