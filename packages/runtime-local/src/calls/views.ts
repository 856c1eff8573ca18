/**
 * What can be read of a call beside its row: views of what happened.
 */
import { json } from "../http/answer.ts"
import type { CallContext } from "./calls.ts"
import type { Handler, HandlerRequest } from "../http/handler.ts"
import { notFound } from "../http/errors.ts"
import { listFrom } from "../rows/listing.ts"
import { findRow } from "../rows/find.ts"
import type { JsonObject } from "../json/object.ts"
import { disclaimer } from "./begin.ts"
import { pick } from "./costs.ts"

const find = ({ store }: CallContext, { organization, id }: HandlerRequest): JsonObject => {
  const call = findRow(store, organization, "calls", id)
  if (call === undefined) throw notFound("Call", id)
  return call
}

const list =
  (kind: "event" | "log") =>
  (context: CallContext): Handler =>
  (request) => {
    find(context, request)
    const { shape, strict } = context
    return listFrom(
      context.store,
      {
        table: "call_events",
        where: "org_id = ? AND call_id = ? AND kind = ?",
        values: [request.organization, request.id, kind],
        body: "body",
        column: () => "NULL",
        // Clients page through bare arrays by the oldest row that they saw, so these stay newest first.
        oldestFirst: shape !== 1
      },
      request.query,
      { shape, strict, filters: [] }
    )
  }

/** `GET /call/:id/timeline`: oldest first. */
export const timeline = list("event")

/** `GET /call/:id/logs`: oldest first. */
export const logs = list("log")

/** `GET /call/:id/costs`. */
export const costs =
  (context: CallContext): Handler =>
  (request) => {
    const { cost = 0, costBreakdown = { total: 0 }, costs = [] } = find(context, request)
    return json(200, JSON.stringify({ simulated: true, cost, costBreakdown, costs }))
  }

/** `GET /call/:id/web`: where a browser would join a web call. */
export const web =
  ({ store }: Pick<CallContext, "store">): Handler =>
  ({ organization, id }) => {
    const call = findRow(store, organization, "calls", id)
    if (call === undefined) throw notFound("Call", id)
    const body = `Call ${id}: ${String(call["status"])}.\n${disclaimer}\n`
    return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body }
  }

/** `GET /call/:id/voice-pipeline`: what would listen, think and speak; nothing does. */
export const voicePipeline =
  (context: CallContext): Handler =>
  (request) => {
    find(context, request)
    const state = context.calls.runs.get(request.id)?.state
    const part = (name: string) =>
      state?.assistant?.[name] === undefined ? {} : { [name]: pick(state.assistant[name]) }
    return json(
      200,
      JSON.stringify({
        simulated: true,
        message: disclaimer,
        ...part("transcriber"),
        ...part("model"),
        ...part("voice"),
        turns: state?.turn ?? 0
      })
    )
  }
