/**
 * A case as data: what it asks of a runtime, why that matters, and what to do where it does not hold. What it does is a
 * function of the bench (`bench/Bench.ts`).
 *
 * @since 0.2.0
 */

/**
 * How much hangs on a case: `MUST` what the SDK relies on, `SHOULD` what makes it better, `MAY` what is good to know.
 *
 * @since 0.2.0
 * @category models
 */
export type Level = "MUST" | "SHOULD" | "MAY"

/**
 * Where the contract has it from: the runtime's documentation, the API that it is compatible with, or nowhere.
 *
 * @since 0.2.0
 * @category models
 */
export type Origin = "doc" | "compat" | "assumed"

/**
 * What a case came to. `skip`: it was not to be run. `inconclusive`: it was, and nothing can be said.
 *
 * @since 0.2.0
 * @category models
 */
export type Status = "pass" | "fail" | "skip" | "inconclusive"

/**
 * What a case does to a runtime: reads, creates and removes rows of its own, or places calls of its own.
 *
 * @since 0.2.0
 * @category models
 */
export type Power = "read" | "write" | "calls" | "webhooks"

/**
 * The groups, in the order in which they run.
 *
 * @since 0.2.0
 * @category models
 */
export const groups = [
  "auth",
  "transport",
  "lists",
  "rows",
  "idempotency",
  "errors",
  "credentials",
  "imports",
  "calls",
  "webhooks"
] as const

/**
 * The name of a group.
 *
 * @since 0.2.0
 * @category models
 */
export type GroupName = (typeof groups)[number]

/**
 * What is said of a case, whatever it came to.
 *
 * @since 0.2.0
 * @category models
 */
export interface CaseText {
  /** Such as `auth.none`. Stable. */
  readonly id: string
  /** What it is about. */
  readonly group: GroupName
  /** How much hangs on it. */
  readonly level: Level
  /** Where the contract has it from. */
  readonly origin: Origin
  /** What it does to the runtime. */
  readonly power: Power
  /** What is asked, in a few words. */
  readonly title: string
  /** What a runtime does that keeps the contract. */
  readonly expected: string
  /** What it means for a program where that does not hold. */
  readonly consequence: string
  /** What to do then. */
  readonly workaround: string
}

/** What a case found. */
export interface Finding {
  /** How it came out. */
  readonly status: Status
  /** What was seen, in one sentence. */
  readonly got: string
}

export const pass = (got: string): Finding => ({ status: "pass", got })
export const fail = (got: string): Finding => ({ status: "fail", got })
export const skip = (got: string): Finding => ({ status: "skip", got })
export const inconclusive = (got: string): Finding => ({ status: "inconclusive", got })

/** Ends a case with a finding, from wherever it is. */
export class Ended extends Error {
  readonly finding: Finding
  constructor(finding: Finding) {
    super(finding.got)
    this.finding = finding
  }
}

/** Ends a case: nothing can be said, and why. */
export const unclear = (why: string): never => {
  throw new Ended(inconclusive(why))
}

/** Ends a case: it does not apply here, and why. */
export const skipped = (why: string): never => {
  throw new Ended(skip(why))
}
