/**
 * The three parts of an assistant that come from providers: model, voice and transcriber.
 *
 * @since 0.1.0
 */
import type { JsonObject, Open } from "./Operation.ts"
import type { OpenAIMessage, Server } from "./shared.ts"
import type { CustomKnowledgeBase } from "./toolModels.ts"
import type { InlineTool } from "./tools.ts"

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
  | "claude-3-5-haiku-20241022"
  | "claude-3-5-sonnet-20241022"
  | "claude-3-7-sonnet-20250219"
  | "claude-haiku-4-5-20251001"
  | "claude-opus-4-20250514"
  | "claude-opus-4-5-20251101"
  | "claude-sonnet-4-20250514"
  | "claude-sonnet-4-5-20250929"
  | "deepseek-chat"
  | "deepseek-reasoner"
  | "gemini-2.0-flash"
  | "gemini-2.5-flash"
  | "gemini-2.5-flash-lite"
  | "gemini-2.5-pro"
  | "gpt-3.5-turbo"
  | "gpt-4"
  | "gpt-4-turbo"
  | "gpt-4.1"
  | "gpt-4.1-mini"
  | "gpt-4.1-nano"
  | "gpt-4o"
  | "gpt-4o-mini"
  | "gpt-4o-realtime-preview-2024-12-17"
  | "gpt-5"
  | "gpt-5-chat-latest"
  | "gpt-5-mini"
  | "gpt-5-nano"
  | "gpt-5.1"
  | "gpt-realtime"
  | "grok-3"
  | "grok-4-fast-non-reasoning"
  | "llama-3.1-8b-instant"
  | "llama-3.3-70b-versatile"
  | "meta-llama/llama-4-maverick-17b-128e-instruct"
  | "moonshotai/kimi-k2-instruct"
  | "o3"
  | "o3-mini"
  | "o4-mini"
  | "sonar"
  | "sonar-pro"
>

/**
 * A tool of a model, at one of its versions.
 *
 * @since 0.2.0
 * @category models
 */
export interface ToolRef extends JsonObject {
  /** Id of the tool. */
  readonly toolId: string
  /** Version label such as `"v3"`. */
  readonly version: string
}

