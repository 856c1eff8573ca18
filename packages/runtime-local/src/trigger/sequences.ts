/**
 * Whole calls by hand: each lives through a script without waiting, and leaves a coherent sequence of events.
 */
import type { ScriptStep } from "../calls/script.ts"
import { insertCall } from "../calls/handle.ts"
import { type Conversation, gallery } from "./gallery.ts"
import { HttpError, notFound } from "../http/errors.ts"
import { findWhole } from "../rows/find.ts"
import { isObject, objectOf, type JsonObject } from "../json/object.ts"
import type { Triggered, TriggerInput } from "./input.ts"
import type { TriggerContext } from "./trigger.ts"

const greeting: ReadonlyArray<ScriptStep> = [
  { user: "Hi, where is my order 4711?" },
  { assistant: "It is on its way and arrives on Thursday." }
]

const conversations: Readonly<Record<string, Conversation>> = gallery

/** The conversation of the gallery that a trigger names. */
const conversationOf = (type: string): Conversation | undefined => {
  const name = type.replace(/^call\./, "")
  return Object.hasOwn(sequences, type) || !Object.hasOwn(conversations, name) ? undefined : conversations[name]
}

const sequences: Readonly<Record<string, (tool: string) => ReadonlyArray<ScriptStep>>> = {
  "call.completed": () => [...greeting, { user: "Thank you, bye." }],
  "call.with-tool": (tool) => [
    { user: "Hi, where is my order 4711?" },
    { tool, arguments: { orderId: "4711" } },
    { assistant: "It is on its way." },
    { user: "Thank you, bye." }
  ],
  "call.transfer": () => [
    { user: "I want to speak to a person." },
    { transfer: { type: "number", number: "+14155550142", message: "Transferring you now." } }
  ],
  "call.failed": () => [{ fail: "customer-did-not-answer" }],
  "call.voicemail": () => [{ voicemail: "Please call us back." }]
}

/** The names of the sequences. */
export const sequenceNames: ReadonlyArray<string> = [
  ...new Set([...Object.keys(sequences), ...Object.keys(gallery).map((name) => `call.${name}`)])
]

/** Real milliseconds that a sequence may take: its questions go to real servers. */
const patience = 60_000

/** Runs a sequence to the end of its call. */
export const triggerSequence = async (context: TriggerContext, input: TriggerInput): Promise<Triggered> => {
  const { store, calls, outbox, faults } = context
  const { type } = input
  const conversation = conversationOf(type)
  const make = conversation === undefined ? sequences[type] : () => conversation.steps
  if (make === undefined) throw new HttpError(400, `There is no sequence ${type}`)
  for (const option of ["call", "set", "merge", "to"] as const) {
    if (input[option] !== undefined) throw new HttpError(400, `${option}: a sequence makes its own call and events`)
  }
  const organization = input.organization ?? context.organizationId
  const assistant =
    input.assistant === undefined ? undefined : findWhole(store, organization, "assistants", input.assistant)
  if (input.assistant !== undefined && assistant === undefined) throw notFound("Assistant", input.assistant)
  const steps = make(firstTool(context, organization, assistant))
  if (input.dryRun === true) return { type, message: { steps } }
  const speaker =
    assistant === undefined
      ? { assistant: conversation?.assistant ?? sampleAssistant }
      : { assistantId: assistant["id"] }
  const rules = (conversation?.faults ?? []).map((rule) => faults.add(rule))
  const call = store.transaction(() => {
    const row = insertCall(context, organization, {
      type: "outboundPhoneCall",
      status: "queued",
      cost: 0,
      customer: { number: "+14155550188" },
      ...speaker
    })
    calls.begin(row, { script: { steps }, hurried: true })
    return row
  })
  const callId = String(call["id"])
  await outbox.events.expect("end-of-call-report", { callId, timeout: patience })
  if (rules.length > 0) {
    await outbox.drain(callId, patience)
    for (const rule of rules) faults.remove(rule)
  }
  const events = outbox.events.list({ callId }).map((event) => ({ id: event.id, type: event.type }))
  return { type, callId, events }
}

const sampleTool = { type: "function", function: { name: "lookupOrder" } }

const sampleAssistant: JsonObject = {
  name: "Sample",
  firstMessage: "Hello, how can I help?",
  model: { provider: "openai", model: "gpt-4.1-mini", tools: [sampleTool] }
}

/** The first tool of the assistant, so that its own server is asked. */
const firstTool = ({ store }: TriggerContext, organization: string, assistant: JsonObject | undefined): string => {
  const model = isObject(assistant?.["model"]) ? assistant["model"] : sampleAssistant["model"]
  const { tools, toolIds } = objectOf(model)
  const inline = Array.isArray(tools) ? tools : []
  const stored = (Array.isArray(toolIds) ? toolIds : []).map((id) => findWhole(store, organization, "tools", id))
  const names = [...inline, ...stored].flatMap((tool: unknown) => {
    const name = isObject(tool) && isObject(tool["function"]) ? tool["function"]["name"] : undefined
    return typeof name === "string" ? [name] : []
  })
  return names[0] ?? "lookupOrder"
}
