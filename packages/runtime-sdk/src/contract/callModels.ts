/**
 * Calls as they are stored, placed and changed: the interfaces behind `calls.ts`, which has their schemas.
 *
 * @since 0.1.0
 */
import type {
  CallAnalysis,
  CallArtifact,
  CallCost,
  CallMessage,
  CallTransport,
  CostBreakdown,
  Squad
} from "./artifacts.ts"
import type { AssistantOverrides, InlineAssistant } from "./assistants.ts"
import type { Input, JsonObject, Open } from "./Operation.ts"
import type { PhoneNumberFields } from "./phoneNumbers.ts"
import type { ArtifactPlan } from "./plans.ts"
import type { ListQuery, Row } from "./shared.ts"

export type * from "./artifacts.ts"

/**
 * Kinds of calls known today; any string is accepted.
 *
 * @since 0.1.0
 * @category models
 */
export type CallType = Open<"inboundPhoneCall" | "outboundPhoneCall" | "webCall" | "vapi.websocketCall">

/**
 * States of a call known today; any string is accepted. The last three end it.
 *
 * @since 0.1.0
 * @category models
 */
export type CallStatus = Open<
  "scheduled" | "queued" | "ringing" | "in-progress" | "forwarding" | "ended" | "not-found" | "deletion-failed"
>

/**
 * Why a call ended: one of about 600 values; any string is accepted.
 *
 * @since 0.1.0
 * @category models
 */
export type EndedReason = Open<
  | "assistant-ended-call"
  | "assistant-ended-call-after-message-spoken"
  | "assistant-forwarded-call"
  | "assistant-join-timed-out"
  | "assistant-said-end-call-phrase"
  | "call-deleted"
  | "customer-busy"
  | "customer-did-not-answer"
  | "customer-ended-call"
  | "exceeded-max-duration"
  | "manually-canceled"
  | "silence-timed-out"
  | "voicemail"
>

/**
 * The other side of a call.
 *
 * @since 0.1.0
 * @category models
 */
export interface Customer extends JsonObject {
  /** 3 to 40 characters; E.164 such as `+14155550123` unless `numberE164CheckEnabled` is `false`. */
  readonly number?: string | null
  /** Whether `number` must be E.164; `true` when absent. */
  readonly numberE164CheckEnabled?: boolean | null
  /** In the place of `number`: such as `"sip:jordan@pbx.example.com"`. */
  readonly sipUri?: string | null
  /** For transcripts and your own eyes; at most 40 characters. */
  readonly name?: string | null
  /** At most 40 characters. */
  readonly email?: string | null
  /** Your own id of the customer, at most 40 characters. */
  readonly externalId?: string | null
  /** Dialled after the answer; at most 10 characters. */
  readonly extension?: string | null
  /** What of the assistant is different for this customer. */
  readonly assistantOverrides?: AssistantOverrides | null
}

/**
 * A monitor that watched a call.
 *
 * @since 0.2.0
 * @category models
 */
export interface CallMonitorResult extends JsonObject {
  /** Id of the monitor. */
  readonly monitorId?: string | null
  /** Whether the call is one that it watches. */
  readonly filterPassed?: boolean | null
}

/**
 * Where a running call can be heard and controlled. The SDK controls a call through `calls.control`, never through
 * this address.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallMonitor extends JsonObject {
  /** WebSocket with the call's audio. */
  readonly listenUrl?: string | null
  /** Where the source platform takes control actions. */
  readonly controlUrl?: string | null
  /** Monitors that watch it. */
  readonly monitors?: ReadonlyArray<CallMonitorResult> | null
}

/**
 * A call as the runtime stores it. Fields that this SDK does not know are kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call extends Row, JsonObject {
  /** Who called whom, and how. */
  readonly type?: CallType | null
  /** Where it stands. */
  readonly status?: CallStatus | null
  /** Why it ended; absent until then. */
  readonly endedReason?: EndedReason | null
  /** More about why it ended, for people. */
  readonly endedMessage?: string | null
  /** When it was answered. ISO 8601. */
  readonly startedAt?: string | null
  /** When it ended. ISO 8601. */
  readonly endedAt?: string | null
  /** US dollars. */
  readonly cost?: number | null
  /** What it cost, by part. */
  readonly costBreakdown?: CostBreakdown | null
  /** What it cost, item by item. */
  readonly costs?: ReadonlyArray<CallCost> | null
  /** A name for you. */
  readonly name?: string | null
  /** The assistant that spoke, when it is a stored one. */
  readonly assistantId?: string | null
  /** Version of that assistant, such as `"v3"`; `null` for its latest. */
  readonly assistantVersion?: string | null
  /** The assistant that spoke, when it was defined in place. */
  readonly assistant?: InlineAssistant | null
  /** The squad that spoke, when it is a stored one. */
  readonly squadId?: string | null
  /** The squad that spoke, when it was defined in place. */
  readonly squad?: Squad | null
  /** The workflow that ran, when it is a stored one. */
  readonly workflowId?: string | null
  /** The number that was called, or that called. */
  readonly phoneNumberId?: string | null
  /** The other side. */
  readonly customer?: Customer | null
  /** The other side, when it is a stored one. */
  readonly customerId?: string | null
  /** What was understood of it after its end. */
  readonly analysis?: CallAnalysis | null
  /** What it leaves behind: transcript, messages, recordings. */
  readonly artifact?: CallArtifact | null
  /** Where it can be heard while it runs. */
  readonly monitor?: CallMonitor | null
  /** The conversation, entry by entry; the same as `artifact.messages`. */
  readonly messages?: ReadonlyArray<CallMessage> | null
  /** Older form of `artifact.transcript`. */
  readonly transcript?: string | null
  /** Older form of `analysis.summary`. */
  readonly summary?: string | null
  /** Older form of `artifact.recordingUrl`. */
  readonly recordingUrl?: string | null
  /** Older form of `artifact.stereoRecordingUrl`. */
  readonly stereoRecordingUrl?: string | null
  /** What of the assistant is different for it. */
  readonly assistantOverrides?: AssistantOverrides | null
  /** When it was to be placed. */
  readonly schedulePlan?: JsonObject | null
  /** What carries it. */
  readonly transport?: CallTransport | null
  /** Where it was transferred to. */
  readonly destination?: JsonObject | null
  /** What it was to leave behind. */
  readonly artifactPlan?: ArtifactPlan | null
  /** What the caller agreed to. */
  readonly compliance?: JsonObject | null
  /** The campaign that placed it. */
  readonly campaignId?: string | null
  /** Older form of `transport.provider`. */
  readonly phoneCallProvider?: string | null
  /** Older form of `transport.callSid`. */
  readonly phoneCallProviderId?: string | null
  /** `sip` or `pstn`. */
  readonly phoneCallTransport?: Open<"sip" | "pstn"> | null
  /** Older form of `transport.callUrl`. */
  readonly webCallUrl?: string | null
}

