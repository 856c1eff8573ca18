/**
 * Calls: placed by the runtime, or received by it, and controlled while they last.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec, ruled, type RuleIssue } from "../internal/codec.ts"
import { atMost, between, listFields, listQuery, object, objects, oneOf, opt, row, text } from "../internal/schemas.ts"
import { gone, input, inputOf, operation, page } from "../internal/spec.ts"
import { destinationIssues, missing, numberIssues } from "../internal/rules.ts"
import type { CallControl, ControlFields, ControlResult } from "./callControl.ts"
import type { CallCosts, CallEvent, CallLogLine, CallVoicePipeline } from "./callViews.ts"
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
 * Body of `calls.create` and `calls.createPhone`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateCall extends Input<NewCall> {}

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

const customerFields = {
  number: opt(Schema.String),
  numberE164CheckEnabled: opt(Schema.Boolean),
  sipUri: opt(Schema.String),
  name: opt(Schema.String),
  email: opt(Schema.String),
  externalId: opt(Schema.String),
  extension: opt(Schema.String),
  assistantOverrides: opt(object)
}

const customer = codec<Customer>()(Schema.Struct(customerFields))

const newCustomer = codec<Customer>()(
  Schema.Struct({
    ...customerFields,
    number: opt(between(3, 40)),
    name: opt(atMost(40)),
    email: opt(atMost(40)),
    externalId: opt(atMost(40)),
    extension: opt(atMost(10))
  })
)

const call = codec<Call>()(
  Schema.Struct({
    ...row,
    type: opt(Schema.String),
    status: opt(Schema.String),
    endedReason: opt(Schema.String),
    endedMessage: opt(Schema.String),
    startedAt: opt(Schema.String),
    endedAt: opt(Schema.String),
    cost: opt(Schema.Finite),
    costBreakdown: opt(object),
    costs: opt(objects),
    name: opt(Schema.String),
    assistantId: opt(Schema.String),
    phoneNumberId: opt(Schema.String),
    customer: opt(customer),
    analysis: opt(
      codec<CallAnalysis>()(
        Schema.Struct({
          summary: opt(Schema.String),
          structuredData: Schema.optionalKey(Schema.Unknown),
          successEvaluation: opt(Schema.String)
        })
      )
    ),
    artifact: opt(
      codec<CallArtifact>()(
        Schema.Struct({
          transcript: opt(Schema.String),
          messages: opt(objects),
          messagesOpenAIFormatted: opt(objects),
          recordingUrl: opt(Schema.String),
          stereoRecordingUrl: opt(Schema.String),
          recording: opt(object),
          structuredOutputs: opt(object)
        })
      )
    ),
    monitor: opt(
      codec<CallMonitor>()(Schema.Struct({ listenUrl: opt(Schema.String), controlUrl: opt(Schema.String) }))
    ),
    messages: opt(objects),
    assistantOverrides: opt(object),
    schedulePlan: opt(object),
    transport: opt(object)
  })
)

const callBatch = codec<CallBatch>()(
  Schema.Struct({
    results: Schema.Array(call),
    errors: Schema.Array(codec<CallBatchError>()(Schema.Struct({ customer, error: Schema.String }))),
    subscriptionLimits: opt(object)
  })
)

const baseFields = {
  assistantId: opt(Schema.String),
  assistantVersion: opt(Schema.String),
  assistant: opt(object),
  assistantOverrides: opt(object),
  squadId: opt(Schema.String),
  squad: opt(object),
  squadOverrides: opt(object),
  workflowId: opt(Schema.String),
  workflow: opt(object),
  workflowOverrides: opt(object),
  name: opt(atMost(40)),
  transport: opt(object)
}

const outboundFields = {
  ...baseFields,
  phoneNumberId: opt(Schema.String),
  phoneNumber: opt(object),
  schedulePlan: opt(codec<SchedulePlan>()(Schema.Struct({ earliestAt: Schema.String, latestAt: opt(Schema.String) })))
}

const speakers = ["assistantId", "assistant", "squadId", "squad", "workflowId", "workflow"] as const

/** Who speaks must be said; a customer's number must be one that can be dialled. */
const callIssues = (body: Readonly<Record<string, unknown>>): ReadonlyArray<RuleIssue> => [
  ...(speakers.every((key) => body[key] === undefined || body[key] === null)
    ? [{ path: ["assistantId"], issue: `Missing: a call needs one of ${speakers.join(", ")}` }]
    : []),
  ...(typeof body["assistantVersion"] === "string" && typeof body["assistantId"] !== "string"
    ? [{ path: ["assistantVersion"], issue: "Only together with assistantId" }]
    : []),
  ...numberIssues(body["customer"], ["customer"])
]

const callFields = codec<NewCall>()(
  Schema.Struct({ ...outboundFields, customer: opt(newCustomer), customerId: opt(Schema.String) })
)

const newCall = ruled(callFields, callIssues)

const newPhoneCall = ruled(callFields, (body) => [
  ...callIssues(body),
  ...(body["customer"] || body["customerId"]
    ? []
    : [{ path: ["customer"], issue: "Missing: a phone call needs customer or customerId" }])
])

const newCallBatch = ruled(
  codec<NewCallBatch>()(
    Schema.Struct({
      ...outboundFields,
      // The runtime answers customer by customer: a number that it refuses must not hold up the others.
      customers: Schema.Array(customer).check(Schema.isMinLength(1))
    })
  ),
  callIssues
)

