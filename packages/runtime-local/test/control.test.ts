import { describe, expect, it } from "vitest"
import { type Client, start } from "./support.ts"

const control = ({ runtime, call }: Client, method: string, path: string, body?: unknown) =>
  call(method, `/__aywa/${path}`, body, { apiKey: runtime.controlToken })

describe("the control API", () => {
  it("needs its own token", async () => {
    const client = await start()
    expect((await client.call("GET", "/__aywa/requests")).status).toBe(401)
    expect((await client.call("GET", "/__aywa/requests", undefined, { apiKey: "x" })).status).toBe(401)
    expect((await control(client, "GET", "requests")).status).toBe(200)
    expect((await client.call("GET", "/assistant", undefined, { apiKey: client.runtime.controlToken })).status).toBe(
      401
    )
  })

  it("lists and forgets requests, and is not among them", async () => {
    const client = await start()
    await client.call("POST", "/assistant", {}, { key: "k" })
    await client.call("GET", "/tool")
    expect((await control(client, "GET", "requests")).body.items).toHaveLength(2)
    const { body } = await control(client, "GET", "requests?committed=true")
    expect(body).toMatchObject({ items: [{ idempotencyKey: "k" }], nextCursor: null })
    await control(client, "DELETE", "requests")
    expect((await control(client, "GET", "requests")).body.items).toEqual([])
  })

  it("adds, lists and removes faults", async () => {
    const client = await start()
    const rule = { action: { type: "status", code: 503 }, match: { method: "GET" }, times: 5 }
    const { body: added } = await control(client, "POST", "faults", rule)
    expect((await client.call("GET", "/assistant")).status).toBe(503)
    expect((await control(client, "GET", "faults")).body).toMatchObject([{ id: added.id, hits: 1, when: "before" }])
    expect((await control(client, "DELETE", `faults/${added.id}`)).status).toBe(200)
    expect((await control(client, "DELETE", `faults/${added.id}`)).status).toBe(404)
    await control(client, "POST", "faults", { action: "reset" })
    await control(client, "DELETE", "faults")
    expect((await client.call("GET", "/assistant")).status).toBe(200)
    for (const wrong of [{}, { action: "explode" }, { action: "reset", tims: 1 }, { action: { type: "latency" } }]) {
      expect([wrong, (await control(client, "POST", "faults", wrong)).status]).toEqual([wrong, 400])
    }
  })

  it("moves the clock", async () => {
    const client = await start({ clock: "manual" })
    await control(client, "PUT", "clock", { now: "2030-01-01T00:00:00.000Z" })
    expect((await control(client, "POST", "clock/advance", { ms: 1500 })).body.now).toBe("2030-01-01T00:00:01.500Z")
    expect((await control(client, "GET", "clock")).body.now).toBe("2030-01-01T00:00:01.500Z")
    expect((await control(client, "PUT", "clock", { now: "soon" })).status).toBe(400)
    expect((await control(client, "POST", "clock/advance", { ms: -1 })).status).toBe(400)
    // Beyond what an ISO 8601 text can say in four digits: refused, and the process goes on.
    for (const [method, path, body] of [
      ["PUT", "clock", { now: 1e20 }],
      ["PUT", "clock", { now: -1 }],
      ["PUT", "clock", { now: "+010000-01-01T00:00:00.000Z" }],
      ["POST", "clock/advance", { ms: 1e15 }]
    ] as const) {
      expect([body, (await control(client, method, path, body)).status]).toEqual([body, 400])
    }
    expect((await control(client, "PUT", "clock", { now: "9999-12-31T23:59:59.999Z" })).status).toBe(200)
    expect((await client.call("POST", "/assistant", {})).body.createdAt).toBe("9999-12-31T23:59:59.999Z")
  })

  it("makes and revokes keys", async () => {
    const client = await start()
    const { body: made } = await control(client, "POST", "keys", { organization: "org_2", role: "read" })
    expect(made).toMatchObject({ organizationId: "org_2", role: "read", key: expect.stringMatching(/^aywa_local_/) })
    expect((await client.call("GET", "/assistant", undefined, { apiKey: made.key })).status).toBe(200)
    const { text } = await control(client, "GET", "keys")
    expect(text).not.toContain(made.key)
    await control(client, "DELETE", `keys/${made.id}`)
    expect((await client.call("GET", "/assistant", undefined, { apiKey: made.key })).status).toBe(401)
  })

  it("resets, and knows nothing else", async () => {
    const client = await start()
    await client.call("POST", "/assistant", {})
    expect((await control(client, "POST", "reset")).status).toBe(200)
    expect(client.runtime.count("assistants")).toBe(0)
    for (const path of ["nothing", "__proto__", "constructor", "faults/x/y"]) {
      expect([path, (await control(client, "GET", path)).status]).toEqual([path, 404])
    }
  })
})
