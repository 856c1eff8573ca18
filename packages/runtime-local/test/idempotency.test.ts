import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "vitest"
import { eventually, rejection } from "../../runtime-sdk/test/support/assertions.ts"
import { startLocalRuntime } from "../src/index.ts"
import { clientOf, failure, start, temporaryFile } from "./support.ts"

const byo = { provider: "vapi", number: "+14155550100" }

describe("a key", () => {
  it("gives the stored answer again, byte for byte, with a new request id", async () => {
    const { call, runtime } = await start()
    const first = await call("POST", "/assistant", { name: "A" }, { key: "k" })
    const again = await call("POST", "/assistant", { name: "A" }, { key: "k" })
    assert.deepStrictEqual([again.status, again.text], [201, first.text])
    assert.isNull(first.headers.get("idempotency-replayed"))
    assert.strictEqual(again.headers.get("idempotency-replayed"), "true")
    assert.strictEqual(again.headers.get("etag"), first.headers.get("etag"))
    assert.notStrictEqual(again.headers.get("x-request-id"), first.headers.get("x-request-id"))
    assert.strictEqual(runtime.count("assistants"), 1)
    assert.deepStrictEqual(
      runtime.requests().map(({ committed, replayed }) => [committed, replayed]),
      [
        [true, false],
        [false, true]
      ]
    )
  })

  it("does not care for the order of keys in the body", async () => {
    const { call } = await start()
    const one = '{"name":"A","model":{"provider":"openai","model":"gpt-4o"}}'
    const two = '{ "model": {"model":"gpt-4o","provider":"openai"}, "name": "A" }'
    const first = await call("POST", "/assistant", one, { key: "k" })
    assert.strictEqual((await call("POST", "/assistant", two, { key: "k" })).text, first.text)
  })

  it("answers 422 when the body is another one", async () => {
    const { call, runtime } = await start()
    const first = await call("POST", "/assistant", { name: "A" }, { key: "k" })
    const { status, body } = await call("POST", "/assistant", { name: "B" }, { key: "k" })
    assert.deepStrictEqual([status, body.code], [422, "idempotency_key_reused"])
    assert.include(body.message, `it made ${first.body.id}`)
    assert.strictEqual(runtime.count("assistants"), 1)
  })

  it("is one key for each organization, method and path", async () => {
    const { call, runtime } = await start()
    const other = runtime.addKey({ organization: "org_2" }).key
    const { body: a } = await call("POST", "/assistant", {}, { key: "k" })
    assert.notStrictEqual((await call("POST", "/assistant", {}, { key: "k", apiKey: other })).body.id, a.id)
    assert.strictEqual((await call("POST", "/tool", { type: "endCall" }, { key: "k" })).status, 201)
    assert.strictEqual((await call("PATCH", `/assistant/${a.id}`, { name: "B" }, { key: "k" })).body.name, "B")
    assert.strictEqual((await call("POST", "/assistant", {}, { key: "k" })).body.id, a.id)
  })

  it("works for PATCH: the second does not undo what came between", async () => {
    const { call } = await start()
    const { body: row } = await call("POST", "/assistant", { name: "A" })
    const path = `/assistant/${row.id}`
    await call("PATCH", path, { name: "B" }, { key: "k" })
    await call("PATCH", path, { name: "C" })
    assert.strictEqual((await call("PATCH", path, { name: "B" }, { key: "k" })).body.name, "B")
    assert.strictEqual((await call("GET", path)).body.name, "C")
  })

  it("may be bare or in quotes", async () => {
    const { call } = await start()
    const { body: a } = await call("POST", "/assistant", {}, { key: '"k"' })
    assert.strictEqual((await call("POST", "/assistant", {}, { key: "k" })).body.id, a.id)
  })

  it.each([
    ["of 256 characters", "x".repeat(256)],
    ["with a space", "a b"],
    ["that is empty", '""'],
    ["beyond ASCII", "ä"]
  ])("%s is 400", async (_, key) => {
    const { call, runtime } = await start()
    const { status, body } = await call("POST", "/assistant", {}, { key })
    assert.deepStrictEqual([status, body.code], [400, "idempotency_key_invalid"])
    assert.strictEqual(runtime.count("assistants"), 0)
  })

  it("of 255 characters is taken; GET and DELETE do not look at theirs", async () => {
    const { call } = await start()
    assert.strictEqual((await call("POST", "/assistant", {}, { key: "x".repeat(255) })).status, 201)
    assert.strictEqual((await call("GET", "/assistant", undefined, { key: "a b" })).status, 200)
  })

  it("can be demanded", async () => {
    const { call } = await start({ requireIdempotencyKey: true })
    assert.strictEqual((await call("POST", "/assistant", {})).body.code, "idempotency_key_missing")
    assert.strictEqual((await call("POST", "/assistant", {}, { key: "k" })).status, 201)
  })
})

