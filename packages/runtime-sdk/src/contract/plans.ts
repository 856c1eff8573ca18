/**
 * Plans of an assistant: what is recorded, analysed, watched and allowed. They describe what the contract names and are
 * passed through unchecked; a runtime may send more, which is kept.
 *
 * @since 0.2.0
 */
import type { JsonObject, Open } from "./Operation.ts"
import type { OpenAIMessage } from "./shared.ts"

/**
 * A summary of the call.
 *
 * @since 0.2.0
 * @category models
 */
export interface SummaryPlan extends JsonObject {
  /** Whether one is written; `true` when absent. */
  readonly enabled?: boolean | null
  /** Prompt messages instead of the runtime's own. */
  readonly messages?: ReadonlyArray<OpenAIMessage> | null
  /** Seconds for writing it, 1 to 60. */
  readonly timeoutSeconds?: number | null
}

/**
 * Data that is taken out of the call, by a schema.
 *
 * @since 0.2.0
 * @category models
 */
export interface StructuredDataPlan extends JsonObject {
  /** Whether it is extracted; `false` when absent. */
  readonly enabled?: boolean | null
  /** JSON Schema of what is wanted; the result is `analysis.structuredData`. */
  readonly schema?: JsonObject | null
  /** Prompt messages instead of the runtime's own. */
  readonly messages?: ReadonlyArray<OpenAIMessage> | null
  /** Seconds for extracting it, 1 to 60. */
  readonly timeoutSeconds?: number | null
}

/**
 * Whether the call did what it was for.
 *
 * @since 0.2.0
 * @category models
 */
export interface SuccessEvaluationPlan extends JsonObject {
  /** Whether it is judged; `true` when absent. */
  readonly enabled?: boolean | null
  /** The scale; the result is text all the same, such as `"true"` or `"8"`. */
  readonly rubric?: Open<
    | "AutomaticRubric"
    | "Checklist"
    | "DescriptiveScale"
    | "LikertScale"
    | "Matrix"
    | "NumericScale"
    | "PassFail"
    | "PercentageScale"
  > | null
  /** Prompt messages instead of the runtime's own. */
  readonly messages?: ReadonlyArray<OpenAIMessage> | null
  /** Seconds for judging, 1 to 60. */
  readonly timeoutSeconds?: number | null
}

/**
 * What is understood of a call after its end.
 *
 * @since 0.2.0
 * @category models
 */
export interface AnalysisPlan extends JsonObject {
  /** Calls with fewer messages are not analysed. */
  readonly minMessagesThreshold?: number | null
  /** Writes `analysis.summary`. */
  readonly summaryPlan?: SummaryPlan | null
  /** Writes `analysis.structuredData`. */
  readonly structuredDataPlan?: StructuredDataPlan | null
  /** Writes `analysis.structuredDataMulti`; structured outputs have taken its place. */
  readonly structuredDataMultiPlan?: ReadonlyArray<JsonObject> | null
  /** Writes `analysis.successEvaluation`. */
  readonly successEvaluationPlan?: SuccessEvaluationPlan | null
  /** Older form of `artifactPlan.scorecardIds`. */
  readonly outcomeIds?: ReadonlyArray<string> | null
}

/**
 * How the transcript is written.
 *
 * @since 0.2.0
 * @category models
 */
export interface TranscriptPlan extends JsonObject {
  /** Whether one is written; `true` when absent. */
  readonly enabled?: boolean | null
  /** Name of the assistant in it; `"AI"` when absent. */
  readonly assistantName?: string | null
  /** Name of the caller in it; `"User"` when absent. */
  readonly userName?: string | null
}

/**
 * What a call leaves behind.
 *
 * @since 0.2.0
 * @category models
 */
