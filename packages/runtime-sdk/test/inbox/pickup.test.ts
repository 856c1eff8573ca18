/** A worker of another process hears of a delivery: it does not wait for its next look. */
import { performance } from "node:perf_hooks"
import { assert, it } from "vitest"
import { openWebhookInbox } from "../../src/inbox.ts"
import { describeWith } from "../support/services.ts"
import { delivery, inboxLayer, makePlace } from "./support.ts"

/** A process that is told of what comes looks this often all the same. */
const look = 5000

const suite = (kind: "postgres" | "redis") => {
  it.concurrent.for(["none", "call"] as const)("at once, whatever pollInterval is; order: %s", async (order) => {
    const { place, remove } = await makePlace(kind)
    const options = { pollInterval: "1 hour", order, partitions: 3 } as const
    let handled = Promise.withResolvers<string>()
    const worker = await openWebhookInbox({
      store: inboxLayer(place, options),
      handle: async ({ id }) => handled.resolve(id)
    })
    const intake = await openWebhookInbox({ store: inboxLayer(place, options) })
    const begin = performance.now()
    for (let i = 0; i < 10; i++) {
      handled = Promise.withResolvers()
      await intake.offer(delivery(`evt_${i}`, `call_${i}`))
      assert.strictEqual(await handled.promise, `evt_${i}`)
    }
    // The first one may be stored before the worker listens; without a word each would wait for the next look.
    assert.isBelow(performance.now() - begin, 4 * look)
    await intake.close()
    await worker.close()
    await remove()
  })
}

;(await describeWith("PostgreSQL"))("picked up from another process, PostgreSQL", () => {
  suite("postgres")
})
;(await describeWith("Redis"))("picked up from another process, Redis", () => {
  suite("redis")
})
