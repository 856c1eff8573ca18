/**
 * Calls as they are stored, placed and changed: the interfaces behind `calls.ts`, which has their schemas.
 *
 * @since 0.1.0
 */
import type { Input, JsonObject, Open } from "./Operation.ts"
import type { ListQuery, Row } from "./shared.ts"

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
  | "assistant-forwarded-call"
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
  /** `true` when absent. */
  readonly numberE164CheckEnabled?: boolean | null
  readonly sipUri?: string | null
  /** At most 40 characters. */
  readonly name?: string | null
  /** At most 40 characters. */
  readonly email?: string | null
  /** Your own id of the customer, at most 40 characters. */
  readonly externalId?: string | null
  /** Dialled after the answer; at most 10 characters. */
  readonly extension?: string | null
  readonly assistantOverrides?: JsonObject | null
}

/**
 * What was understood of a call after its end.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallAnalysis extends JsonObject {
  readonly summary?: string | null
  readonly structuredData?: unknown
  /** Text, also where the rubric is a number or pass and fail. */
  readonly successEvaluation?: string | null
}

/**
 * What a call leaves behind. URLs may need the runtime's own authorization.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallArtifact extends JsonObject {
  readonly transcript?: string | null
  readonly messages?: ReadonlyArray<JsonObject> | null
  readonly messagesOpenAIFormatted?: ReadonlyArray<JsonObject> | null
  readonly recordingUrl?: string | null
  readonly stereoRecordingUrl?: string | null
  readonly recording?: JsonObject | null
  /** By structured output id: `{ name, result }`. */
  readonly structuredOutputs?: JsonObject | null
}

/**
 * Where a running call can be heard and controlled. The SDK controls a call through `calls.control`, never through
 * this address.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallMonitor extends JsonObject {
  readonly listenUrl?: string | null
  readonly controlUrl?: string | null
}

/**
 * A call as the runtime stores it. Fields that this SDK does not know are kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call extends Row, JsonObject {
  readonly type?: CallType | null
  readonly status?: CallStatus | null
  readonly endedReason?: EndedReason | null
  readonly endedMessage?: string | null
  /** ISO 8601. */
  readonly startedAt?: string | null
  /** ISO 8601. */
  readonly endedAt?: string | null
  /** US dollars. */
  readonly cost?: number | null
  readonly costBreakdown?: JsonObject | null
  readonly costs?: ReadonlyArray<JsonObject> | null
  readonly name?: string | null
  readonly assistantId?: string | null
  readonly phoneNumberId?: string | null
  readonly customer?: Customer | null
  readonly analysis?: CallAnalysis | null
  readonly artifact?: CallArtifact | null
  readonly monitor?: CallMonitor | null
  readonly messages?: ReadonlyArray<JsonObject> | null
  readonly assistantOverrides?: JsonObject | null
  readonly schedulePlan?: JsonObject | null
  readonly transport?: JsonObject | null
}

/**
 * When a call is to be placed. ISO 8601.
 *
 * @since 0.1.0
 * @category models
 */
export interface SchedulePlan extends JsonObject {
  readonly earliestAt: string
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
  /** Only together with `assistantId`. */
  readonly assistantVersion?: string | null
  /** An assistant for this call alone. */
  readonly assistant?: JsonObject | null
  readonly assistantOverrides?: JsonObject | null
  readonly squadId?: string | null
  readonly squad?: JsonObject | null
  readonly squadOverrides?: JsonObject | null
  readonly workflowId?: string | null
  readonly workflow?: JsonObject | null
  readonly workflowOverrides?: JsonObject | null
  /** At most 40 characters. */
  readonly name?: string | null
  readonly transport?: JsonObject | null
}

/**
 * Where an outbound call comes from, and when.
 *
 * @since 0.1.0
 * @category models
 */
export interface OutboundCallFields extends CallBaseFields {
  readonly phoneNumberId?: string | null
  /** A number for this call alone. */
  readonly phoneNumber?: JsonObject | null
  readonly schedulePlan?: SchedulePlan | null
}

/**
 * Fields of a new call.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewCall extends OutboundCallFields {
  readonly customer?: Customer | null
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
  readonly results: ReadonlyArray<Call>
  readonly errors: ReadonlyArray<CallBatchError>
  readonly subscriptionLimits?: JsonObject | null
}

/**
 * A customer of a batch that got no call, and why.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallBatchError extends JsonObject {
  readonly customer: Customer
  readonly error: string
}

/**
 * The one field of a call that can be changed.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallUpdateFields {
  /** At most 40 characters. */
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
  readonly id?: string | undefined
  readonly assistantId?: string | undefined
  readonly phoneNumberId?: string | undefined
}
