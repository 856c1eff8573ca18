/**
 * What the runtime sends: one interface per event type.
 *
 * **Details**
 *
 * The interfaces describe the parsed JSON as it arrived. Fields that are not named here are kept and are `unknown`.
 * Enums are open: a new status is text that your editor does not complete yet. `null` and absent both occur.
 *
 * @since 0.1.0
 */

/**
 * One thing that is wrong with a message or a reply.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookIssue {
  /** Where, from the outside inwards. */
  readonly path: ReadonlyArray<string | number>
  /** What was expected there, without quoting the value. */
  readonly expected: string
}

/** Text with known values. */
export type Open<Known extends string> = Known | (string & {})

/**
 * An object that the runtime passes through, unchecked.
 *
 * @since 0.1.0
 * @category models
 */
export interface Opaque {
  readonly [key: string]: unknown
}

/**
 * The call that an event belongs to, as far as handlers commonly need it.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookCall extends Opaque {
  readonly id?: string | null | undefined
  readonly orgId?: string | null | undefined
  readonly type?: Open<"inboundPhoneCall" | "outboundPhoneCall" | "webCall"> | null | undefined
  readonly status?: string | null | undefined
  readonly assistantId?: string | null | undefined
  readonly phoneNumberId?: string | null | undefined
}

/**
 * One entry of a conversation: `user`, `system`, `bot`, `tool_calls` or `tool_call_result`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConversationEntry extends Opaque {
  readonly role?: string | null | undefined
  readonly message?: string | null | undefined
  /** Epoch milliseconds. */
  readonly time?: number | null | undefined
  readonly secondsFromStart?: number | null | undefined
}

/**
 * One entry of a conversation in the format of chat models.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatEntry extends Opaque {
  readonly role?: Open<"assistant" | "function" | "user" | "system" | "tool"> | null | undefined
  /** Text; `null` beside tool calls; newer models send lists of parts. */
  readonly content?: unknown
}

/** What every message may carry. */
interface Common<Type extends string> extends Opaque {
  readonly type: Type
  /** When it happened: epoch milliseconds or ISO 8601. `event.timestamp` is the same as a Date. */
  readonly timestamp?: string | number | null | undefined
  readonly call?: WebhookCall | null | undefined
  readonly phoneNumber?: Opaque | null | undefined
  readonly customer?: Opaque | null | undefined
  readonly assistant?: Opaque | null | undefined
  readonly assistantVersion?: string | null | undefined
  readonly artifact?: Opaque | null | undefined
  readonly chat?: Opaque | null | undefined
}

/** Where a call may go. */
export interface TransferDestination extends Opaque {
  readonly type: Open<"assistant" | "number" | "sip">
  readonly number?: string | null | undefined
  readonly sipUri?: string | null | undefined
  readonly assistantName?: string | null | undefined
  readonly assistantId?: string | null | undefined
  readonly extension?: string | null | undefined
  readonly callerId?: string | null | undefined
  readonly description?: string | null | undefined
}

/**
 * A tool call of the model, normalised from every shape in which it is sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolCall {
  /** Absent when the model gave none. Several calls of one event may have the same. */
  readonly id?: string | undefined
  /** Empty when the model named no tool. */
  readonly name: string
  /**
   * Always an object; empty when the model sent none (`null` and blank text too) or something unreadable. An integer
   * that a number cannot hold exactly, such as 9007199254740993, is text with all its digits.
   */
  readonly arguments: { readonly [key: string]: unknown }
  /** What the model sent instead of a JSON object. Answer with an error result that tells it so. */
  readonly invalidArguments?: string
}

/** An inbound call asks which assistant answers. **Reply** within 7.5 seconds. */
export interface AssistantRequest extends Common<"assistant-request"> {}

/** The model calls tools. **Reply** with one result per entry of `toolCalls`, best in their order. */
export interface ToolCalls extends Common<"tool-calls"> {
  /** The calls, normalised. */
  readonly toolCalls: ReadonlyArray<ToolCall>
  /** The calls as they were sent. */
  readonly toolCallList?: ReadonlyArray<Opaque> | null | undefined
  /** The calls as they were sent, each inside its tool's definition. */
  readonly toolWithToolCallList?: ReadonlyArray<Opaque> | null | undefined
}

/** A transfer asks where to. **Reply** with a destination. */
export interface TransferDestinationRequest extends Common<"transfer-destination-request"> {}

