/**
 * Sends an event by hand, through the outbox: signed, logged, retried like any other.
 */
import { nearestName } from "@aywa-ai/runtime-sdk/internal/contract"
import { HttpError, notFound } from "../http/errors.ts"
import type { FaultRules } from "../faults/rules.ts"
import type { CallHandleContext } from "../calls/handle.ts"
import type { Outbox } from "../outbox/outbox.ts"
import { expectsReply, replyIssues } from "../outbox/replies.ts"
import { jsonOf } from "../outbox/attemptOutcome.ts"
import { safeMessage } from "../outbox/safeMessage.ts"
import { targetsOf } from "../outbox/targets.ts"
import { findWhole } from "../rows/find.ts"
import { withoutUserInfo } from "../json/mask.ts"
import { objectAt, type JsonObject } from "../json/object.ts"
import type { Triggered, TriggerInput } from "./input.ts"
import { deepMerge, setPath } from "./paths.ts"
import type { MessageContext } from "../outbox/envelope.ts"
import { messageOf, templateNames, typeOf } from "./templates.ts"

/** What triggers work with. */
export interface TriggerContext extends CallHandleContext {
  readonly outbox: Outbox
  readonly faults: Pick<FaultRules, "add" | "remove">
}

/** Sends one event. `others` are names that are no event's, and may be meant all the same. */
export const triggerEvent = async (
  context: TriggerContext,
  input: TriggerInput,
  others: ReadonlyArray<string> = []
): Promise<Triggered> => {
  const { store, outbox } = context
  const organization = input.organization ?? context.organizationId
  const subject = subjectOf(context, organization, input)
  const template = messageOf(input.type, subject)
  if (template === undefined) {
    throw new HttpError(400, `There is no event ${JSON.stringify(input.type)}${suggestion(input.type, others)}`)
  }
  const message = changed(template, input)
  const type = typeOf(input.type)
  const { assistant, phoneNumber } = subject
  const event = {
    organization,
    type,
    message,
    assistant,
    phoneNumber,
    to: input.to,
    // A made-up call has no log of its own.
    callId: input.call
  }
  if (input.dryRun === true) {
    const targets = input.to === undefined ? targetsOf(store, event).map(({ url }) => withoutUserInfo(url)) : [input.to]
    return { type, message: safeMessage(message), targets }
  }
  if (!expectsReply(type)) {
    const { eventId, jobs } = store.transaction(() => outbox.emit(event))
    return { type, eventId, jobs }
  }
  const { eventId, jobId, outcome } = await outbox.ask(event)
  const base = { type, eventId, jobId }
  if (outcome === undefined) return { ...base, status: null, valid: false, issues: ["No server is configured"] }
  if (outcome.type === "stopped") return { ...base, status: null, valid: false, issues: ["The runtime stopped"] }
  if (outcome.type === "failed") {
    const status = outcome.failure.status ?? null
    return { ...base, status, ms: outcome.ms, valid: false, issues: [outcome.error] }
  }
  const issues = replyIssues(type, message, outcome)
  const reply = jsonOf(outcome.body) ?? outcome.body.toString("base64")
  return { ...base, reply, status: outcome.status, ms: outcome.ms, valid: issues.length === 0, issues }
}

const suggestion = (type: string, others: ReadonlyArray<string>): string => {
  const meant = nearestName(type, [...templateNames, ...others])
  return meant === undefined ? `; there are ${templateNames.join(", ")}` : `. Did you mean ${meant}?`
}

const changed = (template: JsonObject, { set = {}, merge = {} }: TriggerInput): JsonObject => {
  let message = template
  for (const [path, value] of Object.entries(set)) {
    const next = setPath(message, path, value)
    if (next === undefined) throw new HttpError(400, `set: the message has no ${path}; use merge to add something`)
    message = next
  }
  return deepMerge(message, merge)
}

/** What the message is about: the rows that the input names, and made-up ones in place of the others. */
const subjectOf = (context: TriggerContext, organization: string, input: TriggerInput): MessageContext => {
  const { store, ids } = context
  const now = context.now()
  const call =
    input.call === undefined
      ? sampleCall(ids.uuid(), organization, now, input.assistant)
      : findWhole(store, organization, "calls", input.call)
  if (call === undefined) throw notFound("Call", input.call ?? "")
  const named = input.assistant ?? call["assistantId"]
  const stored = findWhole(store, organization, "assistants", named)
  if (stored === undefined && input.assistant !== undefined) throw notFound("Assistant", input.assistant)
  const assistant = stored ?? objectAt(call, "assistant") ?? { name: "Sample" }
  return {
    call,
    assistant,
    phoneNumber: findWhole(store, organization, "phoneNumbers", call["phoneNumberId"]),
    customer: objectAt(call, "customer"),
    now
  }
}

const sampleCall = (id: string, organization: string, now: number, assistantId: string | undefined): JsonObject => ({
  id,
  orgId: organization,
  createdAt: new Date(now - 10_000).toISOString(),
  updatedAt: new Date(now).toISOString(),
  startedAt: new Date(now - 8000).toISOString(),
  type: "inboundPhoneCall",
  status: "in-progress",
  cost: 0,
  ...(assistantId === undefined ? {} : { assistantId }),
  customer: { number: "+14155550188" }
})
