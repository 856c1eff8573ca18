/**
 * What a call leaves behind and what it cost. They describe what the contract names and are passed through unchecked; a
 * runtime may send more, which is kept.
 *
 * @since 0.2.0
 */
import type { JsonObject, Open } from "./Operation.ts"
import type { OpenAIMessage } from "./shared.ts"

/**
 * One entry of a conversation.
 *
 * @since 0.2.0
 * @category models
 */
export interface CallMessage extends JsonObject {
  /** Whose it is: `bot` is the assistant. */
  readonly role?: Open<"system" | "user" | "bot" | "tool_calls" | "tool_call_result"> | null
  /** The words. */
  readonly message?: string | null
  /** When it began: epoch milliseconds. */
  readonly time?: number | null
  /** When it ended: epoch milliseconds. */
  readonly endTime?: number | null
  /** Seconds from the start of the call, with fractions. */
  readonly secondsFromStart?: number | null
  /** How long it was. Documented in seconds, and sent in milliseconds. */
  readonly duration?: number | null
  /** For `tool_calls`: what the model called, each `{ id, type, function: { name, arguments } }`. */
  readonly toolCalls?: ReadonlyArray<JsonObject> | null
  /** For `tool_call_result`: which call it answers. */
  readonly toolCallId?: string | null
  /** For `tool_call_result`: name of the tool. */
  readonly name?: string | null
  /** For `tool_call_result`: what it gave, as text. */
  readonly result?: string | null
  /** For `bot`: what made it speak; empty for the model. */
  readonly source?: string | null
  /** For `bot`: the assistant that spoke. */
  readonly assistantId?: string | null
  /** For `bot`: its name. */
  readonly assistantName?: string | null
  /** For `user`: whether something was filtered out of it. */
  readonly isFiltered?: boolean | null
  /** For `user`: kinds of attack that were found in it. */
  readonly detectedThreats?: ReadonlyArray<string> | null
  /** For `user`: what was said before it was filtered. */
  readonly originalMessage?: string | null
  /** More about it. */
  readonly metadata?: JsonObject | null
}

/**
 * Recordings with one channel for both sides, and of each side.
 *
 * @since 0.2.0
 * @category models
 */
export interface MonoRecording extends JsonObject {
  /** URL of both sides together. */
  readonly combinedUrl?: string | null
  /** URL of the assistant alone. */
  readonly assistantUrl?: string | null
  /** URL of the customer alone. */
  readonly customerUrl?: string | null
}

/**
 * Where the recordings of a call are. URLs may need the runtime's own authorization.
 *
 * @since 0.2.0
 * @category models
 */
export interface CallRecording extends JsonObject {
  /** URL of the recording with a channel for each side. */
  readonly stereoUrl?: string | null
  /** URL of the video of a web call. */
  readonly videoUrl?: string | null
  /** Seconds from the start of the call until the video began. */
  readonly videoRecordingStartDelaySeconds?: number | null
  /** Recordings with one channel. */
  readonly mono?: MonoRecording | null
}

/**
 * How fast a call was. Milliseconds.
 *
 * @since 0.2.0
 * @category models
 */
export interface PerformanceMetrics extends JsonObject {
  /** One entry a turn: `modelLatency`, `voiceLatency`, `transcriberLatency`, `endpointingLatency`, `turnLatency`. */
  readonly turnLatencies?: ReadonlyArray<JsonObject> | null
  /** Until the model answered, on average. */
  readonly modelLatencyAverage?: number | null
  /** Until the voice spoke, on average. */
  readonly voiceLatencyAverage?: number | null
  /** Until the words were known, on average. */
  readonly transcriberLatencyAverage?: number | null
  /** Until the caller's end was known, on average. */
  readonly endpointingLatencyAverage?: number | null
  /** From the caller's last word to the assistant's first, on average. */
  readonly turnLatencyAverage?: number | null
  /** How often the assistant spoke over the caller. */
  readonly numUserInterrupted?: number | null
  /** How often the caller spoke over the assistant. */
  readonly numAssistantInterrupted?: number | null
}

/**
 * Result of a structured output.
 *
 * @since 0.2.0
 * @category models
 */
export interface StructuredOutputResult extends JsonObject {
  /** Name of the structured output. */
  readonly name?: string | null
  /** What was found, by its schema. */
  readonly result?: unknown
}

/**
 * What a call leaves behind. URLs may need the runtime's own authorization.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallArtifact extends JsonObject {
  /** The conversation as text, a line an utterance: `AI: …`, `User: …`. */
  readonly transcript?: string | null
  /** The conversation, entry by entry. */
  readonly messages?: ReadonlyArray<CallMessage> | null
  /** The conversation in the format of chat models. */
  readonly messagesOpenAIFormatted?: ReadonlyArray<OpenAIMessage> | null
  /** Older form of `recording.mono.combinedUrl`. */
  readonly recordingUrl?: string | null
  /** Older form of `recording.stereoUrl`. */
  readonly stereoRecordingUrl?: string | null
  /** Older form of `recording.videoUrl`. */
  readonly videoRecordingUrl?: string | null
  /** Where the recordings are. */
  readonly recording?: CallRecording | null
  /** By structured output id: `{ name, result }`. */
  readonly structuredOutputs?: { readonly [id: string]: StructuredOutputResult } | null
  /** When a structured output was last written. ISO 8601. */
  readonly structuredOutputsLastUpdatedAt?: string | null
  /** Structured outputs that did not run, and why. */
  readonly skippedStructuredOutputs?: unknown
  /** What scorecards gave. */
  readonly scorecards?: JsonObject | null
  /** URL of the packets of a SIP call. */
  readonly pcapUrl?: string | null
  /** URL of the call's log. */
  readonly logUrl?: string | null
  /** When presigned URLs end. ISO 8601. */
  readonly presignedUrlsExpiresAt?: string | null
  /** Transfers of the call, in order. */
  readonly transfers?: ReadonlyArray<JsonObject> | null
  /** Steps of a workflow that ran. */
  readonly nodes?: ReadonlyArray<JsonObject> | null
  /** Assistants that spoke, in order. */
  readonly assistantActivations?: ReadonlyArray<JsonObject> | null
  /** Values of variables at the end of the call. */
  readonly variableValues?: JsonObject | null
  /** How fast the call was. */
  readonly performanceMetrics?: PerformanceMetrics | null
}

