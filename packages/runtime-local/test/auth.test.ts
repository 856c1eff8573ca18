import * as fs from "node:fs"
import { describe, expect, it } from "vitest"
import { startLocalRuntime } from "../src/index.ts"
import { receive } from "./receiver.ts"
import { clientOf, start, temporaryFile } from "./support.ts"

describe("keys", () => {
  it("makes a random key and organization per start", async () => {
    const [{ runtime: a }, { runtime: b }] = [await start(), await start()]
    expect(a.apiKey).toMatch(/^aywa_local_[a-z2-7]{26}$/)
    expect(a.organizationId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(a.apiKey).not.toBe(b.apiKey)
    expect(a.organizationId).not.toBe(b.organizationId)
  })

  it("makes the same ones from the same seed", async () => {
    const [{ runtime: a, call }, { runtime: b }] = [await start({ seed: 7 }), await start({ seed: 7 })]
    expect([a.apiKey, a.organizationId]).toEqual([b.apiKey, b.organizationId])
    expect((await call("POST", "/assistant", {})).body.id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it("takes Bearer and X-API-Key", async () => {
    const { runtime } = await start()
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${runtime.baseUrl}/assistant`, { headers })).status
    expect(await status({ authorization: `Bearer ${runtime.apiKey}` })).toBe(200)
    expect(await status({ authorization: `bearer ${runtime.apiKey}` })).toBe(200)
    expect(await status({ "x-api-key": runtime.apiKey })).toBe(200)
    expect(await status({})).toBe(401)
    expect(await status({ authorization: runtime.apiKey })).toBe(401)
    expect(await status({ authorization: "Bearer wrong" })).toBe(401)
    expect(await status({ authorization: "Bearer wrong", "x-api-key": runtime.apiKey })).toBe(401)
    expect(await status({ "x-api-key": `${runtime.apiKey}x` })).toBe(401)
  })

  it("says 401 in the shape of every error", async () => {
    const { call } = await start()
    const { status, body, headers } = await call("GET", "/assistant", undefined, { apiKey: "wrong" })
    expect(status).toBe(401)
    expect(body).toEqual({
      statusCode: 401,
      message: expect.stringContaining("API key"),
      error: "Unauthorized",
      requestId: headers.get("x-request-id")
    })
    expect(headers.get("www-authenticate")).toBe("Bearer")
  })

  it("revokes", async () => {
    const { call, runtime } = await start()
    const added = runtime.addKey()
    expect((await call("GET", "/assistant", undefined, { apiKey: added.key })).status).toBe(200)
    expect(runtime.revokeKey(added.id)).toBe(true)
    expect((await call("GET", "/assistant", undefined, { apiKey: added.key })).status).toBe(401)
  })

  it("gives a read key 403 on writes", async () => {
    const { call, runtime } = await start()
    const { key } = runtime.addKey({ role: "read" })
    expect((await call("GET", "/assistant", undefined, { apiKey: key })).status).toBe(200)
    expect((await call("POST", "/assistant", {}, { apiKey: key })).status).toBe(403)
    expect(runtime.count("assistants")).toBe(0)
  })

  it("keeps no key in the file", async () => {
    const file = temporaryFile()
    const runtime = await startLocalRuntime({ store: { file }, apiKey: "sk_very_secret_key" })
    await clientOf(runtime).call("POST", "/assistant", { name: "A" })
    await runtime.close()
    for (const name of fs.readdirSync(file.replace(/[^/]+$/, ""))) {
      const bytes = fs.readFileSync(file.replace(/[^/]+$/, name))
      expect([name, bytes.includes("sk_very_secret_key")]).toEqual([name, false])
    }
  })
})

describe("organizations", () => {
  it("refuses a key for another organization with 403", async () => {
    const { call, runtime } = await start({ organization: "org_1" })
    const ask = (id: string) => call("GET", "/assistant", undefined, { headers: { "x-organization-id": id } })
    expect((await ask("org_1")).status).toBe(200)
    const { status, body } = await ask("org_2")
    expect([status, body.code, body.error]).toEqual([403, "organization_forbidden", "Forbidden"])
    expect(runtime.organizationId).toBe("org_1")
  })

  it("hides rows of another organization behind 404", async () => {
    const { call } = await start({
      apiKeys: [
        { key: "one", organization: "org_1" },
        { key: "two", organization: "org_2" }
      ]
    })
    const { body: row } = await call("POST", "/assistant", { name: "A" }, { apiKey: "one" })
    expect(row.orgId).toBe("org_1")
    const path = `/assistant/${row.id}`
    expect((await call("GET", path, undefined, { apiKey: "two" })).status).toBe(404)
    expect((await call("PATCH", path, { name: "B" }, { apiKey: "two" })).status).toBe(404)
    expect((await call("DELETE", path, undefined, { apiKey: "two" })).status).toBe(404)
    expect((await call("GET", "/assistant", undefined, { apiKey: "two" })).body).toEqual([])
    expect((await call("GET", path, undefined, { apiKey: "one" })).body).toEqual(row)
  })

  it("a call that brings along a row with a foreign id does not get that row's secret", async () => {
    const { call, runtime } = await start({ clock: "manual" })
    const { key: apiKey } = runtime.addKey({ organization: "org_2" })
    const receiver = await receive()
    const row = { serverUrl: receiver.url, serverUrlSecret: "a secret of the first organization" }
    const { body: foreign } = await call("POST", "/assistant", row)
    const customer = { number: "+14155550188" }
    const bring = { assistant: { id: foreign.id, serverUrl: receiver.url }, customer }
    expect((await call("POST", "/call", bring, { apiKey })).status).toBe(201)
    await runtime.clock.advance(60_000)
    expect(receiver.deliveries.length).toBeGreaterThan(0)
    expect(receiver.deliveries.filter(({ headers }) => "x-vapi-secret" in headers)).toEqual([])
    expect((await call("POST", "/call", { assistantId: foreign.id, customer })).status).toBe(201)
    await runtime.clock.advance(60_000)
    expect(receiver.deliveries.at(-1)?.headers["x-vapi-secret"]).toBe(row.serverUrlSecret)
  })

  it("takes the organization of a file again when none is given", async () => {
    const store = { file: temporaryFile() }
    const first = await startLocalRuntime({ store })
    await clientOf(first).call("POST", "/assistant", { name: "A" })
    await first.close()
    const { call, runtime } = await start({ store })
    expect(runtime.organizationId).toBe(first.organizationId)
    expect((await call("GET", "/assistant")).body).toHaveLength(1)
  })
})
