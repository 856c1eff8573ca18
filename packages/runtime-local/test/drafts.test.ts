/** Drafts of assistants: a copy that becomes the assistant when it is published. */
import { describe, expect, it } from "vitest"
import { start } from "./support.ts"

const begin = async () => {
  const client = await start()
  const { body } = await client.call("POST", "/assistant", { name: "Desk", serverUrlSecret: "whsec_1" })
  return { ...client, id: String(body.id), path: `/assistant/${body.id}/draft` }
}

describe("a draft", () => {
  it("begins as the assistant is, with the change of its body, and leaves the assistant alone", async () => {
    const { call, id, path } = await begin()
    const made = await call("POST", path, { firstMessage: "Hello" })
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({
        assistantId: id,
        baseVersion: "v1",
        createdBy: null,
        name: "Desk",
        firstMessage: "Hello"
      })
    ])
    expect(made.body.serverUrlSecret).toBeUndefined()
    const assistant = (await call("GET", `/assistant/${id}`)).body
    expect([assistant.firstMessage, assistant.latestVersion]).toEqual([undefined, "v1"])
    expect((await call("GET", `${path}/${made.body.id}`)).body).toEqual(made.body)
    const list = (await call("GET", path)).body
    expect(list).toEqual({ results: [made.body], metadata: { nextCursor: null, hasNextPage: false, limit: 100 } })
  })

  it("there is one of each assistant", async () => {
    const { call, path } = await begin()
    const { body } = await call("POST", path, {})
    const second = await call("POST", path, {})
    expect([second.status, second.body]).toEqual([
      409,
      expect.objectContaining({ error: "draft_exists", existingDraftId: body.id, message: expect.any(String) })
    ])
    expect((await call("DELETE", `${path}/${body.id}`)).status).toBe(200)
    expect((await call("POST", path, {})).status).toBe(201)
  })

  it("is changed, and becomes the assistant with the next version", async () => {
    const { runtime, call, id, path } = await begin()
    const { body } = await call("POST", path, { firstMessage: "Hello" })
    expect((await call("PATCH", `${path}/${body.id}`, { name: "Front desk" })).body.name).toBe("Front desk")
    const published = await call("POST", `${path}/${body.id}/publish`)
    expect([published.status, published.body]).toEqual([
      200,
      expect.objectContaining({ id, name: "Front desk", firstMessage: "Hello", latestVersion: "v2" })
    ])
    expect([published.body.assistantId, published.body.baseVersion]).toEqual([undefined, undefined])
    expect((await call("GET", `${path}/${body.id}`)).status).toBe(404)
    expect(runtime.count("assistantDrafts")).toBe(0)
  })

  it("is stale once the assistant was changed beside it", async () => {
    const { call, id, path } = await begin()
    await call("POST", path, { firstMessage: "Hello" })
    expect((await call("PATCH", `/assistant/${id}`, { name: "Other" })).body.latestVersion).toBe("v2")
    const { status, body } = await call("POST", `${path}/publish`)
    expect([status, body.error, body.code]).toEqual([409, "stale_version", "stale_version"])
    expect((await call("GET", `/assistant/${id}`)).body.name).toBe("Other")
  })

  it("takes what an assistant takes, and nothing of its own", async () => {
    const { call, path } = await begin()
    expect((await call("POST", path, { nonsense: 1 })).status).toBe(400)
    expect((await call("POST", path, { model: { provider: "opneai", model: "x" } })).status).toBe(400)
    expect((await call("POST", path, { baseVersion: "v9" })).body.message[0]).toMatch(/^baseVersion: /)
    const { body } = await call("POST", path, { baseVersion: "v1" })
    for (const change of [{ baseVersion: "v2" }, { assistantId: "x" }, { createdBy: "me" }]) {
      // oxlint-disable-next-line no-await-in-loop
      expect((await call("PATCH", `${path}/${body.id}`, change)).status).toBe(400)
    }
  })

  it("goes with its assistant, and is found under no other one", async () => {
    const { runtime, call, id, path } = await begin()
    const { body } = await call("POST", path, {})
    const other = (await call("POST", "/assistant", {})).body
    expect((await call("GET", `/assistant/${other.id}/draft/${body.id}`)).status).toBe(404)
    expect((await call("GET", "/assistant/none/draft")).status).toBe(404)
    await call("DELETE", `/assistant/${id}`)
    expect(runtime.count("assistantDrafts")).toBe(0)
  })
})
