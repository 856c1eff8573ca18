/**
 * What the runtime sends: one interface per event type.
 *
 * **Details**
 *
 * The interfaces describe the parsed JSON as it arrived. Fields that are not named here are kept and are `unknown`.
 * Enums are open: a new status is text that your editor does not complete yet. `null` and absent both occur. What makes
 * an event answerable is checked (its own required fields, and that `call`, `customer`, `artifact` and the like are
 * objects); what those objects have in them is described, and passed through as it came.
 *
 * @since 0.1.0
 */
import type { CallAnalysis, CallArtifact, CallCost, CallMessage } from "../contract/artifacts.ts"
import type { Assistant } from "../contract/assistants.ts"
import type { Call, Customer } from "../contract/callModels.ts"
import type { PhoneNumber } from "../contract/phoneNumbers.ts"
import type { OpenAIMessage } from "../contract/shared.ts"

export type { CallAnalysis, CallArtifact, CallCost, CallMessage } from "../contract/artifacts.ts"

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

/** An object that is sent with an event: its fields as a read has them, each of which may be absent. */
type Sent<Row> = { readonly [K in keyof Row]?: Row[K] | undefined }

/**
 * The call that an event belongs to, with whatever of it is known by then.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookCall extends Sent<Call> {}

/**
 * The number that an event's call runs over: what it was made with, and mostly the whole row.
 *
 * @since 0.2.0
 * @category models
 */
export interface WebhookPhoneNumber extends Sent<PhoneNumber> {}

/**
 * The assistant of an event's call: what it was made with, and mostly the whole row.
 *
 * @since 0.2.0
 * @category models
 */
export interface WebhookAssistant extends Sent<Assistant> {}

/**
 * The other side of an event's call.
 *
 * @since 0.2.0
 * @category models
 */
export interface WebhookCustomer extends Sent<Customer> {}

/**
 * What an event's call has left behind until then: transcript, messages, recordings.
 *
 * @since 0.2.0
 * @category models
 */
export interface WebhookArtifact extends Sent<CallArtifact> {}

/**
 * One entry of a conversation: `user`, `system`, `bot`, `tool_calls` or `tool_call_result`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConversationEntry extends Sent<CallMessage> {}

/**
 * One entry of a conversation in the format of chat models.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatEntry extends Sent<Omit<OpenAIMessage, "content">> {
  /** Text; `null` beside tool calls; newer models send lists of parts. */
  readonly content?: unknown
}

/** What every message may carry. */
interface Common<Type extends string> extends Opaque {
  /** What happened. */
  readonly type: Type
  /** When it happened: epoch milliseconds or ISO 8601. `event.timestamp` is the same as a Date. */
  readonly timestamp?: string | number | null | undefined
  /** The call that it belongs to. */
  readonly call?: WebhookCall | null | undefined
  /** The number that the call runs over. */
  readonly phoneNumber?: WebhookPhoneNumber | null | undefined
  /** The other side of the call. */
  readonly customer?: WebhookCustomer | null | undefined
  /** The assistant that speaks. */
  readonly assistant?: WebhookAssistant | null | undefined
  /** Version of that assistant, such as `"v3"`. */
  readonly assistantVersion?: string | null | undefined
  /** What the call has left behind until now. */
  readonly artifact?: WebhookArtifact | null | undefined
  /** The chat that it belongs to, where it is none of a call. */
  readonly chat?: Opaque | null | undefined
}

/** Where a call may go. */
export interface TransferDestination extends Opaque {
  /** What it is. */
  readonly type: Open<"assistant" | "number" | "sip">
  /** For `number`: E.164. */
  readonly number?: string | null | undefined
  /** For `sip`: such as `"sip:desk@pbx.example.com"`. */
  readonly sipUri?: string | null | undefined
  /** For `assistant`: by name. */
  readonly assistantName?: string | null | undefined
  /** For `assistant`: by id. */
  readonly assistantId?: string | null | undefined
  /** For `number`: dialled after the answer. */
  readonly extension?: string | null | undefined
  /** The number that is shown. */
  readonly callerId?: string | null | undefined
  /** What it is for, in words. */
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
  /** The conversation in the format of chat models. */
  readonly messagesOpenAIFormatted: ReadonlyArray<ChatEntry>
  /** The conversation, entry by entry. */
  readonly messages?: ReadonlyArray<ConversationEntry> | null | undefined
}

