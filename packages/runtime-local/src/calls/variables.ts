/**
 * What `{{…}}` may stand for in a tool, beside what the model chose.
 */
import { objectAt, type JsonObject } from "../json/object.ts"
import type { Run } from "./run.ts"
import type { Stage } from "./stage.ts"

/** The texts and numbers of the call, its customer and its phone number, and the variables that the call has. */
export const variablesOf = ({ runs }: Stage, run: Run): JsonObject => {
  const call = runs.call(run)
  return Object.fromEntries([
    ...flat("call", call),
    ...flat("customer", objectAt(call, "customer")),
    ...flat("phoneNumber", run.state.phoneNumber),
    ...Object.entries(objectAt(call, "assistantOverrides", "variableValues") ?? {})
  ])
}

const flat = (prefix: string, row: JsonObject | undefined): ReadonlyArray<readonly [string, string]> =>
  Object.entries(row ?? {}).flatMap(([key, value]) =>
    typeof value === "string" || typeof value === "number" ? [[`${prefix}.${key}`, String(value)] as const] : []
  )

/** Puts values where a text has `{{name}}`. */
export const fillIn = (text: string, values: JsonObject, encode: (text: string) => string = (text) => text): string =>
  text.replace(/\{\{\s*([\w.-]+)\s*\}\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : ""
    return encode(typeof value === "string" ? value : JSON.stringify(value ?? ""))
  })
