/**
 * A fault rule: the requests that it hits, and what it does to them.
 *
 * `before` means that nothing happened; `after` means that the work is committed and the answer is lost or changed on
 * its way: the one fault that proves that a retry does not do the work twice.
 */
import type { FaultAction, FaultInput } from "./schemas.ts"

/** Whether a fault hits before anything is done, or after the work is committed. */
export type When = "before" | "after"

/** What decides whether a rule hits. */
export interface FaultSubject {
  readonly method: string
  readonly path: string
  readonly key: string | undefined
  readonly attempt: number | undefined
  /** Parsed JSON body. Only read when a rule looks at it. */
  readonly body: unknown
  /** The type of the event, for a webhook that the runtime sends. */
  readonly event?: string | undefined
}

/** A fault to apply to one request. */
export interface Fault {
  readonly action: FaultAction
  readonly when: When
}

/** A rule: the requests that it hits, and what it does to them. */
export interface FaultRule {
  readonly id?: string | undefined
  readonly match?: FaultMatch | undefined
  /** What happens to a request that is hit; this or `sequence`. */
  readonly action?: FaultInput | undefined
  /** One action after the other, one for each request that is hit; `"pass"` lets one through. */
  readonly sequence?: ReadonlyArray<FaultInput | "pass"> | undefined
  /** Begins the sequence again when it is through. Default `false`. */
  readonly repeat?: boolean | undefined
  /** The default depends on the action: those that change an answer need one, hence `"after"`. */
  readonly when?: When | undefined
  /** Lets this many matching requests through first. */
  readonly skip?: number | undefined
  /** How often it hits. Default: without end, and a sequence once. */
  readonly times?: number | undefined
  /** Milliseconds after the rule was added, on the runtime's clock, from which on it hits. Default 0. */
  readonly from?: number | undefined
  /** Milliseconds after the rule was added, on the runtime's clock, until which it hits. Default: for ever. */
  readonly until?: number | undefined
  /** Chance of each hit, 0 to 1. */
  readonly probability?: number | undefined
  /** Makes `probability` repeatable. */
  readonly seed?: number | undefined
}

/** Which requests are hit: those for which every condition holds that is there. */
export interface FaultMatch {
  readonly method?: string | undefined
  /** `*` stands for anything, `:id` for one segment: `/assistant/:id`. */
  readonly path?: string | undefined
  /** The Idempotency-Key. */
  readonly key?: string | undefined
  /** A place in the JSON body that must exist (`model.provider`) or have a value (`model.provider=openai`). */
  readonly bodyPath?: string | undefined
  /** The number in `X-Aywa-Attempt`. */
  readonly attempt?: number | undefined
  /** The type of a webhook, for the actions that hit webhooks. */
  readonly event?: string | undefined
}

/** A rule with what became of it. */
export interface ActiveRule extends FaultRule {
  readonly id: string
  /** For a sequence, that of the action that comes next. */
  readonly when: When
  /** How often it hit. */
  readonly hits: number
}
