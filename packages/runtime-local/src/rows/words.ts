/**
 * The words that the runtime knows. Which of them are closed is said in docs/local-runtime.md: a type of a tool or the
 * provider of a phone number decides what the runtime does, so an unknown one is wrong; the providers of models, voices,
 * transcribers and credentials are somebody else's, and events grow in number, so an unknown one is taken, and one that is
 * nearly a known one is a typo.
 */
import type {
  ClientMessageName,
  CredentialProvider,
  ModelProvider,
  PhoneNumberProvider,
  ServerMessageName,
  ToolType,
  TranscriberProvider,
  VoiceProvider
} from "@aywa-ai/runtime-sdk"

/** The words of an open type, without its `string`. */
type Known<Word extends string> = Word extends string ? (string extends Word ? never : Word) : never

/** Words as values; a list that is not the type's does not compile. */
const wordsOf = <Word extends string>(words: Readonly<Record<Known<Word>, true>>): ReadonlyArray<string> =>
  Object.keys(words)

/** Types of tools. */
export const toolTypes = wordsOf<ToolType>({
  function: true,
  apiRequest: true,
  code: true,
  transferCall: true,
  handoff: true,
  query: true,
  mcp: true,
  dtmf: true,
  voicemail: true,
  endCall: true,
  sms: true,
  bash: true,
  computer: true,
  textEditor: true,
  sipRequest: true,
  knowledgeBase: true,
  ghl: true,
  make: true,
  output: true,
  "google.calendar.event.create": true,
  "google.calendar.availability.check": true,
  "google.sheets.row.append": true,
  "slack.message.send": true,
  "gohighlevel.calendar.availability.check": true,
  "gohighlevel.calendar.event.create": true,
  "gohighlevel.contact.create": true,
  "gohighlevel.contact.get": true
})

/** Providers of phone numbers. */
export const numberProviders = wordsOf<PhoneNumberProvider>({
  "byo-phone-number": true,
  twilio: true,
  vonage: true,
  vapi: true,
  telnyx: true
})

/** Providers of the parts of an assistant. */
export const partProviders: Readonly<Record<"model" | "voice" | "transcriber", ReadonlyArray<string>>> = {
  model: wordsOf<ModelProvider>({
    anthropic: true,
    "anthropic-bedrock": true,
    anyscale: true,
    cerebras: true,
    "custom-llm": true,
    deepinfra: true,
    "deep-seek": true,
    google: true,
    groq: true,
    "inflection-ai": true,
    minimax: true,
    openai: true,
    openrouter: true,
    "perplexity-ai": true,
    "together-ai": true,
    xai: true,
    vapi: true
  }),
  voice: wordsOf<VoiceProvider>({
    azure: true,
    cartesia: true,
    "custom-voice": true,
    deepgram: true,
    "11labs": true,
    hume: true,
    inworld: true,
    lmnt: true,
    microsoft: true,
    minimax: true,
    neuphonic: true,
    openai: true,
    playht: true,
    "rime-ai": true,
    sesame: true,
    "smallest-ai": true,
    tavus: true,
    vapi: true,
    wellsaid: true,
    xai: true
  }),
  transcriber: wordsOf<TranscriberProvider>({
    "11labs": true,
    "assembly-ai": true,
    azure: true,
    cartesia: true,
    "custom-transcriber": true,
    deepgram: true,
    gladia: true,
    google: true,
    openai: true,
    soniox: true,
    speechmatics: true,
    talkscriber: true,
    vapi: true,
    xai: true
  })
}

/** Providers of credentials. */
export const credentialProviders = wordsOf<CredentialProvider>({
  "11labs": true,
  anthropic: true,
  "anthropic-bedrock": true,
  "assembly-ai": true,
  azure: true,
  "azure-openai": true,
  "byo-sip-trunk": true,
  cartesia: true,
  cerebras: true,
  cloudflare: true,
  "custom-credential": true,
  "custom-llm": true,
  "deep-seek": true,
  deepgram: true,
  deepinfra: true,
  gcp: true,
  gladia: true,
  google: true,
  groq: true,
  hume: true,
  langfuse: true,
  lmnt: true,
  make: true,
  mistral: true,
  neuphonic: true,
  openai: true,
  openrouter: true,
  "perplexity-ai": true,
  playht: true,
  "rime-ai": true,
  runpod: true,
  s3: true,
  "slack.oauth2-authorization": true,
  "smallest-ai": true,
  speechmatics: true,
  supabase: true,
  tavus: true,
  telnyx: true,
  "together-ai": true,
  trieve: true,
  twilio: true,
  vonage: true,
  webhook: true,
  xai: true
})

/** Events that a server or an endpoint may choose. */
export const serverEvents = wordsOf<ServerMessageName>({
  "assistant-request": true,
  "assistant.speechStarted": true,
  "assistant.started": true,
  "call.artifact.upload": true,
  "call.delete.failed": true,
  "call.deleted": true,
  "call.endpointing.request": true,
  "campaign.predial": true,
  "chat.created": true,
  "chat.deleted": true,
  "conversation-update": true,
  "end-of-call-report": true,
  "function-call": true,
  "handoff-destination-request": true,
  hang: true,
  "knowledge-base-request": true,
  "language-change-detected": true,
  "language-changed": true,
  "model-output": true,
  "phone-call-control": true,
  "session.created": true,
  "session.deleted": true,
  "session.updated": true,
  "speech-update": true,
  "status-update": true,
  "tool-calls": true,
  transcript: true,
  'transcript[transcriptType="final"]': true,
  "transfer-destination-request": true,
  "transfer-update": true,
  "user-interrupted": true,
  "voice-input": true,
  "voice-request": true
})

/** Events that the page of a web call may choose. */
export const clientEvents = wordsOf<ClientMessageName>({
  "assistant.speechStarted": true,
  "assistant.started": true,
  "conversation-update": true,
  "function-call": true,
  "function-call-result": true,
  hang: true,
  "language-changed": true,
  metadata: true,
  "model-output": true,
  "speech-update": true,
  "status-update": true,
  "tool-calls": true,
  "tool-calls-result": true,
  "tool.completed": true,
  transcript: true,
  "transfer-update": true,
  "user-interrupted": true,
  "voice-input": true,
  "workflow.node.started": true
})
