/**
 * What the runtime sends to a server of yours, by type: for the OpenAPI document and the events reference. The types of
 * their fields are those of the entry `./webhooks`.
 *
 * @since 0.2.0
 */

/** One type of event. */
export interface WebhookEventInfo {
  /** What it tells or asks. */
  readonly summary: string
  /** Fields that it has for certain, with their JSON types; `call`, `customer` and the like are common to all. */
  readonly fields: Readonly<Record<string, "string" | "number" | "object" | "array">>
  /** What is answered; absent for events that take no answer. */
  readonly reply?: string
  /** Milliseconds until the answer must be there, where that is fixed. */
  readonly withinMs?: number
  /** Whether only the source platform sends it. */
  readonly sourceOnly?: true
}

const conversation = { messagesOpenAIFormatted: "array" } as const

/** Every type of event that is known. */
export const webhookEvents: Readonly<Record<string, WebhookEventInfo>> = {
  "assistant-request": {
    summary: "An inbound call asks which assistant answers.",
    fields: {},
    reply: "{ assistantId } or one of assistant, squadId, squad, workflowId, workflow, destination, error",
    withinMs: 7500
  },
  "tool-calls": {
    summary: "The model calls tools.",
    fields: { toolCallList: "array", toolWithToolCallList: "array" },
    reply: "{ results: [{ toolCallId, name, result or error }] }, one for each call"
  },
  "transfer-destination-request": {
    summary: "A transfer asks where to.",
    fields: {},
    reply: "{ destination } or { error }"
  },
  "knowledge-base-request": {
    summary: "The model looks something up in your knowledge base.",
    fields: conversation,
    reply: "{ documents: [{ content, similarity, uuid }] }"
  },
  "voice-request": {
    summary: "Your own voice is asked to speak.",
    fields: { text: "string", sampleRate: "number" },
    reply: "raw PCM: 16 bit little endian, mono, at sampleRate"
  },
  "call.endpointing.request": {
    summary: "How long should the assistant wait before it speaks?",
    fields: conversation,
    reply: "{ timeoutSeconds }, 0 to 15"
  },
  "status-update": { summary: "A call changed its status.", fields: { status: "string" } },
  "end-of-call-report": {
    summary: "A call has ended and was analysed.",
    fields: { endedReason: "string", artifact: "object", analysis: "object" }
  },
  "conversation-update": { summary: "The conversation so far.", fields: conversation },
  "speech-update": { summary: "Someone started or stopped speaking.", fields: { status: "string", role: "string" } },
  transcript: {
    summary: "Words were recognised.",
    fields: { role: "string", transcriptType: "string", transcript: "string" }
  },
  "assistant.speechStarted": { summary: "The assistant speaks.", fields: { text: "string" } },
  "user-interrupted": { summary: "The user spoke over the assistant.", fields: {} },
  "transfer-update": { summary: "A call is transferred.", fields: {} },
  "phone-call-control": {
    summary: "Your backend must hang up or forward: the runtime stops doing so once this type is chosen.",
    fields: { request: "string" }
  },
  "handoff-destination-request": {
    summary: "A handoff asks where to.",
    fields: { parameters: "object" },
    reply: "{ destination } or { error }",
    sourceOnly: true
  },
  "campaign.predial": {
    summary: "A campaign is about to dial.",
    fields: { campaignId: "string", contact: "object" },
    reply: "{ eligible }",
    sourceOnly: true
  },
  hang: { summary: "The model is slow.", fields: {}, sourceOnly: true },
  "model-output": { summary: "What the model produced.", fields: {}, sourceOnly: true },
  "language-change-detected": {
    summary: "The caller's language changed.",
    fields: { language: "string" },
    sourceOnly: true
  },
  "voice-input": { summary: "What the voice is about to say.", fields: { input: "string" }, sourceOnly: true },
  "chat.created": { summary: "A chat was created.", fields: { chat: "object" }, sourceOnly: true },
  "chat.deleted": { summary: "A chat was deleted.", fields: { chat: "object" }, sourceOnly: true },
  "session.created": { summary: "A session was created.", fields: { session: "object" }, sourceOnly: true },
  "session.updated": { summary: "A session was updated.", fields: { session: "object" }, sourceOnly: true },
  "session.deleted": { summary: "A session was deleted.", fields: { session: "object" }, sourceOnly: true },
  "call.deleted": { summary: "A call was deleted.", fields: {}, sourceOnly: true },
  "call.delete.failed": { summary: "A call could not be deleted.", fields: {}, sourceOnly: true },
  "call.artifact.upload": {
    summary: "Artifacts of a call were uploaded.",
    fields: { artifacts: "array" },
    sourceOnly: true
  }
}
