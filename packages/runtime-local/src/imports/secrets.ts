/**
 * Secrets do not travel in bundles. What looks like one is taken out, and what will be missing is named, so that an
 * operator knows what to supply.
 */
import { type ReferringKind, secretsNeeded, withoutSecrets } from "@aywa-ai/runtime-sdk/internal/contract"
import type { JsonObject } from "../json/object.ts"

/** A row without its secrets. */
export interface Stripped {
  readonly row: JsonObject
  /** The places of the secrets that an operator must supply: those that it had, and those that an export leaves out. */
  readonly needed: ReadonlyArray<string>
}

/** Takes the secrets out of a row. */
export const stripSecrets = (kind: ReferringKind, row: JsonObject): Stripped => {
  const { row: stripped, removed } = withoutSecrets(kind, row)
  return { row: stripped, needed: [...new Set([...removed, ...secretsNeeded(kind, row)])] }
}