export interface ArtifactPlan extends JsonObject {
  /** Whether the call is recorded; `true` when absent. */
  readonly recordingEnabled?: boolean | null
  /** Format of the recording: `"wav;l16"` or `"mp3"`. */
  readonly recordingFormat?: Open<"wav;l16" | "mp3"> | null
  /** Whether recordings go to the storage of a credential. */
  readonly recordingUseCustomStorageEnabled?: boolean | null
  /** Folder of recordings in that storage. */
  readonly recordingPath?: string | null
  /** Whether the video of a web call is recorded. */
  readonly videoRecordingEnabled?: boolean | null
  /** Whether the packets of a SIP call are kept. */
  readonly pcapEnabled?: boolean | null
  /** Folder of packet captures in that storage. */
  readonly pcapS3PathPrefix?: string | null
  /** Whether packet captures go to the storage of a credential. */
  readonly pcapUseCustomStorageEnabled?: boolean | null
  /** Whether the log of the call is kept; `true` when absent. */
  readonly loggingEnabled?: boolean | null
  /** Folder of logs in that storage. */
  readonly loggingPath?: string | null
  /** Whether logs go to the storage of a credential. */
  readonly loggingUseCustomStorageEnabled?: boolean | null
  /** How the transcript is written. */
  readonly transcriptPlan?: TranscriptPlan | null
  /** Structured outputs that run after the call, by id. */
  readonly structuredOutputIds?: ReadonlyArray<string> | null
  /** Structured outputs defined in place. */
  readonly structuredOutputs?: ReadonlyArray<JsonObject> | null
  /** Scorecards that judge the call, by id. */
  readonly scorecardIds?: ReadonlyArray<string> | null
  /** Scorecards defined in place. */
  readonly scorecards?: ReadonlyArray<JsonObject> | null
  /** Whether artifacts have the messages of every assistant of a squad. */
  readonly fullMessageHistoryEnabled?: boolean | null
}

/**
 * Who may listen to a running call, and control it.
 *
 * @since 0.2.0
 * @category models
 */
export interface MonitorPlan extends JsonObject {
  /** Whether the call can be heard live; `true` when absent. */
  readonly listenEnabled?: boolean | null
  /** Whether listening needs the runtime's own authorization. */
  readonly listenAuthenticationEnabled?: boolean | null
  /** Whether the call can be controlled (`calls.control`); `true` when absent. */
  readonly controlEnabled?: boolean | null
  /** Whether controlling needs the runtime's own authorization. */
  readonly controlAuthenticationEnabled?: boolean | null
  /** Monitors that watch the call, by id. */
  readonly monitorIds?: ReadonlyArray<string> | null
}

/**
 * How the caller agrees to being recorded.
 *
 * @since 0.2.0
 * @category models
 */
export interface RecordingConsentPlan extends JsonObject {
  /** By staying on the line, or in words. */
  readonly type: Open<"stay-on-line" | "verbal">
  /** What the caller is asked. */
  readonly message?: string | null
  /** For `stay-on-line`: seconds until staying counts as consent. */
  readonly waitSeconds?: number | null
  /** Voice that asks, instead of the assistant's. */
  readonly voice?: JsonObject | null
  /** For `verbal`: tool that runs when the caller declines, by id. */
  readonly declineToolId?: string | null
  /** For `verbal`: tool that runs when the caller declines, in place. */
  readonly declineTool?: JsonObject | null
}

/**
 * What is filtered out of what callers say before the model sees it.
 *
 * @since 0.2.0
 * @category models
 */
export interface SecurityFilterPlan extends JsonObject {
  /** Whether anything is filtered; `false` when absent. */
  readonly enabled?: boolean | null
  /** Which kinds of attack, such as `{ type: "prompt-injection" }`. */
  readonly filters?: ReadonlyArray<JsonObject> | null
  /** What becomes of a match. */
  readonly mode?: Open<"sanitize" | "reject" | "replace"> | null
  /** For `replace`: what stands in its place. */
  readonly replacementText?: string | null
}

/**
 * Rules of a trade or a country that a call follows.
 *
 * @since 0.2.0
 * @category models
 */
export interface CompliancePlan extends JsonObject {
  /** Nothing of the call is stored; `false` when absent. */
  readonly hipaaEnabled?: boolean | null
  /** Only providers that may handle card data are used; `false` when absent. */
  readonly pciEnabled?: boolean | null
  /** What is filtered out of what callers say. */
  readonly securityFilterPlan?: SecurityFilterPlan | null
  /** How callers agree to being recorded. */
  readonly recordingConsentPlan?: RecordingConsentPlan | null
}

