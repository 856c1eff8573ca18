/** Servers that refuse who asks: said in words, and without a password. */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { inspect } from "node:util"
import { Client } from "pg"
import { assert, it } from "vitest"
import { InboxError, openWebhookInbox, WebhookInbox } from "../../src/inbox.ts"
import { rejection } from "../support/assertions.ts"
import { startPostgres, startRedis } from "../support/ownServers.ts"
import { describeWithPrograms } from "../support/services.ts"

const wrong = "wrong-4711-secret"

/** How an inbox does not open. */
const refusalOf = async (store: Layer.Layer<WebhookInbox.WebhookInbox, unknown>): Promise<string> => {
  const error = await rejection(openWebhookInbox({ store }))
  assert(error instanceof InboxError, String(error))
  assert.strictEqual(error.kind, "refusal", error.message)
  assert.notInclude(inspect(error, { depth: 12, showHidden: true }), wrong)
  assert.notMatch(error.message, /503|sends the delivery again/)
  return error.message
}

describeWithPrograms("redis-server")("a Redis that wants a password", () => {
  const inRedis = (options: Parameters<typeof NodeRedis.layer>[0]) =>
    Layer.provide(WebhookInbox.layerRedis(), NodeRedis.layer(options))

  it("says that it is wrong, or missing", async () => {
    await using server = await startRedis(["--requirepass", "right"])
    const url = (user: string) => `redis://${user}127.0.0.1:${server.port}`
    for (const user of [`:${wrong}@`, `nobody:${wrong}@`]) {
      const message = await refusalOf(inRedis({ url: url(user) }))
      assert.match(message, /refuses this user or its password.*WRONGPASS/)
    }
    assert.match(await refusalOf(inRedis({ url: url("") })), /refuses this user or its password.*NOAUTH/)
    const inbox = await openWebhookInbox({ store: inRedis({ url: url(":right@") }), onError: () => {} })
    assert.isTrue((await inbox.health()).ok)
    await inbox.close()
  })
})

describeWithPrograms("initdb", "postgres")("a PostgreSQL that wants a password", () => {
  it("says that it is wrong, or missing", { timeout: 60_000 }, async () => {
    await using server = await startPostgres(["host all guarded 127.0.0.1/32 scram-sha-256"])
    const urlOf = (user: string) => `postgres://${user}@127.0.0.1:${server.port}/postgres`
    const client = new Client({ connectionString: urlOf("postgres") })
    await client.connect()
    await client.query("CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'right'")
    await client.end()
    const inPostgres = (user: string) =>
      Layer.provide(WebhookInbox.layerSql(), PgClient.layer({ url: Redacted.make(urlOf(user)), maxConnections: 2 }))
    assert.match(
      await refusalOf(inPostgres(`guarded:${wrong}`)),
      /refuses this user or its password.*password authentication failed for user "guarded"/
    )
    assert.match(await refusalOf(inPostgres("guarded")), /refuses this user or its password.*password/)
    assert.match(await refusalOf(inPostgres(`nobody:${wrong}`)), /role "nobody" does not exist/)
    const inbox = await openWebhookInbox({ store: inPostgres("guarded:right"), onError: () => {} })
    assert.isTrue((await inbox.health()).ok)
    await inbox.close()
  })
})