/**
 * The language model of an assistant. Fields that only some providers have say so; a runtime may send more, which is kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Model extends JsonObject {
  /** Who runs the model. */
  readonly provider: ModelProvider
  /** Name of the model, such as `"gpt-4.1-mini"`. Absent only for provider `vapi`. */
  readonly model?: ModelName | null
  /** Prompt messages; the one of role `system` says who the assistant is. */
  readonly messages?: ReadonlyArray<OpenAIMessage> | null
  /** Tools defined in place. */
  readonly tools?: ReadonlyArray<InlineTool> | null
  /** Tools by id. */
  readonly toolIds?: ReadonlyArray<string> | null
  /** Tools by id, each at one of its versions. */
  readonly toolRefs?: ReadonlyArray<ToolRef> | null
  /** 0 to 2; the runtime's default is 0.5. */
  readonly temperature?: number | null
  /** Tokens of one answer, 50 to 10,000; the runtime's default is 250. */
  readonly maxTokens?: number | null
  /** A knowledge base of your own. */
  readonly knowledgeBase?: CustomKnowledgeBase | null
  /** A knowledge base of the runtime, by id. */
  readonly knowledgeBaseId?: string | null
  /** Whether the caller's mood is told to the model; `false` when absent. */
  readonly emotionRecognitionEnabled?: boolean | null
  /** Turns at the start of a call that a faster model answers; 0 when absent. */
  readonly numFastTurns?: number | null
  /** Older form of `tools`: functions without a server of their own. */
  readonly functions?: ReadonlyArray<JsonObject> | null
  /** For `openai`: models that are asked when this one fails, in order. */
  readonly fallbackModels?: ReadonlyArray<ModelName> | null
  /** For `openai`: whether tools are changed so that its strict mode takes them. */
  readonly toolStrictCompatibilityMode?: Open<
    "strip-parameters-with-unsupported-validation" | "strip-unsupported-validation"
  > | null
  /** For `openai`: calls with the same key share its prompt cache; at most 64 characters. */
  readonly promptCacheKey?: string | null
  /** For `openai`: how long its prompt cache holds. */
  readonly promptCacheRetention?: Open<"in_memory" | "24h"> | null
  /** For `openai`: how much a reasoning model thinks. */
  readonly reasoningEffort?: Open<"none" | "minimal" | "low" | "medium" | "high"> | null
  /** For models that think before they speak, as their provider has it. */
  readonly reasoning?: JsonObject | null
  /** For `anthropic` and `anthropic-bedrock`: `{ type: "enabled", budgetTokens }`, 1,024 to 100,000 tokens. */
  readonly thinking?: JsonObject | null
  /** For `google`: settings of its realtime models. */
  readonly realtimeConfig?: JsonObject | null
  /** For `custom-llm`, which needs it: the address of your model. */
  readonly url?: string | null
  /** For `custom-llm`: extra headers of each request. */
  readonly headers?: { readonly [name: string]: string } | null
  /** For `custom-llm`: how the call is told along with a request. */
  readonly metadataSendMode?: Open<"off" | "variable" | "destructured"> | null
  /** For `custom-llm`: seconds for an answer, 0 to 300; the default is 20. */
  readonly timeoutSeconds?: number | null
  /** For `custom-llm`: whether each word's confidence is told along. */
  readonly wordLevelConfidenceEnabled?: boolean | null
  /** For `vapi`: version of its model. */
  readonly version?: Open<"latest" | "1"> | null
  /** For `vapi`: a workflow in the model's place, by id. */
  readonly workflowId?: string | null
  /** For `vapi`: a workflow in the model's place, defined here. */
  readonly workflow?: JsonObject | null
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
 * How text is changed before it is spoken.
 *
 * @since 0.2.0
 * @category models
 */
export interface VoiceFormatPlan extends JsonObject {
  /** Whether it is changed at all; `true` when absent. */
  readonly enabled?: boolean | null
  /** Numbers above this are spoken digit by digit; the default is 2025. */
  readonly numberToDigitsCutoff?: number | null
  /** Texts that are spoken as others. */
  readonly replacements?: ReadonlyArray<JsonObject> | null
  /** Which of the runtime's own changes are made; all when absent. */
  readonly formattersEnabled?: ReadonlyArray<string> | null
}

/**
 * In which pieces text is given to the voice.
 *
 * @since 0.2.0
 * @category models
 */
export interface ChunkPlan extends JsonObject {
  /** Whether it is cut into pieces; `true` when absent. */
  readonly enabled?: boolean | null
  /** Characters of a piece at least, 1 to 80; the default is 30. */
  readonly minCharacters?: number | null
  /** Characters at which a piece may end, such as `"."`. */
  readonly punctuationBoundaries?: ReadonlyArray<string> | null
  /** How text is changed before it is spoken. */
  readonly formatPlan?: VoiceFormatPlan | null
}

/**
 * Voices that speak when the first one fails, in order.
 *
 * @since 0.2.0
 * @category models
 */
export interface VoiceFallbackPlan extends JsonObject {
  /** Each as `voice` itself, without a fallback plan. */
  readonly voices: ReadonlyArray<Voice>
}

