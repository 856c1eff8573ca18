/**
 * One check per event type, field by field equal to the interfaces.
 *
 * @since 0.1.0
 */
import type { Check, Fields } from "./checks.ts"
import { anything, array, flag, number, optional, record, struct, text, textOrNumber } from "./checks.ts"
import type {
  CallAnalysis,
  ChatEntry,
  ConversationEntry,
  KnownMessage,
  KnownMessageType,
  MessageOf,
  TransferDestination,
  WebhookCall
} from "./events.ts"

const maybeText = optional(text)
const maybeNumber = optional(number)
const maybeRecord = optional(record)

const call = struct<WebhookCall>({
  id: maybeText,
  orgId: maybeText,
  type: maybeText,
  status: maybeText,
  assistantId: maybeText,
  phoneNumberId: maybeText
})

const entries = array(
  struct<ConversationEntry>({ role: maybeText, message: maybeText, time: maybeNumber, secondsFromStart: maybeNumber })
)
const chatEntries = array(struct<ChatEntry>({ role: maybeText, content: anything }))
const maybeEntries = optional(entries)
const records = array(record)

const destination = optional(
  struct<TransferDestination>({
    type: text,
    number: maybeText,
    sipUri: maybeText,
    assistantName: maybeText,
    extension: maybeText,
    callerId: maybeText,
    description: maybeText
  })
)

const common = {
  timestamp: optional(textOrNumber),
  call: optional(call),
  phoneNumber: maybeRecord,
  customer: maybeRecord,
  assistant: maybeRecord,
  assistantVersion: maybeText,
  artifact: maybeRecord,
  chat: maybeRecord
}

/** The fields of one type beside the common ones, which it may narrow. */
type OwnFields<M extends KnownMessage> = Omit<Fields<M>, "type" | keyof typeof common> & Partial<Fields<M>>

const message = <Type extends KnownMessageType>(fields: OwnFields<MessageOf<Type>>): Check<object> =>
  struct({ ...common, ...fields } as never)

const plain = message<"hang">({})
const conversation = message<"conversation-update">({ messagesOpenAIFormatted: chatEntries, messages: maybeEntries })
const session = message<"session.created">({ session: record })
const chat = message<"chat.created">({ chat: record })

/** The check of each known type. */
export const messageChecks: { readonly [Type in KnownMessageType]: Check<object> } = {
  "assistant-request": plain,
  // toolCalls is made from the two lists before the check.
  "tool-calls": message<"tool-calls">({
    toolCalls: array(struct({ id: text, name: text, arguments: record, invalidArguments: maybeText as never })),
    toolCallList: optional(records),
    toolWithToolCallList: optional(records)
  }),
  "transfer-destination-request": plain,
  "knowledge-base-request": conversation,
  "voice-request": message<"voice-request">({ text, sampleRate: number }),
  "call.endpointing.request": conversation,
  "status-update": message<"status-update">({
    status: text,
    endedReason: maybeText,
    messages: maybeEntries,
    messagesOpenAIFormatted: optional(chatEntries),
    destination,
    transcript: maybeText,
    summary: maybeText,
    inboundPhoneCallDebuggingArtifacts: maybeRecord
  }),
  "end-of-call-report": message<"end-of-call-report">({
    endedReason: text,
    artifact: record,
    analysis: struct<CallAnalysis>({
      summary: maybeText,
      structuredData: maybeRecord,
      structuredDataMulti: optional(records),
      successEvaluation: maybeText
    }),
    cost: maybeNumber,
    costs: optional(records),
    destination,
    startedAt: maybeText,
    endedAt: maybeText,
    compliance: maybeRecord
  }),
  "conversation-update": conversation,
  "speech-update": message<"speech-update">({ status: text, role: text, turn: maybeNumber }),
  transcript: message<"transcript">({
    role: text,
    transcriptType: text,
    transcript: text,
    isFiltered: optional(flag),
    detectedThreats: optional(array(text)),
    originalTranscript: maybeText,
    assistantId: maybeText,
    assistantName: maybeText
  }),
  "assistant.speechStarted": message<"assistant.speechStarted">({
    text,
    turn: maybeNumber,
    source: maybeText,
    timing: maybeRecord
  }),
  "user-interrupted": message<"user-interrupted">({ turnId: maybeText }),
  "transfer-update": message<"transfer-update">({
    destination,
    toAssistant: maybeRecord,
    fromAssistant: maybeRecord,
    toStepRecord: maybeRecord,
    fromStepRecord: maybeRecord
  }),
  "phone-call-control": message<"phone-call-control">({ request: text, destination }),
  "handoff-destination-request": message<"handoff-destination-request">({ parameters: record }),
  hang: plain,
  "model-output": message<"model-output">({ output: anything, turnId: maybeText }),
  "language-change-detected": message<"language-change-detected">({ language: text }),
  "voice-input": message<"voice-input">({ input: text }),
  "chat.created": chat,
  "chat.deleted": chat,
  "session.created": session,
  "session.updated": session,
  "session.deleted": session,
  "call.deleted": plain,
  "call.delete.failed": plain,
  "call.artifact.upload": message<"call.artifact.upload">({ artifacts: records }),
  "campaign.predial": message<"campaign.predial">({ campaignId: text, contact: record })
}
