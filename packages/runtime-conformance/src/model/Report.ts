/**
 * What a run came to: every case with its evidence, what the SDK can rely on, and how rows differ from the contract.
 *
 * @since 0.2.0
 */
import type { RuntimeProfile } from "@aywa-ai/runtime-sdk"
import type { CaseText, Finding } from "./Case.ts"

/**
 * A request and its answer, as outlines: no values of rows, no secrets, no numbers.
 *
 * @since 0.2.0
 * @category models
 */
export interface Evidence {
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: unknown
  }
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body?: unknown
    readonly error?: string
  }
}

/**
 * A case with what it found.
 *
 * @since 0.2.0
 * @category models
 */
export interface CaseResult extends CaseText, Finding {
  /** At most six exchanges, the last ones. Only of cases that did not pass. */
  readonly evidence: ReadonlyArray<Evidence>
  /** Milliseconds that the case took. */
  readonly ms: number
}

/**
 * What the SDK can rely on, and what to do where it cannot.
 *
 * @since 0.2.0
 * @category models
 */
export interface Capability {
  readonly name: "retries of creates" | "pagination" | "config push" | "webhooks" | "import" | "secrets"
  readonly verdict: "safe" | "unsafe" | "unknown"
  /** In one sentence. */
  readonly detail: string
}

/**
 * One thing that rows or events have and the contract does not know. Ids of rows are masked.
 *
 * @since 0.2.0
 * @category models
 */
export interface Drift {
  readonly kind: "field" | "word" | "event"
  /** Where: the path of the list, and of the field in its rows; of an event, its type. */
  readonly place: string
  /** The word, of `word` and `event`; of a field, what kind of JSON it holds. */
  readonly value: string
  /** In how many rows or events it was seen. */
  readonly count: number
  /** The beginnings of ids that have it, at most three. */
  readonly rows: ReadonlyArray<string>
}

/**
 * A run.
 *
 * @since 0.2.0
 * @category models
 */
export interface Report {
  /** The version of this shape. */
  readonly formatVersion: 1
  /** What rows of the run are marked with. */
  readonly run: string
  /** When the run ended, ISO 8601. */
  readonly createdAt: string
  /** Scheme, host and port. */
  readonly origin: string
  /** The version that the runtime said it has. */
  readonly runtimeVersion?: string | undefined
  /** Number of cases by status. */
  readonly summary: Readonly<Record<Finding["status"], number>>
  /** Requests that the run sent, removals included. */
  readonly requests: number
  /** Milliseconds of the whole run. */
  readonly ms: number
  /** What the SDK can rely on, and what not. */
  readonly capabilities: ReadonlyArray<Capability>
  /** Every case that was chosen, in the order of the groups. */
  readonly cases: ReadonlyArray<CaseResult>
  /** What rows and events have and the contract does not know. */
  readonly drift: ReadonlyArray<Drift>
  /** What is left that could not be removed, by path and name. */
  readonly left: ReadonlyArray<string>
  /** What `--save` writes: for the option `runtimeProfile` of a client. */
  readonly profile: RuntimeProfile
}
