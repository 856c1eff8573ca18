/**
 * Rules and faults from outside: from tests, from the control routes, from the header of a request.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { isObject, objectOf } from "../json/object.ts"
import type { Fault, FaultRule, When } from "./rule.ts"
import { actionNames, FaultAction, type FaultInput, RuleInput, webhookActions } from "./schemas.ts"

/** Reads the header that injects a fault into its own request: `<name>[;k=v]`, e.g. `status;code=503;when=after`. */
export const parseFaultHeader = (header: string, attempt: number | undefined): Fault | undefined => {
  const [name = "", ...parameters] = header.split(";").map((part) => part.trim())
  const values = Object.fromEntries(
    parameters.map((parameter) => {
      const [key = "", ...rest] = parameter.split("=")
      const text = rest.join("=")
      return [key, /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text]
    })
  )
  const { when, attempt: only, ...action } = values
  if (webhookActions.has(name)) throw new TypeError(`${name} hits webhooks that the runtime sends: add it as a rule`)
  const rule = decodeRule({ action: { ...action, type: name }, when, match: { attempt: only } })
  return rule.action !== undefined && (only === undefined || only === attempt)
    ? faultOf(rule.action, rule.when)
    : undefined
}

/**
 * Reads a rule; throws a TypeError that says what is wrong with it. Mostly that is the name of an action, and the
 * schema's own message would list every shape that an action can have.
 */
export const decodeRule = (input: unknown): FaultRule => {
  const { action, sequence } = objectOf(input)
  if ((action === undefined) === (sequence === undefined)) {
    throw new TypeError("A fault rule has either an action or a sequence of actions")
  }
  for (const one of Array.isArray(sequence) ? sequence : [action]) {
    if (sequence === undefined || one !== "pass") decodeAction(one)
  }
  return Schema.decodeUnknownSync(RuleInput, { onExcessProperty: "error" })(input)
}

/** Reads an action, or the name of one; throws a TypeError that says what is wrong with it, and what it takes. */
const decodeAction = (input: unknown): FaultAction => {
  const name: unknown = isObject(input) ? input["type"] : input
  const schema = FaultAction.members.find(({ fields }) => fields.type.literal === name)
  if (schema === undefined) {
    throw new TypeError(`There is no fault ${JSON.stringify(name)}; there are ${actionNames.join(", ")}`)
  }
  const result = Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })(
    isObject(input) ? input : { type: name }
  )
  if (Result.isSuccess(result)) return result.success
  const fields = Object.entries<Schema.Constraint>(schema.fields).map(([field, { ast }]) =>
    field === "type" ? `type: "${String(name)}"` : SchemaAST.isOptional(ast) ? `${field}?` : field
  )
  const wrong = String(result.failure.message).replaceAll(/\s+/g, " ")
  throw new TypeError(`The fault ${String(name)} takes { ${fields.join(", ")} }: ${wrong}`)
}

/** Actions that shape an answer which the client may well accept: without the work done they would be lies. */
const needsAnswer: ReadonlySet<string> = new Set([
  "dribble",
  "duplicate-headers",
  "unknown-enum",
  "extra-fields",
  "missing-field",
  "empty"
])

/** Actions that cut or spoil an answer: the natural case is that there was one. */
const spoilsAnswer: ReadonlySet<string> = new Set([
  "truncate",
  "chunk-cut",
  "malformed-chunk",
  "bad-gzip",
  "invalid-json"
])

/** The fault of an action; when it hits depends on the action, unless the rule says so. */
export const faultOf = (input: FaultInput, when: When | undefined): Fault => {
  const action = decodeAction(input)
  if (needsAnswer.has(action.type)) return { action, when: "after" }
  return { action, when: when ?? (spoilsAnswer.has(action.type) ? "after" : "before") }
}