/**
 * The voice of an assistant. Fields that only some providers have say so; a runtime may send more, which is kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Voice extends JsonObject {
  /** Who speaks. */
  readonly provider: VoiceProvider
  /** The voice, as its provider calls it. Optional only for `custom-voice`. */
  readonly voiceId?: string | null
  /** The provider's model, such as `"eleven_turbo_v2_5"`. */
  readonly model?: VoiceModel | null
  /** For `custom-voice`, which needs it: the server that speaks (`voice-request`). */
  readonly server?: Server | null
  /** Whether what was spoken before is kept and used again; `true` when absent. */
  readonly cachingEnabled?: boolean | null
  /** In which pieces text is given to the voice. */
  readonly chunkPlan?: ChunkPlan | null
  /** Voices that speak when this one fails. */
  readonly fallbackPlan?: VoiceFallbackPlan | null
  /** How fast, 1 is as the voice is: 0.7 to 1.2 for `11labs`, 0.25 to 4 for `openai`, 0.1 to 5 for `playht`. */
  readonly speed?: number | null
  /** Language of what is spoken, such as `"en"`. `neuphonic` needs it. */
  readonly language?: string | null
  /** For `11labs`: 0 to 1, more is steadier. */
  readonly stability?: number | null
  /** For `11labs`: 0 to 1, more is closer to the original. */
  readonly similarityBoost?: number | null
  /** For `11labs`: 0 to 1, more is more of the original's style. */
  readonly style?: number | null
  /** For `11labs`: whether it is made still closer to the original. */
  readonly useSpeakerBoost?: boolean | null
  /** For `11labs`: 0 to 4, more trades quality for time. */
  readonly optimizeStreamingLatency?: number | null
  /** For `11labs`: whether SSML in the text is read as such. */
  readonly enableSsmlParsing?: boolean | null
  /** For `11labs`: whether the provider chooses the pieces itself. */
  readonly autoMode?: boolean | null
  /** For `11labs`: dictionaries of pronunciation, by id and version. */
  readonly pronunciationDictionaryLocators?: ReadonlyArray<JsonObject> | null
  /** For `playht`, `lmnt` and others: how much the voice varies. */
  readonly temperature?: number | null
  /** For `playht`: the mood, such as `"female_happy"`. */
  readonly emotion?: string | null
  /** For `cartesia`: speed, volume and the like. */
  readonly generationConfig?: JsonObject | null
  /** For `cartesia`: older form of `generationConfig`. */
  readonly experimentalControls?: JsonObject | null
  /** For `rime-ai`: whether the first words come sooner at the cost of quality. */
  readonly reduceLatency?: boolean | null
  /** For `openai`: how it should speak, in words. */
  readonly instructions?: string | null
  /** For `hume`: how it should speak, in words. */
  readonly description?: string | null
  /** For `minimax`: 0.1 to 10. */
  readonly volume?: number | null
  /** For `minimax`: -12 to 12. */
  readonly pitch?: number | null
  /** Older: whether sounds such as "um" are put in. */
  readonly fillerInjectionEnabled?: boolean | null
  /** For `vapi`: version of the voice. */
  readonly version?: string | null
}

/**
 * Voice models offered by the editor; any string is accepted.
 *
 * @since 0.2.0
 * @category models
 */
export type VoiceModel = Open<
  | "arcana"
  | "aura"
  | "aura-2"
  | "eleven_flash_v2_5"
  | "eleven_multilingual_v2"
  | "eleven_turbo_v2_5"
  | "eleven_v3"
  | "gpt-4o-mini-tts"
  | "inworld-tts-1"
  | "mistv2"
  | "octave2"
  | "Play3.0-mini"
  | "PlayDialog"
  | "sonic-2"
  | "sonic-3"
  | "speech-02-turbo"
  | "tts-1"
  | "tts-1-hd"
>

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
 * Transcriber models offered by the editor; any string is accepted.
 *
 * @since 0.2.0
 * @category models
 */
export type TranscriberModel = Open<
  | "accurate"
  | "fast"
  | "flux-general-en"
  | "gemini-2.0-flash"
  | "gpt-4o-mini-transcribe"
  | "gpt-4o-transcribe"
  | "ink-whisper"
  | "nova-2"
  | "nova-2-phonecall"
  | "nova-3"
  | "nova-3-medical"
  | "scribe_v1"
  | "solaria-1"
  | "whisper"
>

