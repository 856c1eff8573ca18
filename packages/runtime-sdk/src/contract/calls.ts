/**
 * Calls: placed by the runtime, or received by it, and controlled while they last.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec, described, ruled, type RuleIssue, type View } from "../schema/codec.ts"
import { atMost, between, listFields, listOf, listQuery, object, objectOf, oneOf, opt, row, text } from "./shapes.ts"
import { gone, inputOf, operation, page } from "./table.ts"
import { destinationIssues, missingFields, numberIssues } from "./bodyRules.ts"
import type { CallControl, ControlFields, ControlResult } from "./callControl.ts"
import type { CallCosts, CallEvent, CallLogLine, CallVoicePipeline } from "./callViews.ts"
import type { AssistantOverrides, InlineAssistant } from "./assistants.ts"
import type { OpenAIMessage } from "./shared.ts"
import type { ToolDestination } from "./tools.ts"
import type {
  Call,
  CallAnalysis,
  CallArtifact,
  CallBatch,
  CallBatchError,
  CallCost,
  CallListQuery,
  CallMessage,
  CallMonitor,
  CallRecording,
  CallTransport,
  CostBreakdown,
  CallUpdateFields,
  Customer,
  NewCall,
  NewCallBatch,
  NewWebCall,
  SchedulePlan,
  Squad,
  StructuredOutputResult,
  TransientPhoneNumber,
  CreateCall,
  CreateCallBatch,
  CreatePhoneCall,
  CreateWebCall,
  UpdateCall
} from "./callModels.ts"

export type * from "./callModels.ts"

const customerFields = {
  number: opt(Schema.String),
  numberE164CheckEnabled: opt(Schema.Boolean),
  sipUri: opt(Schema.String),
  name: opt(Schema.String),
  email: opt(Schema.String),
  externalId: opt(Schema.String),
  extension: opt(Schema.String),
  assistantOverrides: opt(objectOf<AssistantOverrides>())
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

const call = described<Call>()(
  Schema.Struct({
    ...row,
    type: opt(Schema.String),
    status: opt(Schema.String),
    endedReason: opt(Schema.String),
    endedMessage: opt(Schema.String),
    startedAt: opt(Schema.String),
    endedAt: opt(Schema.String),
    cost: opt(Schema.Finite),
    costBreakdown: opt(objectOf<CostBreakdown>()),
    costs: opt(listOf<CallCost>()),
    name: opt(Schema.String),
    assistantId: opt(Schema.String),
    phoneNumberId: opt(Schema.String),
    customer: opt(customer),
    analysis: opt(
      described<CallAnalysis>()(
        Schema.Struct({
          summary: opt(Schema.String),
          structuredData: Schema.optionalKey(Schema.Unknown),
          successEvaluation: opt(Schema.String)
        })
      )
    ),
    artifact: opt(
      described<CallArtifact>()(
        Schema.Struct({
          transcript: opt(Schema.String),
          messages: opt(listOf<CallMessage>()),
          messagesOpenAIFormatted: opt(listOf<OpenAIMessage>()),
          recordingUrl: opt(Schema.String),
          stereoRecordingUrl: opt(Schema.String),
          recording: opt(objectOf<CallRecording>()),
          structuredOutputs: opt(objectOf<{ readonly [id: string]: StructuredOutputResult }>())
        })
      )
    ),
    monitor: opt(
      described<CallMonitor>()(Schema.Struct({ listenUrl: opt(Schema.String), controlUrl: opt(Schema.String) }))
    ),
    messages: opt(listOf<CallMessage>()),
    assistantOverrides: opt(objectOf<AssistantOverrides>()),
    schedulePlan: opt(object),
    transport: opt(objectOf<CallTransport>())
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
  assistant: opt(objectOf<InlineAssistant>()),
  assistantOverrides: opt(objectOf<AssistantOverrides>()),
  squadId: opt(Schema.String),
  squad: opt(objectOf<Squad>()),
  squadOverrides: opt(objectOf<AssistantOverrides>()),
  workflowId: opt(Schema.String),
  workflow: opt(object),
  workflowOverrides: opt(object),
  name: opt(atMost(40)),
  transport: opt(objectOf<CallTransport>())
}

const outboundFields = {
  ...baseFields,
  phoneNumberId: opt(Schema.String),
  phoneNumber: opt(objectOf<TransientPhoneNumber>()),
  schedulePlan: opt(codec<SchedulePlan>()(Schema.Struct({ earliestAt: Schema.String, latestAt: opt(Schema.String) })))
}

const speakers = ["assistantId", "assistant", "squadId", "squad", "workflowId", "workflow"] as const

/** Who speaks must be said; a customer's number must be one that can be dialled. */
const callIssues = (body: View<NewCall>): ReadonlyArray<RuleIssue> => [
  ...(speakers.every((key) => body[key] === undefined || body[key] === null)
    ? [{ path: ["assistantId"], issue: `Missing: a call needs one of ${speakers.join(", ")}` }]
    : []),
  ...(typeof body.assistantVersion === "string" && typeof body.assistantId !== "string"
    ? [{ path: ["assistantVersion"], issue: "Only together with assistantId" }]
    : []),
  ...numberIssues(body.customer, ["customer"])
]

const callFields = codec<NewCall>()(
  Schema.Struct({ ...outboundFields, customer: opt(newCustomer), customerId: opt(Schema.String) })
)

const newCall = ruled(callFields, callIssues)

