/**
 * A message of every type, about any call: what is sent by hand, and what tests of receivers start from.
 */
import type { JsonObject } from "../json/object.ts"
import { envelope, type MessageContext } from "../outbox/envelope.ts"

type Template = (context: MessageContext) => JsonObject

const question = "Hi, where is my order 4711?"
const answer = "It is on its way and arrives on Thursday."

const entries = (context: MessageContext) => [
  {
    role: "bot",
    message: "Hello, how can I help?",
    time: context.now - 6000,
    endTime: context.now - 4500,
    secondsFromStart: 1,
    duration: 1500
  },
  {
    role: "user",
    message: question,
    time: context.now - 4000,
    endTime: context.now - 2000,
    secondsFromStart: 3,
    duration: 2000
  }
]

const chat = [
  { role: "assistant", content: "Hello, how can I help?" },
  { role: "user", content: question }
]

const conversation = (context: MessageContext) => ({
  messages: entries(context),
  messagesOpenAIFormatted: chat
})

const toolCall = {
  id: "call_trigger_1",
  type: "function",
  function: { name: "lookupOrder", arguments: JSON.stringify({ orderId: "4711" }) }
}

const tool = {
  type: "function",
  async: false,
  function: {
    name: "lookupOrder",
    description: "Looks up an order.",
    parameters: { type: "object", properties: { orderId: { type: "string" } }, required: ["orderId"] }
  }
}

const artifact = (context: MessageContext) => ({
  ...conversation(context),
  transcript: `AI: Hello, how can I help?\nUser: ${question}\nAI: ${answer}\n`
})

const numberDestination = { type: "number", number: "+14155550142", message: "Transferring you now." }
const session = (context: MessageContext) => ({
  id: `session-${String(context.call["id"])}`,
  orgId: context.call["orgId"],
  createdAt: new Date(context.now).toISOString(),
  updatedAt: new Date(context.now).toISOString(),
  status: "active"
})
const chatRow = (context: MessageContext) => ({
  id: `chat-${String(context.call["id"])}`,
  orgId: context.call["orgId"],
  createdAt: new Date(context.now).toISOString(),
  updatedAt: new Date(context.now).toISOString(),
  input: question,
  output: [{ role: "assistant", content: answer }]
})

const templates: Readonly<Record<string, Template>> = {
  "assistant-request": () => ({}),
  "tool-calls": () => ({
    toolCallList: [toolCall],
    toolWithToolCallList: [{ ...tool, toolCall }]
  }),
  "transfer-destination-request": () => ({}),
  "knowledge-base-request": conversation,
  "voice-request": () => ({ text: answer, sampleRate: 16_000 }),
  "call.endpointing.request": conversation,
  "status-update": () => ({ status: "in-progress" }),
  "status-update.ended": (context) => ({
    status: "ended",
    endedReason: "customer-ended-call",
    ...conversation(context),
    transcript: artifact(context).transcript
  }),
  "end-of-call-report": (context) => ({
    endedReason: "customer-ended-call",
    startedAt: new Date(context.now - 30_000).toISOString(),
    endedAt: new Date(context.now).toISOString(),
    cost: 0.01,
    costs: [{ type: "transport", minutes: 0.5, cost: 0.01 }],
    artifact: artifact(context),
    analysis: { summary: "The caller asked for an order.", successEvaluation: "true" }
  }),
  "conversation-update": conversation,
  "speech-update": () => ({ status: "started", role: "assistant", turn: 1 }),
  transcript: () => ({ role: "user", transcriptType: "partial", transcript: "Hi, where is" }),
  "transcript.final": () => ({ role: "user", transcriptType: "final", transcript: question }),
  "assistant.speechStarted": () => ({ text: answer, turn: 1, source: "model" }),
  "assistant.speechStarted.word-progress": () => ({
    text: answer,
    turn: 1,
    source: "model",
    timing: { type: "word-progress", wordsSpoken: 3, totalWords: 9 }
  }),
  "user-interrupted": () => ({ turnId: "turn-1" }),
  "transfer-update": (context) => ({ destination: numberDestination, fromAssistant: context.assistant }),
  "phone-call-control": () => ({ request: "forward", destination: numberDestination }),
  "phone-call-control.hang-up": () => ({ request: "hang-up" }),
  "handoff-destination-request": () => ({ parameters: { topic: "claims" } }),
  hang: () => ({}),
  "model-output": () => ({ output: answer, turnId: "turn-1" }),
  "language-change-detected": () => ({ language: "es" }),
  "voice-input": () => ({ input: answer }),
  "chat.created": (context) => ({ chat: chatRow(context) }),
  "chat.deleted": (context) => ({ chat: chatRow(context) }),
  "session.created": (context) => ({ session: session(context) }),
  "session.updated": (context) => ({ session: session(context) }),
  "session.deleted": (context) => ({ session: { ...session(context), status: "completed" } }),
  "call.deleted": () => ({}),
  "call.delete.failed": () => ({}),
  "call.artifact.upload": (context) => ({
    artifacts: [{ type: "transcript", status: "uploaded", callId: context.call["id"] }]
  }),
  "campaign.predial": () => ({ campaignId: "campaign-1", contact: { number: "+14155550188", name: "Jordan Lee" } })
}

/** The names that can be triggered: types, and variants of a type such as `transcript.final`. */
export const templateNames: ReadonlyArray<string> = Object.keys(templates)

/** The event type of a template's name. */
export const typeOf = (name: string): string =>
  [
    "transcript.final",
    "status-update.ended",
    "phone-call-control.hang-up",
    "assistant.speechStarted.word-progress"
  ].includes(name)
    ? name.replace(/\.(final|ended|hang-up|word-progress)$/, "")
    : name

/** A message by the name of its template, or `undefined` when there is none. */
export const messageOf = (name: string, context: MessageContext): JsonObject | undefined => {
  const template = Object.hasOwn(templates, name) ? templates[name] : undefined
  return template === undefined ? undefined : envelope(typeOf(name), context, template(context))
}