describe("what is stored", () => {
  it("an outcome of the domain is repeated: 409 and 404", async () => {
    const { call, runtime } = await start()
    const { body: first } = await call("POST", "/phone-number", byo)
    const refused = await call("POST", "/phone-number", byo, { key: "k" })
    await call("DELETE", `/phone-number/${first.id}`)
    const again = await call("POST", "/phone-number", byo, { key: "k" })
    assert.deepStrictEqual([refused.status, again.status, again.text], [409, 409, refused.text])
    assert.strictEqual(again.headers.get("idempotency-replayed"), "true")
    assert.strictEqual(runtime.count("phoneNumbers"), 0)
    const missing = await call("PATCH", "/assistant/nobody", {}, { key: "k" })
    const missingAgain = await call("PATCH", "/assistant/nobody", {}, { key: "k" })
    assert.deepStrictEqual([missing.status, missingAgain.text], [404, missing.text])
  })

  it.each([
    ["validation", { name: 1 }, {}, 400],
    ["401", { name: "A" }, { apiKey: "wrong" }, 401],
    ["403", { name: "A" }, { headers: { "x-organization-id": "other" } }, 403],
    ["415", { name: "A" }, { headers: { "content-type": "text/plain" } }, 415],
    ["an injected 500 before", { name: "A" }, { fault: "status;code=500" }, 500],
    ["an injected 429 before", { name: "A" }, { fault: "status;code=429" }, 429]
  ])("not %s: the key stays free", async (_, body, options, status) => {
    const { call, runtime } = await start()
    assert.strictEqual((await call("POST", "/assistant", body, { ...options, key: "k" })).status, status)
    const free = await call("POST", "/assistant", { name: "another body" }, { key: "k" })
    assert.deepStrictEqual([free.status, free.headers.get("idempotency-replayed")], [201, null])
    assert.strictEqual(runtime.count("assistants"), 1)
  })

  it("replays still pass auth", async () => {
    const { call } = await start()
    await call("POST", "/assistant", {}, { key: "k" })
    assert.strictEqual((await call("POST", "/assistant", {}, { key: "k", apiKey: "wrong" })).status, 401)
  })

  it("a key is forgotten after its time, on the runtime's clock", async () => {
    const { call, runtime } = await start({ clock: "manual" })
    await call("POST", "/assistant", {}, { key: "k" })
    runtime.clock.advance(86_400_000 - 1)
    assert.strictEqual((await call("POST", "/assistant", {}, { key: "k" })).headers.get("idempotency-replayed"), "true")
    runtime.clock.advance(1)
    assert.strictEqual((await call("POST", "/assistant", { name: "B" }, { key: "k" })).status, 201)
    assert.strictEqual(runtime.count("assistants"), 2)
  })

  it("what is forgotten is gone from the file, too, without a restart", async () => {
    const file = temporaryFile()
    const { call, runtime } = await start({ clock: "manual", store: { file } })
    for (let day = 0; day < 3; day++) {
      for (let i = 0; i < 10; i++) await call("POST", "/assistant", {}, { key: `${day}-${i}` })
      await runtime.clock.advance(86_400_000)
    }
    await call("POST", "/assistant", {}, { key: "last" })
    const database = new DatabaseSync(file, { readOnly: true })
    const keys = database.prepare("SELECT key FROM idempotency").all()
    database.close()
    assert.deepStrictEqual(
      keys.map(({ key }) => key),
      ["last"]
    )
  })

  it("the time can be set", async () => {
    const { call, runtime } = await start({ clock: "manual", idempotencyTtl: 1000 })
    await call("POST", "/assistant", {}, { key: "k" })
    runtime.clock.advance(1000)
    assert.isNull((await call("POST", "/assistant", {}, { key: "k" })).headers.get("idempotency-replayed"))
    assert.include((await rejection(startLocalRuntime({ idempotencyTtl: Number.NaN }))).message, "idempotencyTtl")
    const forever = await start({ idempotencyTtl: Number.POSITIVE_INFINITY })
    const first = await forever.call("POST", "/assistant", {}, { key: "k" })
    assert.strictEqual((await forever.call("POST", "/assistant", {}, { key: "k" })).text, first.text)
  })
})

