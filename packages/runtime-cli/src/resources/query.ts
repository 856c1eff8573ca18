/**
 * The flags of an operation's query, read from its schema: `createdAtGt` becomes `--created-at-gt`.
 */
import type { Spec } from "@aywa-ai/runtime-sdk/contract"
import type * as Flag from "effect/cli/Flag"
import { integer, text } from "../cli/define.ts"
import { kebab } from "./words.ts"

const descriptions: Readonly<Record<string, readonly [metavar: string, text: string]>> = {
  limit: ["N", "Rows of one page, 1 to 1000; the runtime's default is 100"],
  cursor: ["CURSOR", "Goes on after the page that gave this nextCursor"],
  createdAtGt: ["TIME", "Only rows created after this ISO 8601 time"],
  createdAtLt: ["TIME", "Only rows created before"],
  createdAtGe: ["TIME", "Only rows created at or after"],
  createdAtLe: ["TIME", "Only rows created at or before"],
  updatedAtGt: ["TIME", "Only rows updated after"],
  updatedAtLt: ["TIME", "Only rows updated before"],
  updatedAtGe: ["TIME", "Only rows updated at or after"],
  updatedAtLe: ["TIME", "Only rows updated at or before"]
}

/** The flags, by the parameter that they set. */
export const queryFlags = (spec: Spec): Readonly<Record<string, Flag.Flag<string | number | undefined>>> =>
  Object.fromEntries(
    parametersOf(spec).map(({ name, whole }) => {
      const [metavar, description] = descriptions[name] ?? [
        "VALUE",
        `Only rows with this ${kebab(name).replaceAll("-", " ")}`
      ]
      return [name, whole ? integer(kebab(name), metavar, description) : text(kebab(name), metavar, description)]
    })
  )

interface Parameter {
  readonly name: string
  readonly whole: boolean
}

const parametersOf = (spec: Spec): ReadonlyArray<Parameter> => {
  const ast = spec.query?.ast
  if (ast?._tag !== "Objects") return []
  return ast.propertySignatures.map(({ name, type }) => ({
    name: String(name),
    whole: type._tag === "Union" ? type.types.some(({ _tag }) => _tag === "Number") : type._tag === "Number"
  }))
}