const newPhoneCall = ruled(callFields, (body) => [
  ...callIssues(body),
  ...(body.customer || body.customerId
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
      destination: opt(objectOf<ToolDestination>())
    })
  ),
  (body) => [
    ...missingFields(body, needs, body.type, "the action"),
    ...destinationIssues(body.destination, ["destination"])
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
  Schema.Struct({
    cost: opt(Schema.Finite),
    costBreakdown: opt(objectOf<CostBreakdown>()),
    costs: opt(listOf<CallCost>())
  })
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
  /**
   * Lists calls, newest first.
   *
   * Await it for one page, or iterate: `for await` fetches each further page as it is reached.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for await (const call of aywa.calls.list({ assistantId, createdAtGe: "2026-01-01" })) console.log(call.id, call.status)
   * ```
   */
  list: operation({ method: "GET", path: "/call", query: callListQuery, success: page(call) }),
  /**
   * Reads one call.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const call = await aywa.calls.get(id)
   * console.log(call.status, call.artifact?.transcript)
   * ```
   */
  get: operation({ method: "GET", path: "/call/:id", success: call, errors: ["NotFound"] }),
  /**
   * Places one call, or schedules it. One call of this method places at most one: it carries an idempotency key on
   * every attempt. For several customers at once use `createBatch`.
   *
   * @throws {@link NotFound} when what it refers to is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const call = await aywa.calls.create(
   *   { assistantId, customer: { number: "+14155550188" }, assistantOverrides: { variableValues: { name: "Jordan" } } },
   *   { idempotencyKey: "reminder-88213" }
   * )
   * console.log(call.id)
   * ```
   */
  create: operation({
    method: "POST",
    path: "/call",
    body: inputOf<CreateCall>()(newCall),
    success: call,
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Places the same call to several customers. A customer that is refused is in `errors`, the others get their call.
   *
   * @throws {@link NotFound} when what it refers to is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const { results, errors } = await aywa.calls.createBatch({
   *   assistantId,
   *   customers: [{ number: "+14155550188" }, { number: "+14155550189" }]
   * })
   * console.log(results.length, errors.length)
   * ```
   */
  createBatch: operation({
    method: "POST",
    path: "/call",
    body: inputOf<CreateCallBatch>()(newCallBatch),
    success: callBatch,
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Places an outbound phone call: like `create`, and the customer is required.
   *
   * @throws {@link NotFound} when what it refers to is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.calls.createPhone({ assistantId, customer: { number: "+14155550188" } })
   * ```
   */
  createPhone: operation({
    method: "POST",
    path: "/call/phone",
    body: inputOf<CreatePhoneCall>()(newPhoneCall),
    success: call,
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Opens a web call; a browser joins it at `transport.callUrl`.
   *
   * @throws {@link NotFound} when what it refers to is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const call = await aywa.calls.createWeb({ assistantId })
   * console.log(call.transport?.callUrl)
   * ```
   */
  createWeb: operation({
    method: "POST",
    path: "/call/web",
    body: inputOf<CreateWebCall>()(newWebCall),
    success: call,
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Renames a call: `name` is all that can change.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.calls.update(id, { name: "Recall reminder" })
   * ```
   */
  update: operation({
    method: "PATCH",
    path: "/call/:id",
    body: inputOf<UpdateCall>()(updateCall),
    success: call,
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Deletes a call with what it left behind, and gives back the deleted row (`undefined` when the runtime sends
   * none).
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} while something refers to it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.calls.delete(id)
   * ```
   */
  delete: operation({
    method: "DELETE",
    path: "/call/:id",
    success: gone(call),
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Says, mutes, transfers, ends: one action on a call that is running. A call that has ended is a ConflictError.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.calls.control(id, { type: "say", content: "Thank you, goodbye.", endCallAfterSpoken: true })
   * ```
   */
  control: operation({
    method: "POST",
    path: "/call/:id/control",
    body: inputOf<CallControl>()(control),
    success: gone(controlResult),
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * What happened during a call, event by event.
   *
   * Await it for one page, or iterate: `for await` fetches each further page as it is reached.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for await (const event of aywa.calls.timeline(id)) console.log(event.createdAt, event.type)
   * ```
   */
  timeline: operation({
    method: "GET",
    path: "/call/:id/timeline",
    query: listQuery,
    success: page(event),
    errors: ["NotFound"]
  }),
  /**
   * What a call cost.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const { cost, costBreakdown } = await aywa.calls.costs(id)
   * console.log(cost, costBreakdown?.llm)
   * ```
   */
  costs: operation({ method: "GET", path: "/call/:id/costs", success: costs, errors: ["NotFound"] }),
  /**
   * What the runtime logged about a call.
   *
   * Await it for one page, or iterate: `for await` fetches each further page as it is reached.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for await (const line of aywa.calls.logs(id)) console.log(line.level, line.message)
   * ```
   */
  logs: operation({
    method: "GET",
    path: "/call/:id/logs",
    query: listQuery,
    success: page(logLine),
    errors: ["NotFound"]
  }),
  /**
   * How transcriber, model and voice of a call worked together.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const { transcriber, model, voice } = await aywa.calls.voicePipeline(id)
   * console.log(transcriber, model, voice)
   * ```
   */
  voicePipeline: operation({
    method: "GET",
    path: "/call/:id/voice-pipeline",
    success: voicePipeline,
    errors: ["NotFound"]
  })
}
