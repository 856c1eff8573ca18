/**
 * From parsed JSON to a typed message: discriminate on `type`, then check what that type promises.
 *
 * @since 0.1.0
 */
import { array, flag, number, optional, record, text, textOrNumber, type Check } from "./checks.ts"
import type { KnownMessageType, Opaque, WebhookMessage } from "./events.ts"
import { toolCallsOf } from "./toolCalls.ts"

/** Fields that a type requires; everything else is optional and kept as it came. */
type Required = Readonly<Record<string, Check<unknown>>>

const records = array(record)
const conversation: Required = { messagesOpenAIFormatted: records }

const required: Readonly<Record<KnownMessageType, Required>> = {
  "assistant-request": {},
  "tool-calls": { toolCallList: optional(records), toolWithToolCallList: optional(records) },
  "transfer-destination-request": {},
  "knowledge-base-request": conversation,
  "voice-request": { text, sampleRate: number },
  "call.endpointing.request": conversation,
  "status-update": { status: text, endedReason: optional(text) },
  "end-of-call-report": { endedReason: text, artifact: record, analysis: record, cost: optional(number) },
  "conversation-update": conversation,
  "speech-update": { status: text, role: text, turn: optional(number) },
  transcript: { role: text, transcriptType: text, transcript: text, isFiltered: optional(flag) },
  "assistant.speechStarted": { text, turn: optional(number) },
  "user-interrupted": {},
  "transfer-update": {},
  "phone-call-control": { request: text },
  "handoff-destination-request": { parameters: record },
  hang: {},
  "model-output": {},
  "language-change-detected": { language: text },
  "voice-input": { input: text },
  "chat.created": { chat: record },
  "chat.deleted": { chat: record },
  "session.created": { session: record },
  "session.updated": { session: record },
  "session.deleted": { session: record },
  "call.deleted": {},
  "call.delete.failed": {},
  "call.artifact.upload": { artifacts: records },
  "campaign.predial": { campaignId: text, contact: record }
}

const common: Required = {
  timestamp: optional(textOrNumber),
  call: optional(record),
  phoneNumber: optional(record),
  customer: optional(record),
  assistant: optional(record),
  artifact: optional(record)
}

const checksOf = new Map<string, ReadonlyArray<readonly [key: string, check: Check<unknown>]>>(
  Object.entries(required).map(([type, own]) => [type, Object.entries({ ...common, ...own })])
)

const finalTranscript = 'transcript[transcriptType="final"]'

/** Reads a message whose `type` is text. `exact` gives the same message with exact integers, for tool calls. */
export const readMessage = (raw: Opaque & { readonly type: string }, exact: () => unknown): WebhookMessage => {
  const type = raw.type === finalTranscript ? "transcript" : raw.type
  const checks = checksOf.get(type)
  if (checks === undefined) return { type: "unknown", of: raw.type, raw }
  const message = type === raw.type ? raw : { ...raw, type, transcriptType: raw["transcriptType"] ?? "final" }
  if (!checks.every(([key, check]) => check.is(message[key]))) {
    const issues = checks.flatMap(([key, check]) => check.explain(message[key], [key]))
    return { type: "invalid", of: raw.type, issues, raw }
  }
  // Only the types above are known: the cast says what was just checked.
  return (type === "tool-calls" ? { ...message, toolCalls: toolCallsOf(exact()) } : message) as WebhookMessage
}
