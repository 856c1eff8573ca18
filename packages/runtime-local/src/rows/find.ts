/**
 * Reading stored rows by what refers to them.
 */
import type { Store } from "../store/Store.ts"
import { objectOf, type JsonObject } from "../json/object.ts"
import { withSecrets } from "./secrets.ts"

/** A row of an organization with its secrets, for what the runtime itself does with it, or `undefined`. */
export const findWhole = (
  store: Store,
  organization: string,
  resource: string,
  id: unknown
): JsonObject | undefined => {
  if (typeof id !== "string") return undefined
  const row = store.get<{ body: string; secrets: string | null }>(
    "SELECT body, secrets FROM resource_rows WHERE resource = ? AND org_id = ? AND id = ?",
    resource,
    organization,
    id
  )
  return row === undefined ? undefined : withSecrets(objectOf(JSON.parse(row.body)), row.secrets)
}

/** A row of an organization as clients read it, or `undefined`. */
export const findRow = (store: Store, organization: string, resource: string, id: unknown): JsonObject | undefined => {
  if (typeof id !== "string") return undefined
  const row = store.get<{ body: string }>(
    "SELECT body FROM resource_rows WHERE resource = ? AND org_id = ? AND id = ?",
    resource,
    organization,
    id
  )
  return row === undefined ? undefined : objectOf(JSON.parse(row.body))
}

/** The first row of an organization whose top-level `field` has a value, with its secrets. */
export const findBy = (
  store: Store,
  organization: string,
  resource: string,
  field: string,
  value: string
): JsonObject | undefined => {
  const row = store.get<{ body: string; secrets: string | null }>(
    `SELECT body, secrets FROM resource_rows WHERE resource = ? AND org_id = ? AND json_extract(body, '$.' || ?) = ? ORDER BY seq LIMIT 1`,
    resource,
    organization,
    field,
    value
  )
  return row === undefined ? undefined : withSecrets(objectOf(JSON.parse(row.body)), row.secrets)
}

/** Replaces the body of a row, with its version and time of change. */
export const replaceRow = (store: Store, resource: string, row: JsonObject, now: number): JsonObject => {
  const next = { ...row, updatedAt: new Date(now).toISOString() }
  store.run(
    "UPDATE resource_rows SET body = ?, updated_at = ?, version = version + 1 WHERE resource = ? AND id = ?",
    JSON.stringify(next),
    now,
    resource,
    String(row["id"])
  )
  return next
}
