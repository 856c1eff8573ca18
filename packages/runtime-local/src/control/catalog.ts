/**
 * What there is to choose from: the contract, faults, events to trigger, steps of scripts; and what a receiver makes of
 * a webhook.
 */
import { contract, openApi } from "@aywa-ai/runtime-sdk/internal/contract"
import { isWebhookVerificationError, verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import { stepNames } from "../calls/script.ts"
import { faultKinds } from "../faults/catalog.ts"
import { json } from "../http/answer.ts"
import { notFound } from "../http/errors.ts"
import type { AttemptRow } from "../outbox/attemptLog.ts"
import { bodyOf } from "../outbox/signedRequest.ts"
import { expectsReply } from "../outbox/replies.ts"
import type { Store } from "../store/Store.ts"
import { gallery, type Conversation } from "../trigger/gallery.ts"
import { sequenceNames } from "../trigger/sequences.ts"
import { templateNames, typeOf } from "../trigger/templates.ts"
import type { OpenSending } from "./handle.ts"
import type { ControlRoutes } from "./route.ts"

/** What these routes work with. */
export interface CatalogContext {
  readonly store: Store
  readonly sending: OpenSending
  readonly clockMode: "system" | "manual"
}

const conversations: Readonly<Record<string, Conversation>> = gallery

const descriptions: Readonly<Record<string, string>> = {
  "call.completed": "A question, its answer, and the caller hangs up.",
  "call.with-tool": "The assistant looks an order up: the tool's server is really asked.",
  "call.transfer": "The caller wants a person, and is transferred.",
  "call.failed": "The customer does not answer.",
  "call.voicemail": "A machine answers, and hears a message."
}

const sequence = (type: string) => {
  const name = type.slice("call.".length)
  const conversation = Object.hasOwn(conversations, name) ? conversations[name] : undefined
  return { type, description: descriptions[type] ?? conversation?.description ?? name }
}

let document: string | undefined

/** The routes. */
export const catalogRoutes = (context: CatalogContext): ControlRoutes => ({
  "GET contract": () => json(200, (document ??= JSON.stringify(openApi(contract)))),
  "GET faults/kinds": () => ({ items: faultKinds }),
  "GET trigger": () => ({
    events: templateNames.map((type) => ({ type, question: expectsReply(typeOf(type)) })),
    sequences: sequenceNames.map(sequence),
    steps: stepNames
  }),
  "GET jobs/:id/handler": ({ id }) => {
    const job = context.store.get<{ eventId: string }>("SELECT event_id AS eventId FROM webhook_jobs WHERE id = ?", id)
    if (job === undefined) throw notFound("Webhook job", id)
    const attempts = context.store.all<Pick<AttemptRow, "number" | "startedAt" | "requestHeaders" | "fault">>(
      `SELECT number, started_at AS startedAt, request_headers AS requestHeaders, fault FROM webhook_attempts
       WHERE job_id = ? ORDER BY number`,
      id
    )
    const body = bodyOf(context.store, job.eventId)
    return { items: attempts.map((attempt) => receiptOf(context, body, attempt)) }
  }
})

/** What a handler with the current secret makes of an attempt. On a clock that stands still its age says nothing. */
const receiptOf = (
  { sending, clockMode }: CatalogContext,
  body: string,
  attempt: Pick<AttemptRow, "number" | "startedAt" | "requestHeaders" | "fault">
) => {
  const headers: Record<string, string> = JSON.parse(attempt.requestHeaders || "{}")
  try {
    const event = verifyAywaRuntimeWebhook({
      headers,
      body,
      secret: sending.webhookSecret,
      toleranceSeconds: clockMode === "manual" ? "disabled" : undefined,
      now: () => attempt.startedAt
    })
    const type = event.message.type === "unknown" ? event.message.of : event.message.type
    return { attempt: attempt.number, ok: true, id: event.id, type, scheme: event.scheme }
  } catch (error) {
    if (!isWebhookVerificationError(error)) throw error
    const { reason, message, httpStatus } = error
    return { attempt: attempt.number, ok: false, reason: reason._tag, message, handlerStatus: httpStatus }
  }
}
