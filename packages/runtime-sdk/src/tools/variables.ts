/**
 * Variables of prompts: the names that texts use as `{{name}}`, held against a schema, and typed values for a call.
 */
import { isBranded } from "../errors/brands.ts"
import { isObject } from "../schema/isObject.ts"
import { type ParametersSchema, readSchema } from "./parameters.ts"
import type { SchemaPair, StandardIssue, StandardSchema } from "./standard.ts"
import { ToolDefinitionError } from "./ToolDefinitionError.ts"

const TypeId: unique symbol = Symbol.for("@aywa-ai/runtime-sdk/VariableValuesError") as never

/**
 * A place where a text uses a variable.
 *
 * @since 0.2.0
 * @category models
 */
export interface VariableUse {
  /** As it is written: `name`, or `customer.name`. */
  readonly name: string
  /** Where the text stands in the row: `["model", "messages", 0, "content"]`. */
  readonly path: ReadonlyArray<string | number>
}

/**
 * A variable that a text uses and no call brings, or one that calls bring and no text uses.
 *
 * @since 0.2.0
 * @category models
 */
export interface VariableIssue extends VariableUse {
  /** The path of an `unused` one is empty: it stands nowhere. */
  readonly kind: "unknown" | "unused"
  /** What is wrong, and what to do. */
  readonly message: string
}

/** What a caller writes for a schema: its input. */
type InputOf<P> =
  P extends StandardSchema<infer Input, unknown>
    ? Input
    : P extends SchemaPair<infer Input, unknown>
      ? Input
      : Readonly<Record<string, unknown>>

/** JSON of an object, as `variableValues` takes it. */
type Values = { readonly [name: string]: unknown }

/**
 * The variables of an assistant.
 *
 * @since 0.2.0
 * @category models
 */
export interface Variables<Input> {
  /** The names that the schema has. */
  readonly names: ReadonlyArray<string>
  /**
   * Values for `assistantOverrides.variableValues`, checked, with the schema's defaults. Throws `VariableValuesError`
   * when the schema does not take them.
   */
  readonly values: (input: Input) => Values
  /**
   * What is wrong between the schema and rows that use its variables: an assistant, what overrides it, or several of
   * them. Variables that the runtime fills in (`{{date}}`, `{{customer.number}}`) are never an issue.
   */
  readonly issues: (...rows: ReadonlyArray<unknown>) => ReadonlyArray<VariableIssue>
}

/**
 * Values that the schema of `variables` does not take.
 *
 * @since 0.2.0
 * @category errors
 */
export class VariableValuesError extends Error {
  readonly _tag = "VariableValuesError"
  override readonly name = "VariableValuesError"
  readonly issues: ReadonlyArray<{ readonly path: ReadonlyArray<string>; readonly message: string }>

  constructor(issues: VariableValuesError["issues"]) {
    super(`Variables: ${issues.map(({ path, message }) => [path.join("."), message].join(" ").trim()).join("; ")}`)
    this.issues = issues
    Object.defineProperty(this, TypeId, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(this, VariableValuesError, TypeId, value)
  }
}

/**
 * The variables that prompts use, as a schema of any library: types the values of a call, and finds names in texts that
 * nobody gives a value, or that no text uses.
 *
 * **Example**
 *
 * ```ts
 * import { Tool } from "@aywa-ai/runtime-sdk/tools"
 * import { z } from "zod"
 *
 * const variables = Tool.variables(z.object({ name: z.string(), plan: z.enum(["free", "paid"]).default("free") }))
 *
 * export const assistant = { name: "Reception", firstMessage: "Hello {{name}}, you have the plan {{plan}}." }
 * for (const { message } of variables.issues(assistant)) throw new Error(message)
 *
 * export const assistantOverrides = { variableValues: variables.values({ name: "Jordan" }) } // for calls.create
 * ```
 *
 * @since 0.2.0
 * @category constructors
 */
export const variables = <P extends ParametersSchema>(schema: P): Variables<InputOf<P>> => {
  const read = readSchema(schema)
  if ("refusal" in read) throw new ToolDefinitionError("Variables", [{ path: ["schema"], message: read.refusal }])
  const { properties } = read.document
  if (!isObject(properties)) {
    throw new ToolDefinitionError("Variables", [
      { path: ["schema"], message: "must be an object, of a field a variable" }
    ])
  }
  const { validate } = read.schema["~standard"]
  const names = Object.keys(properties)
  return {
    names,
    values: (input) => {
      const result = validate(input)
      if (result instanceof Promise) {
        throw new VariableValuesError([{ path: [], message: "need a schema that validates at once, without promises" }])
      }
      if (result.issues !== undefined) throw new VariableValuesError(result.issues.map(issueOf))
      return isObject(result.value) ? result.value : {}
    },
    issues: (...rows) => issuesOf(names, rows.flatMap(variablesIn))
  }
}

const issueOf = ({ message, path = [] }: StandardIssue) => ({
  path: path.map((segment) => String(typeof segment === "object" ? segment.key : segment)),
  message
})

const issuesOf = (names: ReadonlyArray<string>, uses: ReadonlyArray<VariableUse>): ReadonlyArray<VariableIssue> => {
  const used = new Set(uses.map(({ name }) => rootOf(name)))
  const unknown = uses.filter(({ name }) => !isFilledIn(name) && !names.includes(rootOf(name)))
  return [
    ...unknown.map((use): VariableIssue => ({
      ...use,
      kind: "unknown",
      message: `${use.path.join(".")} uses {{${use.name}}}, which the schema of its variables does not have`
    })),
    ...names
      .filter((name) => !used.has(name))
      .map((name): VariableIssue => ({
        name,
        path: [],
        kind: "unused",
        message: `No text uses the variable ${name}: write {{${name}}} where its value belongs, or remove it`
      }))
  ]
}

/** `customer.name` is a part of `customer`. */
const rootOf = (name: string): string => name.split(".")[0] ?? name

const filledIn = /^(now|date|time|day|month|year|customer|call|phoneNumber|assistant|transport)\b/

/**
 * Whether the runtime gives this variable a value on every call: times, the call, its customer and what takes part in it.
 *
 * @since 0.2.0
 * @category variables
 */
export const isFilledIn = (name: string): boolean => filledIn.test(name)

/**
 * The variables that the texts of a row use, in the order in which they stand there; each once a text.
 *
 * @since 0.2.0
 * @category variables
 */
export const variablesIn = (row: unknown): ReadonlyArray<VariableUse> => {
  const uses: Array<VariableUse> = []
  const look = (value: unknown, path: VariableUse["path"]): void => {
    if (typeof value === "string") {
      const found = [...value.matchAll(/\{\{-?\s*([\w.]+)/g)].map(([, name = ""]) => name)
      uses.push(...[...new Set(found)].map((name) => ({ name, path })))
    } else if (Array.isArray(value)) {
      for (const [index, inner] of value.entries()) look(inner, [...path, index])
    } else if (isObject(value)) {
      for (const [key, inner] of Object.entries(value)) look(inner, [...path, key])
    }
  }
  look(row, [])
  return uses
}