/**
 * Transcribers that listen when the first one fails, in order.
 *
 * @since 0.2.0
 * @category models
 */
export interface TranscriberFallbackPlan extends JsonObject {
  /** Each as `transcriber` itself, without a fallback plan. */
  readonly transcribers: ReadonlyArray<Transcriber>
}

/**
 * What turns the caller's speech into text. Fields that only some providers have say so; a runtime may send more, which
 * is kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transcriber extends JsonObject {
  /** Who listens. */
  readonly provider: TranscriberProvider
  /** The provider's model, such as `"nova-3"`. `openai` needs it. */
  readonly model?: TranscriberModel | null
  /** Language of the caller, such as `"en"`, or `"multi"` where the provider can tell. */
  readonly language?: string | null
  /** Transcribers that listen when this one fails. */
  readonly fallbackPlan?: TranscriberFallbackPlan | null
  /** For `custom-transcriber`, which needs it: the server that listens. */
  readonly server?: Server | null
  /** Words below this confidence are dropped, 0 to 1; the default is 0.4. */
  readonly confidenceThreshold?: number | null
  /** For `deepgram`: words that are heard more readily, as `"word"` or `"word:weight"`. */
  readonly keywords?: ReadonlyArray<string> | null
  /** For `deepgram`: terms and phrases that are heard more readily. */
  readonly keyterm?: ReadonlyArray<string> | null
  /** For `deepgram`: whether numbers, times and the like are written as such. */
  readonly smartFormat?: boolean | null
  /** For `deepgram`: whether numbers are written in digits. */
  readonly numerals?: boolean | null
  /** For `deepgram`: milliseconds of silence that end an utterance, 10 to 500. */
  readonly endpointing?: number | null
  /** For `deepgram`: whether swear words are masked. */
  readonly profanityFilter?: boolean | null
  /** For `deepgram`: confidence at which a turn has ended, 0.5 to 0.9. */
  readonly eotThreshold?: number | null
  /** For `deepgram`: milliseconds after which a turn has ended anyway. */
  readonly eotTimeoutMs?: number | null
  /** For `assembly-ai`: terms that are heard more readily. */
  readonly keytermsPrompt?: ReadonlyArray<string> | null
  /** For `assembly-ai`: whether turns are punctuated. */
  readonly formatTurns?: boolean | null
  /** For `assembly-ai`: confidence at which a turn has ended, 0 to 1. */
  readonly endOfTurnConfidenceThreshold?: number | null
  /** For `assembly-ai`: milliseconds of silence that end a turn, when confident. */
  readonly minEndOfTurnSilenceWhenConfident?: number | null
  /** For `assembly-ai`: milliseconds of silence that end a turn in any case. */
  readonly maxTurnSilence?: number | null
  /** For `gladia`: how languages are told apart. */
  readonly languageBehaviour?: Open<"manual" | "automatic single language" | "automatic multiple languages"> | null
  /** For `gladia`: languages that may be spoken. */
  readonly languages?: ReadonlyArray<string> | null
  /** For `gladia`: whether `customVocabularyConfig` is used. */
  readonly customVocabularyEnabled?: boolean | null
  /** For `gladia`: words that are heard more readily, each with its intensity. */
  readonly customVocabularyConfig?: JsonObject | null
  /** For `gladia`: whether words may be guessed before they are certain. */
  readonly transcriptionHint?: string | null
  /** For `speechmatics`, which needs it: words, and how they sound. */
  readonly customVocabulary?: ReadonlyArray<JsonObject> | null
  /** For `speechmatics`: how exact, and how slow. */
  readonly operatingPoint?: Open<"standard" | "enhanced"> | null
  /** For `speechmatics` and `gladia`: where audio is processed, such as `"eu"`. */
  readonly region?: string | null
  /** For `vapi`: how it is decided that the caller has finished. */
  readonly turnTaking?: string | null
  /** For `vapi`: version of the transcriber. */
  readonly version?: string | null
}
