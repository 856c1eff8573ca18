/** What only the source API has, as its bytes are; sourceClient.test.ts asks with the source API's own client. */
import { describe, expect, it } from "vitest"
import type { LocalRuntimeHandle } from "../src/index.ts"
import { start } from "./support.ts"

describe("what the source API has", () => {
  it("recordings are silence, as long as the call was, in a file that plays", async () => {
    const { runtime } = await start()
    const { callId } = await runtime.trigger({ type: "call.completed" })
    const { headers, bytes } = await read(runtime, `/call/${callId}/stereo-recording`)
    expect([headers.get("content-type"), bytes.subarray(0, 4).toString("latin1")]).toEqual(["audio/wav", "RIFF"])
    expect(bytes.length).toBe(bytes.readUInt32LE(4) + 8)
  })

  it("lists of the second version have totals, an order and a search", async () => {
    const { runtime, call } = await start()
    for (const number of ["+14155550100", "+14155550101", "+14155559999"]) {
      await call("POST", "/phone-number", { provider: "vapi", number })
    }
    const list = async (query: string) =>
      JSON.parse((await read(runtime, `/v2/phone-number?${query}`)).bytes.toString())
    const numbers = (page: { results: ReadonlyArray<{ number: string }> }) => page.results.map(({ number }) => number)
    expect(numbers(await list("sortOrder=ASC&limit=2"))).toEqual(["+14155550100", "+14155550101"])
    expect(await list("search=55010")).toMatchObject({ metadata: { totalItems: 2, totalPages: 1, hasNextPage: false } })
  })
})

describe("what is no part of this runtime", () => {
  it("says so", async () => {
    const { call } = await start()
    for (const path of ["/squad", "/session", "/campaign", "/eval/run", "/v2/knowledge-base"]) {
      const { status, body } = await call("GET", path)
      expect([path, status, body.code, body.message]).toEqual([
        path,
        404,
        "not_part_of_this_runtime",
        expect.stringContaining("docs/compatibility.md")
      ])
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
      expect((await call("GET", path)).body.message).toBe(`There is no ${path}. Did you mean ${meant}?`)
    }
    expect((await call("GET", "/call/x/y")).body.message).toBe("There is no /call/x/y")
  })
})

/** Bytes of an answer. */
const read = async (runtime: LocalRuntimeHandle, path: string) => {
  const response = await fetch(runtime.baseUrl + path, { headers: { authorization: `Bearer ${runtime.apiKey}` } })
  return { headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}
