import * as fs from "node:fs"
import { assert, describe, it } from "vitest"
import { startLocalRuntime } from "../src/index.ts"
import { receive } from "./receiver.ts"
import { clientOf, start, temporaryFile } from "./support.ts"

describe("keys", () => {
  it("makes a random key and organization per start", async () => {
    const [{ runtime: a }, { runtime: b }] = [await start(), await start()]
    assert.match(a.apiKey, /^aywa_local_[a-z2-7]{26}$/)
    assert.match(a.organizationId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.notStrictEqual(a.apiKey, b.apiKey)
    assert.notStrictEqual(a.organizationId, b.organizationId)
  })

  it("makes the same ones from the same seed", async () => {
    const [{ runtime: a, call }, { runtime: b }] = [await start({ seed: 7 }), await start({ seed: 7 })]
    assert.deepStrictEqual([a.apiKey, a.organizationId], [b.apiKey, b.organizationId])
    assert.match((await call("POST", "/assistant", {})).body.id, /^[0-9a-f-]{36}$/)
  })

  it("takes Bearer and X-API-Key", async () => {
    const { runtime } = await start()
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${runtime.baseUrl}/assistant`, { headers })).status
    assert.strictEqual(await status({ authorization: `Bearer ${runtime.apiKey}` }), 200)
    assert.strictEqual(await status({ authorization: `bearer ${runtime.apiKey}` }), 200)
    assert.strictEqual(await status({ "x-api-key": runtime.apiKey }), 200)
    assert.strictEqual(await status({}), 401)
    assert.strictEqual(await status({ authorization: runtime.apiKey }), 401)
    assert.strictEqual(await status({ authorization: "Bearer wrong" }), 401)
    assert.strictEqual(await status({ authorization: "Bearer wrong", "x-api-key": runtime.apiKey }), 401)
    assert.strictEqual(await status({ "x-api-key": `${runtime.apiKey}x` }), 401)
  })

  it("says 401 in the shape of every error", async () => {
    const { call } = await start()
    const { status, body, headers } = await call("GET", "/assistant", undefined, { apiKey: "wrong" })
    assert.strictEqual(status, 401)
    assert.deepStrictEqual(body, {
      statusCode: 401,
      message: body.message,
      error: "Unauthorized",
      requestId: headers.get("x-request-id")
    })
    assert.include(body.message, "API key")
    assert.strictEqual(headers.get("www-authenticate"), "Bearer")
  })

  it("revokes", async () => {
    const { call, runtime } = await start()
    const added = runtime.addKey()
    assert.strictEqual((await call("GET", "/assistant", undefined, { apiKey: added.key })).status, 200)
    assert.isTrue(runtime.revokeKey(added.id))
    assert.strictEqual((await call("GET", "/assistant", undefined, { apiKey: added.key })).status, 401)
  })

  it("gives a read key 403 on writes", async () => {
    const { call, runtime } = await start()
    const { key } = runtime.addKey({ role: "read" })
    assert.strictEqual((await call("GET", "/assistant", undefined, { apiKey: key })).status, 200)
    assert.strictEqual((await call("POST", "/assistant", {}, { apiKey: key })).status, 403)
    assert.strictEqual(runtime.count("assistants"), 0)
  })

  it("keeps no key in the file", async () => {
    const file = temporaryFile()
    const runtime = await startLocalRuntime({ store: { file }, apiKey: "sk_very_secret_key" })
    await clientOf(runtime).call("POST", "/assistant", { name: "A" })
    await runtime.close()
    for (const name of fs.readdirSync(file.replace(/[^/]+$/, ""))) {
      const bytes = fs.readFileSync(file.replace(/[^/]+$/, name))
      assert.deepStrictEqual([name, bytes.includes("sk_very_secret_key")], [name, false])
    }
  })
})

describe("organizations", () => {
  it("refuses a key for another organization with 403", async () => {
    const { call, runtime } = await start({ organization: "org_1" })
    const ask = (id: string) => call("GET", "/assistant", undefined, { headers: { "x-organization-id": id } })
    assert.strictEqual((await ask("org_1")).status, 200)
    const { status, body } = await ask("org_2")
    assert.deepStrictEqual([status, body.code, body.error], [403, "organization_forbidden", "Forbidden"])
    assert.strictEqual(runtime.organizationId, "org_1")
  })

  it("hides rows of another organization behind 404", async () => {
    const { call } = await start({
      apiKeys: [
        { key: "one", organization: "org_1" },
        { key: "two", organization: "org_2" }
      ]
    })
    const { body: row } = await call("POST", "/assistant", { name: "A" }, { apiKey: "one" })
    assert.strictEqual(row.orgId, "org_1")
    const path = `/assistant/${row.id}`
    assert.strictEqual((await call("GET", path, undefined, { apiKey: "two" })).status, 404)
    assert.strictEqual((await call("PATCH", path, { name: "B" }, { apiKey: "two" })).status, 404)
    assert.strictEqual((await call("DELETE", path, undefined, { apiKey: "two" })).status, 404)
    assert.deepStrictEqual((await call("GET", "/assistant", undefined, { apiKey: "two" })).body, [])
    assert.deepStrictEqual((await call("GET", path, undefined, { apiKey: "one" })).body, row)
  })

  it("a call that brings along a row with a foreign id does not get that row's secret", async () => {
    const { call, runtime } = await start({ clock: "manual" })
    const { key: apiKey } = runtime.addKey({ organization: "org_2" })
    const receiver = await receive()
    const row = { serverUrl: receiver.url, serverUrlSecret: "a secret of the first organization" }
    const { body: foreign } = await call("POST", "/assistant", row)
    const customer = { number: "+14155550188" }
    const bring = { assistant: { id: foreign.id, serverUrl: receiver.url }, customer }
    assert.strictEqual((await call("POST", "/call", bring, { apiKey })).status, 201)
    await runtime.clock.advance(60_000)
    assert.isAbove(receiver.deliveries.length, 0)
    assert.deepStrictEqual(
      receiver.deliveries.filter(({ headers }) => "x-vapi-secret" in headers),
      []
    )
    assert.strictEqual((await call("POST", "/call", { assistantId: foreign.id, customer })).status, 201)
    await runtime.clock.advance(60_000)
    assert.strictEqual(receiver.deliveries.at(-1)?.headers["x-vapi-secret"], row.serverUrlSecret)
  })

  it("takes the organization of a file again when none is given", async () => {
    const store = { file: temporaryFile() }
    const first = await startLocalRuntime({ store })
    await clientOf(first).call("POST", "/assistant", { name: "A" })
    await first.close()
    const { call, runtime } = await start({ store })
    assert.strictEqual(runtime.organizationId, first.organizationId)
    assert.lengthOf((await call("GET", "/assistant")).body, 1)
  })
})
