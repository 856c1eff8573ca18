/**
 * Webhook logs: the runtime's outbox. Every event for an endpoint is a job; its attempts are kept.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec } from "../schema/codec.ts"
import { listFields, object, opt, text } from "./shapes.ts"
import { operation, page } from "./table.ts"
import type { JsonObject, Open } from "./Operation.ts"
import type { ListQuery } from "./shared.ts"

/**
 * States of a webhook job known today; any string is accepted.
 *
 * @since 0.1.0
 * @category models
 */
export type WebhookJobStatus = Open<"pending" | "delivering" | "succeeded" | "retrying" | "dead" | "cancelled">

/**
 * One attempt to deliver an event.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookAttempt extends JsonObject {
  /** Counts from 1. */
  readonly attempt?: number | null
  /** When it was sent. ISO 8601. */
  readonly sentAt?: string | null
  /** Status of the answer; absent when there was none. */
  readonly statusCode?: number | null
  /** Milliseconds from sending to the answer. */
  readonly latencyMs?: number | null
  /** Why there was no answer, or why it counts as a failure. */
  readonly error?: string | null
  /** The first part of the answer's body. */
  readonly responseBody?: string | null
}

/**
 * A webhook job: one event on its way to one endpoint.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookLog extends JsonObject {
  /** Opaque id of the job. */
  readonly id: string
  /** How far it is. */
  readonly status: WebhookJobStatus
  /** When the event happened. ISO 8601. */
  readonly createdAt: string
  /** The signed id that the receiver sees in `webhook-id`; retries keep it, a replay has a new one. */
  readonly eventId?: string | null
  /** Type of the event, such as `end-of-call-report`. */
  readonly type?: string | null
  /** Address that it goes to. */
  readonly target?: string | null
  /** The endpoint that it goes to; absent for a server of an assistant, number or tool. */
  readonly endpointId?: string | null
  /** The call that the event belongs to. */
  readonly callId?: string | null
  /** Attempts made. */
  readonly attemptCount?: number | null
  /** Status of the last answer. */
  readonly statusCode?: number | null
  /** Milliseconds of the last attempt. */
  readonly latencyMs?: number | null
  /** When it is sent again. ISO 8601; absent when none is due. */
  readonly nextAttemptAt?: string | null
  /** The job that this one repeats. */
  readonly replayOf?: string | null
  /** On `get`: every attempt, oldest first. */
  readonly attempts?: ReadonlyArray<WebhookAttempt> | null
  /** On `get`: what was sent. */
  readonly payload?: JsonObject | null
}

/**
 * Query of `webhookLogs.list`.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookLogQuery extends ListQuery {
  /** Only events of this type. */
  readonly type?: string | undefined
  /** Only jobs that are this far. */
  readonly status?: WebhookJobStatus | undefined
  /** Only events of this call. */
  readonly callId?: string | undefined
  /** Only jobs for this endpoint. */
  readonly endpointId?: string | undefined
}

const attempt = codec<WebhookAttempt>()(
  Schema.Struct({
    attempt: opt(Schema.Finite),
    sentAt: opt(Schema.String),
    statusCode: opt(Schema.Finite),
    latencyMs: opt(Schema.Finite),
    error: opt(Schema.String),
    responseBody: opt(Schema.String)
  })
)

const webhookLog = codec<WebhookLog>()(
  Schema.Struct({
    id: Schema.String,
    status: Schema.String,
    createdAt: Schema.String,
    eventId: opt(Schema.String),
    type: opt(Schema.String),
    target: opt(Schema.String),
    endpointId: opt(Schema.String),
    callId: opt(Schema.String),
    attemptCount: opt(Schema.Finite),
    statusCode: opt(Schema.Finite),
    latencyMs: opt(Schema.Finite),
    nextAttemptAt: opt(Schema.String),
    replayOf: opt(Schema.String),
    attempts: opt(Schema.Array(attempt)),
    payload: opt(object)
  })
)

/**
 * The webhook log operations of the contract.
 *
 * @since 0.1.0
 * @category contract
 */
export const webhookLogs = {
  /**
   * Lists webhook jobs, newest first.
   *
   * Await it for one page, or iterate: `for await` fetches each further page as it is reached.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for await (const job of aywa.webhookLogs.list({ status: "dead" })) console.log(job.type, job.target, job.statusCode)
   * ```
   */
  list: operation({
    method: "GET",
    path: "/logs/webhooks",
    query: codec<WebhookLogQuery>()(
      Schema.Struct({ ...listFields, type: text, status: text, callId: text, endpointId: text })
    ),
    success: page(webhookLog)
  }),
  /**
   * Reads one webhook job with its attempts and payload.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const { attempts } = await aywa.webhookLogs.get(id)
   * for (const { sentAt, statusCode, error } of attempts ?? []) console.log(sentAt, statusCode, error)
   * ```
   */
  get: operation({ method: "GET", path: "/logs/webhooks/:id", success: webhookLog, errors: ["NotFound"] }),
  /**
   * Sends an event again as a new job with a new signed id, so that a receiver that knows the old id takes it.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const job = await aywa.webhookLogs.replay(id)
   * console.log(job.eventId)
   * ```
   */
  replay: operation({
    method: "POST",
    path: "/logs/webhooks/:id/replay",
    success: webhookLog,
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Makes the next attempt of a job now; the signed id stays. A ConflictError when the job is done or under way.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.webhookLogs.retry(id)
   * ```
   */
  retry: operation({
    method: "POST",
    path: "/logs/webhooks/jobs/:id/retry",
    success: webhookLog,
    errors: ["NotFound", "ConflictError"]
  })
}