describe("while the first request runs", () => {
  it("its twin gets 409 with Retry-After at once, and the answer later", async () => {
    const { call, runtime } = await start()
    const first = call("POST", "/assistant", { name: "A" }, { key: "k", fault: "hold;ms=300" })
    await eventually(() => assert.lengthOf(runtime.requests(), 1))
    await new Promise((resolve) => setTimeout(resolve, 50))
    const twin = await call("POST", "/assistant", { name: "A" }, { key: "k" })
    assert.deepStrictEqual(
      [twin.status, twin.body.code, twin.headers.get("retry-after")],
      [409, "idempotency_key_in_use", "1"]
    )
    const other = await call("POST", "/assistant", { name: "B" }, { key: "k" })
    assert.deepStrictEqual([other.status, other.body.code], [422, "idempotency_key_reused"])
    const done = await first
    assert.strictEqual(done.status, 201)
    assert.strictEqual((await call("POST", "/assistant", { name: "A" }, { key: "k" })).text, done.text)
    assert.strictEqual(runtime.count("assistants"), 1)
  })

  it("a request that comes to nothing frees its key", async () => {
    const { call } = await start()
    assert.strictEqual((await call("POST", "/assistant", { name: 1 }, { key: "k", fault: "hold;ms=5" })).status, 400)
    assert.strictEqual((await call("POST", "/assistant", { name: "A" }, { key: "k" })).status, 201)
  })

  it("a restart frees its key, and the request leaves nothing", async () => {
    for (const store of ["memory", { file: temporaryFile() }] as const) {
      const { call, runtime } = await start({ store })
      const first = failure(call("POST", "/assistant", { name: "A" }, { key: "k", fault: "hold;ms=1500" }))
      await eventually(() => assert.lengthOf(runtime.requests(), 1))
      await new Promise((resolve) => setTimeout(resolve, 50))
      await runtime.restart()
      assert.match(await first, /fetch failed: (ECONNRESET|UND_ERR_SOCKET)/)
      assert.strictEqual(runtime.count("assistants"), 0)
      assert.strictEqual((await call("POST", "/assistant", { name: "B" }, { key: "k" })).status, 201)
      await new Promise((resolve) => setTimeout(resolve, 1600))
      assert.strictEqual(runtime.count("assistants"), 1)
    }
  })

  it("a hundred twins make one row", async () => {
    const { call, runtime } = await start()
    const replies = await Promise.all(
      Array.from({ length: 100 }, () => call("POST", "/assistant", { name: "A" }, { key: "k" }))
    )
    assert.strictEqual(runtime.count("assistants"), 1)
    assert.strictEqual(new Set(replies.map((reply) => reply.body.id)).size, 1)
  })
})

describe("survives", () => {
  it("a restart on the same file and port", async () => {
    const { call, runtime } = await start({ store: { file: temporaryFile() } })
    const first = await call("POST", "/assistant", { name: "A" }, { key: "k" })
    await runtime.restart()
    const again = await call("POST", "/assistant", { name: "A" }, { key: "k" })
    assert.deepStrictEqual([again.text, again.headers.get("idempotency-replayed")], [first.text, "true"])
  })

  it("another process's life on the same file", async () => {
    const options = { store: { file: temporaryFile() }, apiKey: "sk_1", organization: "org_1" }
    const runtime = await startLocalRuntime(options)
    const first = await clientOf(runtime).call("POST", "/assistant", { name: "A" }, { key: "k" })
    await runtime.close()
    const { call, runtime: next } = await start(options)
    assert.strictEqual((await call("POST", "/assistant", { name: "A" }, { key: "k" })).text, first.text)
    assert.strictEqual((await call("POST", "/assistant", { name: "B" }, { key: "k" })).status, 422)
    assert.strictEqual(next.count("assistants"), 1)
  })
})
