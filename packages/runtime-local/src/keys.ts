/**
 * The keys that a runtime starts with.
 */
import type { Keys } from "./http/auth.ts"
import type { LocalRuntimeOptions } from "./options.ts"
import type { Store } from "./store/Store.ts"
import type { Ids } from "./time/ids.ts"

/** A random key. */
export const newKey = (ids: Ids): string => `aywa_local_${ids.token(26)}`

/** The first key, and the organization that it belongs to. */
export interface FirstKey {
  readonly apiKey: string
  readonly organizationId: string
}

/** Stores the keys and the organizations of the options, and says which key is the first. */
export const seedKeys = (store: Store, keys: Keys, ids: Ids, options: LocalRuntimeOptions): FirstKey => {
  const { organizations = [] } = options
  const configured = (options.apiKeys ?? []).map((key) => (typeof key === "string" ? { key } : key))
  const stored = store.get<{ id: string }>("SELECT id FROM organizations ORDER BY seq LIMIT 1")?.id
  const organizationId = options.organization ?? organizations[0] ?? configured[0]?.organization ?? stored ?? ids.uuid()
  const apiKey =
    options.apiKey ??
    configured.find((key) => (key.organization ?? organizationId) === organizationId)?.key ??
    newKey(ids)
  store.transaction(() => {
    if (!configured.some(({ key }) => key === apiKey)) {
      keys.add({ key: apiKey, organization: organizationId, role: "full" })
    }
    for (const { key, organization = organizationId, role = "full" } of configured)
      keys.add({ key, organization, role })
    for (const id of organizations) {
      store.run("INSERT OR IGNORE INTO organizations (id, created_at) VALUES (?, ?)", id, Date.now())
    }
  })
  return { apiKey, organizationId }
}
