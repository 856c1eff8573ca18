/** A store that takes nothing in and hands out what it has: told once, until it takes in again; health says so. */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as Layer from "effect/Layer"
import { createClient } from "redis"
import { assert, it } from "vitest"
import { openWebhookInbox, WebhookInbox } from "../../src/inbox.ts"
import { eventually, rejection } from "../support/assertions.ts"
import { startRedis } from "../support/ownServers.ts"
import { describeWith, describeWithPrograms } from "../support/services.ts"
import { makeRoles, query } from "./roles.ts"
import { delivery, inboxLayer } from "./support.ts"

interface Rig {
  readonly store: Layer.Layer<WebhookInbox.WebhookInbox, unknown>
  readonly refuse: () => Promise<unknown>
  readonly allow: () => Promise<unknown>
}

const check = async ({ store, refuse, allow }: Rig): Promise<void> => {
  const kinds: Array<string> = []
  const handled: Array<string> = []
  await using inbox = await openWebhookInbox({
    store,
    handle: async ({ id }) => void handled.push(id),
    onError: ({ kind }) => void (kind === "warning" || kinds.push(kind))
  })
  await inbox.offer(delivery("evt_1"))
  await eventually(() => assert.deepStrictEqual(handled, ["evt_1"]))
  assert.isTrue((await inbox.health()).ok)
  await refuse()
  for (const id of ["evt_2", "evt_3"]) {
    await rejection(inbox.offer(delivery(id)))
    // It answers, and so it does to workers.
    assert.strictEqual((await inbox.stats()).waiting, 0)
    const { ok, error } = await inbox.health()
    assert.deepStrictEqual([ok, error?.kind], [false, "failure"])
    assert.match(error?.message ?? "", /storing a delivery/)
    assert.deepStrictEqual(kinds, ["failure"])
  }
  await allow()
  // Without another offer.
  await eventually(async () => assert.isTrue((await inbox.health()).ok))
  assert.deepStrictEqual(kinds, ["failure", "recovery"])
  assert.deepInclude(await inbox.stats(), { waiting: 0, handledLastMinute: 1, parked: 0 })
  await inbox.close()
}

;(await describeWithPrograms("redis-server"))("an outage of the intake, Redis", () => {
  it("its memory is full", async () => {
    await using server = await startRedis(["--maxmemory-policy", "noeviction"])
    const client = createClient({ socket: { host: "127.0.0.1", port: server.port } })
    await client.connect()
    await check({
      store: Layer.provide(
        WebhookInbox.layerRedis({ pollInterval: 20, offerTimeout: "10 seconds" }),
        NodeRedis.layer({ socket: { host: "127.0.0.1", port: server.port } })
      ),
      refuse: () => client.configSet("maxmemory", "1"),
      allow: () => client.configSet("maxmemory", "0")
    }).finally(() => client.close())
  })
})
;(await describeWith("PostgreSQL"))("an outage of the intake, PostgreSQL", () => {
  it("row level security refuses what is new", async () => {
    const roles = await makeRoles({}, {})
    const table = "aywa_inbox_deliveries"
    await check({
      store: inboxLayer({ kind: "postgres", url: roles.a }),
      refuse: () =>
        query(
          roles.admin,
          ...["SELECT", "UPDATE"].map((right) => `CREATE POLICY for_${right} ON ${table} FOR ${right} USING (true)`),
          `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
          `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`
        ),
      allow: () => query(roles.admin, `ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`)
    }).finally(roles.remove)
  })
})
