/** Drafts of assistants: a copy that becomes the assistant when it is published. */
import { assert, describe, it } from "vitest"
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
    assert.strictEqual(made.status, 201)
    assert.deepInclude(made.body, {
      assistantId: id,
      baseVersion: "v1",
      createdBy: null,
      name: "Desk",
      firstMessage: "Hello"
    })
    assert.isUndefined(made.body.serverUrlSecret)
    const assistant = (await call("GET", `/assistant/${id}`)).body
    assert.deepStrictEqual([assistant.firstMessage, assistant.latestVersion], [undefined, "v1"])
    assert.deepStrictEqual((await call("GET", `${path}/${made.body.id}`)).body, made.body)
    const list = (await call("GET", path)).body
    assert.deepStrictEqual(list, {
      results: [made.body],
      metadata: { nextCursor: null, hasNextPage: false, limit: 100 }
    })
  })

  it("there is one of each assistant", async () => {
    const { call, path } = await begin()
    const { body } = await call("POST", path, {})
    const second = await call("POST", path, {})
    assert.strictEqual(second.status, 409)
    assert.deepInclude(second.body, { error: "draft_exists", existingDraftId: body.id })
    assert.isString(second.body.message)
    assert.strictEqual((await call("DELETE", `${path}/${body.id}`)).status, 200)
    assert.strictEqual((await call("POST", path, {})).status, 201)
  })

  it("is changed, and becomes the assistant with the next version", async () => {
    const { runtime, call, id, path } = await begin()
    const { body } = await call("POST", path, { firstMessage: "Hello" })
    assert.strictEqual((await call("PATCH", `${path}/${body.id}`, { name: "Front desk" })).body.name, "Front desk")
    const published = await call("POST", `${path}/${body.id}/publish`)
    assert.strictEqual(published.status, 200)
    assert.deepInclude(published.body, { id, name: "Front desk", firstMessage: "Hello", latestVersion: "v2" })
    assert.deepStrictEqual([published.body.assistantId, published.body.baseVersion], [undefined, undefined])
    assert.strictEqual((await call("GET", `${path}/${body.id}`)).status, 404)
    assert.strictEqual(runtime.count("assistantDrafts"), 0)
  })

  it("is stale once the assistant was changed beside it", async () => {
    const { call, id, path } = await begin()
    await call("POST", path, { firstMessage: "Hello" })
    assert.strictEqual((await call("PATCH", `/assistant/${id}`, { name: "Other" })).body.latestVersion, "v2")
    const { status, body } = await call("POST", `${path}/publish`)
    assert.deepStrictEqual([status, body.error, body.code], [409, "stale_version", "stale_version"])
    assert.strictEqual((await call("GET", `/assistant/${id}`)).body.name, "Other")
  })

  it("takes what an assistant takes, and nothing of its own", async () => {
    const { call, path } = await begin()
    assert.strictEqual((await call("POST", path, { nonsense: 1 })).status, 400)
    assert.strictEqual((await call("POST", path, { model: { provider: "opneai", model: "x" } })).status, 400)
    assert.match((await call("POST", path, { baseVersion: "v9" })).body.message[0], /^baseVersion: /)
    const { body } = await call("POST", path, { baseVersion: "v1" })
    for (const change of [{ baseVersion: "v2" }, { assistantId: "x" }, { createdBy: "me" }]) {
      // oxlint-disable-next-line no-await-in-loop
      assert.strictEqual((await call("PATCH", `${path}/${body.id}`, change)).status, 400)
    }
  })

  it("goes with its assistant, and is found under no other one", async () => {
    const { runtime, call, id, path } = await begin()
    const { body } = await call("POST", path, {})
    const other = (await call("POST", "/assistant", {})).body
    assert.strictEqual((await call("GET", `/assistant/${other.id}/draft/${body.id}`)).status, 404)
    assert.strictEqual((await call("GET", "/assistant/none/draft")).status, 404)
    await call("DELETE", `/assistant/${id}`)
    assert.strictEqual(runtime.count("assistantDrafts"), 0)
  })
})
