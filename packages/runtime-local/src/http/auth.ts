/**
 * API keys and organizations. A key belongs to one organization and is stored as its SHA-256.
 */
import * as crypto from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"
import { HttpError } from "./errors.ts"
import type { Store } from "../store/Store.ts"

/** What a key may do. */
export type Role = "full" | "read"

/** A key to accept. */
export interface ApiKeyOptions {
  readonly key: string
  /** The organization that it belongs to. Default: the first one. */
  readonly organization?: string | undefined
  readonly role?: Role | undefined
}

/** A stored key; the key itself is not kept. */
export interface ApiKeyInfo {
  readonly id: string
  readonly organizationId: string
  readonly role: Role
}

/** Who is asking. */
export type Principal = ApiKeyInfo

/** The keys of a runtime. */
export interface Keys {
  readonly add: (options: { key: string; organization: string; role: Role }) => ApiKeyInfo
  readonly list: () => ReadonlyArray<ApiKeyInfo>
  readonly revoke: (id: string) => boolean
  /** A key of an organization that is stored nowhere, listed nowhere, and good until its end. */
  readonly lend: (organization: string) => { readonly key: string; readonly end: () => void }
  /** Reads the table again, after the database was reopened. */
  readonly load: () => void
  /** Who the headers speak for; throws 401 or 403. */
  readonly authenticate: (headers: IncomingHttpHeaders) => Principal
}

interface StoredKey extends ApiKeyInfo {
  readonly hash: Uint8Array
}

/** Keys over a store; they are few, so they are also held in memory. */
export const makeKeys = (store: Store, now: () => number): Keys => {
  let keys: ReadonlyArray<StoredKey> = []
  let loans: ReadonlyArray<StoredKey> = []
  const load = () => {
    keys = store.all<StoredKey>('SELECT id, hash, org_id AS "organizationId", role FROM api_keys ORDER BY seq')
  }
  load()
  const info = ({ id, organizationId, role }: StoredKey): ApiKeyInfo => ({ id, organizationId, role })
  return {
    load,
    list: () => keys.map(info),
    add: ({ key, organization, role }) => {
      const hash = sha256(key)
      store.run("INSERT OR IGNORE INTO organizations (id, created_at) VALUES (?, ?)", organization, now())
      // The same key again, as after a restart on the same file, replaces itself: the last organization and role stand.
      store.run(
        `INSERT INTO api_keys (id, hash, org_id, role, created_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (hash) DO UPDATE SET org_id = excluded.org_id, role = excluded.role`,
        hash.toString("hex").slice(0, 12),
        hash,
        organization,
        role,
        now()
      )
      load()
      return info(keys.find((stored) => hash.equals(stored.hash)) ?? missing())
    },
    revoke: (id) => {
      const changed = store.run("DELETE FROM api_keys WHERE id = ?", id)
      load()
      return changed > 0
    },
    lend: (organization) => {
      const key = `aywa_lent_${crypto.randomBytes(24).toString("hex")}`
      const loan = {
        id: `lent:${organization}`,
        organizationId: organization,
        role: "full",
        hash: sha256(key)
      } as const
      loans = [...loans, loan]
      return { key, end: () => void (loans = loans.filter((one) => one !== loan)) }
    },
    authenticate: (headers) => {
      const presented = credential(headers)
      const hash = sha256(presented)
      // Every stored hash is compared, so that time says nothing about which of them came close.
      let match: StoredKey | undefined
      for (const stored of [...keys, ...loans]) if (crypto.timingSafeEqual(stored.hash, hash)) match = stored
      if (match === undefined) throw unauthorized("The API key is unknown or was revoked")
      const organization = headers["x-organization-id"]
      if (organization === "") throw new HttpError(403, empty("X-Organization-Id"), { code: "organization_forbidden" })
      if (organization !== undefined && organization !== match.organizationId) {
        throw new HttpError(403, "The API key does not belong to the organization in X-Organization-Id", {
          code: "organization_forbidden"
        })
      }
      return match
    }
  }
}

const credential = (headers: IncomingHttpHeaders): string => {
  const { authorization } = headers
  if (authorization !== undefined) {
    if (/^(Bearer)? *$/i.test(authorization)) throw unauthorized(empty("Authorization"))
    const match = /^Bearer +(\S+) *$/i.exec(authorization)
    if (match?.[1] === undefined) throw unauthorized("Authorization must be: Bearer <runtime API key>")
    return match[1]
  }
  const key = headers["x-api-key"]
  if (key === "") throw unauthorized(empty("X-API-Key"))
  if (typeof key === "string" && key !== "") return key
  throw unauthorized("An API key is needed: Authorization: Bearer <runtime API key>")
}

const empty = (name: string) => `${name} is empty: is a variable unset?`

const unauthorized = (message: string) => new HttpError(401, message, { headers: { "www-authenticate": "Bearer" } })

const sha256 = (text: string) => crypto.hash("sha256", text, "buffer")

const missing = (): never => {
  throw new Error("A key that was just stored is missing")
}
