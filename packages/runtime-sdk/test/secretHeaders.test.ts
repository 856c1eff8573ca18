/** Headers whose values are wrapped: sent as they are, printed nowhere. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { inspect } from "node:util"
import { AywaRuntime } from "../src/effect.ts"
import { AywaRuntimeClient, redacted } from "../src/index.ts"
import { json, serve, serveScoped, type Server, tagOf } from "./support/server.ts"

describe("a header that is wrapped", () => {
  const sent = ({ seen }: Server) => seen.map(({ headers }) => [headers["x-team"], headers["x-call"]])

  it("reaches the runtime, of the client and of one call", async () => {
    await using server = await serve((_, response) => json(response, 200, []))
    const headers = { "x-team": redacted("t-1") }
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "a-key", headers })
    await aywa.assistants.list({}, { headers: { "x-call": redacted("c-1") } })
    assert.deepStrictEqual(sent(server), [["t-1", "c-1"]])
  })

  it.live("reaches the runtime in Effect, of the client and of one call", () =>
    Effect.gen(function* () {
      const server = yield* serveScoped((_, response) => json(response, 200, []))
      const headers = { "x-team": Redacted.make("t-2") }
      const { assistants } = yield* AywaRuntime.make({ baseUrl: server.baseUrl, apiKey: "a-key", headers })
      yield* assistants.list({}, { headers: { "x-call": Redacted.make("c-2") } })
      assert.deepStrictEqual(sent(server), [["t-2", "c-2"]])
    })
  )

  it("is a secret however short it is: an answer that repeats it says nothing", async () => {
    await using server = await serve((_, response) => json(response, 404, { message: "no row for §c-9§" }))
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "a-key", retries: 0 })
    const error = await tagOf(aywa.assistants.get("a", { headers: { "x-request-id": redacted("§c-9§") } }))
    assert.include(String(error), "no row for")
    assert.notInclude(inspect(error) + JSON.stringify(error), "c-9")
  })

  it("is checked like any other, without being quoted", async () => {
    const aywa = new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:1", apiKey: "a-key" })
    const error = await tagOf(aywa.assistants.get("a", { headers: { "x-call": redacted("two\nlines") } }))
    assert.strictEqual(Object(error)._tag, "InvalidRequest")
    assert.notInclude(inspect(error), "lines\n")
  })
})