/**
 * Where traces of conversations are sent.
 *
 * @since 0.2.0
 * @category models
 */
export interface ObservabilityPlan extends JsonObject {
  /** Who takes them; needs a credential of that provider. */
  readonly provider: Open<"langfuse">
  /** Name of the prompt there. */
  readonly promptName?: string | null
  /** Version of the prompt there. */
  readonly promptVersion?: number | null
  /** Name of each trace; may be a Liquid template. */
  readonly traceName?: string | null
  /** Tags of each trace. */
  readonly tags?: ReadonlyArray<string> | null
  /** More about each trace. */
  readonly metadata?: JsonObject | null
}

/**
 * Settings of one transport, such as a telephony provider.
 *
 * @since 0.2.0
 * @category models
 */
export interface TransportConfiguration extends JsonObject {
  /** The transport that they are for. */
  readonly provider: Open<"twilio">
  /** Seconds that the customer's phone rings; the default is 60. */
  readonly timeout?: number | null
  /** Whether the provider records, too; `false` when absent. */
  readonly record?: boolean | null
  /** One channel for both sides, or one each. */
  readonly recordingChannels?: Open<"mono" | "dual"> | null
}

/**
 * When a hook runs.
 *
 * @since 0.2.0
 * @category models
 */
export interface HookFilter extends JsonObject {
  /** How the value is compared; `"oneOf"` today. */
  readonly type: Open<"oneOf">
  /** What is looked at, such as `"call.endedReason"`. */
  readonly key: string
  /** Values of which one must be there. */
  readonly oneOf?: ReadonlyArray<string> | null
}

/**
 * What a hook does.
 *
 * @since 0.2.0
 * @category models
 */
export interface HookAction extends JsonObject {
  /** Says something, runs a tool, adds to the conversation, or transfers. */
  readonly type: Open<"say" | "tool" | "message.add" | "function" | "transfer">
  /** For `say`: these words, or one of them by chance. */
  readonly exact?: string | ReadonlyArray<string> | null
  /** For `say`: what the model makes its words from. */
  readonly prompt?: string | ReadonlyArray<OpenAIMessage> | null
  /** For `tool`: the tool, in place. */
  readonly tool?: JsonObject | null
  /** For `tool`: the tool, by id. */
  readonly toolId?: string | null
  /** For `message.add`: the message. */
  readonly message?: OpenAIMessage | null
  /** For `transfer`: where to. */
  readonly destination?: JsonObject | null
}

/**
 * How often a hook runs.
 *
 * @since 0.2.0
 * @category models
 */
export interface HookOptions extends JsonObject {
  /** For `customer.speech.timeout`: seconds of silence. */
  readonly timeoutSeconds?: number | null
  /** How often it may run in a call. */
  readonly triggerMaxCount?: number | null
  /** Whether the count starts again when the customer speaks. */
  readonly triggerResetMode?: Open<"never" | "onUserSpeech"> | null
}

/**
 * Something that is done at a moment of the call.
 *
 * @since 0.2.0
 * @category models
 */
export interface AssistantHook extends JsonObject {
  /** The moment. `customer.speech.timeout` may carry parameters in brackets. */
  readonly on: Open<
    | "assistant.speech.interrupted"
    | "call.ending"
    | "customer.speech.interrupted"
    | "customer.speech.timeout"
    | "session.created"
  >
  /** What is done, in order. */
  readonly do: ReadonlyArray<HookAction>
  /** All must hold. */
  readonly filters?: ReadonlyArray<HookFilter> | null
  /** How often it runs. */
  readonly options?: HookOptions | null
  /** A name for you. */
  readonly name?: string | null
}

/**
 * Something that is done at a moment of a phone number's calls.
 *
 * @since 0.2.0
 * @category models
 */
export interface PhoneNumberHook extends JsonObject {
  /** The moment. */
  readonly on: Open<"call.ringing" | "call.ending">
  /** What is done: for `call.ringing` a list, for `call.ending` one action. */
  readonly do: HookAction | ReadonlyArray<HookAction>
  /** All must hold. */
  readonly filters?: ReadonlyArray<JsonObject> | null
}
