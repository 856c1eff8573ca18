/**
 * How an assistant listens and speaks: when it starts, when it stops, and what it hears. They describe what the contract
 * names and are passed through unchecked; a runtime may send more, which is kept.
 *
 * @since 0.2.0
 */
import type { JsonObject, Open } from "./Operation.ts"
import type { Server } from "./shared.ts"

/**
 * A model that decides whether the caller has finished.
 *
 * @since 0.2.0
 * @category models
 */
export interface SmartEndpointingPlan extends JsonObject {
  /** Who decides; `custom-endpointing-model` asks your server (`call.endpointing.request`). */
  readonly provider: Open<"vapi" | "livekit" | "custom-endpointing-model">
  /** For `livekit`: how long to wait, by how likely the caller has finished. */
  readonly waitFunction?: string | null
  /** For `custom-endpointing-model`: the server that is asked. */
  readonly server?: Server | null
}

/**
 * A rule that overrules the endpointing of the transcriber.
 *
 * @since 0.2.0
 * @category models
 */
export interface CustomEndpointingRule extends JsonObject {
  /** Which side the pattern is held against. */
  readonly type: Open<"assistant" | "customer" | "both">
  /** The pattern; for `both`, of the assistant's words. */
  readonly regex?: string | null
  /** Flags of the pattern, such as `{ type: "ignore-case", enabled: true }`. */
  readonly regexOptions?: ReadonlyArray<JsonObject> | null
  /** For `both`: pattern of the assistant's words. */
  readonly assistantRegex?: string | null
  /** For `both`: pattern of the customer's words. */
  readonly customerRegex?: string | null
  /** Seconds to wait when it matches, 0 to 15. */
  readonly timeoutSeconds: number
}

/**
 * How long to wait after what the transcriber heard. Seconds, 0 to 3.
 *
 * @since 0.2.0
 * @category models
 */
export interface TranscriptionEndpointingPlan extends JsonObject {
  /** After a sentence that ends with punctuation; the default is 0.1. */
  readonly onPunctuationSeconds?: number | null
  /** After one that does not; the default is 1.5. */
  readonly onNoPunctuationSeconds?: number | null
  /** After one that ends with a number; the default is 0.5. */
  readonly onNumberSeconds?: number | null
}

/**
 * When the assistant starts to speak.
 *
 * @since 0.2.0
 * @category models
 */
export interface StartSpeakingPlan extends JsonObject {
  /** Seconds before it speaks, 0 to 5; the default is 0.4. */
  readonly waitSeconds?: number | null
  /** Older form of `smartEndpointingPlan`: `true`, `false` or `"livekit"`. */
  readonly smartEndpointingEnabled?: boolean | string | null
  /** A model that decides whether the caller has finished. */
  readonly smartEndpointingPlan?: SmartEndpointingPlan | null
  /** Rules that come before everything else. */
  readonly customEndpointingRules?: ReadonlyArray<CustomEndpointingRule> | null
  /** How long to wait after what the transcriber heard. */
  readonly transcriptionEndpointingPlan?: TranscriptionEndpointingPlan | null
}

/**
 * When the assistant stops speaking because the caller does.
 *
 * @since 0.2.0
 * @category models
 */
export interface StopSpeakingPlan extends JsonObject {
  /** Words of the caller until it stops, 0 to 10; 0, the default, stops at the first sound. */
  readonly numWords?: number | null
  /** Seconds of voice until it stops, 0 to 0.5; the default is 0.2. */
  readonly voiceSeconds?: number | null
  /** Seconds before it speaks again, 0 to 10; the default is 1. */
  readonly backoffSeconds?: number | null
  /** Phrases that do not stop it, such as `"okay"`; each at most 240 characters. */
  readonly acknowledgementPhrases?: ReadonlyArray<string> | null
  /** Phrases that always stop it, such as `"stop"`; each at most 240 characters. */
  readonly interruptionPhrases?: ReadonlyArray<string> | null
}

/**
 * Noise removal by a model.
 *
 * @since 0.2.0
 * @category models
 */
export interface SmartDenoisingPlan extends JsonObject {
  /** Whether it is on; `false` when absent. */
  readonly enabled?: boolean | null
}

/**
 * How background noise and voices are removed from what the caller says.
 *
 * @since 0.2.0
 * @category models
 */
export interface BackgroundSpeechDenoisingPlan extends JsonObject {
  /** Removal by a model. */
  readonly smartDenoisingPlan?: SmartDenoisingPlan | null
  /** Removal by a filter over frequencies. */
  readonly fourierDenoisingPlan?: JsonObject | null
}

/**
 * Digits that the caller presses.
 *
 * @since 0.2.0
 * @category models
 */
export interface KeypadInputPlan extends JsonObject {
  /** Whether they are listened to. */
  readonly enabled?: boolean | null
  /** Seconds after the last digit, 0 to 10; the default is 2. */
  readonly timeoutSeconds?: number | null
  /** Keys that end the input: `"#"`, `"*"`, or `""` for none. */
  readonly delimiters?: Open<"#" | "*" | ""> | null
}

/**
 * How often an answering machine is listened for.
 *
 * @since 0.2.0
 * @category models
 */
export interface VoicemailBackoffPlan extends JsonObject {
  /** Seconds into the call before the first attempt; the default is 5. */
  readonly startAtSeconds?: number | null
  /** Seconds between attempts; the default is 5. */
  readonly frequencySeconds?: number | null
  /** How many attempts after the first; the default is 6. */
  readonly maxRetries?: number | null
}

/**
 * How an answering machine is told from a person.
 *
 * @since 0.2.0
 * @category models
 */
export interface VoicemailDetectionPlan extends JsonObject {
  /** Who tells them apart. */
  readonly provider: Open<"google" | "openai" | "twilio" | "vapi">
  /** Seconds that are waited for a beep before the message is left, 0 to 30; the default is 30. */
  readonly beepMaxAwaitSeconds?: number | null
  /** For `google`, `openai` and `vapi`: how often it is listened for. */
  readonly backoffPlan?: VoicemailBackoffPlan | null
  /** Whether audio or transcript is looked at. */
  readonly type?: Open<"audio" | "transcript"> | null
  /** For `twilio`: what counts as an answering machine, such as `"machine_end_beep"`. */
  readonly voicemailDetectionTypes?: ReadonlyArray<string> | null
  /** For `twilio`: whether it detects at all; `true` when absent. */
  readonly enabled?: boolean | null
  /** For `twilio`: seconds for detecting, 3 to 59; the default is 30. */
  readonly machineDetectionTimeout?: number | null
  /** For `twilio`: milliseconds of speech that count as a greeting, 1,000 to 6,000. */
  readonly machineDetectionSpeechThreshold?: number | null
  /** For `twilio`: milliseconds of silence that end a greeting, 500 to 5,000. */
  readonly machineDetectionSpeechEndThreshold?: number | null
  /** For `twilio`: milliseconds of silence after which nobody is there, 2,000 to 10,000. */
  readonly machineDetectionSilenceTimeout?: number | null
}
