/**
 * What a stored credential adds to a request: the bearer token of its authentication plan.
 */
import type { Store } from "../store/Store.ts"
import { objectAt, type JsonObject } from "../json/object.ts"

/** The header of a bearer credential of this organization; none where the credential is of another kind. */
export const bearerOf = (store: Store, organization: string, credentialId: unknown): Record<string, string> => {
  if (typeof credentialId !== "string") return {}
  const row = store.get<{ body: string; secrets: string | null }>(
    "SELECT body, secrets FROM resource_rows WHERE resource = 'credentials' AND org_id = ? AND id = ?",
    organization,
    credentialId
  )
  if (row === undefined) return {}
  const plan = { ...planOf(row.body), ...planOf(row.secrets) }
  const { type, token, headerName, bearerPrefixEnabled } = plan
  if (type !== "bearer" || typeof token !== "string") return {}
  const name = typeof headerName === "string" ? headerName.toLowerCase() : "authorization"
  return { [name]: bearerPrefixEnabled === false ? token : `Bearer ${token}` }
}

const planOf = (text: string | null): JsonObject =>
  objectAt(text === null ? undefined : JSON.parse(text), "authenticationPlan") ?? {}
