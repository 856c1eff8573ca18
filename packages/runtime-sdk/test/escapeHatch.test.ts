/** Routes that the SDK does not know: same key, policy and errors, and no way to another origin. */
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { assert, describe, it, onTestFinished } from "@effect/vitest"
import * as AywaRuntime from "../src/effect/AywaRuntime.ts"
import { AywaRuntimeClient } from "../src/index.ts"
import { json, serve, tagOf } from "./support/server.ts"

const start = async (options: Partial<ConstructorParameters<typeof AywaRuntimeClient>[0]> = {}) => {
  const server = await serve((seen, response) => {
    if (seen.url.includes("empty")) response.writeHead(204).end()
    else json(response, 200, { method: seen.method, url: seen.url, body: seen.body })
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  const aywa = new AywaRuntimeClient({ baseUrl: `${server.baseUrl}/base`, apiKey: "a-canary-key", ...options })
  return { server, aywa }
}

describe("aywa.request", () => {
  it("sends method, query and body below the base URL, with the client's key", async () => {
    const { server, aywa } = await start({ organizationId: "org_1" })
    const answer = await aywa.request({
      method: "PATCH",
      path: "/squad/urn:id:7",
      query: { limit: 5, tag: ["a", "b"], absent: undefined, none: null },
      body: { id: "kept", orgId: "kept too", name: null },
      headers: { "x-trace": "1" }
    })
    assert.deepStrictEqual<unknown>(answer, {
      method: "PATCH",
      url: "/base/squad/urn%3Aid%3A7?limit=5&tag=a&tag=b",
      body: '{"id":"kept","orgId":"kept too","name":null}'
    })
    assert.include(server.seen[0]?.headers, {
      authorization: "Bearer a-canary-key",
      "x-organization-id": "org_1",
      "x-trace": "1"
    })
  })

  it("gives undefined for an empty answer, and the answer itself on request", async () => {
    const { aywa } = await start()
    assert.isUndefined(await aywa.request({ method: "DELETE", path: "/empty" }))
    const { response } = await aywa.request({ method: "GET", path: "/a" }).withResponse()
    assert.strictEqual(response.status, 200)
    assert.strictEqual(response.requestId, "req_test")
  })

  it("keeps the policy: one POST creates one row, whatever gets lost", async () => {
    const runtime = await startLocalRuntime()
    onTestFinished(() => runtime.close())
    const aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
    runtime.faults.next({ type: "reset" }, { when: "after" })
    await aywa.request({ method: "POST", path: "/assistant", body: { name: "A" } })
    assert.strictEqual(runtime.count("assistants"), 1)
    const keys = runtime.requests({ method: "POST" }).map(({ idempotencyKey }) => idempotencyKey)
    assert.isDefined(keys[0])
    assert.deepStrictEqual(keys, [keys[0], keys[0]])
  })

  it("keeps the errors", async () => {
    const runtime = await startLocalRuntime()
    onTestFinished(() => runtime.close())
    const aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
    const of = async (path: string, method: "GET" | "POST" = "GET") =>
      Object(await tagOf(aywa.request({ method, path, ...(method === "POST" ? { body: { nope: 1 } } : {}) })))._tag
    assert.strictEqual(await of("/no-such-route"), "NotFound")
    assert.strictEqual(await of("/assistant/nobody"), "NotFound")
    assert.strictEqual(await of("/assistant", "POST"), "InvalidRequest")
    const stranger = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: "unknown" })
    assert.strictEqual(Object(await tagOf(stranger.request({ method: "GET", path: "/tool" })))._tag, "AuthError")
  })

  it("can be aborted", async () => {
    const { server, aywa } = await start()
    const error = Object(await tagOf(aywa.request({ method: "GET", path: "/a", signal: AbortSignal.abort("enough") })))
    assert.strictEqual(error._tag, "Aborted")
    assert.lengthOf(server.seen, 0)
  })

  it.each([
    "https://elsewhere.example/a",
    "//elsewhere.example/a",
    "/\\elsewhere.example/a",
    "\\\\elsewhere.example",
    "a/b",
    "",
    "/a/../b",
    "/..",
    "/a/%2e%2e/b",
    "/a/%2E/b",
    "/a?b=c",
    "/a#b",
    "/a b",
    "/a\r\nx: y",
    "/ä"
  ])("refuses the path %j before anything is sent", async (path) => {
    const { server, aywa } = await start()
    const error = Object(await tagOf(aywa.request({ method: "GET", path })))
    assert.strictEqual(error._tag, "InvalidRequest")
    assert.deepStrictEqual(error.issues[0].path, ["path"])
    assert.lengthOf(server.seen, 0)
  })

  it("no path reaches another host or leaves the base path", async () => {
    const { server, aywa } = await start()
    const host = new URL(server.baseUrl).host
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.webUrl(), fc.webPath(), fc.stringMatching(/^[/\\.%2eE:@a]{1,12}$/)),
        async (path) => {
          const before = server.seen.length
          const error = Object(await tagOf(aywa.request({ method: "GET", path })))
          const seen = server.seen.slice(before)
          if (error._tag === "InvalidRequest") return assert.lengthOf(seen, 0)
          assert.lengthOf(seen, 1)
          assert.strictEqual(seen[0]?.headers.host, host)
          assert.isTrue(new URL(seen[0]?.url ?? "", "http://x").pathname.startsWith("/base/"))
        }
      ),
      { numRuns: 500 }
    )
  })

  it.each(["Authorization", "authorization", "X-API-Key", "x-organization-id", "Idempotency-Key", "host", "cookie2"])(
    "extra header %s: what the SDK sets cannot be overridden",
    async (name) => {
      const { server, aywa } = await start()
      const error = Object(await tagOf(aywa.request({ method: "GET", path: "/a", headers: { [name]: "mine" } })))
      if (name === "cookie2") return assert.strictEqual(server.seen[0]?.headers["cookie2"], "mine")
      assert.strictEqual(error._tag, "InvalidRequest")
      assert.lengthOf(server.seen, 0)
      const list = Object(await tagOf(aywa.assistants.list({}, { headers: { [name]: "mine" } })))
      assert.strictEqual(list._tag, "InvalidRequest")
      assert.throws(() => new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", headers: { [name]: "mine" } }))
    }
  )

  it.each([
    ["method", { method: "TRACE", path: "/a" }],
    ["path", { method: "GET", path: 7 }],
    ["path", { method: "GET" }]
  ])("says that %s is wrong", async (field, options) => {
    const { aywa } = await start()
    // @ts-expect-error what plain JavaScript may pass
    const error = Object(await tagOf(aywa.request(options)))
    assert.strictEqual(error._tag, "InvalidRequest")
    assert.deepStrictEqual(error.issues[0].path, [field])
  })
})