/** Your own voice is asked to speak. **Reply** with raw PCM: 16 bit little endian, mono, at `sampleRate`. */
export interface VoiceRequest extends Common<"voice-request"> {
  /** What is said. */
  readonly text: string
  /** Hertz. */
  readonly sampleRate: number
}

/** How long to wait before the assistant speaks. **Reply** well within half a second. */
export interface CallEndpointingRequest extends Common<"call.endpointing.request"> {
  /** The conversation in the format of chat models. */
  readonly messagesOpenAIFormatted: ReadonlyArray<ChatEntry>
  /** The conversation, entry by entry. */
  readonly messages?: ReadonlyArray<ConversationEntry> | null | undefined
}

/** A call changed its status. */
export interface StatusUpdate extends Common<"status-update"> {
  /** What is true now. */
  readonly status: Open<
    "scheduled" | "queued" | "ringing" | "in-progress" | "forwarding" | "ended" | "not-found" | "deletion-failed"
  >
  /** Why it ended; only when it has. */
  readonly endedReason?: string | null | undefined
  /** The conversation, entry by entry. */
  readonly messages?: ReadonlyArray<ConversationEntry> | null | undefined
  /** The conversation in the format of chat models. */
  readonly messagesOpenAIFormatted?: ReadonlyArray<ChatEntry> | null | undefined
  /** Where the call goes. */
  readonly destination?: TransferDestination | null | undefined
  /** The words. */
  readonly transcript?: string | null | undefined
  /** What happened, in a few sentences. */
  readonly summary?: string | null | undefined
  /** What the telephony provider said, when an inbound call failed. */
  readonly inboundPhoneCallDebuggingArtifacts?: Opaque | null | undefined
}

/**
 * What was understood of a call after its end.
 *
 * @since 0.2.0
 * @category models
 */
export interface WebhookAnalysis extends Sent<CallAnalysis> {}

/** A call has ended and was analysed. */
export interface EndOfCallReport extends Common<"end-of-call-report"> {
  /** Why it ended, such as `"customer-ended-call"`. */
  readonly endedReason: string
  /** What the call leaves behind: transcript, messages, recordings. */
  readonly artifact: WebhookArtifact
  /** What was understood of it. */
  readonly analysis: WebhookAnalysis
  /** US dollars. */
  readonly cost?: number | null | undefined
  /** What it cost, item by item. */
  readonly costs?: ReadonlyArray<CallCost> | null | undefined
  /** Where it was transferred to. */
  readonly destination?: TransferDestination | null | undefined
  /** When it was answered. ISO 8601. */
  readonly startedAt?: string | null | undefined
  /** When it ended. ISO 8601. */
  readonly endedAt?: string | null | undefined
  /** What the caller agreed to. */
  readonly compliance?: Opaque | null | undefined
}

/** The conversation so far. */
export interface ConversationUpdate extends Common<"conversation-update"> {
  /** The conversation in the format of chat models. */
  readonly messagesOpenAIFormatted: ReadonlyArray<ChatEntry>
  /** The conversation, entry by entry. */
  readonly messages?: ReadonlyArray<ConversationEntry> | null | undefined
}

/** Someone started or stopped speaking. */
export interface SpeechUpdate extends Common<"speech-update"> {
  /** What is true now. */
  readonly status: Open<"started" | "stopped">
  /** Which side. */
  readonly role: Open<"assistant" | "user">
  /** Counts the turns of the call from 0. */
  readonly turn?: number | null | undefined
}

/** Words were recognised; `transcript[transcriptType="final"]` arrives as this with `transcriptType: "final"`. */
export interface Transcript extends Common<"transcript"> {
  /** Which side. */
  readonly role: Open<"assistant" | "user">
  /** Whether the words may still change. */
  readonly transcriptType: Open<"partial" | "final">
  /** The words. */
  readonly transcript: string
  /** Whether something was filtered out. */
  readonly isFiltered?: boolean | null | undefined
  /** Kinds of attack that were found. */
  readonly detectedThreats?: ReadonlyArray<string> | null | undefined
  /** What was said before it was filtered. */
  readonly originalTranscript?: string | null | undefined
  /** The assistant that listened, by id. */
  readonly assistantId?: string | null | undefined
  /** The assistant that listened, by name. */
  readonly assistantName?: string | null | undefined
}

