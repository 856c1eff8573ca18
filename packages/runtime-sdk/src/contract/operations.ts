/**
 * Operations: whether the runtime is well, and what it has done.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec } from "../schema/codec.ts"
import { object, opt } from "./shapes.ts"
import { operation, text } from "./table.ts"
import type { JsonObject, Open } from "./Operation.ts"

/**
 * Whether the runtime lives, or is ready for work.
 *
 * @since 0.1.0
 * @category models
 */
export interface Health extends JsonObject {
  /** `ok` lives, `ready` takes work. */
  readonly status: Open<"ok" | "ready">
  /** The runtime's version, where it says one. */
  readonly version?: string | null
}

/**
 * Something that a runtime needs before it can be used.
 *
 * @since 0.1.0
 * @category models
 */
export interface SetupRequirement extends JsonObject {
  /** Name of the requirement. */
  readonly id: string
  /** Whether it is met. */
  readonly ok: boolean
  /** What to do, for people. */
  readonly detail?: string | null
}

/**
 * What to do when something goes wrong.
 *
 * @since 0.1.0
 * @category models
 */
export interface Runbook extends JsonObject {
  /** Name of the runbook. */
  readonly id: string
  /** What it is about. */
  readonly title?: string | null
}

/**
 * Metrics by name.
 *
 * @since 0.1.0
 * @category models
 */
export interface RuntimeMetrics extends JsonObject {}

/**
 * Service level objectives and how they are met.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServiceLevels extends JsonObject {}

/**
 * Counts and sums over calls.
 *
 * @since 0.1.0
 * @category models
 */
export interface AnalyticsSummary extends JsonObject {}

const health = codec<Health>()(Schema.Struct({ status: Schema.String, version: opt(Schema.String) }))

const requirement = codec<SetupRequirement>()(
  Schema.Struct({ id: Schema.String, ok: Schema.Boolean, detail: opt(Schema.String) })
)

const runbook = codec<Runbook>()(Schema.Struct({ id: Schema.String, title: opt(Schema.String) }))

/**
 * The operational routes of the contract.
 *
 * @since 0.1.0
 * @category contract
 */
export const operations = {
  /**
   * Whether the runtime's process lives.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * console.log((await aywa.operations.health()).status)
   * ```
   */
  health: operation({ method: "GET", path: "/health", success: health }),
  /**
   * Whether the runtime takes work; a ServerError with status 503 when it does not.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * console.log((await aywa.operations.readiness()).status)
   * ```
   */
  readiness: operation({ method: "GET", path: "/readyz", success: health }),
  /**
   * What is still missing before the runtime can be used.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for (const { id, ok, detail } of await aywa.operations.setupRequirements()) if (!ok) console.log(id, detail)
   * ```
   */
  setupRequirements: operation({
    method: "GET",
    path: "/setup/requirements",
    success: Schema.Array(requirement)
  }),
  /**
   * Metrics as Prometheus text.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * console.log(await aywa.operations.metrics())
   * ```
   */
  metrics: operation({ method: "GET", path: "/metrics", success: text(Schema.String) }),
  /**
   * Metrics as JSON.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * console.log(await aywa.operations.metricsJson())
   * ```
   */
  metricsJson: operation({ method: "GET", path: "/metrics.json", success: codec<RuntimeMetrics>()(object) }),
  /**
   * Service level objectives and how they are met.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * console.log(await aywa.operations.slo())
   * ```
   */
  slo: operation({ method: "GET", path: "/slo", success: codec<ServiceLevels>()(object) }),
  /**
   * What to do when something goes wrong.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for (const { id, title } of await aywa.operations.runbooks()) console.log(id, title)
   * ```
   */
  runbooks: operation({
    method: "GET",
    path: "/runbooks",
    success: Schema.Array(runbook)
  }),
  /**
   * Counts and sums over calls.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * console.log(await aywa.operations.analyticsSummary())
   * ```
   */
  analyticsSummary: operation({
    method: "GET",
    path: "/analytics/summary",
    success: codec<AnalyticsSummary>()(object)
  })
}
