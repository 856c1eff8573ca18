/**
 * The three parts of an assistant that come from providers: model, voice and transcriber.
 *
 * @since 0.1.0
 */
import type { JsonObject, Open } from "./Operation.ts"
import type { OpenAIMessage, Server } from "./shared.ts"

/**
 * Model providers known today; any string is accepted.
 *
 * @since 0.1.0
 * @category models
 */
export type ModelProvider = Open<
  | "anthropic"
  | "anthropic-bedrock"
  | "anyscale"
  | "cerebras"
  | "custom-llm"
  | "deepinfra"
  | "deep-seek"
  | "google"
  | "groq"
  | "inflection-ai"
  | "minimax"
  | "openai"
  | "openrouter"
  | "perplexity-ai"
  | "together-ai"
  | "xai"
  | "vapi"
>

/**
 * Model names offered by the editor; any string is accepted.
 *
 * @since 0.1.0
 * @category models
 */
export type ModelName = Open<
  | "gpt-5"
  | "gpt-5-mini"
  | "gpt-4.1"
  | "gpt-4.1-mini"
  | "gpt-4.1-nano"
  | "gpt-4o"
  | "gpt-4o-mini"
  | "gpt-realtime"
  | "claude-opus-4-20250514"
  | "claude-sonnet-4-20250514"
  | "claude-3-5-haiku-20241022"
  | "gemini-2.5-pro"
  | "gemini-2.5-flash"
  | "llama-3.3-70b-versatile"
>

/**
 * The language model of an assistant. Keys that only some providers have are kept as they came.
 *
 * @since 0.1.0
 * @category models
 */
export interface Model extends JsonObject {
  readonly provider: ModelProvider
  /** Absent only for provider `vapi`. */
  readonly model?: ModelName | null
  readonly messages?: ReadonlyArray<OpenAIMessage> | null
  /** Tools defined in place. */
  readonly tools?: ReadonlyArray<JsonObject> | null
  /** Tools by id. */
  readonly toolIds?: ReadonlyArray<string> | null
  readonly toolRefs?: ReadonlyArray<JsonObject> | null
  /** 0 to 2; the runtime's default is 0.5. */
  readonly temperature?: number | null
  /** 50 to 10,000; the runtime's default is 250. */
  readonly maxTokens?: number | null
}

/**
 * Voice providers known today; any string is accepted.
 *
 * @since 0.1.0
 * @category models
 */
export type VoiceProvider = Open<
  | "azure"
  | "cartesia"
  | "custom-voice"
  | "deepgram"
  | "11labs"
  | "hume"
  | "inworld"
  | "lmnt"
  | "microsoft"
  | "minimax"
  | "neuphonic"
  | "openai"
  | "playht"
  | "rime-ai"
  | "sesame"
  | "smallest-ai"
  | "tavus"
  | "vapi"
  | "wellsaid"
  | "xai"
>

/**
 * The voice of an assistant. Keys that only some providers have are kept as they came.
 *
 * @since 0.1.0
 * @category models
 */
export interface Voice extends JsonObject {
  readonly provider: VoiceProvider
  /** Optional only for `custom-voice`. */
  readonly voiceId?: string | null
  readonly model?: string | null
  /** For `custom-voice`, which needs it. */
  readonly server?: Server | null
}

/**
 * Transcriber providers known today; any string is accepted.
 *
 * @since 0.1.0
 * @category models
 */
export type TranscriberProvider = Open<
  | "11labs"
  | "assembly-ai"
  | "azure"
  | "cartesia"
  | "custom-transcriber"
  | "deepgram"
  | "gladia"
  | "google"
  | "openai"
  | "soniox"
  | "speechmatics"
  | "talkscriber"
  | "vapi"
  | "xai"
>

/**
 * What turns the caller's speech into text. Keys that only some providers have are kept as they came.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transcriber extends JsonObject {
  readonly provider: TranscriberProvider
  readonly model?: string | null
  readonly language?: string | null
}
