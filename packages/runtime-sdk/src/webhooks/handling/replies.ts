/**
 * What a handler may reply to each of the events that ask, as types.
 *
 * @since 0.1.0
 */
import type { Opaque, RequestMessage, TransferDestination } from "../events.ts"

/** Exactly one of the fields of A. */
type OneOf<A> = {
  [K in keyof A]: { readonly [P in K]: A[P] } & { readonly [P in Exclude<keyof A, K>]?: undefined }
}[keyof A]

/**
 * Who takes an inbound call: exactly one of these.
 *
 * @since 0.1.0
 * @category replies
 */
export type AssistantRequestReply = OneOf<{
  /** A saved assistant. */
  readonly assistantId: string
  /** An assistant for this call only. */
  readonly assistant: Opaque
  readonly squadId: string
  readonly squad: Opaque
  readonly workflowId: string
  readonly workflow: Opaque
  /** Forwards the call at once. */
  readonly destination: TransferDestination
  /** Spoken to the caller before the call ends. */
  readonly error: string
}> & {
  /** Changes to the assistant, for this call only. */
  readonly assistantOverrides?: Opaque | undefined
  readonly squadOverrides?: Opaque | undefined
  readonly workflowOverrides?: Opaque | undefined
}

/**
 * The outcome of one tool call: a result or an error, both read by the model.
 *
 * @since 0.1.0
 * @category replies
 */
export type ToolCallResult = OneOf<{
  /** Text stays text; anything else is sent as JSON. Line breaks become spaces: the runtime reads one line. */
  readonly result: unknown
  /** What went wrong, in words that the model can act on. */
  readonly error: string
}> & {
  /** `id` of the tool call; `undefined` where it has none. */
  readonly toolCallId: string | undefined
  /** Name of the tool; filled in from the call when left out. */
  readonly name?: string | undefined
  /** What the assistant says: `{ type: "request-complete" | "request-failed", content, … }`. */
  readonly message?: Opaque | undefined
  readonly metadata?: Opaque | undefined
}

/**
 * One result per tool call of the event, or one error for all of them.
 *
 * **Details**
 *
 * A result answers the call with its `toolCallId`. Calls that share an id, or have none, are answered in their order.
 *
 * @since 0.1.0
 * @category replies
 */
export type ToolCallsReply = OneOf<{ readonly results: ReadonlyArray<ToolCallResult>; readonly error: string }>

/**
 * Where the call goes, or why it goes nowhere.
 *
 * @since 0.1.0
 * @category replies
 */
export type TransferDestinationReply = OneOf<{
  readonly destination: TransferDestination
  readonly error: string
}> & {
  /** What the assistant says meanwhile: `{ type: "request-start", content }`. */
  readonly message?: Opaque | undefined
}

/**
 * A passage of your knowledge base.
 *
 * @since 0.1.0
 * @category replies
 */
export interface KnowledgeBaseDocument {
  readonly content: string
  /** 0 to 1, higher is nearer. */
  readonly similarity: number
  readonly uuid?: string | undefined
}

/**
 * Passages for the model to read, or a message that is spoken instead.
 *
 * @since 0.1.0
 * @category replies
 */
export type KnowledgeBaseReply = OneOf<{
  readonly documents: ReadonlyArray<KnowledgeBaseDocument>
  /** `{ type: "custom-message", content }`. */
  readonly message: Opaque
}>

/**
 * Raw PCM, 16 bit little endian, mono, at the message's `sampleRate`: all of it, or in pieces as it is made.
 *
 * @since 0.1.0
 * @category replies
 */
export type VoiceReply = Uint8Array | AsyncIterable<Uint8Array>

/**
 * How long to wait before the assistant speaks, in seconds, 0 to 15.
 *
 * @since 0.1.0
 * @category replies
 */
export interface CallEndpointingReply {
  readonly timeoutSeconds: number
}

/**
 * Where the source platform hands the call off to, or why nowhere.
 *
 * @since 0.2.0
 * @category replies
 */
export type HandoffDestinationReply = OneOf<{
  /** `{ type: "assistant", assistantId }`, or another destination of a handoff tool. */
  readonly destination: Opaque
  readonly error: string
}> & {
  /** What the model reads as the result of the handoff tool. */
  readonly result?: string | undefined
}

/**
 * Whether a campaign of the source platform may call its contact.
 *
 * @since 0.2.0
 * @category replies
 */
export interface CampaignPredialReply {
  readonly eligible: boolean
}

/**
 * The reply of each event that asks.
 *
 * @since 0.1.0
 * @category replies
 */
export interface WebhookReplies {
  readonly "assistant-request": AssistantRequestReply
  readonly "tool-calls": ToolCallsReply
  readonly "transfer-destination-request": TransferDestinationReply
  readonly "knowledge-base-request": KnowledgeBaseReply
  readonly "voice-request": VoiceReply
  readonly "call.endpointing.request": CallEndpointingReply
  readonly "handoff-destination-request": HandoffDestinationReply
  readonly "campaign.predial": CampaignPredialReply
}

/**
 * The types of the events that wait for an answer.
 *
 * @since 0.1.0
 * @category models
 */
export type RequestType = RequestMessage["type"]
