/** What happened is kept for a while, and not for ever; what is still on its way stays. */
import { assert, describe, it } from "vitest"
import { start } from "./support.ts"

const triggers = async (runtime: Awaited<ReturnType<typeof start>>["runtime"], count: number) => {
  for (let i = 0; i < count; i++) await runtime.trigger({ type: "hang" })
}

describe("events", () => {
  it("as many are kept as there is room for, and their jobs and attempts go with them", async () => {
    const { call, runtime } = await start({ retention: { events: 300 }, webhookSchedule: [] })
    // Nobody listens there: a job that has failed is over.
    const { body: endpoint } = await call("POST", "/webhook-endpoint", { url: "http://127.0.0.1:1/", scope: "account" })
    await triggers(runtime, 3)
    await runtime.webhooks.idle()
    const job = runtime.events.list()[0]?.jobs[0]?.id
    assert.strictEqual((await call("GET", `/logs/webhooks/${job}`)).body.status, "dead")
    await call("DELETE", `/webhook-endpoint/${endpoint.id}`)
    await triggers(runtime, 600)
    const count = runtime.events.list().length
    assert.deepStrictEqual([count >= 300, count <= 300 + 256], [true, true])
    assert.strictEqual((await call("GET", `/logs/webhooks/${job}`)).status, 404)
  })

  it("stay while they are on their way, however old", async () => {
    const { call, runtime } = await start({ clock: "manual", retention: { events: 10, age: 1000 } })
    await call("POST", "/webhook-endpoint", { url: "http://127.0.0.1:1/", scope: "account" })
    const { eventId } = await runtime.trigger({ type: "status-update" })
    await runtime.webhooks.idle()
    await triggers(runtime, 600)
    assert.deepStrictEqual(
      runtime.events.list({ type: "status-update" }).map(({ id }) => id),
      [eventId]
    )
  })

  it("and requests are gone when they are too old", async () => {
    const { call, runtime } = await start({ clock: "manual", retention: { age: 60_000 } })
    await triggers(runtime, 10)
    await call("GET", "/assistant")
    await runtime.clock.advance(61_000)
    await triggers(runtime, 250)
    assert.isAtMost(runtime.events.list().length, 250)
    assert.deepStrictEqual(runtime.requests(), [])
  })
})
