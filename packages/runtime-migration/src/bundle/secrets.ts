/**
 * Secrets never come with an export. Which fields they are, the contract says; this keeps those that stand in a file by
 * accident out of rows that travel, and out of reports.
 */
import type { JsonObject, ReferringKind } from "@aywa-ai/runtime-sdk"
import { isSecretField, withoutSecrets } from "@aywa-ai/runtime-sdk/contract"
import { isObject } from "./Bundle.ts"

/** A copy in which no secret can be read. */
export const masked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(masked)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, isSecretField(key) && item !== null ? "[REDACTED]" : masked(item)])
  )
}

/**
 * A row without its secrets, for whichever side it comes from: those that a bundle has by accident do not travel, and a
 * mask of the runtime is nothing to compare with.
 */
export const bare = (name: ReferringKind, row: JsonObject): JsonObject => withoutSecrets(name, row).row
