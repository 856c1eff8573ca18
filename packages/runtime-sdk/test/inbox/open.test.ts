/** The inbox of code without Effect, behind a real server. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "vitest"
import { InboxError, openWebhookInbox } from "../../src/inbox.ts"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { nodeWebhookHandler } from "../../src/webhooks/handlers.ts"
import { delivery, inboxLayer, makePlace } from "./support.ts"

describe("openWebhookInbox", () => {
  it("takes in behind an adapter, handles, parks and puts back; another process's worker may do the handling", async () => {
    const { place, remove } = await makePlace("sqlite")
    assert(place.kind === "sqlite")
    const secret = generateWebhookSecret()
    const seen: Array<string> = []
    let broken = true
    let wake = Promise.withResolvers<void>()
    const receiver = await openWebhookInbox({ store: { sqlite: place.file } })
    const worker = await openWebhookInbox({
      store: { sqlite: place.file },
      maxAttempts: 2,
      backoff: 10,
      pollInterval: 10,
      handle: async ({ id, callId }, { attempt, signal }) => {
        assert.isFalse(signal.aborted)
        seen.push(`${id} ${callId} ${attempt}`)
        if (id === "evt_bad" && broken) throw new Error("not today")
        if (seen.length >= 3) wake.resolve()
      }
    })
    const server = createServer(nodeWebhookHandler({ secret, inbox: receiver }))
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as AddressInfo
    const post = async (id: string) => {
      const body = JSON.stringify({ message: { type: "status-update", status: "ended", call: { id: "call_1" } } })
      const headers = { ...signAywaRuntimeWebhook({ body, secret, id }) }
      return (await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body })).status
    }
    assert.deepStrictEqual([await post("evt_bad"), await post("evt_good"), await post("evt_good")], [200, 200, 200])
    for (let i = 0; i < 500 && (await worker.parked()).length === 0; i++) await new Promise((r) => setTimeout(r, 10))
    assert.deepStrictEqual(
      (await worker.parked()).map(({ id, attempts, callId }) => ({ id, attempts, callId })),
      [{ id: "evt_bad", attempts: 2, callId: "call_1" }]
    )
    broken = false
    wake = Promise.withResolvers()
    assert.isFalse(await receiver.requeue("evt_none"))
    assert.isTrue(await receiver.requeue("evt_bad"))
    await wake.promise
    assert.deepStrictEqual(seen.toSorted(), [
      "evt_bad call_1 1",
      "evt_bad call_1 1",
      "evt_bad call_1 2",
      "evt_good call_1 1"
    ])
    assert.isFalse(await receiver.discard("evt_bad"))
    server.close()
    await Promise.all([receiver.close(), worker.close()])
    await remove()
  })

  it("a store that is gone: offers reject with InboxError, the adapter answers 503, workers report and go on", async () => {
    const { place, remove } = await makePlace("sqlite")
    assert(place.kind === "sqlite")
    const errors: Array<InboxError> = []
    const reported = Promise.withResolvers<void>()
    const handled = Promise.withResolvers<string>()
    await using inbox = await openWebhookInbox({
      store: inboxLayer(place, { order: "call", lockExpiration: 200 }),
      handle: ({ id }) => handled.resolve(id),
      onError: (error) => {
        errors.push(error)
        reported.resolve()
      }
    })
    const rename = (from: string, to: string) => {
      const database = new DatabaseSync(place.file)
      database.exec(`PRAGMA busy_timeout = 5000; ALTER TABLE ${from} RENAME TO ${to}`)
      database.close()
    }
    rename("aywa_inbox", "away")
    rename("aywa_inbox_leases", "leases_away") // What the workers need to go on.
    const secret = generateWebhookSecret()
    const server = createServer(nodeWebhookHandler({ secret, inbox, onError: () => {} }))
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as AddressInfo
    const body = JSON.stringify({ message: { type: "hang" } })
    const headers = { ...signAywaRuntimeWebhook({ body, secret, id: "evt_1" }) }
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body })
    assert.strictEqual(response.status, 503)
    assert.instanceOf(await inbox.offer(delivery("evt_2")).catch((error: unknown) => error), InboxError)
    await reported.promise
    assert.instanceOf(errors[0], InboxError)
    rename("leases_away", "aywa_inbox_leases")
    rename("away", "aywa_inbox")
    await inbox.offer(delivery("evt_3"))
    assert.strictEqual(await handled.promise, "evt_3")
    server.close()
    await inbox.close()
    await remove()
  })
})
