/**
 * Checks over several fields that more than one resource makes.
 */
import { type RuleIssue, viewOf } from "../schema/codec.ts"

const e164 = /^\+[1-9]\d{1,14}$/
const anyNumber = /^\+?[a-zA-Z0-9]+$/

interface Numbered {
  readonly number: string
  readonly numberE164CheckEnabled: boolean
}

/** What is wrong with `number`: E.164 unless `numberE164CheckEnabled` is `false`, letters and digits otherwise. */
export const numberIssues = (
  body: unknown,
  path: ReadonlyArray<string>,
  required?: string
): ReadonlyArray<RuleIssue> => {
  const { number, numberE164CheckEnabled } = viewOf<Numbered>(body)
  const at = [...path, "number"]
  if (number === undefined || number === null) return required === undefined ? [] : [{ path: at, issue: required }]
  // Another type is the schema's to tell, where the field is in it.
  if (typeof number !== "string") return required === undefined ? [] : [{ path: at, issue: "Expected a string" }]
  if (numberE164CheckEnabled !== false) {
    const issue = "Expected E.164 such as +14155550123 (or set numberE164CheckEnabled to false)"
    return e164.test(number) ? [] : [{ path: at, issue }]
  }
  return anyNumber.test(number) ? [] : [{ path: at, issue: "Expected letters and digits with an optional leading +" }]
}

/** Destinations of the kind `number` need one that can be dialled. */
export const destinationIssues = (destination: unknown, path: ReadonlyArray<string>): ReadonlyArray<RuleIssue> =>
  viewOf<{ readonly type: string }>(destination).type === "number"
    ? numberIssues(destination, path, "Missing: a destination of type number needs it")
    : []

/** Fields that the value of `tag` makes necessary. */
export const missingFields = (
  body: Readonly<Record<string, unknown>>,
  table: { readonly [tag: string]: ReadonlyArray<string> },
  tag: unknown,
  what: string,
  path: ReadonlyArray<string> = []
): ReadonlyArray<RuleIssue> =>
  (typeof tag === "string" && Object.hasOwn(table, tag) ? (table[tag] ?? []) : [])
    .filter((key) => body[key] === undefined || body[key] === null)
    .map((key) => ({ path: [...path, key], issue: `Missing: ${what} ${String(tag)} needs it` }))
