/**
 * What a trigger takes and gives: an event, or a whole call, by hand.
 */
import * as Schema from "effect/Schema"
import type { JsonObject } from "../json/object.ts"

/**
 * An event to send by hand.
 *
 * @since 0.1.0
 * @category models
 */
export interface TriggerInput {
  /**
   * Any event type (`status-update`), a variant of one (`status-update.ended`), or a whole sequence: `call.completed`,
   * `call.with-tool`, `call.transfer`, `call.failed`, `call.voicemail`; or `call.` and a name of the `gallery`.
   */
  readonly type: string
  /** Id of the call that it is about. Default: a made-up call. */
  readonly call?: string | undefined
  /** Id of the assistant. Default: that of the call. */
  readonly assistant?: string | undefined
  /** Values by path: `{ "status": "ended", "call.customer.number": "+14155550123" }`. The path must exist. */
  readonly set?: Readonly<Record<string, unknown>> | undefined
  /** Merged into the message, deeply; arrays are replaced. */
  readonly merge?: Readonly<JsonObject> | undefined
  /** Goes to this URL instead of through the cascade. */
  readonly to?: string | undefined
  /** Says what would be sent, and sends nothing. */
  readonly dryRun?: boolean | undefined
  /** Default: the first organization. */
  readonly organization?: string | undefined
}

/**
 * What came of a trigger: of a notice its jobs, of a question its answer, of a sequence its call.
 *
 * @since 0.1.0
 * @category models
 */
export interface Triggered {
  readonly eventId?: string | undefined
  readonly type: string
  /** Jobs of a notice. */
  readonly jobs?: ReadonlyArray<{ readonly id: string; readonly target: string; readonly level: string }> | undefined
  /** The job of a question. */
  readonly jobId?: string | undefined
  /** The answer to a question; bytes in base64. */
  readonly reply?: unknown
  /** HTTP status of the answer; `null` when there was none. */
  readonly status?: number | null | undefined
  readonly ms?: number | undefined
  /** Whether the answer is what the type asks for. */
  readonly valid?: boolean | undefined
  readonly issues?: ReadonlyArray<string> | undefined
  /** Dry run: what would be sent, and where. */
  readonly message?: JsonObject | undefined
  readonly targets?: ReadonlyArray<string> | undefined
  /** Of a sequence. */
  readonly callId?: string | undefined
  readonly events?: ReadonlyArray<{ readonly id: string; readonly type: string }> | undefined
}

/** The body of `POST /__aywa/trigger`. */
export const TriggerBody = Schema.Struct({
  type: Schema.String,
  call: Schema.optional(Schema.String),
  assistant: Schema.optional(Schema.String),
  set: Schema.optional(Schema.Record(Schema.String, Schema.Unknown)),
  merge: Schema.optional(Schema.Record(Schema.String, Schema.Unknown)),
  to: Schema.optional(Schema.String),
  dryRun: Schema.optional(Schema.Boolean),
  organization: Schema.optional(Schema.String)
})
