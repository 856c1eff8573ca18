/**
 * The tools of a local runtime: events and calls by hand, faults, time. Nobody is dialled.
 */
import * as Schema from "effect/Schema"
import { McpFailure } from "../errors/McpFailure.ts"
import type { LocalControls } from "../guard/options.ts"
import { boundValue } from "../show/bound.ts"
import { report, waitForCall } from "./calls.ts"
import { type Desk, flag, object, text, type Tool, tool, writes } from "./tool.ts"

type Row = Readonly<Record<string, unknown>>

const rowOf = (value: unknown): Row => ({ ...Object(value) })

/** Calls the control API; its own words say what is wrong with a request. */
const control = async (
  { baseUrl, controlToken }: LocalControls,
  signal: AbortSignal,
  [method, path, body]: readonly [method: string, path: string, body?: object]
): Promise<unknown> => {
  let response: Response
  try {
    response = await fetch(`${baseUrl.replace(/\/+$/, "")}/__aywa/${path}`, {
      method,
      redirect: "error",
      signal,
      headers: { authorization: `Bearer ${controlToken}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
  } catch (error) {
    if (signal.aborted) throw error
    throw new McpFailure("unreachable", "The local runtime does not answer.")
  }
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return answer
  const { message } = rowOf(answer)
  const words = Array.isArray(message) ? message.map(String).join("; ") : String(message ?? response.status)
  throw new McpFailure("local_runtime", words, "Nothing was done.")
}

const present = (fields: Row): Row =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const trigger = (desk: Desk, local: LocalControls): Tool =>
  tool({
    name: "local_trigger",
    title: "Send an event",
    description:
      "Sends a signed event: tool-calls, end-of-call-report, …, or a whole call: call.completed, call.with-tool.",
    input: {
      type: Schema.String,
      assistant: Schema.optionalKey(Schema.String),
      call: Schema.optionalKey(Schema.String),
      set: Schema.optionalKey(object("Values by path: call.status")),
      to: Schema.optionalKey(text("Loopback URL instead of its own")),
      dryRun: Schema.optionalKey(Schema.Boolean)
    },
    hints: writes,
    run: async (input, { signal }) => {
      desk.guard.admitWrites()
      return {
        data: { triggered: boundValue(await control(local, signal, ["POST", "trigger", present(input)])) },
        hasRows: true
      }
    }
  })

const scriptCall = (desk: Desk, local: LocalControls): Tool =>
  tool({
    name: "local_script_call",
    title: "Play a call",
    description: "Plays a scripted call and reports it; tools and webhooks really run.",
    input: {
      assistant: Schema.optionalKey(text("Id; or number")),
      number: Schema.optionalKey(text("A number of the runtime, called from outside")),
      steps: Schema.Array(Schema.Record(Schema.String, Schema.Unknown))
        .check(Schema.isMaxLength(200))
        .annotate({ description: '{"user":"hi"} {"assistant":"…"} {"tool":"name","arguments":{}} {"hangup":true}' })
    },
    hints: writes,
    run: async ({ assistant, number, steps }, invocation) => {
      desk.guard.admitWrites()
      const { signal } = invocation
      if ((assistant === undefined) === (number === undefined)) {
        throw new McpFailure("invalid_arguments", "Give assistant or number, one of them.")
      }
      const id =
        number === undefined
          ? await outgoing(desk, local, String(assistant), steps, signal)
          : await incoming(local, number, steps, signal)
      const isOver = await waitForCall(desk, id, invocation)
      const answer = await report(desk, id, invocation)
      return isOver ? answer : { ...answer, data: { ...answer.data, detail: "It is not over yet: call_report." } }
    }
  })

const outgoing = async (
  desk: Desk,
  local: LocalControls,
  assistantId: string,
  steps: ReadonlyArray<Row>,
  signal: AbortSignal
): Promise<string> => {
  await control(local, signal, ["POST", "calls/script", { match: { assistantId }, steps, times: 1 }])
  const { id } = await desk.client.calls.create({ assistantId, customer: { number: "+14155550199" } }, { signal })
  return id
}

const incoming = async (
  local: LocalControls,
  number: string,
  script: ReadonlyArray<Row>,
  signal: AbortSignal
): Promise<string> => String(rowOf(await control(local, signal, ["POST", "calls/inbound", { number, script }]))["id"])

const conditions = (desk: Desk, local: LocalControls): Tool =>
  tool({
    name: "local_conditions",
    title: "Faults and time",
    description: "Breaks the local runtime on purpose, mends it, moves its clock. Without arguments: how it stands.",
    input: {
      fault: Schema.optionalKey(
        object('Rule: {"action":{"type":"status","code":503},"match":{"method":"POST"},"times":1}')
      ),
      scenario: Schema.optionalKey(Schema.Literals(["flaky", "brownout", "deploy", "lost-response", "rate-limited"])),
      clear: Schema.optionalKey(flag("Ends all faults first")),
      advance: Schema.optionalKey(
        Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 31_536_000_000 })).annotate({
          description: "Milliseconds"
        })
      )
    },
    hints: writes,
    run: async ({ fault, scenario, clear = false, advance }, { signal }) => {
      desk.guard.admitWrites()
      if (clear) {
        await control(local, signal, ["DELETE", "faults"])
        await control(local, signal, ["DELETE", "scenario"])
      }
      if (scenario !== undefined) await control(local, signal, ["PUT", "scenario", { name: scenario }])
      if (fault !== undefined) await control(local, signal, ["POST", "faults", fault])
      const clock =
        advance === undefined
          ? await control(local, signal, ["GET", "clock"])
          : await control(local, signal, ["POST", "clock/advance", { ms: advance }])
      const faults = await control(local, signal, ["GET", "faults"])
      const { active } = rowOf(await control(local, signal, ["GET", "scenario"]))
      return {
        data: {
          clock: boundValue(clock),
          faults: boundValue({ rules: faults }),
          scenario: rowOf(active)["name"] ?? null
        },
        hasRows: true
      }
    }
  })

/** The tools of a local runtime. */
export const localTools = (desk: Desk, local: LocalControls): ReadonlyArray<Tool> => [
  trigger(desk, local),
  scriptCall(desk, local),
  conditions(desk, local)
]