/** The model looks something up in your knowledge base. **Reply** with documents. */
export interface KnowledgeBaseRequest extends Common<"knowledge-base-request"> {
  readonly messagesOpenAIFormatted: ReadonlyArray<ChatEntry>
  readonly messages?: ReadonlyArray<ConversationEntry> | null | undefined
}

/** Your own voice is asked to speak. **Reply** with raw PCM: 16 bit little endian, mono, at `sampleRate`. */
export interface VoiceRequest extends Common<"voice-request"> {
  readonly text: string
  /** Hertz. */
  readonly sampleRate: number
}

/** How long to wait before the assistant speaks. **Reply** well within half a second. */
export interface CallEndpointingRequest extends Common<"call.endpointing.request"> {
  readonly messagesOpenAIFormatted: ReadonlyArray<ChatEntry>
  readonly messages?: ReadonlyArray<ConversationEntry> | null | undefined
}

/** A call changed its status. */
export interface StatusUpdate extends Common<"status-update"> {
  readonly status: Open<
    "scheduled" | "queued" | "ringing" | "in-progress" | "forwarding" | "ended" | "not-found" | "deletion-failed"
  >
  readonly endedReason?: string | null | undefined
  readonly messages?: ReadonlyArray<ConversationEntry> | null | undefined
  readonly messagesOpenAIFormatted?: ReadonlyArray<ChatEntry> | null | undefined
  readonly destination?: TransferDestination | null | undefined
  readonly transcript?: string | null | undefined
  readonly summary?: string | null | undefined
  readonly inboundPhoneCallDebuggingArtifacts?: Opaque | null | undefined
}

/** What came out of a call. */
export interface CallAnalysis extends Opaque {
  readonly summary?: string | null | undefined
  readonly structuredData?: Opaque | null | undefined
  readonly structuredDataMulti?: ReadonlyArray<Opaque> | null | undefined
  readonly successEvaluation?: string | null | undefined
}

/** A call has ended and was analysed. */
export interface EndOfCallReport extends Common<"end-of-call-report"> {
  readonly endedReason: string
  readonly artifact: Opaque
  readonly analysis: CallAnalysis
  /** US dollars. */
  readonly cost?: number | null | undefined
  readonly costs?: ReadonlyArray<Opaque> | null | undefined
  readonly destination?: TransferDestination | null | undefined
  /** ISO 8601. */
  readonly startedAt?: string | null | undefined
  /** ISO 8601. */
  readonly endedAt?: string | null | undefined
  readonly compliance?: Opaque | null | undefined
}

/** The conversation so far. */
export interface ConversationUpdate extends Common<"conversation-update"> {
  readonly messagesOpenAIFormatted: ReadonlyArray<ChatEntry>
  readonly messages?: ReadonlyArray<ConversationEntry> | null | undefined
}

/** Someone started or stopped speaking. */
export interface SpeechUpdate extends Common<"speech-update"> {
  readonly status: Open<"started" | "stopped">
  readonly role: Open<"assistant" | "user">
  readonly turn?: number | null | undefined
}

/** Words were recognised; `transcript[transcriptType="final"]` arrives as this with `transcriptType: "final"`. */
export interface Transcript extends Common<"transcript"> {
  readonly role: Open<"assistant" | "user">
  readonly transcriptType: Open<"partial" | "final">
  readonly transcript: string
  readonly isFiltered?: boolean | null | undefined
  readonly detectedThreats?: ReadonlyArray<string> | null | undefined
  readonly originalTranscript?: string | null | undefined
  readonly assistantId?: string | null | undefined
  readonly assistantName?: string | null | undefined
}

/** The assistant speaks: opt-in, `text` is cumulative per turn. */
export interface AssistantSpeechStarted extends Common<"assistant.speechStarted"> {
  readonly text: string
  readonly turn?: number | null | undefined
  readonly source?: Open<"model" | "force-say" | "custom-voice"> | null | undefined
  /** `word-alignment` or `word-progress`. */
  readonly timing?: Opaque | null | undefined
}

/** The user spoke over the assistant. */
export interface UserInterrupted extends Common<"user-interrupted"> {
  readonly turnId?: string | null | undefined
}

/** A call is transferred. */
export interface TransferUpdate extends Common<"transfer-update"> {
  readonly destination?: TransferDestination | null | undefined
  readonly toAssistant?: Opaque | null | undefined
  readonly fromAssistant?: Opaque | null | undefined
  readonly toStepRecord?: Opaque | null | undefined
  readonly fromStepRecord?: Opaque | null | undefined
}

/** Your backend must hang up or forward: the runtime stops doing so once this type is subscribed. */
export interface PhoneCallControl extends Common<"phone-call-control"> {
  readonly request: Open<"forward" | "hang-up">
  readonly destination?: TransferDestination | null | undefined
}

