/**
 * Calls that somebody leads by hand: turn by turn, each turn some steps of a script. Servers are really asked and tools
 * really called; who speaks for the model is the business of whoever gives the steps.
 */
import * as Schema from "effect/Schema"
import { setTimeout as sleep } from "node:timers/promises"
import { HttpError, notFound } from "../http/errors.ts"
import { isObject, type JsonObject, objectAt } from "../json/object.ts"
import { findWhole } from "../rows/find.ts"
import { compileStep } from "./compile.ts"
import { chatOf } from "./conversation.ts"
import { type CallHandleContext, insertCall } from "./handle.ts"
import type { Run } from "./run.ts"
import { decodeSteps } from "./script.ts"
import { nameOf, toolsOf } from "./tools.ts"

/** The body of `POST /__aywa/calls/live`. */
export const LiveBody = Schema.Struct({
  assistant: Schema.String,
  from: Schema.optional(Schema.String),
  organization: Schema.optional(Schema.String)
})

/** The body of `POST /__aywa/calls/live/:id`. */
export const TurnBody = Schema.Struct({ steps: Schema.Array(Schema.Unknown) })

/** How a call stands after a turn. */
export interface LiveCall {
  readonly id: string
  readonly status: unknown
  readonly endedReason: unknown
  /** The entries of the conversation that the turn added. */
  readonly messages: ReadonlyArray<JsonObject>
  /** The whole conversation, as a chat model takes it. */
  readonly chat: ReadonlyArray<JsonObject>
  /** The tools of the assistant, as a chat model takes them. */
  readonly tools: ReadonlyArray<JsonObject>
}

/** Calls by hand. */
export interface LiveCalls {
  /** Begins a call with an assistant; resolves when the assistant has said what it says first. */
  readonly open: (input: typeof LiveBody.Type, signal: AbortSignal) => Promise<LiveCall>
  /** Takes steps of a script; resolves when they are done, or the call has ended. */
  readonly turn: (id: string, steps: ReadonlyArray<unknown>, signal: AbortSignal) => Promise<LiveCall>
}

/** Real milliseconds between two looks at a turn under way. */
const lookMillis = 10

/** Makes calls by hand. */
export const makeLiveCalls = (context: CallHandleContext): LiveCalls => {
  const { store, ids, calls } = context

  const runOf = (id: string): Run => {
    const run = calls.runs.get(id)
    if (run === undefined || calls.runs.call(run) === undefined) throw notFound("Call", id)
    return run
  }

  const settled = async (id: string, known: number, signal: AbortSignal): Promise<LiveCall> => {
    let run = runOf(id)
    while (!run.done && !isListening(run) && !signal.aborted) {
      // Turns of the event loop in which the call's steps are taken.
      // oxlint-disable-next-line no-await-in-loop
      await sleep(lookMillis)
      run = runOf(id)
    }
    const row = calls.runs.call(run)
    const { messages, assistant } = run.state
    return {
      id,
      status: row?.["status"],
      endedReason: row?.["endedReason"],
      messages: messages.slice(known),
      chat: chatOf(messages),
      tools: toolsOf(store, run.organization, assistant).flatMap(chatTool)
    }
  }

  return {
    open: async ({ assistant: id, from = "+14155550199", organization = context.organizationId }, signal) => {
      const assistant = findWhole(store, organization, "assistants", id)
      if (assistant === undefined) throw notFound("Assistant", id)
      const call = store.transaction(() => {
        const row = insertCall(context, organization, {
          type: "inboundPhoneCall",
          status: "ringing",
          cost: 0,
          assistantId: id,
          customer: { number: from }
        })
        calls.begin(row, { script: { steps: [] }, inbound: true, hurried: true, live: true })
        return row
      })
      return settled(String(call["id"]), 0, signal)
    },

    turn: async (id, steps, signal) => {
      const run = runOf(id)
      if (run.done) throw new HttpError(409, `Call ${id} has ended`, { code: "call_ended" })
      if (!isListening(run)) throw new HttpError(409, `Call ${id} is not led by hand`, { code: "call_busy" })
      const next = decodeSteps(steps).flatMap((step) => compileStep(ids, step))
      store.transaction(() => calls.keep(run, { ...run, steps: [...next, { do: "listen" }] }))
      return settled(id, run.state.messages.length, signal)
    }
  }
}

/** It waits for a turn, or for the end that it will come to without one. */
const isListening = ({ steps: [step] }: Run): boolean =>
  step?.do === "listen" || (step?.do === "end" && step.reason === "exceeded-max-duration")

/** A tool, as a chat model takes it. */
export const chatTool = (tool: JsonObject): ReadonlyArray<JsonObject> => {
  const definition = objectAt(tool, "function")
  return [
    {
      type: "function",
      function: {
        name: nameOf(tool),
        ...(typeof definition?.["description"] === "string" ? { description: definition["description"] } : {}),
        parameters: isObject(definition?.["parameters"]) ? definition["parameters"] : { type: "object", properties: {} }
      }
    }
  ]
}
