/**
 * The words of open types as values: what this version of the contract knows. A runtime may know more, so a word that is
 * none of them is news, or a typo, and no reason to refuse a row that was read.
 *
 * @since 0.2.0
 */
import type { ClientMessageName, ServerMessageName } from "./selectors.ts"
import type { CredentialProvider } from "./credentials.ts"
import type { PhoneNumberProvider } from "./phoneNumbers.ts"
import type { ModelProvider, TranscriberProvider, VoiceProvider } from "./providers.ts"
import type { ToolType } from "./tools.ts"

/** The words of an open type, without its `string`. */
type Known<Word extends string> = Word extends string ? (string extends Word ? never : Word) : never

/** Words as values; a list that is not the type's does not compile. */
const wordsOf = <Word extends string>(words: Readonly<Record<Known<Word>, true>>): ReadonlyArray<string> =>
  Object.keys(words)

/**
 * The known words of types that take any.
 *
 * @since 0.2.0
 * @category contract
 */
export const knownWords = {
  /** Types of tools. */
  toolTypes: wordsOf<ToolType>({
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
  }),
  /** Where phone numbers come from. */
  phoneNumberProviders: wordsOf<PhoneNumberProvider>({
    "byo-phone-number": true,
    twilio: true,
    vonage: true,
    vapi: true,
    telnyx: true
  }),
  /** Providers of models. */
  modelProviders: wordsOf<ModelProvider>({
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
  /** Providers of voices. */
  voiceProviders: wordsOf<VoiceProvider>({
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
  /** Providers of transcribers. */
  transcriberProviders: wordsOf<TranscriberProvider>({
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
  }),
  /** Whose keys credentials hold. */
  credentialProviders: wordsOf<CredentialProvider>({
    make: true,
    twilio: true,
    vonage: true,
    telnyx: true,
    anthropic: true,
    "anthropic-bedrock": true,
    cerebras: true,
    "custom-llm": true,
    deepinfra: true,
    "deep-seek": true,
    google: true,
    groq: true,
    openai: true,
    openrouter: true,
    "perplexity-ai": true,
    "together-ai": true,
    xai: true,
    azure: true,
    cartesia: true,
    deepgram: true,
    "11labs": true,
    hume: true,
    lmnt: true,
    neuphonic: true,
    playht: true,
    "rime-ai": true,
    "smallest-ai": true,
    tavus: true,
    "assembly-ai": true,
    gladia: true,
    speechmatics: true,
    "azure-openai": true,
    "byo-sip-trunk": true,
    cloudflare: true,
    "custom-credential": true,
    gcp: true,
    langfuse: true,
    mistral: true,
    runpod: true,
    s3: true,
    "slack.oauth2-authorization": true,
    supabase: true,
    trieve: true,
    webhook: true
  }),
  /** Events that a server or an endpoint may choose. */
  serverEvents: wordsOf<ServerMessageName>({
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
  }),
  /** Events that the page of a web call may choose. */
  clientEvents: wordsOf<ClientMessageName>({
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
} as const
