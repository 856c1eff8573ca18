/**
 * The words that the runtime knows. Which of them are closed is said in docs/local-runtime.md: a type of a tool or the
 * provider of a phone number decides what the runtime does, so an unknown one is wrong; the providers of models, voices
 * and transcribers are somebody else's, so an unknown one is taken, and one that is nearly a known one is a typo.
 */

/** Types of tools. */
export const toolTypes: ReadonlyArray<string> = [
  "function",
  "apiRequest",
  "code",
  "transferCall",
  "handoff",
  "query",
  "mcp",
  "dtmf",
  "voicemail",
  "endCall",
  "sms",
  "bash",
  "computer",
  "textEditor",
  "sipRequest",
  "knowledgeBase",
  "ghl",
  "make",
  "output",
  "google.calendar.event.create",
  "google.calendar.availability.check",
  "google.sheets.row.append",
  "slack.message.send",
  "gohighlevel.calendar.availability.check",
  "gohighlevel.calendar.event.create",
  "gohighlevel.contact.create",
  "gohighlevel.contact.get"
]

/** Providers of phone numbers. */
export const numberProviders: ReadonlyArray<string> = ["byo-phone-number", "twilio", "vonage", "vapi", "telnyx"]

/** Providers of the parts of an assistant. */
export const partProviders: Readonly<Record<"model" | "voice" | "transcriber", ReadonlyArray<string>>> = {
  model: [
    "anthropic",
    "anthropic-bedrock",
    "anyscale",
    "cerebras",
    "custom-llm",
    "deepinfra",
    "deep-seek",
    "google",
    "groq",
    "inflection-ai",
    "minimax",
    "openai",
    "openrouter",
    "perplexity-ai",
    "together-ai",
    "xai",
    "vapi"
  ],
  voice: [
    "azure",
    "cartesia",
    "custom-voice",
    "deepgram",
    "11labs",
    "hume",
    "inworld",
    "lmnt",
    "microsoft",
    "minimax",
    "neuphonic",
    "openai",
    "playht",
    "rime-ai",
    "sesame",
    "smallest-ai",
    "tavus",
    "vapi",
    "wellsaid",
    "xai"
  ],
  transcriber: [
    "11labs",
    "assembly-ai",
    "azure",
    "cartesia",
    "custom-transcriber",
    "deepgram",
    "gladia",
    "google",
    "openai",
    "soniox",
    "speechmatics",
    "talkscriber",
    "vapi",
    "xai"
  ]
}
