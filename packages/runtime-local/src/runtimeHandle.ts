/**
 * What a program holds of a running runtime.
 */
import type { Sending } from "./control/handle.ts"
import type { ActiveRule, FaultRule } from "./faults/rule.ts"
import type { Scenarios } from "./faults/scenarios.ts"
import type { FaultInput } from "./faults/schemas.ts"
import type { ApiKeyInfo } from "./http/auth.ts"
import type { JournalEntry, RequestFilter } from "./http/journal.ts"
import type { Connections } from "./http/server.ts"
import type { SnapshotInfo, SnapshotOptions } from "./store/snapshots.ts"
import type { RuntimeClock } from "./time/clock.ts"

/**
 * A running runtime.
 *
 * @since 0.1.0
 * @category models
 */
export interface LocalRuntimeHandle extends AsyncDisposable, Sending {
  /** `http://127.0.0.1:<port>`; stays the same over restarts. */
  readonly baseUrl: string
  /** Its address for others, as the options say it. */
  readonly publicUrl: string | undefined
  readonly apiKey: string
  readonly organizationId: string
  /** Bearer token of the control API below `/__aywa/`. */
  readonly controlToken: string
  /**
   * The inspector's page, with the token in the fragment, where no server and no log sees it; `undefined` where there is
   * none.
   *
   * @since 0.2.0
   */
  readonly inspectorUrl: string | undefined
  /**
   * An address of the inspector's page that is good once, for a minute, and has no token in it: for a program that opens a
   * browser, whose arguments every user of the machine can read. `undefined` where there is no inspector.
   *
   * @since 0.2.0
   */
  readonly inspectorLink: () => string | undefined
  /** What reached the runtime, oldest first. */
  readonly requests: (filter?: RequestFilter) => ReadonlyArray<JournalEntry>
  readonly faults: Faults
  /** Starts and stops named lists of faults. */
  readonly scenarios: Scenarios
  readonly clock: RuntimeClock
  /** Stored rows, oldest first, of all organizations or of one. `resource` is a name of the contract: `assistants`. */
  readonly rows: (
    resource: string,
    options?: { readonly organization?: string | undefined }
  ) => ReadonlyArray<StoredRow>
  readonly count: (resource: string) => number
  readonly connections: () => Connections
  /** Adds a key; without one, a random one. */
  readonly addKey: (options?: {
    readonly key?: string | undefined
    readonly organization?: string | undefined
    readonly role?: "full" | "read" | undefined
  }) => ApiKeyInfo & { readonly key: string }
  readonly revokeKey: (id: string) => boolean
  /** Kills every connection and what is in flight, then opens database and listener again, on the same file and port. */
  readonly restart: () => Promise<void>
  /** Copies rows, calls, events and jobs, of all organizations or of one, to go back to. In memory, or in a file. */
  readonly snapshot: (options?: SnapshotOptions) => SnapshotInfo
  /** Goes back to a snapshot, all or nothing; keys, faults and the clock stay as they are. */
  readonly restore: (place?: Pick<SnapshotOptions, "name" | "file">) => SnapshotInfo
  /** Forgets rows, idempotency records, requests, faults and limiter state; keys stay. */
  readonly reset: () => void
  /** Ends deliveries and connections at once; what was being handled leaves no trace, and whoever waits hears it. */
  readonly close: () => Promise<void>
}

/**
 * A row as it is answered.
 *
 * @since 0.1.0
 * @category models
 */
export interface StoredRow {
  readonly id: string
  readonly orgId: string
  readonly createdAt: string
  readonly updatedAt: string
  readonly [key: string]: unknown
}

/**
 * Faults on demand.
 *
 * @since 0.1.0
 * @category models
 */
export interface Faults {
  /** Adds a rule and gives its id. The first rule that hits wins. */
  readonly add: (rule: FaultRule) => string
  /** Hits the next request (that matches), once. */
  readonly next: (action: FaultInput, options?: Omit<FaultRule, "action" | "times">) => string
  /** Closes the listener now: connections are refused for a while. */
  readonly refuse: (milliseconds: number) => void
  readonly remove: (id: string) => boolean
  readonly list: () => ReadonlyArray<ActiveRule>
  readonly clear: () => void
}
