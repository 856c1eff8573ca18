/**
 * What is known of one runtime, as plain data: `aywa-runtime conformance --save` writes it, a client honours it.
 *
 * @since 0.2.0
 */

/**
 * How a list of the runtime can be walked.
 *
 * @since 0.2.0
 * @category models
 */
export interface ListProfile {
  /**
   * `1` bare array; `2` `{ results, metadata: { currentPage, itemsPerPage, totalItems } }`; `3`
   * `{ results, metadata: { nextCursor, hasNextPage } }`; `4` `{ items, nextCursor }`.
   */
  readonly shape: 1 | 2 | 3 | 4
  /** The most rows that it gives at once, where that was seen: a bare array of fewer is the end. */
  readonly most?: number | undefined
  /** `all`: every row is reached. `first-page`: what is behind the first page cannot be had. */
  readonly walk: "all" | "first-page" | "unknown"
}

/**
 * What is known of one runtime. `unknown` is what was not looked at: the client behaves as without a profile.
 *
 * @since 0.2.0
 * @category models
 */
export interface RuntimeProfile {
  /** The version of this shape. */
  readonly formatVersion: 1
  /** When the runtime was looked at, ISO 8601. */
  readonly createdAt: string
  /** The version that the runtime said it has; absent where it says none. */
  readonly runtimeVersion?: string | undefined
  /** Whether a create that is repeated with its key makes one row. `ignored`: it is not repeated once it may have acted. */
  readonly idempotencyKeys: "honoured" | "ignored" | "unknown"
  /** Whether a write of another version is refused. `ignored`: `ifMatch` is refused instead of relied on. */
  readonly ifMatch: "honoured" | "ignored" | "unknown"
  /** How webhooks are signed. `other`: not by Standard Webhooks. */
  readonly webhookSignature: "standard" | "none" | "other" | "unknown"
  /** Lists by their path, such as `/assistant`. */
  readonly lists: { readonly [path: string]: ListProfile }
}

const known = ["honoured", "ignored", "unknown"]

/** Whether a client can go by it; `readRuntimeProfile` says what is wrong, which costs more than a client may weigh. */
export const isProfile = (profile: unknown): boolean => {
  const { formatVersion, idempotencyKeys, ifMatch, lists } = Object(profile)
  return formatVersion === 1 && known.includes(idempotencyKeys) && known.includes(ifMatch) && Object(lists) === lists
}

/** Why webhooks of this runtime cannot be verified by Standard Webhooks, and what to do; `undefined` where they can. */
export const signatureAdvice = (profile: Pick<RuntimeProfile, "webhookSignature"> | undefined): string | undefined => {
  switch (profile?.webhookSignature) {
    case "none":
      return "this runtime signs webhooks not at all: take none of them."
    case "other":
      return "this runtime signs webhooks by another scheme: give it as scheme."
    default:
      return undefined
  }
}
