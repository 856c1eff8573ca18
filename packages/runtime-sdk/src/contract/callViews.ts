/**
 * What can be read of a call beside the call itself. Only what is named here is checked; everything else is kept.
 *
 * @since 0.1.0
 */
import type { JsonObject, Open } from "./Operation.ts"

/**
 * One event of a call's timeline.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallEvent extends JsonObject {
  readonly type: string
  readonly id?: string | null
  /** ISO 8601. */
  readonly createdAt?: string | null
  /** The call's state after the event. */
  readonly status?: string | null
}

/**
 * One line of a call's log.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallLogLine extends JsonObject {
  readonly message?: string | null
  readonly level?: Open<"debug" | "info" | "warn" | "error"> | null
  readonly id?: string | null
  /** ISO 8601. */
  readonly createdAt?: string | null
}

/**
 * What a call cost, in US dollars.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallCosts extends JsonObject {
  readonly cost?: number | null
  readonly costBreakdown?: JsonObject | null
  readonly costs?: ReadonlyArray<JsonObject> | null
}

/**
 * The voice pipeline of a call: what listened, thought and spoke, and how fast.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallVoicePipeline extends JsonObject {
  readonly transcriber?: JsonObject | null
  readonly model?: JsonObject | null
  readonly voice?: JsonObject | null
}
