/** What an inbox without news asks its server: counted on its wire. */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { setTimeout as sleep } from "node:timers/promises"
import { assert, it } from "vitest"
import { openWebhookInbox, WebhookInbox } from "../../src/inbox.ts"
import { eventually } from "../support/assertions.ts"
import { makeProxy, type Proxy } from "../support/proxy.ts"
import { describeWith } from "../support/services.ts"
import { delivery, makePlace, quiet } from "./support.ts"

/** Two looks of a process that is told of what comes, and what may fall between. */
const watched = 11_000

/** How many messages a worker without news sends meanwhile. */
const idleMessages = async (proxy: Proxy, store: Layer.Layer<WebhookInbox.WebhookInbox, unknown>): Promise<number> => {
  const handled: Array<string> = []
  const inbox = await openWebhookInbox({ store, handle: async ({ id }) => void handled.push(id), onError: () => {} })
  for (let i = 0; i < 3; i++) {
    await inbox.offer(delivery(`evt_${i}`))
    await eventually(() => assert.lengthOf(handled, i + 1))
  }
  // Its first look after the last delivery, and the end of its acknowledgement.
  await sleep(1000)
  const before = proxy.sent()
  await sleep(watched)
  const count = proxy.sent() - before
  await inbox.close()
  await proxy.close()
  return count
}

const order = "call"

;(await describeWith("PostgreSQL"))("an idle inbox on PostgreSQL", () => {
  it.concurrent("asks once in five seconds, however many lines there are", async () => {
    const { place, remove } = await makePlace("postgres")
    assert(place.kind === "postgres")
    const proxy = await makeProxy(5432)
    const url = place.url.replace(":5432", `:${proxy.port}`)
    const client = PgClient.layer({ url: Redacted.make(url), maxConnections: 3 })
    const store = Layer.provide(WebhookInbox.layerSql({ order, partitions: 64 }), client)
    // A look is two statements: what may be taken, and when the next is due.
    assert.isAtMost(await idleMessages(proxy, store), 6)
    await remove()
  })
})
;(await describeWith("Redis"))("an idle inbox on Redis", () => {
  it.concurrent("asks once in five seconds, however many lines there are", async () => {
    const { place, remove } = await makePlace("redis")
    assert(place.kind === "redis")
    const proxy = await makeProxy(6379)
    const store = Layer.provide(WebhookInbox.layerRedis({ order, partitions: 64, prefix: place.prefix }), [
      NodeRedis.layer({ socket: { host: "127.0.0.1", port: proxy.port } }),
      quiet
    ])
    assert.isAtMost(await idleMessages(proxy, store), 3)
    await remove()
  })
})
