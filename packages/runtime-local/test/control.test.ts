import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { type Client, start } from "./support.ts"

const control = ({ runtime, call }: Client, method: string, path: string, body?: unknown) =>
  call(method, `/__aywa/${path}`, body, { apiKey: runtime.controlToken })

describe("the control API", () => {
  it("needs its own token", async () => {
    const client = await start()
    assert.strictEqual((await client.call("GET", "/__aywa/requests")).status, 401)
    assert.strictEqual((await client.call("GET", "/__aywa/requests", undefined, { apiKey: "x" })).status, 401)
    assert.strictEqual((await control(client, "GET", "requests")).status, 200)
    assert.strictEqual(
      (await client.call("GET", "/assistant", undefined, { apiKey: client.runtime.controlToken })).status,
      401
    )
  })

  it("lists and forgets requests, and is not among them", async () => {
    const client = await start()
    await client.call("POST", "/assistant", {}, { key: "k" })
    await client.call("GET", "/tool")
    assert.lengthOf((await control(client, "GET", "requests")).body.items, 2)
    const { body } = await control(client, "GET", "requests?committed=true")
    assertMatches(body, { items: [{ idempotencyKey: "k" }], nextCursor: null })
    await control(client, "DELETE", "requests")
    assert.deepStrictEqual((await control(client, "GET", "requests")).body.items, [])
  })

  it("adds, lists and removes faults", async () => {
    const client = await start()
    const rule = { action: { type: "status", code: 503 }, match: { method: "GET" }, times: 5 }
    const { body: added } = await control(client, "POST", "faults", rule)
    assert.strictEqual((await client.call("GET", "/assistant")).status, 503)
    assertMatches((await control(client, "GET", "faults")).body, [{ id: added.id, hits: 1, when: "before" }])
    assert.strictEqual((await control(client, "DELETE", `faults/${added.id}`)).status, 200)
    assert.strictEqual((await control(client, "DELETE", `faults/${added.id}`)).status, 404)
    await control(client, "POST", "faults", { action: "reset" })
    await control(client, "DELETE", "faults")
    assert.strictEqual((await client.call("GET", "/assistant")).status, 200)
    for (const wrong of [{}, { action: "explode" }, { action: "reset", tims: 1 }, { action: { type: "latency" } }]) {
      assert.deepStrictEqual([wrong, (await control(client, "POST", "faults", wrong)).status], [wrong, 400])
    }
  })

  it("moves the clock", async () => {
    const client = await start({ clock: "manual" })
    await control(client, "PUT", "clock", { now: "2030-01-01T00:00:00.000Z" })
    assert.strictEqual(
      (await control(client, "POST", "clock/advance", { ms: 1500 })).body.now,
      "2030-01-01T00:00:01.500Z"
    )
    assert.strictEqual((await control(client, "GET", "clock")).body.now, "2030-01-01T00:00:01.500Z")
    assert.strictEqual((await control(client, "PUT", "clock", { now: "soon" })).status, 400)
    assert.strictEqual((await control(client, "POST", "clock/advance", { ms: -1 })).status, 400)
    // Beyond what an ISO 8601 text can say in four digits: refused, and the process goes on.
    for (const [method, path, body] of [
      ["PUT", "clock", { now: 1e20 }],
      ["PUT", "clock", { now: -1 }],
      ["PUT", "clock", { now: "+010000-01-01T00:00:00.000Z" }],
      ["POST", "clock/advance", { ms: 1e15 }]
    ] as const) {
      assert.deepStrictEqual([body, (await control(client, method, path, body)).status], [body, 400])
    }
    assert.strictEqual((await control(client, "PUT", "clock", { now: "9999-12-31T23:59:59.999Z" })).status, 200)
    assert.strictEqual((await client.call("POST", "/assistant", {})).body.createdAt, "9999-12-31T23:59:59.999Z")
  })

  it("makes and revokes keys", async () => {
    const client = await start()
    const { body: made } = await control(client, "POST", "keys", { organization: "org_2", role: "read" })
    assertMatches(made, { organizationId: "org_2", role: "read", key: /^aywa_local_/ })
    assert.strictEqual((await client.call("GET", "/assistant", undefined, { apiKey: made.key })).status, 200)
    const { text } = await control(client, "GET", "keys")
    assert.notInclude(text, made.key)
    await control(client, "DELETE", `keys/${made.id}`)
    assert.strictEqual((await client.call("GET", "/assistant", undefined, { apiKey: made.key })).status, 401)
  })

  it("resets, and knows nothing else", async () => {
    const client = await start()
    await client.call("POST", "/assistant", {})
    assert.strictEqual((await control(client, "POST", "reset")).status, 200)
    assert.strictEqual(client.runtime.count("assistants"), 0)
    for (const path of ["nothing", "__proto__", "constructor", "faults/x/y"]) {
      assert.deepStrictEqual([path, (await control(client, "GET", path)).status], [path, 404])
    }
  })
})
