/**
 * How a plan is applied, and what is told meanwhile.
 *
 * @since 0.2.0
 */
import type { Step } from "../plan/Plan.ts"

/**
 * What happens while a plan is applied.
 *
 * @since 0.2.0
 * @category models
 */
export type ApplyEvent =
  | { readonly type: "backup"; readonly name: string }
  | {
      readonly type: "row"
      readonly action: Step["action"]
      readonly address: string
      readonly id: string
      /** Rows written so far, this one included, and rows that this plan writes. */
      readonly done: number
      readonly of: number
    }
  /** The runtime sends no ETag: between the last look and the write somebody else's change would not be noticed. */
  | { readonly type: "weak-guard"; readonly address: string }

/**
 * How a plan is applied.
 *
 * @since 0.2.0
 * @category models
 */
export interface ApplyOptions {
  /** Goes on with rows that do not depend on a refused one. Default: stop at the first. */
  readonly keepGoing?: boolean | undefined
  /** Where `${env:NAME}` gets the values of secrets. Default: `process.env`. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined
  /** The runtime's address: a plan that was made for another one is refused. Default: the environment's. */
  readonly baseUrl?: string | undefined
  /** Stops between two writes; the plan can be made and applied again. */
  readonly signal?: AbortSignal | undefined
  /** Hears of each backup and each row when it is written. */
  readonly onEvent?: ((event: ApplyEvent) => void) | undefined
  /** Milliseconds since 1970, for the backup's name. Default: the system's clock. */
  readonly now?: (() => number) | undefined
}
