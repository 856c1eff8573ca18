/**
 * Inputs are closed at every depth, what is read is open at every depth, and what was read can be written back.
 */
import {
  type AywaRuntimeClient,
  extras,
  type Assistant,
  type Call,
  type ClientMessageName,
  type Credential,
  type PhoneNumber,
  type ServerMessageName,
  type StructuredOutput,
  type Tool,
  type WebhookEndpoint
} from "@aywa-ai/runtime-sdk"
import type { KnownMessage, KnownMessageType, MessageOf } from "@aywa-ai/runtime-sdk/webhooks"

declare const aywa: AywaRuntimeClient
declare const assistant: Assistant
declare const call: Call

// A misspelt key does not compile, wherever it is.
// @ts-expect-error model.modle
void aywa.assistants.create({ model: { provider: "openai", modle: "gpt-4.1" } })
// @ts-expect-error voice.voiceID
void aywa.assistants.create({ voice: { provider: "11labs", voiceID: "v" } })
// @ts-expect-error server.uri
void aywa.assistants.create({ server: { uri: "https://agents.example" } })
// @ts-expect-error artifactPlan.recordingEnable
void aywa.assistants.create({ artifactPlan: { recordingEnable: false } })
// @ts-expect-error analysisPlan.summaryPlan.enable
void aywa.assistants.create({ analysisPlan: { summaryPlan: { enable: false } } })
// @ts-expect-error a hook's action
void aywa.assistants.create({ hooks: [{ on: "call.ending", do: [{ type: "say", exactly: "bye" }] }] })
// @ts-expect-error a tool of a model
void aywa.assistants.create({ model: { provider: "openai", tools: [{ type: "function", fuction: { name: "f" } }] } })
// @ts-expect-error function.params
void aywa.tools.create({ type: "function", function: { name: "f", params: {} } })
// @ts-expect-error destinations.0.nubmer
void aywa.tools.create({ type: "transferCall", destinations: [{ type: "number", nubmer: "+14155550123" }] })
// @ts-expect-error customer.phone
void aywa.calls.create({ assistantId: "a", customer: { phone: "+14155550123" } })
// @ts-expect-error assistantOverrides.variables
void aywa.calls.create({ assistantId: "a", assistantOverrides: { variables: { name: "x" } } })
// @ts-expect-error a customer's overrides
void aywa.calls.createBatch({ assistantId: "a", customers: [{ assistantOverrides: { firstMesage: "" } }] })
// @ts-expect-error a credential's secret
void aywa.credentials.create({ provider: "openai", apikey: "k" })
// @ts-expect-error a plan's token
void aywa.credentials.create({ provider: "webhook", authenticationPlan: { type: "bearer", tokn: "t" } })
// @ts-expect-error fallbackDestination.nubmer
void aywa.phoneNumbers.update("id", { fallbackDestination: { type: "number", nubmer: "+14155550123" } })
// @ts-expect-error an import's rows
void aywa.imports.createVapi({ assistant: [] })
// @ts-expect-error a control action's destination
void aywa.calls.control("id", { type: "transfer", destination: { type: "number", phone: "+14155550123" } })

// The one named place for what this SDK does not know, at every depth; what is beside it stays checked.
void aywa.assistants.create({
  ...extras({ newPlan: { enabled: true } }),
  model: { provider: "openai", model: "gpt-4.1", ...extras({ seed: 7 }) }
})
// @ts-expect-error still misspelt
void aywa.assistants.create({ model: { provider: "openai", ...extras({ seed: 7 }), temprature: 1 } })

// Where the contract takes any JSON, so do the types.
void aywa.assistants.create({
  metadata: { anything: [1] },
  model: { provider: "openai", model: "a-model-of-tomorrow" }
})
void aywa.calls.create({ assistantId: "a", assistantOverrides: { variableValues: { name: "x", room: 3 } } })

// What was read can be written back: whole, in part, spread, and changed.
void aywa.assistants.update(assistant.id, assistant)
void aywa.assistants.create(assistant)
void aywa.assistants.update(assistant.id, { model: assistant.model })
if (assistant.model) void aywa.assistants.update(assistant.id, { model: { ...assistant.model, temperature: 0 } })
void aywa.assistants.update(assistant.id, { hooks: assistant.hooks, voice: assistant.voice, server: assistant.server })
export const back = (
  tool: Tool,
  number: PhoneNumber,
  credential: Credential,
  output: StructuredOutput,
  endpoint: WebhookEndpoint
) => [
  aywa.tools.update(tool.id, tool),
  aywa.tools.create(tool),
  aywa.phoneNumbers.update(number.id, number),
  aywa.phoneNumbers.create(number),
  aywa.credentials.update(credential.id, { ...credential, provider: "openai" }),
  aywa.structuredOutputs.update(output.id, output),
  aywa.webhookEndpoints.update(endpoint.id, endpoint),
  aywa.calls.create({ assistantId: "a", customer: call.customer, assistantOverrides: call.assistantOverrides }),
  aywa.calls.create({ assistant })
]

// Results and events say what is in them.
export const transcript: string | null | undefined = call.transcript ?? call.artifact?.transcript
export const first: string | null | undefined = call.artifact?.messages?.[0]?.message
export const spent: number | null | undefined = call.costs?.[0]?.cost ?? call.costBreakdown?.total
export const recorded: boolean | null | undefined = assistant.artifactPlan?.recordingEnabled
export const unknown: unknown = assistant.model?.["a field of tomorrow"]
export const ofEvent = (message: KnownMessage): string | null | undefined =>
  message.customer?.number ?? message.phoneNumber?.number ?? message.artifact?.transcript ?? message.assistant?.name
export const ofReport = (report: MessageOf<"end-of-call-report">): number | null | undefined =>
  report.costs?.[0]?.cost ?? report.cost
export const recording = (report: MessageOf<"end-of-call-report">): string | null | undefined =>
  report.artifact.recording?.stereoUrl ?? report.analysis.summary ?? report.call?.endedReason

// Every event that is known can be chosen, by its name; so can those of tomorrow.
type Named<Name extends string> = Name extends unknown ? (string extends Name ? never : Name) : never
const chosen = (name: Named<ServerMessageName>): ServerMessageName => name
export const events = (type: KnownMessageType): ServerMessageName => chosen(type)
export const pageEvents: ReadonlyArray<ClientMessageName> = ["transcript", "an-event-of-tomorrow"]
