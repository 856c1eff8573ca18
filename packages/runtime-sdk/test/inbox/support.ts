/** Databases of an inbox test, each its own and gone afterwards. */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Client } from "pg"
import { createClient } from "redis"
import { NodeSqlite, WebhookInbox } from "../../src/inbox.ts"
import { Report } from "../../src/inbox/report.ts"

/** Where an inbox lives: plain data, so that it can be handed to another process. */
export type Place =
  | { readonly kind: "memory" }
  | { readonly kind: "sqlite"; readonly file: string }
  | { readonly kind: "postgres"; readonly url: string }
  | { readonly kind: "redis"; readonly prefix: string }

export const sqlLayer = (place: Extract<Place, { kind: "sqlite" | "postgres" }>) =>
  place.kind === "sqlite"
    ? NodeSqlite.layer(place.file)
    : PgClient.layer({ url: Redacted.make(place.url), maxConnections: 3 })

/** What the shared Redis is not set to is no business of most tests. */
export const quiet = Layer.succeed(Report, () => Effect.void)

/** The inbox in a place; without a report of its own it tells whoever opens it, from Redis nobody. */
export const inboxLayer = (
  place: Place,
  options: WebhookInbox.Options = {},
  report?: Layer.Layer<never>
): Layer.Layer<WebhookInbox.WebhookInbox> => {
  // The time that an offer has is a test of its own, not of a loaded machine.
  const quick = { pollInterval: 20, backoff: 20, offerTimeout: "10 seconds", ...options } as const
  const layer = Layer.orDie(layerOf(place, quick))
  if (report !== undefined) return Layer.provide(layer, report)
  return place.kind === "redis" ? Layer.provide(layer, quiet) : layer
}

const layerOf = (place: Place, options: WebhookInbox.Options): Layer.Layer<WebhookInbox.WebhookInbox, unknown> => {
  switch (place.kind) {
    case "memory":
      return WebhookInbox.layerMemory(options)
    case "redis":
      return Layer.provide(WebhookInbox.layerRedis({ ...options, prefix: place.prefix }), NodeRedis.layer({}))
    default:
      return Layer.provide(WebhookInbox.layerSql(options), sqlLayer(place))
  }
}

const admin = "postgres://postgres@127.0.0.1:5432/postgres"

const query = async (url: string, sql: string) => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** Makes a place, and the way to remove it. */
export const makePlace = async (
  kind: Place["kind"]
): Promise<{ readonly place: Place; readonly remove: () => Promise<void> }> => {
  const unique = randomUUID().slice(0, 8)
  if (kind === "memory") return { place: { kind }, remove: async () => {} }
  if (kind === "sqlite") {
    const folder = mkdtempSync(join(tmpdir(), "aywa-inbox-"))
    return { place: { kind, file: join(folder, "inbox.db") }, remove: async () => rmSync(folder, { recursive: true }) }
  }
  if (kind === "postgres") {
    const name = `aywa_inbox_${unique}`
    await query(admin, `CREATE DATABASE ${name}`)
    return {
      place: { kind, url: admin.replace(/postgres$/, name) },
      remove: async () => void (await query(admin, `DROP DATABASE ${name} WITH (FORCE)`))
    }
  }
  const prefix = `{aywa-${unique}}:`
  return {
    place: { kind, prefix },
    remove: async () => {
      const redis = createClient()
      await redis.connect()
      for await (const keys of redis.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 })) {
        if (keys.length > 0) await redis.del(keys)
      }
      await redis.close()
    }
  }
}

/** A place for as long as the scope is open. */
export const placeOf = <Kind extends Place["kind"]>(kind: Kind) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => makePlace(kind)),
      ({ remove }) => Effect.promise(remove)
    ),
    ({ place }) => place as Extract<Place, { kind: Kind }>
  )

export const delivery = (id: string, callId: string | undefined = undefined) => ({
  id,
  type: "end-of-call-report",
  callId,
  body: JSON.stringify({ message: { type: "end-of-call-report", call: { id: callId } } })
})

/** Waits until something is true, for a bounded time. */
export const until = <E, R>(condition: Effect.Effect<boolean, E, R>, what: string, millis = 15_000) =>
  Effect.gen(function* () {
    for (let i = 0; i < millis / 10; i++) {
      if (yield* condition) return
      yield* Effect.sleep(10)
    }
    throw new Error(`Waited too long for: ${what}`)
  })