describe("AywaRuntime.request", () => {
  it.live("gives JSON, or what a schema says", () =>
    Effect.gen(function* () {
      const { server } = yield* Effect.promise(() => start())
      const Answer = Schema.Struct({ method: Schema.String })
      yield* Effect.gen(function* () {
        const { requestFor } = yield* AywaRuntime.AywaRuntime
        const any = yield* AywaRuntime.request({ method: "GET", path: "/a" })
        assert.deepStrictEqual<unknown>(any, { method: "GET", url: "/a", body: "" })
        const typed = yield* requestFor(Answer, { method: "GET", path: "/a" })
        assert.deepStrictEqual(typed, { method: "GET" })
        const nope = Schema.Struct({ nope: Schema.String })
        const wrong = yield* Effect.flip(requestFor(nope, { method: "GET", path: "/a" }))
        assert.strictEqual(wrong._tag, "UnexpectedResponse")
        assert.include(wrong.message, "nope: Missing key")
        const refused = yield* Effect.flip(AywaRuntime.request({ method: "GET", path: "//elsewhere" }))
        assert.strictEqual(refused._tag, "InvalidRequest")
      }).pipe(Effect.provide(AywaRuntime.layer({ baseUrl: server.baseUrl, apiKey: "a-key" })))
    })
  )

  it.live("an answer that the schema refuses says whether the runtime may have acted, and how to go on", () =>
    Effect.gen(function* () {
      const { server } = yield* Effect.promise(() => start())
      const answer = { status: 200, requestId: "req_test", attempts: 1 }
      yield* Effect.gen(function* () {
        const { requestFor } = yield* AywaRuntime.AywaRuntime
        const send = (method: "GET" | "POST") =>
          Effect.flip(requestFor(Schema.Struct({ nope: Schema.String }), { method, path: "/squad" }))
        const told = yield* AywaRuntime.withResponse(requestFor(Schema.Unknown, { method: "GET", path: "/told" }))
        assert.include({ ...told.response }, answer)
        assert.include({ ...(yield* send("GET")) }, { ...answer, outcome: "rejected" })
        const posted = yield* send("POST")
        const idempotencyKey = String(server.seen[2]?.headers["idempotency-key"])
        assert.include({ ...posted }, { ...answer, outcome: "maybe-applied", idempotencyKey })
        assert.include(posted.message, `repeat it with idempotencyKey "${idempotencyKey}"`)
      }).pipe(Effect.provide(AywaRuntime.layer({ baseUrl: server.baseUrl, apiKey: "a-key" })))
    })
  )
})
