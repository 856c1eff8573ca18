/**
 * Options of what goes out of the runtime: deliveries, tools, calls.
 */
import type { OutboundPolicyOptions, Resolve } from "@aywa-ai/runtime-sdk/outbound"
import type { CallPace } from "./calls/steps/step.ts"
import type { WebhookSchedule } from "./outbox/schedule.ts"

/**
 * What the runtime sends, and where it may send it.
 *
 * @since 0.1.0
 * @category models
 */
export interface OutboundOptions {
  /**
   * `"development"`, the default, reaches loopback and `allowTargets` only, so that nothing leaves the machine by
   * accident; `"production"` applies the guardrails of a deployed runtime, which refuse exactly those targets.
   */
  readonly mode?: "development" | "production" | undefined
  /** Development mode: hosts beside loopback, as `host`, `*.host` or `host:port`. */
  readonly allowTargets?: ReadonlyArray<string> | undefined
  /** Development mode: also reach private addresses. A start in production mode refuses it. */
  readonly allowPrivateNetwork?: boolean | undefined
  /** Hosts that a model may choose for an `apiRequest` tool: `TOOL_API_REQUEST_ALLOWED_HOSTS`. */
  readonly toolAllowedHosts?: ReadonlyArray<string> | undefined
  /** How names become addresses. Default: the system's resolver. */
  readonly resolve?: Resolve | undefined
  /** Signing secret. Default: the one in the file, else a random one. */
  readonly webhookSecret?: string | undefined
  /** When failed deliveries are tried again. Default `"standard"`; `"instant"` is for tests. */
  readonly webhookSchedule?: WebhookSchedule | undefined
  /**
   * `"created"` delivers the first attempts of a call in order; `"shuffled"` finds receivers that count on that. The
   * default is `"shuffled"` with a `seed` and `"created"` without.
   */
  readonly webhookOrder?: "created" | "shuffled" | undefined
  /**
   * The time that signatures are stamped with: `"real"`, the default, or `"virtual"`, the runtime's clock, which
   * receivers refuse once it is five minutes off.
   */
  readonly signWith?: "real" | "virtual" | undefined
  /** How fast calls go. By default a call without a script is over in less than a second. */
  readonly callPace?: CallPace | undefined
}

/** What may be reached; throws when the options ask for what production mode refuses. */
export const policyOf = ({
  mode = "development",
  allowTargets = [],
  allowPrivateNetwork = false,
  resolve
}: OutboundOptions): OutboundPolicyOptions => {
  if (mode === "production" && allowPrivateNetwork) {
    throw new TypeError("allowPrivateNetwork is refused in production mode: take it out, or use development mode")
  }
  return { mode, allowTargets, allowPrivateNetwork, ...(resolve === undefined ? {} : { resolve }) }
}