/** Only the source platform sends these, and asks the first two: */

/** A handoff asks where to. **Reply** with a destination. */
export interface HandoffDestinationRequest extends Common<"handoff-destination-request"> {
  /** What the model gave the handoff tool. */
  readonly parameters: Opaque
}
/** A campaign is about to dial. **Reply** whether it may. */
export interface CampaignPredial extends Common<"campaign.predial"> {
  readonly campaignId: string
  readonly contact: Opaque
}
/** The model is slow. */
export interface Hang extends Common<"hang"> {}
/** What the model produced. */
export interface ModelOutput extends Common<"model-output"> {
  readonly output: unknown
  readonly turnId?: string | null | undefined
}
/** The caller's language changed. */
export interface LanguageChangeDetected extends Common<"language-change-detected"> {
  readonly language: string
}
/** What the voice is about to say. */
export interface VoiceInput extends Common<"voice-input"> {
  readonly input: string
}
/** A chat was created. */
export interface ChatCreated extends Common<"chat.created"> {
  readonly chat: Opaque
}
/** A chat was deleted. */
export interface ChatDeleted extends Common<"chat.deleted"> {
  readonly chat: Opaque
}
/** A session was created. */
export interface SessionCreated extends Common<"session.created"> {
  readonly session: Opaque
}
/** A session was updated. */
export interface SessionUpdated extends Common<"session.updated"> {
  readonly session: Opaque
}
/** A session was deleted. */
export interface SessionDeleted extends Common<"session.deleted"> {
  readonly session: Opaque
}
/** A call was deleted. */
export interface CallDeleted extends Common<"call.deleted"> {}
/** A call could not be deleted. */
export interface CallDeleteFailed extends Common<"call.delete.failed"> {}
/** Artifacts of a call were uploaded. */
export interface CallArtifactUpload extends Common<"call.artifact.upload"> {
  readonly artifacts: ReadonlyArray<Opaque>
}

/**
 * The events that wait for an answer: six of the runtime, and two that only the source platform sends.
 *
 * @since 0.1.0
 * @category models
 */
export type RequestMessage =
  | AssistantRequest
  | ToolCalls
  | TransferDestinationRequest
  | KnowledgeBaseRequest
  | VoiceRequest
  | CallEndpointingRequest
  | HandoffDestinationRequest
  | CampaignPredial

/**
 * The nine events that tell something and take no answer.
 *
 * @since 0.1.0
 * @category models
 */
export type NoticeMessage =
  | StatusUpdate
  | EndOfCallReport
  | ConversationUpdate
  | SpeechUpdate
  | Transcript
  | AssistantSpeechStarted
  | UserInterrupted
  | TransferUpdate
  | PhoneCallControl

/**
 * Events that only the source platform sends; two of them ask.
 *
 * @since 0.1.0
 * @category models
 */
export type SourceOnlyMessage = HandoffDestinationRequest | CampaignPredial | SourceOnlyNotice

/** Events that only the source platform sends and that take no answer. */
export type SourceOnlyNotice =
  | Hang
  | ModelOutput
  | LanguageChangeDetected
  | VoiceInput
  | ChatCreated
  | ChatDeleted
  | SessionCreated
  | SessionUpdated
  | SessionDeleted
  | CallDeleted
  | CallDeleteFailed
  | CallArtifactUpload

/**
 * Every message whose type is known and whose body was checked.
 *
 * @since 0.1.0
 * @category models
 */
export type KnownMessage = RequestMessage | NoticeMessage | SourceOnlyNotice

/** The types of the known messages. */
export type KnownMessageType = KnownMessage["type"]

/** The message of a type. */
export type MessageOf<Type extends KnownMessageType> = Extract<KnownMessage, { readonly type: Type }>

/**
 * A message of a type that this version does not know: never an error, so that a newer runtime can send it.
 *
 * @since 0.1.0
 * @category models
 */
export interface UnknownMessage {
  readonly type: "unknown"
  /** The type that was sent. */
  readonly of: string
  readonly raw: Opaque
}

/**
 * A message of a known type whose body is not what that type promises.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvalidMessage {
  readonly type: "invalid"
  /** The type that was sent. */
  readonly of: string
  readonly issues: ReadonlyArray<WebhookIssue>
  readonly raw: Opaque
}

/**
 * What a delivery says: switch on `type`.
 *
 * @since 0.1.0
 * @category models
 */
export type WebhookMessage = KnownMessage | UnknownMessage | InvalidMessage
