/**
 * `POST /structured-output/run`: the local runtime runs no model and says so. A pattern it can apply, to the transcript
 * that a call has; the same call always gives the same result.
 */
import * as vm from "node:vm"
import { type Answer, json } from "../http/answer.ts"
import type { ResourceContext } from "./crud.ts"
import type { Handler, HandlerRequest } from "../http/handler.ts"
import { invalid, notFound } from "../http/errors.ts"
import type { Store } from "../store/Store.ts"
import { isObject, objectOf, type JsonObject } from "../json/object.ts"
import { runInSlices } from "../time/slices.ts"

const note = "The local runtime runs no model: structured outputs of type ai have no result here"

/** Calls that one run looks at: others wait for it. */
const mostCalls = 100

/** The result for one call. */
interface Outcome {
  readonly name: unknown
  readonly result: unknown
  readonly skipped?: string
}

/** The handler: patterns are looked for call by call, and everybody else is served between two of them. */
export const run = (context: ResourceContext): Handler => {
  const prepare = async (request: HandlerRequest, signal: AbortSignal): Promise<Handler> => {
    const answer = await runInSlices(outcomesOf(context, request), signal)
    return () => answer()
  }
  const handler: Handler = () => {
    throw new Error("A run is prepared first")
  }
  return Object.assign(handler, { prepare })
}

/** Gives what keeps the outcomes in their calls, and answers. */
function* outcomesOf(context: ResourceContext, { organization, body }: HandlerRequest): Generator<void, () => Answer> {
  const { callIds, structuredOutputId, structuredOutput, previewEnabled } = context.validate(body)
  const [id, output] =
    typeof structuredOutputId === "string"
      ? [structuredOutputId, rowOf(context.store, "structuredOutputs", organization, structuredOutputId)]
      : [context.ids.uuid(), isObject(structuredOutput) ? structuredOutput : undefined]
  if (output === undefined) throw notFound("Structured output", String(structuredOutputId))
  const evaluate = evaluator(output)
  if (Array.isArray(callIds) && callIds.length > mostCalls) {
    throw invalid([`callIds: expected ${mostCalls} calls at most: run it again for the others`])
  }
  const outcomes = new Map<string, Outcome>()
  // The schema that was just checked says that these are strings.
  for (const callId of callIds as ReadonlyArray<string>) {
    const call = rowOf(context.store, "calls", organization, callId)
    if (call === undefined) throw notFound("Call", callId)
    outcomes.set(callId, evaluate(call))
    yield
  }
  return () => {
    for (const [callId, outcome] of previewEnabled === true ? [] : outcomes) {
      // As it is by now.
      const call = rowOf(context.store, "calls", organization, callId)
      if (call !== undefined && outcome.skipped === undefined) keep(context, organization, callId, call, id, outcome)
    }
    const results = Object.fromEntries([...outcomes].map(([callId, outcome]) => [callId, { [id]: outcome }]))
    const skips = output["type"] !== "regex"
    return json(201, JSON.stringify({ structuredOutputId: id, ...(skips ? { note } : {}), results }))
  }
}

const evaluator = (output: JsonObject): ((call: JsonObject) => Outcome) => {
  const { name, schema } = output
  if (output["type"] !== "regex") return () => ({ name, result: null, skipped: note })
  const pattern = patternOf(output["regex"])
  return (call) => {
    const text = transcriptOf(call)
    if (text === undefined) return { name, result: null, skipped: "The call has no transcript" }
    const match = matchOf(pattern, text)
    return { name, result: isObject(schema) && schema["type"] === "boolean" ? match !== null : (match?.[0] ?? null) }
  }
}

/** A pattern alone, or between slashes with its flags. */
const patternOf = (regex: unknown): RegExp => {
  const text = typeof regex === "string" ? regex : ""
  const parts = /^\/(.*)\/([dimsuvy]*)$/s.exec(text)
  try {
    return new RegExp(parts?.[1] ?? text, parts?.[2] ?? "")
  } catch {
    throw invalid(["regex: not a regular expression"])
  }
}

/** Milliseconds for one pattern on one transcript: nobody else is served meanwhile. */
const patience = 250

/** Patterns come from clients, and some take longer than the universe: a time limit of its own ends them. */
const matchOf = (pattern: RegExp, text: string): RegExpExecArray | null => {
  let match: RegExpExecArray | null = null
  const search = () => void (match = pattern.exec(text))
  try {
    vm.runInNewContext("search()", { search }, { timeout: patience })
  } catch {
    throw invalid([
      `regex: takes more than ${patience} ms on the transcript of a call: write it without nested repeats`
    ])
  }
  return match
}

const transcriptOf = (call: JsonObject): string | undefined => {
  const { artifact } = call
  const transcript = isObject(artifact) ? artifact["transcript"] : undefined
  return typeof transcript === "string" ? transcript : undefined
}

/** Results that are no preview stand in the call from then on. */
const keep = (
  { store, now }: ResourceContext,
  organization: string,
  callId: string,
  call: JsonObject,
  id: string,
  { name, result }: Outcome
) => {
  const artifact = objectOf(call["artifact"])
  const before = objectOf(artifact["structuredOutputs"])
  const structuredOutputs = { ...before, [id]: { name, result } }
  const at = now()
  const row = { ...call, artifact: { ...artifact, structuredOutputs }, updatedAt: new Date(at).toISOString() }
  store.run(
    `UPDATE resource_rows SET version = version + 1, updated_at = ?, body = ?
     WHERE resource = 'calls' AND org_id = ? AND id = ?`,
    at,
    JSON.stringify(row),
    organization,
    callId
  )
}

const rowOf = (store: Store, resource: string, organization: string, id: string): JsonObject | undefined => {
  const row = store.get<{ body: string }>(
    "SELECT body FROM resource_rows WHERE resource = ? AND org_id = ? AND id = ?",
    resource,
    organization,
    id
  )
  return row === undefined ? undefined : (JSON.parse(row.body) as JsonObject) // Written by the handlers: always an object.
}
