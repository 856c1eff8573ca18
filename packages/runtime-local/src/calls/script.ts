/**
 * Scripts: nobody listens and no model thinks, so a script decides what is said and done in a call.
 */
import * as Schema from "effect/Schema"
import { invalid } from "../http/errors.ts"
import type { Ids } from "../time/ids.ts"
import type { Store } from "../store/Store.ts"
import { isObject, type JsonObject } from "../json/object.ts"

/**
 * One step of a scripted conversation.
 *
 * - `user`: what the caller says; with `interrupts` over the assistant.
 * - `assistant`: what the model answers.
 * - `tool`: a tool that the model calls, by its name, with `arguments`. A server is really asked, an `apiRequest` really
 *   made; the answer becomes part of the conversation.
 * - `transfer`: to a destination; `true` asks the server where to.
 * - `handoff`: to another assistant, by id or name.
 * - `wait`: milliseconds of the runtime's clock.
 * - `hangup`: who ends the call; `true` is the customer.
 * - `voicemail`: nobody answers but a machine; with a text, that is what it hears.
 * - `fail`: the call ends with this `endedReason`; as the first step it is never answered.
 *
 * @since 0.1.0
 * @category models
 */
export type ScriptStep =
  | { readonly user: string; readonly interrupts?: boolean | undefined }
  | { readonly assistant: string }
  | { readonly tool: string; readonly arguments?: Readonly<JsonObject> | undefined }
  | { readonly transfer: true | Readonly<JsonObject> }
  | { readonly handoff: { readonly assistantId?: string | undefined; readonly assistantName?: string | undefined } }
  | { readonly wait: number }
  | { readonly hangup: true | "customer" | "assistant" }
  | { readonly voicemail: true | string }
  | { readonly fail: string }

/**
 * The calls that a script is for: those for which every condition holds that is there.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScriptMatch {
  readonly assistantId?: string | undefined
  /** Of either side. */
  readonly number?: string | undefined
}

/**
 * More about a scripted call.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScriptOptions {
  /** What the call's analysis is to say. */
  readonly analysis?: Readonly<JsonObject> | undefined
  /** For so many calls. Default: for all. */
  readonly times?: number | undefined
  /** Only for calls of this organization. Default: for those of all. */
  readonly organization?: string | undefined
}

/** A script as it is stored. */
export interface Script extends ScriptOptions {
  readonly match: ScriptMatch
  readonly steps: ReadonlyArray<ScriptStep>
}

const text = Schema.String.check(Schema.isMinLength(1))
const object = Schema.Record(Schema.String, Schema.Unknown)

const stepSchemas = {
  user: Schema.Struct({ user: text, interrupts: Schema.optional(Schema.Boolean) }),
  assistant: Schema.Struct({ assistant: text }),
  tool: Schema.Struct({ tool: text, arguments: Schema.optional(object) }),
  transfer: Schema.Struct({ transfer: Schema.Union([Schema.Literal(true), object]) }),
  handoff: Schema.Struct({
    handoff: Schema.Struct({ assistantId: Schema.optional(text), assistantName: Schema.optional(text) })
  }),
  wait: Schema.Struct({ wait: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)) }),
  hangup: Schema.Struct({ hangup: Schema.Union([Schema.Literal(true), Schema.Literals(["customer", "assistant"])]) }),
  voicemail: Schema.Struct({ voicemail: Schema.Union([Schema.Literal(true), text]) }),
  fail: Schema.Struct({ fail: text })
} as const

/** The names of the steps. */
export const stepNames: ReadonlyArray<string> = Object.keys(stepSchemas)

const optionsSchema = Schema.Struct({
  match: Schema.optional(Schema.Struct({ assistantId: Schema.optional(text), number: Schema.optional(text) })),
  steps: Schema.Array(Schema.Unknown),
  analysis: Schema.optional(object),
  times: Schema.optional(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))),
  organization: Schema.optional(text)
})

/** Reads a script from outside; 400 names the step that is wrong. */
export const decodeScript = (input: unknown): Script => {
  const { match = {}, steps, ...options } = decode(optionsSchema, input, "script")
  return { match, steps: decodeSteps(steps), ...options }
}

/** Reads the steps of a script. */
export const decodeSteps = (steps: ReadonlyArray<unknown>): ReadonlyArray<ScriptStep> =>
  steps.map((step, index) => {
    const name = Object.keys(stepSchemas).find((name) => isObject(step) && Object.hasOwn(step, name))
    if (name === undefined || !isName(name)) {
      throw invalid([`steps.${index}: expected one of ${stepNames.join(", ")}`])
    }
    return decode<ScriptStep>(stepSchemas[name], step, `steps.${index}`)
  })

const isName = (name: string): name is keyof typeof stepSchemas => Object.hasOwn(stepSchemas, name)

const decode = <A>(schema: Schema.Codec<A, unknown>, value: unknown, path: string): A => {
  try {
    return Schema.decodeUnknownSync(schema, { onExcessProperty: "error" })(value)
  } catch (error) {
    throw invalid([`${path}: ${error instanceof Error ? error.message : String(error)}`])
  }
}

/** What decides which script a call follows. */
export interface ScriptSubject {
  readonly organization: string
  readonly assistantId: unknown
  /** Of both sides. */
  readonly numbers: ReadonlyArray<unknown>
}

/** The scripts of a runtime. */
export interface Scripts {
  /** Adds a script and gives its id. Of those that match a call, the newest is taken. */
  readonly add: (script: Script) => string
  /** Takes the script of a call, if there is one. */
  readonly take: (call: ScriptSubject) => Script | undefined
  readonly clear: () => void
}

/** Scripts over a store: a runtime that is restarted still knows them. */
export const makeScripts = (store: Store, ids: Ids): Scripts => ({
  add: (script) => {
    const id = `script_${ids.token(12)}`
    store.run(
      "INSERT INTO call_scripts (id, body, times, org_id) VALUES (?, ?, ?, ?)",
      id,
      JSON.stringify(script),
      script.times ?? null,
      script.organization ?? null
    )
    return id
  },
  take: (call) => {
    const match = store
      .all<{ id: string; body: string }>(
        `SELECT id, body FROM call_scripts WHERE (times IS NULL OR times > 0) AND (org_id IS NULL OR org_id = ?)
         ORDER BY seq DESC`,
        call.organization
      )
      .map(({ id, body }) => ({ id, script: decodeScript(JSON.parse(body)) }))
      .find(({ script }) => isFor(script.match, call))
    if (match === undefined) return undefined
    store.run("UPDATE call_scripts SET times = times - 1 WHERE id = ? AND times IS NOT NULL", match.id)
    return match.script
  },
  clear: () => void store.run("DELETE FROM call_scripts")
})

const isFor = ({ assistantId, number }: ScriptMatch, call: ScriptSubject): boolean =>
  (assistantId === undefined || assistantId === call.assistantId) &&
  (number === undefined || call.numbers.includes(number))
