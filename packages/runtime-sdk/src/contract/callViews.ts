/**
 * What can be read of a call beside the call itself. Only what is named here is checked; everything else is kept.
 *
 * @since 0.1.0
 */
import type { CallCost, CostBreakdown } from "./artifacts.ts"
import type { JsonObject, Open } from "./Operation.ts"

/**
 * One event of a call's timeline.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallEvent extends JsonObject {
  /** What happened, such as `"status-update"`. */
  readonly type: string
  /** Opaque id. */
  readonly id?: string | null
  /** When it happened. ISO 8601. */
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
  /** What was logged. */
  readonly message?: string | null
  /** How grave it is. */
  readonly level?: Open<"debug" | "info" | "warn" | "error"> | null
  /** Opaque id. */
  readonly id?: string | null
  /** When it was logged. ISO 8601. */
  readonly createdAt?: string | null
}

/**
 * What a call cost, in US dollars.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallCosts extends JsonObject {
  /** All of it. */
  readonly cost?: number | null
  /** By part. */
  readonly costBreakdown?: CostBreakdown | null
  /** Item by item. */
  readonly costs?: ReadonlyArray<CallCost> | null
}

/**
 * The voice pipeline of a call: what listened, thought and spoke, and how fast.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallVoicePipeline extends JsonObject {
  /** What listened. */
  readonly transcriber?: JsonObject | null
  /** What thought. */
  readonly model?: JsonObject | null
  /** What spoke. */
  readonly voice?: JsonObject | null
}