/**
 * What was understood of a call after its end.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallAnalysis extends JsonObject {
  /** What happened, in a few sentences. */
  readonly summary?: string | null
  /** By the schema of `analysisPlan.structuredDataPlan`. */
  readonly structuredData?: unknown
  /** Older: one entry a schema of `structuredDataMultiPlan`. */
  readonly structuredDataMulti?: ReadonlyArray<JsonObject> | null
  /** Text, also where the rubric is a number or pass and fail: `"true"`, `"8"`. */
  readonly successEvaluation?: string | null
}

/**
 * One item of what a call cost.
 *
 * @since 0.2.0
 * @category models
 */
export interface CallCost extends JsonObject {
  /** What it is for; `vapi` is the platform's own. */
  readonly type?: Open<
    "transport" | "transcriber" | "model" | "voice" | "vapi" | "voicemail-detection" | "analysis" | "knowledge-base"
  > | null
  /** US dollars. */
  readonly cost?: number | null
  /** Minutes that are charged, with fractions. */
  readonly minutes?: number | null
  /** For `transport` and `voicemail-detection`: who charges. */
  readonly provider?: string | null
  /** For `vapi`: `normal` or `overage`. */
  readonly subType?: string | null
  /** For `transcriber`: which one, `{ provider, model }`. */
  readonly transcriber?: JsonObject | null
  /** For `model`, `analysis` and the like: which one, `{ provider, model }`. */
  readonly model?: JsonObject | null
  /** For `voice`: which one, `{ provider, voiceId, model }`. */
  readonly voice?: JsonObject | null
  /** For `voice`: characters spoken. */
  readonly characters?: number | null
  /** Tokens that went into the model. */
  readonly promptTokens?: number | null
  /** Tokens that came out of the model. */
  readonly completionTokens?: number | null
  /** Tokens among `promptTokens` that its cache had. */
  readonly cachedPromptTokens?: number | null
  /** For `analysis`: `summary`, `structuredData`, `successEvaluation` or `structuredOutput`. */
  readonly analysisType?: string | null
}

/**
 * What a call cost, by part. US dollars, and the tokens and characters behind them.
 *
 * @since 0.2.0
 * @category models
 */
export interface CostBreakdown extends JsonObject {
  /** Telephony. */
  readonly transport?: number | null
  /** Speech to text. */
  readonly stt?: number | null
  /** The language model. */
  readonly llm?: number | null
  /** Text to speech. */
  readonly tts?: number | null
  /** The platform. */
  readonly vapi?: number | null
  /** Chats beside the call. */
  readonly chat?: number | null
  /** All of it. */
  readonly total?: number | null
  /** Tokens that went into the model. */
  readonly llmPromptTokens?: number | null
  /** Tokens that came out of the model. */
  readonly llmCompletionTokens?: number | null
  /** Tokens that its cache had. */
  readonly llmCachedPromptTokens?: number | null
  /** Characters spoken. */
  readonly ttsCharacters?: number | null
  /** Summary, structured data and evaluation, each in US dollars and tokens. */
  readonly analysisCostBreakdown?: JsonObject | null
}

/**
 * What carries a call.
 *
 * @since 0.2.0
 * @category models
 */
export interface CallTransport extends JsonObject {
  /** Who carries it. */
  readonly provider?: Open<"daily" | "telnyx" | "twilio" | "vapi.sip" | "vapi.websocket" | "vonage"> | null
  /** `voice` or `chat`. */
  readonly conversationType?: Open<"voice" | "chat"> | null
  /** The provider's own id of the call. */
  readonly callSid?: string | null
  /** The provider's account. */
  readonly accountSid?: string | null
  /** For `daily`: where a browser joins. */
  readonly callUrl?: string | null
  /** For `daily`: where a SIP client joins. */
  readonly callSipUri?: string | null
  /** For `vapi.websocket`: where audio is exchanged. */
  readonly websocketCallUrl?: string | null
  /** For `vapi.websocket`: `{ format, container, sampleRate }`. */
  readonly audioFormat?: JsonObject | null
  /** For `daily`: whether the room goes when its last user leaves. */
  readonly roomDeleteOnUserLeaveEnabled?: boolean | null
  /** For `daily`: whether video is recorded. */
  readonly videoRecordingEnabled?: boolean | null
}

/**
 * Several assistants that hand a call over to each other.
 *
 * @since 0.2.0
 * @category models
 */
export interface Squad extends JsonObject {
  /** A name for you. */
  readonly name?: string | null
  /** Its assistants; the first one answers. Each `{ assistantId | assistant, assistantOverrides, assistantDestinations }`. */
  readonly members?: ReadonlyArray<JsonObject> | null
  /** Fields that are the same for all members. */
  readonly membersOverrides?: JsonObject | null
}
