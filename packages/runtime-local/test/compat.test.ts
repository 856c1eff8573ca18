/** What only the source API has, as its bytes are; sourceClient.test.ts asks with the source API's own client. */
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import type { LocalRuntimeHandle } from "../src/index.ts"
import { start } from "./support.ts"

describe("what the source API has", () => {
  it("recordings are silence, as long as the call was, in a file that plays", async () => {
    const { runtime } = await start()
    const { callId } = await runtime.trigger({ type: "call.completed" })
    const { headers, bytes } = await read(runtime, `/call/${callId}/stereo-recording`)
    assert.deepStrictEqual(
      [headers.get("content-type"), bytes.subarray(0, 4).toString("latin1")],
      ["audio/wav", "RIFF"]
    )
    assert.strictEqual(bytes.length, bytes.readUInt32LE(4) + 8)
  })

  it("lists of the second version have totals, an order and a search", async () => {
    const { runtime, call } = await start()
    for (const number of ["+14155550100", "+14155550101", "+14155559999"]) {
      await call("POST", "/phone-number", { provider: "vapi", number })
    }
    const list = async (query: string) =>
      JSON.parse((await read(runtime, `/v2/phone-number?${query}`)).bytes.toString())
    const numbers = (page: { results: ReadonlyArray<{ number: string }> }) => page.results.map(({ number }) => number)
    assert.deepStrictEqual(numbers(await list("sortOrder=ASC&limit=2")), ["+14155550100", "+14155550101"])
    assertMatches(await list("search=55010"), { metadata: { totalItems: 2, totalPages: 1, hasNextPage: false } })
  })
})

describe("what is no part of this runtime", () => {
  it("says so", async () => {
    const { call } = await start()
    for (const path of ["/squad", "/session", "/campaign", "/eval/run", "/v2/knowledge-base"]) {
      const { status, body } = await call("GET", path)
      assertMatches(
        [path, status, body.code, body.message],
        [path, 404, "not_part_of_this_runtime", /docs\/compatibility\.md/]
      )
    }
  })

  it("a path that is nearly one says which", async () => {
    const { call } = await start()
    const near: ReadonlyArray<readonly [path: string, meant: string]> = [
      ["/assistants", "/assistant"],
      ["/phone-numbers/x", "/phone-number/x"],
      ["/Assistant", "/assistant"],
      ["/assistant/", "/assistant"],
      ["//assistant", "/assistant"],
      ["/v2/phone-numbers", "/v2/phone-number"],
      ["/calls/x/timelin", "/call/x/timeline"],
      ["/logs/webhook", "/logs/webhooks"]
    ]
    for (const [path, meant] of near) {
      assert.strictEqual((await call("GET", path)).body.message, `There is no ${path}. Did you mean ${meant}?`)
    }
    assert.strictEqual((await call("GET", "/call/x/y")).body.message, "There is no /call/x/y")
  })
})

/** Bytes of an answer. */
const read = async (runtime: LocalRuntimeHandle, path: string) => {
  const response = await fetch(runtime.baseUrl + path, { headers: { authorization: `Bearer ${runtime.apiKey}` } })
  return { headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}