/** The assistant speaks: opt-in, `text` is cumulative per turn. */
export interface AssistantSpeechStarted extends Common<"assistant.speechStarted"> {
  /** What is said. */
  readonly text: string
  /** Counts the turns of the call from 0. */
  readonly turn?: number | null | undefined
  /** What made it speak. */
  readonly source?: Open<"model" | "force-say" | "custom-voice"> | null | undefined
  /** `word-alignment` or `word-progress`. */
  readonly timing?: Opaque | null | undefined
}

/** The user spoke over the assistant. */
export interface UserInterrupted extends Common<"user-interrupted"> {
  /** The turn that it belongs to. */
  readonly turnId?: string | null | undefined
}

/** A call is transferred. */
export interface TransferUpdate extends Common<"transfer-update"> {
  /** Where the call goes. */
  readonly destination?: TransferDestination | null | undefined
  /** The assistant that takes over. */
  readonly toAssistant?: WebhookAssistant | null | undefined
  /** The assistant that hands over. */
  readonly fromAssistant?: WebhookAssistant | null | undefined
  /** The step of a workflow that takes over. */
  readonly toStepRecord?: Opaque | null | undefined
  /** The step of a workflow that hands over. */
  readonly fromStepRecord?: Opaque | null | undefined
}

/** Your backend must hang up or forward: the runtime stops doing so once this type is subscribed. */
export interface PhoneCallControl extends Common<"phone-call-control"> {
  /** What is asked of you. */
  readonly request: Open<"forward" | "hang-up">
  /** Where the call goes. */
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
  /** The campaign. */
  readonly campaignId: string
  /** Whom it would call. */
  readonly contact: Opaque
}
/** The model is slow. */
export interface Hang extends Common<"hang"> {}
/** What the model produced. */
export interface ModelOutput extends Common<"model-output"> {
  /** What the model gave: text, or tool calls. */
  readonly output: unknown
  /** The turn that it belongs to. */
  readonly turnId?: string | null | undefined
}
/** The caller's language changed. */
export interface LanguageChangeDetected extends Common<"language-change-detected"> {
  /** The language that is spoken now. */
  readonly language: string
}
/** What the voice is about to say. */
export interface VoiceInput extends Common<"voice-input"> {
  /** The text. */
  readonly input: string
}
/** A chat was created. */
export interface ChatCreated extends Common<"chat.created"> {
  /** The chat. */
  readonly chat: Opaque
}
/** A chat was deleted. */
export interface ChatDeleted extends Common<"chat.deleted"> {
  /** The chat. */
  readonly chat: Opaque
}
/** A session was created. */
export interface SessionCreated extends Common<"session.created"> {
  /** The session. */
  readonly session: Opaque
}
/** A session was updated. */
export interface SessionUpdated extends Common<"session.updated"> {
  /** The session. */
  readonly session: Opaque
}
/** A session was deleted. */
export interface SessionDeleted extends Common<"session.deleted"> {
  /** The session. */
  readonly session: Opaque
}
/** A call was deleted. */
export interface CallDeleted extends Common<"call.deleted"> {}
/** A call could not be deleted. */
export interface CallDeleteFailed extends Common<"call.delete.failed"> {}
/** Artifacts of a call were uploaded. */
export interface CallArtifactUpload extends Common<"call.artifact.upload"> {
  /** What was uploaded, and where to. */
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
  /** Always this. */
  readonly type: "unknown"
  /** The type that was sent. */
  readonly of: string
  /** The message as it was sent. */
  readonly raw: Opaque
}

/**
 * A message of a known type whose body is not what that type promises.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvalidMessage {
  /** Always this. */
  readonly type: "invalid"
  /** The type that was sent. */
  readonly of: string
  /** What is wrong with it. */
  readonly issues: ReadonlyArray<WebhookIssue>
  /** The message as it was sent. */
  readonly raw: Opaque
}

/**
 * What a delivery says: switch on `type`.
 *
 * @since 0.1.0
 * @category models
 */
export type WebhookMessage = KnownMessage | UnknownMessage | InvalidMessage