const newWebCall = ruled(
  codec<NewWebCall>()(Schema.Struct({ ...baseFields, roomDeleteOnUserLeaveEnabled: opt(Schema.Boolean) })),
  callIssues
)

const updateCall = codec<CallUpdateFields>()(Schema.Struct({ name: opt(atMost(40)) }))

const needs: { readonly [type: string]: ReadonlyArray<string> } = {
  say: ["content"],
  "add-message": ["message"],
  control: ["control"],
  transfer: ["destination"],
  "send-transport-message": ["message"],
  handoff: ["destination"]
}

const control = ruled(
  codec<ControlFields>()(
    Schema.Struct({
      type: oneOf("say", "add-message", "control", "end-call", "transfer", "send-transport-message", "handoff"),
      content: opt(Schema.String),
      endCallAfterSpoken: opt(Schema.Boolean),
      interruptionsEnabled: opt(Schema.Boolean),
      interruptAssistantEnabled: opt(Schema.Boolean),
      message: opt(object),
      triggerResponseEnabled: opt(Schema.Boolean),
      control: opt(
        oneOf("mute-assistant", "unmute-assistant", "mute-customer", "unmute-customer", "say-first-message")
      ),
      destination: opt(object)
    })
  ),
  (body) => [
    ...missing(body, needs, body["type"], "the action"),
    ...destinationIssues(body["destination"], ["destination"])
  ]
)

const controlResult = codec<ControlResult>()(Schema.Struct({ status: opt(Schema.String) }))

const event = codec<CallEvent>()(
  Schema.Struct({
    type: Schema.String,
    id: opt(Schema.String),
    createdAt: opt(Schema.String),
    status: opt(Schema.String)
  })
)

const logLine = codec<CallLogLine>()(
  Schema.Struct({
    message: opt(Schema.String),
    level: opt(Schema.String),
    id: opt(Schema.String),
    createdAt: opt(Schema.String)
  })
)

const costs = codec<CallCosts>()(
  Schema.Struct({ cost: opt(Schema.Finite), costBreakdown: opt(object), costs: opt(objects) })
)

const voicePipeline = codec<CallVoicePipeline>()(
  Schema.Struct({ transcriber: opt(object), model: opt(object), voice: opt(object) })
)

const callListQuery = codec<CallListQuery>()(
  Schema.Struct({ ...listFields, id: text, assistantId: text, phoneNumberId: text })
)

/**
 * The call operations of the contract.
 *
 * @since 0.1.0
 * @category contract
 */
export const calls = {
  /** Lists calls, newest first. */
  list: operation({ method: "GET", path: "/call", query: callListQuery, success: page(call) }),
  /** Reads one call. */
  get: operation({ method: "GET", path: "/call/:id", success: call, errors: ["NotFound"] }),
  /**
   * Places one call, or schedules it. One call of this method places at most one: it carries an idempotency key on
   * every attempt. For several customers at once use `createBatch`.
   */
  create: operation({
    method: "POST",
    path: "/call",
    body: input(newCall),
    success: call,
    errors: ["NotFound", "ConflictError"]
  }),
  /** Places the same call to several customers. A customer that is refused is in `errors`, the others get their call. */
  createBatch: operation({
    method: "POST",
    path: "/call",
    body: input(newCallBatch),
    success: callBatch,
    errors: ["NotFound", "ConflictError"]
  }),
  /** Places an outbound phone call: like `create`, and the customer is required. */
  createPhone: operation({
    method: "POST",
    path: "/call/phone",
    body: input(newPhoneCall),
    success: call,
    errors: ["NotFound", "ConflictError"]
  }),
  /** Opens a web call; a browser joins it at `transport.callUrl`. */
  createWeb: operation({
    method: "POST",
    path: "/call/web",
    body: input(newWebCall),
    success: call,
    errors: ["NotFound", "ConflictError"]
  }),
  /** Renames a call: `name` is all that can change. */
  update: operation({
    method: "PATCH",
    path: "/call/:id",
    body: input(updateCall),
    success: call,
    errors: ["NotFound", "ConflictError"]
  }),
  /** Deletes a call with what it left behind, and gives back the deleted row (`undefined` when the runtime sends none). */
  delete: operation({
    method: "DELETE",
    path: "/call/:id",
    success: gone(call),
    errors: ["NotFound", "ConflictError"]
  }),
  /** Says, mutes, transfers, ends: one action on a call that is running. A call that has ended is a ConflictError. */
  control: operation({
    method: "POST",
    path: "/call/:id/control",
    body: inputOf<CallControl>()(control),
    success: gone(controlResult),
    errors: ["NotFound", "ConflictError"]
  }),
  /** What happened during a call, event by event. */
  timeline: operation({
    method: "GET",
    path: "/call/:id/timeline",
    query: listQuery,
    success: page(event),
    errors: ["NotFound"]
  }),
  /** What a call cost. */
  costs: operation({ method: "GET", path: "/call/:id/costs", success: costs, errors: ["NotFound"] }),
  /** What the runtime logged about a call. */
  logs: operation({
    method: "GET",
    path: "/call/:id/logs",
    query: listQuery,
    success: page(logLine),
    errors: ["NotFound"]
  }),
  /** How transcriber, model and voice of a call worked together. */
  voicePipeline: operation({
    method: "GET",
    path: "/call/:id/voice-pipeline",
    success: voicePipeline,
    errors: ["NotFound"]
  })
}
