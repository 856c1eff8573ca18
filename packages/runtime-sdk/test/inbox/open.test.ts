/** The inbox of code without Effect, behind a real server. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "vitest"
import { InboxError, openWebhookInbox, WebhookInbox } from "../../src/inbox.ts"
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
    rename("aywa_inbox_deliveries", "away")
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
    // Some more rounds of the workers, none of which is told.
    await new Promise((resolve) => setTimeout(resolve, 500))
    rename("away", "aywa_inbox_deliveries")
    await inbox.offer(delivery("evt_3"))
    assert.strictEqual(await handled.promise, "evt_3")
    assert.deepStrictEqual(
      errors.map(({ kind }) => kind),
      ["failure", "recovery"],
      "once when it was gone, once when it was back"
    )
    server.close()
    await inbox.close()
    await remove()
  })

  it("close lets what is being handled come to its end, and begins nothing new", async () => {
    const { place, remove } = await makePlace("sqlite")
    assert(place.kind === "sqlite")
    const begun = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const ended: Array<string> = []
    const options = { store: { sqlite: place.file }, concurrency: 1, pollInterval: 10 }
    const inbox = await openWebhookInbox({
      ...options,
      handle: async ({ id }, { signal }) => {
        begun.resolve()
        await gate.promise
        assert.isFalse(signal.aborted)
        ended.push(id)
      }
    })
    await inbox.offer(delivery("evt_1"))
    await inbox.offer(delivery("evt_2"))
    await begun.promise
    let closed = false
    const closing = inbox.close().then(() => (closed = true))
    await inbox.offer(delivery("evt_3"))
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.deepStrictEqual([closed, ended], [false, []])
    gate.resolve()
    await closing
    await inbox.close()
    assert.deepStrictEqual(ended, ["evt_1"])
    const all = Promise.withResolvers<void>()
    await using next = await openWebhookInbox({
      ...options,
      handle: ({ id }, { attempt }) => {
        ended.push(`${id} ${attempt}`)
        if (ended.length === 3) all.resolve()
      }
    })
    await all.promise
    assert.deepStrictEqual(ended, ["evt_1", "evt_2 1", "evt_3 1"])
    await next.close()
    await remove()
  })

  it("after the grace the signal fires, close goes on, and the delivery is handed out again", async () => {
    const { place, remove } = await makePlace("sqlite")
    assert(place.kind === "sqlite")
    const begun = Promise.withResolvers<AbortSignal>()
    const options = { store: { sqlite: place.file }, pollInterval: 10 }
    const inbox = await openWebhookInbox({
      ...options,
      grace: 50,
      handle: (_, { signal }) => {
        begun.resolve(signal)
        return new Promise<void>(() => {})
      }
    })
    await inbox.offer(delivery("evt_1"))
    const signal = await begun.promise
    await inbox.close()
    assert.isTrue(signal.aborted)
    const handled = Promise.withResolvers<number>()
    await using next = await openWebhookInbox({ ...options, handle: (_, { attempt }) => handled.resolve(attempt) })
    assert.strictEqual(await handled.promise, 1)
    await next.close()
    await remove()
  })

  it("order: call goes on handling while the store is away for less than the lock", async () => {
    const { place, remove } = await makePlace("sqlite")
    assert(place.kind === "sqlite")
    const errors: Array<InboxError> = []
    const begun = Promise.withResolvers<AbortSignal>()
    const gate = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<number>()
    await using inbox = await openWebhookInbox({
      store: { sqlite: place.file },
      order: "call",
      lockExpiration: "2 seconds",
      onError: (error) => errors.push(error),
      handle: async (_, { signal, attempt }) => {
        begun.resolve(signal)
        await gate.promise
        ended.resolve(attempt)
      }
    })
    await inbox.offer(delivery("evt_1", "call_1"))
    const signal = await begun.promise
    const database = new DatabaseSync(place.file)
    database.exec("PRAGMA busy_timeout = 5000; ALTER TABLE aywa_inbox_deliveries RENAME TO away")
    // Locks are renewed every two thirds of a second.
    await new Promise((resolve) => setTimeout(resolve, 800))
    database.exec("ALTER TABLE away RENAME TO aywa_inbox_deliveries")
    database.close()
    gate.resolve()
    assert.strictEqual(await ended.promise, 1)
    assert.isFalse(signal.aborted)
    assert.notInclude(
      errors.map(({ kind }) => kind),
      "warning"
    )
    await inbox.close()
    await remove()
  })

  it("options that are none are refused when it is opened, by name", async () => {
    const wrong: ReadonlyArray<Record<string, unknown>> = [
      { concurrency: Number.NaN },
      { concurrency: 0 },
      { partitions: 0 },
      { partitions: 8 },
      { maxAttempts: 1.5 },
      { lockExpiration: 0 },
      { lockExpiration: "soon" },
      { pollInterval: -1 },
      { backoff: Infinity },
      { offerTimeout: 0 },
      { remember: "28 hours" },
      { remember: Number.NaN },
      { order: "cal" },
      { name: "" },
      { handle: "x" },
      { onError: 1 },
      { concurency: 1 }
    ]
    for (const one of wrong) {
      const opened = openWebhookInbox({ store: "memory", handle: () => {}, ...one })
      const error = await opened.catch((error: unknown) => error)
      assert(error instanceof InboxError, `${JSON.stringify(one)}: ${String(error)}`)
      assert.strictEqual(error.kind, "options")
      assert.include(error.message, Object.keys(one)[0] ?? "")
    }
  })
})

describe("options beside a layer", () => {
  it.each([
    { order: "call", maxAttempts: 1 },
    { maxAttempts: 1 },
    { name: "other" },
    { lockExpiration: "1 second" }
  ] as const)("%o are refused: the layer has its own", async (options) => {
    const opened = openWebhookInbox({ store: WebhookInbox.layerMemory(), ...options })
    const error = await opened.catch((error: unknown) => error)
    assert(error instanceof InboxError, String(error))
    assert.strictEqual(error.kind, "options")
    assert.include(error.message, `layerSql({ ${Object.keys(options)[0]}: `)
  })

  it("those of the process are not among them", async () => {
    await using inbox = await openWebhookInbox({
      store: WebhookInbox.layerMemory({ maxAttempts: 1 }),
      maxAttempts: undefined,
      concurrency: 1,
      grace: 1,
      onError: () => {},
      handle: () => {}
    })
    assert.isTrue((await inbox.health()).ok)
    await inbox.close()
  })

  it("no options at all are refused as options", async () => {
    const nothing: unknown = undefined
    const error = await openWebhookInbox(nothing as { readonly store: "memory" }).catch((error: unknown) => error)
    assert.instanceOf(error, InboxError)
  })
})

describe("a store that keeps nothing, or is none", () => {
  it.each([
    [{ sqlite: "" }, /empty name in sqlite.*Is a variable unset\?/],
    [{ sqlite: " " }, /empty name in sqlite/],
    [{ sqlite: undefined }, /must have the name of a file in sqlite, and it is undefined\. Is a variable unset\?/],
    [{}, /must be "memory", \{ sqlite: "inbox.db" \} or a layer of the inbox, and is an object/],
    ["memry", /and is "memry"/],
    [undefined, /and is undefined/],
    [null, /and is null/]
  ])("%o is refused", async (store, words) => {
    const options: object = { store }
    const error: unknown = await openWebhookInbox(options as { readonly store: "memory" }).catch((error) => error)
    assert.instanceOf(error, InboxError)
    assert.strictEqual(error.kind, "options")
    assert.match(error.message, words)
  })

  it.each([":memory:", "file:kept?mode=memory"])("%s is told of once", async (sqlite) => {
    const told: Array<string> = []
    const inbox = await openWebhookInbox({
      store: { sqlite },
      onError: ({ kind, message }) => told.push(`${kind}: ${message}`)
    })
    await inbox.offer({ id: "evt_1", type: "status-update", callId: undefined, body: "{}" })
    assert.lengthOf(told, 1)
    assert.match(told[0] ?? "", /^warning: .*has no file: deliveries that were acknowledged are lost/)
    await inbox.close()
    const offered = inbox.offer({ id: "evt_2", type: "status-update", callId: undefined, body: "{}" })
    assert.match(String(await offered.catch((error: unknown) => error)), /The inbox is closed/)
    assert.match(String(await inbox.stats().catch((error: unknown) => error)), /The inbox is closed/)
    assert.match(String((await inbox.health()).error), /The inbox is closed/)
  })
})
