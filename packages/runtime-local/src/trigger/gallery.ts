/**
 * A gallery of conversations, as data: what goes wrong in real calls, each by its name, with the webhooks that it must
 * produce. `runtime.trigger({ type: "call.barge-in" })` plays one.
 */
import type { ScriptStep } from "../calls/script.ts"
import type { FaultRule } from "../faults/rule.ts"
import type { JsonObject } from "../json/object.ts"

/**
 * A conversation of the gallery.
 *
 * @since 0.2.0
 * @category models
 */
export interface Conversation {
  readonly description: string
  /** Speaks where no assistant is given. */
  readonly assistant: JsonObject
  readonly steps: ReadonlyArray<ScriptStep>
  /** What happens to its webhooks on their way. */
  readonly faults?: ReadonlyArray<FaultRule> | undefined
  /** The types of the events that the call must emit, in their order. */
  readonly webhooks: ReadonlyArray<string>
}

const lookup = { type: "function", function: { name: "lookupOrder" } }
const desk: JsonObject = {
  name: "Gallery desk",
  firstMessage: "Order desk, how can I help?",
  model: { provider: "openai", model: "gpt-4.1-mini", tools: [lookup] }
}

/** What a side that speaks emits, and what the conversation is then. */
const userTurn = ["speech-update", "transcript", "speech-update", "transcript", "conversation-update"]
const assistantTurn = ["speech-update", "assistant.speechStarted", "speech-update", "transcript", "conversation-update"]
/** Queued, ringing, in progress, and what the assistant says first. */
const answered = ["status-update", "status-update", "status-update", ...assistantTurn]
const ended = ["status-update", "end-of-call-report"]
const toolCall = ["conversation-update", "tool-calls", "conversation-update"]

/**
 * The conversations of the gallery, by their names.
 *
 * @since 0.2.0
 * @category scenarios
 */
export const gallery = {
  voicemail: {
    description: "A machine answers, hears a message, and the call ends.",
    assistant: desk,
    steps: [{ voicemail: "Your order is on its way." }],
    webhooks: [...answered, ...assistantTurn, ...ended]
  },
  "angry-caller": {
    description: "The caller talks over the assistant again and again, and hangs up.",
    assistant: desk,
    steps: [
      { user: "This is the third time I call!", interrupts: true },
      { assistant: "I am sorry to hear that." },
      { user: "No. Give me my money back.", interrupts: true },
      { hangup: "customer" }
    ],
    webhooks: [
      ...answered,
      "user-interrupted",
      ...userTurn,
      ...assistantTurn,
      "user-interrupted",
      ...userTurn,
      ...ended
    ]
  },
  "transfer-refused": {
    description: "The server is asked where to transfer to, and names nobody: the call goes on.",
    assistant: desk,
    steps: [
      { user: "I want to speak to a person." },
      { transfer: true },
      { assistant: "Nobody is free right now." },
      { hangup: "customer" }
    ],
    webhooks: [...answered, ...userTurn, "transfer-destination-request", ...assistantTurn, ...ended]
  },
  "tool-timeout": {
    description: "The tool's server takes longer than it may: the assistant goes on without a result.",
    assistant: desk,
    steps: [
      { user: "Where is my order 4711?" },
      { tool: "lookupOrder", arguments: { orderId: "4711" } },
      { assistant: "I cannot see it right now." },
      { hangup: "customer" }
    ],
    faults: [{ action: "drop", match: { event: "tool-calls" } }],
    webhooks: [...answered, ...userTurn, ...toolCall, ...assistantTurn, ...ended]
  },
  "barge-in": {
    description: "The caller interrupts the assistant in the middle of a sentence.",
    assistant: desk,
    steps: [
      { user: "Where is my order?" },
      { assistant: "Let me read you our terms and conditions first." },
      { user: "Stop. Just the order.", interrupts: true },
      { assistant: "It arrives on Thursday." },
      { hangup: "customer" }
    ],
    webhooks: [...answered, ...userTurn, ...assistantTurn, "user-interrupted", ...userTurn, ...assistantTurn, ...ended]
  },
  silence: {
    description: "Nobody says anything after the greeting, and the call ends by itself.",
    assistant: desk,
    steps: [{ wait: 30_000 }, { fail: "silence-timed-out" }],
    webhooks: [...answered, ...ended]
  },
  "out-of-order": {
    description: "The report overtakes an earlier event: a receiver must not count on the order.",
    assistant: desk,
    steps: [{ user: "Thank you, bye." }, { hangup: "customer" }],
    faults: [{ action: { type: "reorder", ms: 200 }, match: { event: "status-update" }, skip: 2, times: 1 }],
    webhooks: [...answered, ...userTurn, ...ended]
  },
  doubled: {
    description: "The report arrives twice, under one id: a receiver must do its work once.",
    assistant: desk,
    steps: [{ user: "Thank you, bye." }, { hangup: "customer" }],
    faults: [{ action: "duplicate", match: { event: "end-of-call-report" } }],
    webhooks: [...answered, ...userTurn, ...ended]
  },
  unreachable: {
    description: "The number cannot be reached: the call is never answered.",
    assistant: desk,
    steps: [{ fail: "customer-did-not-answer" }],
    webhooks: ["status-update", "status-update", ...ended]
  }
} as const satisfies Readonly<Record<string, Conversation>>
