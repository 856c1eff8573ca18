/**
 * Fields that a platform fills in: they are read, and never written by a client.
 *
 * @since 0.2.0
 */
import type { JsonObject } from "./Operation.ts"
import type { ReferringKind } from "./references.ts"

/**
 * Names of the fields that a runtime (or the source platform) owns. A row that was read can be written back without them.
 * Where the body of an operation knows a field of such a name, that one is the client's: `workflowIds` of a structured
 * output.
 *
 * @since 0.2.0
 * @category contract
 */
export const ownedFields: ReadonlySet<string> = new Set([
  "id",
  "orgId",
  "createdAt",
  "updatedAt",
  "latestVersion",
  "isServerUrlSecretSet",
  "analyticsMetadata",
  "isDeleted",
  "authenticationSession",
  "workflowIds"
])

/**
 * A row without the fields that its platform owns: what of it can be created elsewhere.
 *
 * @since 0.2.0
 * @category contract
 */
export const withoutOwnedFields = (kind: ReferringKind, row: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(row).filter(
      ([name]) => !ownedFields.has(name) || (name === "workflowIds" && kind === "structuredOutputs")
    )
  )
