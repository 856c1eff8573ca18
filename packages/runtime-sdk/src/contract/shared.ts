/**
 * Objects that several resources share. Interfaces only: their schemas stand in `schema/shapes.ts`, proven equal.
 *
 * @since 0.1.0
 */
import type { JsonObject, Open } from "./Operation.ts"

/**
 * Fields that the runtime owns on every row. They are taken off a body before it is sent, so that what was read can
 * be written back.
 *
 * @since 0.1.0
 * @category models
 */
export interface Row {
  /** Opaque id. Never parse it. */
  readonly id: string
  /** Organization that owns the row. */
  readonly orgId: string
  /** ISO 8601 with milliseconds, UTC. */
  readonly createdAt: string
  /** ISO 8601 with milliseconds, UTC. */
  readonly updatedAt: string
}

/**
 * Filters that every list takes. Times are ISO 8601.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListQuery {
  /** Rows per page, 1 to 1000. The runtime's default is 100. */
  readonly limit?: number | undefined
  /** Continue from an earlier page: its `nextCursor`, unchanged, together with the same filters. */
  readonly cursor?: string | undefined
  /** Created after this time, e.g. `"2026-01-31T09:00:00Z"`. */
  readonly createdAtGt?: string | undefined
  /** Created before this time. */
  readonly createdAtLt?: string | undefined
  /** Created at this time or after it. */
  readonly createdAtGe?: string | undefined
  /** Created at this time or before it. */
  readonly createdAtLe?: string | undefined
  /** Changed after this time. */
  readonly updatedAtGt?: string | undefined
  /** Changed before this time. */
  readonly updatedAtLt?: string | undefined
  /** Changed at this time or after it. */
  readonly updatedAtGe?: string | undefined
  /** Changed at this time or before it. */
  readonly updatedAtLe?: string | undefined
}

/**
 * How a list is walked; said in its query, and not sent.
 *
 * @since 0.2.0
 * @category models
 */
export interface WalkOptions {
  /**
   * Asks for the next page as soon as one has come, while its rows are worked on: for work that takes as long as a page
   * does. At most one page is read ahead; who leaves the walk gives it up. Off by default.
   */
  readonly prefetch?: boolean | undefined
}

/**
 * One page of a list, the same for all four list shapes that the API family knows.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<out A> {
  /** Rows, newest first. */
  readonly items: ReadonlyArray<A>
  /** Pass as `cursor` to continue; absent on the last page. Opaque. */
  readonly nextCursor?: string
  /** Number of rows over all pages, where the runtime says it. */
  readonly total?: number
}

/**
 * When and how often the runtime sends a failed webhook again.
 *
 * @since 0.1.0
 * @category models
 */
export interface BackoffPlan extends JsonObject {
  /** Whether the delay stays the same, or doubles each time. */
  readonly type: Open<"fixed" | "exponential">
  /** How often it is sent again, 0 to 10. */
  readonly maxRetries: number
  /** Seconds before the first repeat, 0 to 10. */
  readonly baseDelaySeconds: number
  /** HTTP statuses that are not sent again. */
  readonly excludedStatusCodes?: ReadonlyArray<number> | null
}

/**
 * A server of yours that the runtime calls.
 *
 * @since 0.1.0
 * @category models
 */
export interface Server extends JsonObject {
  /** Address that is called, `https` in production. */
  readonly url?: string | null
  /** Seconds for an answer, 1 to 300; the runtime's default is 20. */
  readonly timeoutSeconds?: number | null
  /** Credential with which the runtime proves itself there. */
  readonly credentialId?: string | null
  /** Extra headers; an `Authorization` here overrides the credential. */
  readonly headers?: { readonly [name: string]: string } | null
  /** When and how often a failed request is sent again; never, when absent. */
  readonly backoffPlan?: BackoffPlan | null
  /** Whether the runtime calls from fixed addresses. */
  readonly staticIpAddressesEnabled?: boolean | null
  /** Paths of the body that are sent encrypted, such as `"customer.number"`. */
  readonly encryptedPaths?: ReadonlyArray<string> | null
  /** Older form of a credential: sent as a header. Write-only. */
  readonly secret?: string | null
}

/**
 * A prompt message.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenAIMessage extends JsonObject {
  /** Who speaks; `system` gives the assistant its instructions. */
  readonly role: Open<"assistant" | "function" | "user" | "system" | "tool">
  /** The words; `null` beside tool calls. */
  readonly content?: string | null
}

/**
 * A function that a model may call, as its model sees it.
 *
 * @since 0.1.0
 * @category models
 */
export interface FunctionDefinition extends JsonObject {
  /** 1 to 64 of `[a-zA-Z0-9_-]`. */
  readonly name: string
  /** What it does and when to use it; models get worse from about 1,000 characters on. */
  readonly description?: string | null
  /** JSON Schema of the arguments: `{ type: "object", properties, required }`. */
  readonly parameters?: JsonObject | null
  /** Whether the model must keep to `parameters` exactly; `false` when absent. */
  readonly strict?: boolean | null
}