/**
 * When a call is to be placed. ISO 8601.
 *
 * @since 0.1.0
 * @category models
 */
export interface SchedulePlan extends JsonObject {
  /** Not before this. */
  readonly earliestAt: string
  /** Not after this. */
  readonly latestAt?: string | null
}

/**
 * What every new call may say: which assistant speaks, from which number, and when.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallBaseFields {
  /** One of `assistantId`, `assistant`, `squadId`, `squad`, `workflowId`, `workflow` is needed. */
  readonly assistantId?: string | null
  /** A version such as `"v3"`, only together with `assistantId`; its latest, when absent. */
  readonly assistantVersion?: string | null
  /** An assistant for this call alone. */
  readonly assistant?: InlineAssistant | null
  /** What of the assistant is different for this call. */
  readonly assistantOverrides?: AssistantOverrides | null
  /** The squad that speaks. */
  readonly squadId?: string | null
  /** A squad for this call alone. */
  readonly squad?: Squad | null
  /** What of the squad's assistants is different for this call. */
  readonly squadOverrides?: AssistantOverrides | null
  /** The workflow that runs. */
  readonly workflowId?: string | null
  /** A workflow for this call alone. */
  readonly workflow?: JsonObject | null
  /** What of the workflow is different for this call. */
  readonly workflowOverrides?: JsonObject | null
  /** A name for you; at most 40 characters. */
  readonly name?: string | null
  /** What carries it. */
  readonly transport?: CallTransport | null
}

/**
 * A number that is defined in place, for one call.
 *
 * @since 0.2.0
 * @category models
 */
export interface TransientPhoneNumber extends PhoneNumberFields, JsonObject {
  /** The number, as the source platform calls it here: E.164. */
  readonly twilioPhoneNumber?: string | null
}

/**
 * Where an outbound call comes from, and when.
 *
 * @since 0.1.0
 * @category models
 */
export interface OutboundCallFields extends CallBaseFields {
  /** The number that calls. */
  readonly phoneNumberId?: string | null
  /** A number for this call alone; of provider `twilio`. */
  readonly phoneNumber?: TransientPhoneNumber | null
  /** When it is placed; at once, when absent. */
  readonly schedulePlan?: SchedulePlan | null
}

/**
 * Fields of a new call.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewCall extends OutboundCallFields {
  /** Whom to call. */
  readonly customer?: Customer | null
  /** Whom to call, when it is a stored customer. */
  readonly customerId?: string | null
}

/**
 * Body of `calls.create`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateCall extends Input<NewCall> {}

/**
 * Body of `calls.createPhone`: as for `calls.create`, with a `customer` or a `customerId`.
 *
 * @since 0.2.0
 * @category models
 */
export interface CreatePhoneCall extends Input<NewCall> {}

/**
 * Fields of a batch: the same call to several customers.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewCallBatch extends OutboundCallFields {
  /** Whom to call, at least one. */
  readonly customers: ReadonlyArray<Customer>
}

/**
 * Body of `calls.createBatch`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateCallBatch extends Input<NewCallBatch> {}

/**
 * Fields of a new web call.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewWebCall extends CallBaseFields {
  /** Whether the room goes when its last user leaves. */
  readonly roomDeleteOnUserLeaveEnabled?: boolean | null
}

/**
 * Body of `calls.createWeb`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateWebCall extends Input<NewWebCall> {}

/**
 * The answer to a batch: the calls that were made, and the customers that were refused.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallBatch extends JsonObject {
  /** The calls that were made. */
  readonly results: ReadonlyArray<Call>
  /** The customers that were refused. */
  readonly errors: ReadonlyArray<CallBatchError>
  /** How many calls may run at once, and how many do. */
  readonly subscriptionLimits?: JsonObject | null
}

/**
 * A customer of a batch that got no call, and why.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallBatchError extends JsonObject {
  /** As it was given. */
  readonly customer: Customer
  /** Why it was refused. */
  readonly error: string
}

/**
 * The one field of a call that can be changed.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallUpdateFields {
  /** A name for you; at most 40 characters. */
  readonly name?: string | null
}

/**
 * Body of `calls.update`.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpdateCall extends Input<CallUpdateFields> {}

/**
 * Query of `calls.list`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallListQuery extends ListQuery {
  /** Only the call with this id. */
  readonly id?: string | undefined
  /** Only calls of this assistant. */
  readonly assistantId?: string | undefined
  /** Only calls of this number. */
  readonly phoneNumberId?: string | undefined
}
