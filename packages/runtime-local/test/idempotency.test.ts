import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "vitest"
import { startLocalRuntime } from "../src/index.ts"
import { clientOf, failure, start, temporaryFile } from "./support.ts"

const byo = { provider: "vapi", number: "+14155550100" }

describe("a key", () => {
  it("gives the stored answer again, byte for byte, with a new request id", async () => {
    const { call, runtime } = await start()
    const first = await call("POST", "/assistant", { name: "A" }, { key: "k" })
    const again = await call("POST", "/assistant", { name: "A" }, { key: "k" })
    expect([again.status, again.text]).toEqual([201, first.text])
    expect(first.headers.get("idempotency-replayed")).toBeNull()
    expect(again.headers.get("idempotency-replayed")).toBe("true")
    expect(again.headers.get("etag")).toBe(first.headers.get("etag"))
    expect(again.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"))
    expect(runtime.count("assistants")).toBe(1)
    expect(runtime.requests().map(({ committed, replayed }) => [committed, replayed])).toEqual([
      [true, false],
      [false, true]
    ])
  })

  it("does not care for the order of keys in the body", async () => {
    const { call } = await start()
    const one = '{"name":"A","model":{"provider":"openai","model":"gpt-4o"}}'
    const two = '{ "model": {"model":"gpt-4o","provider":"openai"}, "name": "A" }'
    const first = await call("POST", "/assistant", one, { key: "k" })
    expect((await call("POST", "/assistant", two, { key: "k" })).text).toBe(first.text)
  })

  it("answers 422 when the body is another one", async () => {
    const { call, runtime } = await start()
    const first = await call("POST", "/assistant", { name: "A" }, { key: "k" })
    const { status, body } = await call("POST", "/assistant", { name: "B" }, { key: "k" })
    expect([status, body.code]).toEqual([422, "idempotency_key_reused"])
    expect(body.message).toContain(`it made ${first.body.id}`)
    expect(runtime.count("assistants")).toBe(1)
  })

  it("is one key for each organization, method and path", async () => {
    const { call, runtime } = await start()
    const other = runtime.addKey({ organization: "org_2" }).key
    const { body: a } = await call("POST", "/assistant", {}, { key: "k" })
    expect((await call("POST", "/assistant", {}, { key: "k", apiKey: other })).body.id).not.toBe(a.id)
    expect((await call("POST", "/tool", { type: "endCall" }, { key: "k" })).status).toBe(201)
    expect((await call("PATCH", `/assistant/${a.id}`, { name: "B" }, { key: "k" })).body.name).toBe("B")
    expect((await call("POST", "/assistant", {}, { key: "k" })).body.id).toBe(a.id)
  })

  it("works for PATCH: the second does not undo what came between", async () => {
    const { call } = await start()
    const { body: row } = await call("POST", "/assistant", { name: "A" })
    const path = `/assistant/${row.id}`
    await call("PATCH", path, { name: "B" }, { key: "k" })
    await call("PATCH", path, { name: "C" })
    expect((await call("PATCH", path, { name: "B" }, { key: "k" })).body.name).toBe("B")
    expect((await call("GET", path)).body.name).toBe("C")
  })

  it("may be bare or in quotes", async () => {
    const { call } = await start()
    const { body: a } = await call("POST", "/assistant", {}, { key: '"k"' })
    expect((await call("POST", "/assistant", {}, { key: "k" })).body.id).toBe(a.id)
  })

  it.each([
    ["of 256 characters", "x".repeat(256)],
    ["with a space", "a b"],
    ["that is empty", '""'],
    ["beyond ASCII", "ä"]
  ])("%s is 400", async (_, key) => {
    const { call, runtime } = await start()
    const { status, body } = await call("POST", "/assistant", {}, { key })
    expect([status, body.code]).toEqual([400, "idempotency_key_invalid"])
    expect(runtime.count("assistants")).toBe(0)
  })

  it("of 255 characters is taken; GET and DELETE do not look at theirs", async () => {
    const { call } = await start()
    expect((await call("POST", "/assistant", {}, { key: "x".repeat(255) })).status).toBe(201)
    expect((await call("GET", "/assistant", undefined, { key: "a b" })).status).toBe(200)
  })

  it("can be demanded", async () => {
    const { call } = await start({ requireIdempotencyKey: true })
    expect((await call("POST", "/assistant", {})).body.code).toBe("idempotency_key_missing")
    expect((await call("POST", "/assistant", {}, { key: "k" })).status).toBe(201)
  })
})

describe("what is stored", () => {
  it("an outcome of the domain is repeated: 409 and 404", async () => {
    const { call, runtime } = await start()
    const { body: first } = await call("POST", "/phone-number", byo)
    const refused = await call("POST", "/phone-number", byo, { key: "k" })
    await call("DELETE", `/phone-number/${first.id}`)
    const again = await call("POST", "/phone-number", byo, { key: "k" })
    expect([refused.status, again.status, again.text]).toEqual([409, 409, refused.text])
    expect(again.headers.get("idempotency-replayed")).toBe("true")
    expect(runtime.count("phoneNumbers")).toBe(0)
    const missing = await call("PATCH", "/assistant/nobody", {}, { key: "k" })
    const missingAgain = await call("PATCH", "/assistant/nobody", {}, { key: "k" })
    expect([missing.status, missingAgain.text]).toEqual([404, missing.text])
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
    expect((await call("POST", "/assistant", body, { ...options, key: "k" })).status).toBe(status)
    const free = await call("POST", "/assistant", { name: "another body" }, { key: "k" })
    expect([free.status, free.headers.get("idempotency-replayed")]).toEqual([201, null])
    expect(runtime.count("assistants")).toBe(1)
  })

  it("replays still pass auth", async () => {
    const { call } = await start()
    await call("POST", "/assistant", {}, { key: "k" })
    expect((await call("POST", "/assistant", {}, { key: "k", apiKey: "wrong" })).status).toBe(401)
  })

  it("a key is forgotten after its time, on the runtime's clock", async () => {
    const { call, runtime } = await start({ clock: "manual" })
    await call("POST", "/assistant", {}, { key: "k" })
    runtime.clock.advance(86_400_000 - 1)
    expect((await call("POST", "/assistant", {}, { key: "k" })).headers.get("idempotency-replayed")).toBe("true")
    runtime.clock.advance(1)
    expect((await call("POST", "/assistant", { name: "B" }, { key: "k" })).status).toBe(201)
    expect(runtime.count("assistants")).toBe(2)
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
    expect(keys.map(({ key }) => key)).toEqual(["last"])
  })

  it("the time can be set", async () => {
    const { call, runtime } = await start({ clock: "manual", idempotencyTtl: 1000 })
    await call("POST", "/assistant", {}, { key: "k" })
    runtime.clock.advance(1000)
    expect((await call("POST", "/assistant", {}, { key: "k" })).headers.get("idempotency-replayed")).toBeNull()
    await expect(startLocalRuntime({ idempotencyTtl: Number.NaN })).rejects.toThrow("idempotencyTtl")
    const forever = await start({ idempotencyTtl: Number.POSITIVE_INFINITY })
    const first = await forever.call("POST", "/assistant", {}, { key: "k" })
    expect((await forever.call("POST", "/assistant", {}, { key: "k" })).text).toBe(first.text)
  })
})

describe("while the first request runs", () => {
  it("its twin gets 409 with Retry-After at once, and the answer later", async () => {
    const { call, runtime } = await start()
    const first = call("POST", "/assistant", { name: "A" }, { key: "k", fault: "hold;ms=300" })
    await expect.poll(() => runtime.requests()).toHaveLength(1)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const twin = await call("POST", "/assistant", { name: "A" }, { key: "k" })
    expect([twin.status, twin.body.code, twin.headers.get("retry-after")]).toEqual([409, "idempotency_key_in_use", "1"])
    const other = await call("POST", "/assistant", { name: "B" }, { key: "k" })
    expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"])
    const done = await first
    expect(done.status).toBe(201)
    expect((await call("POST", "/assistant", { name: "A" }, { key: "k" })).text).toBe(done.text)
    expect(runtime.count("assistants")).toBe(1)
  })

  it("a request that comes to nothing frees its key", async () => {
    const { call } = await start()
    expect((await call("POST", "/assistant", { name: 1 }, { key: "k", fault: "hold;ms=5" })).status).toBe(400)
    expect((await call("POST", "/assistant", { name: "A" }, { key: "k" })).status).toBe(201)
  })

  it("a restart frees its key, and the request leaves nothing", async () => {
    for (const store of ["memory", { file: temporaryFile() }] as const) {
      const { call, runtime } = await start({ store })
      const first = failure(call("POST", "/assistant", { name: "A" }, { key: "k", fault: "hold;ms=1500" }))
      await expect.poll(() => runtime.requests()).toHaveLength(1)
      await new Promise((resolve) => setTimeout(resolve, 50))
      await runtime.restart()
      expect(await first).toMatch(/fetch failed: (ECONNRESET|UND_ERR_SOCKET)/)
      expect(runtime.count("assistants")).toBe(0)
      expect((await call("POST", "/assistant", { name: "B" }, { key: "k" })).status).toBe(201)
      await new Promise((resolve) => setTimeout(resolve, 1600))
      expect(runtime.count("assistants")).toBe(1)
    }
  })

  it("a hundred twins make one row", async () => {
    const { call, runtime } = await start()
    const replies = await Promise.all(
      Array.from({ length: 100 }, () => call("POST", "/assistant", { name: "A" }, { key: "k" }))
    )
    expect(runtime.count("assistants")).toBe(1)
    expect(new Set(replies.map((reply) => reply.body.id)).size).toBe(1)
  })
})

describe("survives", () => {
  it("a restart on the same file and port", async () => {
    const { call, runtime } = await start({ store: { file: temporaryFile() } })
    const first = await call("POST", "/assistant", { name: "A" }, { key: "k" })
    await runtime.restart()
    const again = await call("POST", "/assistant", { name: "A" }, { key: "k" })
    expect([again.text, again.headers.get("idempotency-replayed")]).toEqual([first.text, "true"])
  })

  it("another process's life on the same file", async () => {
    const options = { store: { file: temporaryFile() }, apiKey: "sk_1", organization: "org_1" }
    const runtime = await startLocalRuntime(options)
    const first = await clientOf(runtime).call("POST", "/assistant", { name: "A" }, { key: "k" })
    await runtime.close()
    const { call, runtime: next } = await start(options)
    expect((await call("POST", "/assistant", { name: "A" }, { key: "k" })).text).toBe(first.text)
    expect((await call("POST", "/assistant", { name: "B" }, { key: "k" })).status).toBe(422)
    expect(next.count("assistants")).toBe(1)
  })
})
