/**
 * What a push would do: a value, which is also the format of plan files and of `--json`.
 *
 * @since 0.2.0
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import type { Problem } from "../errors/Problem.ts"
import type { Change } from "../rows/diff.ts"
import type { KindName } from "../rows/kinds.ts"

/**
 * What becomes of a row.
 *
 * **Details**
 *
 * - `create`, `update`, `delete`: a write;
 * - `adopt`: the runtime has this very row already, and only the state learns its id;
 * - `unchanged`: nothing to do;
 * - `drift`: somebody changed it on the runtime; the file has no change of its own, so nothing is written;
 * - `conflict`: both changed, or it is not known which row is meant: a push refuses it;
 * - `left`: the state has it, its file is gone; it is deleted with `prune` only.
 *
 * @since 0.2.0
 * @category models
 */
export type Action = "create" | "update" | "delete" | "adopt" | "unchanged" | "drift" | "conflict" | "left"

/**
 * One row of a plan.
 *
 * @since 0.2.0
 * @category models
 */
export interface Step {
  /** What a push does with the row. */
  readonly action: Action
  /** `assistants/desk`. */
  readonly address: string
  /** Which kind of row it is, and so its folder. */
  readonly kind: KindName
  /** Of the runtime's row, where there is one. */
  readonly id?: string | undefined
  /**
   * Where the row differs: `before` is what the runtime has, `after` what it would get; of a `drift`, what was last seen
   * and what the runtime has. Secrets and values of `${env:}` are never in it.
   */
  readonly changes: ReadonlyArray<Change>
  /** Why, and what to do: for `conflict`, `drift` and `left`. */
  readonly detail?: string | undefined
  /** What an update sends: whole top-level values, `null` for those that go. Slugs stand for ids. */
  readonly set?: JsonObject | undefined
  /** What the file says, with slugs, and `${env:}` in place of values. */
  readonly row?: JsonObject | undefined
  /** SHA-256 of the runtime's row when the plan was made: `push FILE` refuses when it is another one. */
  readonly digest?: string | undefined
}

/**
 * A plan. As JSON it is what `config plan --out FILE` writes and `config plan --json` prints; `formatVersion` changes
 * when a field changes its meaning or goes.
 *
 * @since 0.2.0
 * @category models
 */
export interface Plan {
  /** The version of this shape. */
  readonly formatVersion: 1
  /** The environment of the folder that it was made for. */
  readonly environment: string
  /** The address of the runtime that it was made for; another one is refused. */
  readonly baseUrl?: string | undefined
  /** The organization that it was made for, where one was named. */
  readonly organizationId?: string | undefined
  /** In the order in which they are applied. */
  readonly steps: ReadonlyArray<Step>
  /** Number of steps by action. */
  readonly counts: Readonly<Record<Action, number>>
  /** What stands in no way of a push and is to be read before it. */
  readonly warnings: ReadonlyArray<Problem>
}

/** Number of steps by action. */
export const countsOf = (steps: ReadonlyArray<Pick<Step, "action">>): Plan["counts"] => {
  const count = (action: Action) => steps.filter((step) => step.action === action).length
  return {
    create: count("create"),
    update: count("update"),
    delete: count("delete"),
    adopt: count("adopt"),
    unchanged: count("unchanged"),
    drift: count("drift"),
    conflict: count("conflict"),
    left: count("left")
  }
}

/**
 * Whether a plan would write anything.
 *
 * @since 0.2.0
 * @category plan
 */
export const hasChanges = ({ counts }: Plan): boolean => counts.create + counts.update + counts.delete > 0
