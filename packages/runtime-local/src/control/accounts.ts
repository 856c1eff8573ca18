/**
 * Who uses a runtime, and how to reach it: organizations, keys, and the runtime itself.
 */
import * as Schema from "effect/Schema"
import { json } from "../http/answer.ts"
import type { ApiKeyInfo, Keys } from "../http/auth.ts"
import { HttpError, invalid, notFound } from "../http/errors.ts"
import type { Store } from "../store/Store.ts"
import type { Ids } from "../time/ids.ts"
import { type ControlRoutes, decode, onlyParameters } from "./route.ts"

/** What these routes work with. */
export interface AccountsContext {
  readonly store: Store
  readonly ids: Ids
  readonly now: () => number
  readonly keys: Keys
  readonly addKey: (options: typeof KeyInput.Type) => ApiKeyInfo & { readonly key: string }
  /** What a program needs to reach the runtime, with its secrets. */
  readonly connection: () => Connection
}

/** What a program needs to reach a runtime. */
export interface Connection {
  readonly version: string
  readonly baseUrl: string
  readonly organizationId: string
  readonly apiKey: string
  readonly webhookSecret: string
  readonly mode: "development" | "production"
  readonly clock: "system" | "manual"
  /** The file, or `memory`. */
  readonly store: string
  /** Milliseconds since the process began. */
  readonly uptimeMs: number
}

const KeyInput = Schema.Struct({
  key: Schema.optional(Schema.String.check(Schema.isPattern(/^[\x21-\x7e]+$/))),
  organization: Schema.optional(Schema.String.check(Schema.isMinLength(1))),
  role: Schema.optional(Schema.Literals(["full", "read"]))
})

const OrganizationInput = Schema.Struct({
  id: Schema.optional(Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,200}$/)))
})

/** The routes. */
export const accountRoutes = ({ store, ids, now, keys, addKey, connection }: AccountsContext): ControlRoutes => ({
  "GET runtime": ({ query }) => {
    onlyParameters(query, ["show"])
    const show = query.get("show")
    if (show !== null && show !== "secrets") throw invalid(["show: expected secrets"])
    const { apiKey, webhookSecret, ...open } = connection()
    return show === null ? open : { ...open, apiKey, webhookSecret }
  },

  "GET keys": () => keys.list(),
  "POST keys": async ({ body }) => addKey(decode(KeyInput, await body())),
  "DELETE keys/:id": ({ id }) => {
    if (!keys.revoke(id)) throw notFound("Key", id)
    return { id }
  },

  "GET organizations": () => ({
    items: store
      .all<{ id: string; createdAt: number }>("SELECT id, created_at AS createdAt FROM organizations ORDER BY seq")
      .map(({ id, createdAt }) => ({ id, createdAt: new Date(createdAt).toISOString() }))
  }),
  "POST organizations": async ({ body }) => {
    const { id = ids.uuid() } = decode(OrganizationInput, (await body()) ?? {})
    const added = store.run("INSERT OR IGNORE INTO organizations (id, created_at) VALUES (?, ?)", id, now())
    if (added === 0) throw new HttpError(409, `There is an organization ${id} already`, { code: "organization_exists" })
    return json(201, JSON.stringify({ id, createdAt: new Date(now()).toISOString() }))
  }
})
