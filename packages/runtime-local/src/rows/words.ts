/**
 * The words that the runtime knows. Which of them are closed is said in docs/local-runtime.md: a type of a tool or the
 * provider of a phone number decides what the runtime does, so an unknown one is wrong; the providers of models, voices
 * and transcribers are somebody else's, so an unknown one is taken, and one that is nearly a known one is a typo.
 */
import type {
  ModelProvider,
  PhoneNumberProvider,
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
