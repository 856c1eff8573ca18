/**
 * What a plan is asked for.
 *
 * @since 0.2.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import type { KindName } from "../rows/kinds.ts"

/**
 * What a plan is about.
 *
 * @since 0.2.0
 * @category models
 */
export interface PlanOptions {
  /** Addresses or slugs; everything when there are none. */
  readonly only?: ReadonlyArray<string> | undefined
  /** Whether rows whose file is gone are deleted. */
  readonly prune?: boolean | undefined
  /** Whether rows that somebody deleted on the runtime are made again. */
  readonly recreate?: boolean | undefined
  /** The runtime's address, to stand in the plan; default: the environment's. */
  readonly baseUrl?: string | undefined
  /** Gives up the reads that are under way. */
  readonly signal?: AbortSignal | undefined
  /** Called after each list with what it brought. */
  readonly onRows?: ((kind: KindName | "credentials", rows: number) => void) | undefined
}

/** Refuses names that no plan reads. */
export const checkPlanOptions = (where: string, options: PlanOptions): void =>
  checkOptions(where, options, { only: true, prune: true, recreate: true, baseUrl: true, signal: true, onRows: true })
