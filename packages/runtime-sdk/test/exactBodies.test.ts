/** What is sent is what was given, and what is read is what was sent: nothing is changed without a word. */
import * as Redacted from "effect/Redacted"
import * as fc from "fast-check"
import { runInNewContext } from "node:vm"
import { afterEach, assert, describe, it } from "vitest"
import { AywaRuntimeClient, InvalidRequest, redacted, UnexpectedResponse } from "../src/index.ts"
import { parseExactly } from "../src/schema/integers.ts"
import { assistant, json, serve, tagOf } from "./support/server.ts"

const open: Array<AsyncDisposable> = []
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})
const start = async (handler: Parameters<typeof serve>[0]) => {
  const server = await serve(handler)
  const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", retries: 0 })
  open.push(server, aywa)
  return { server, aywa }
}
const row = (metadata: string): string =>
  JSON.stringify(assistant("a", { metadata: "HERE" })).replace('"HERE"', () => metadata)

describe("integers that a number cannot hold", () => {
  it("come back as they were read, through rows, lists, requests and JSON of the program's own", async () => {
    const metadata =
      '{"crmId":9007199254740993,"list":[-12345678901234567890],"safe":9007199254740991,"text":"9007199254740993"}'
    const { server, aywa } = await start((seen, response) => {
      response.setHeader("content-type", "application/json")
      response.end(seen.url.startsWith("/assistant/") ? row(metadata) : `[${row(metadata)}]`)
    })
    const one = await aywa.assistants.get("a")
    await aywa.assistants.update("a", { metadata: one.metadata })
    const [listed] = (await aywa.assistants.list({ limit: 1 })).items
    await aywa.assistants.update("a", { metadata: { ...listed?.metadata, more: new Date(0) } })
    const bodies = server.seen.filter(({ method }) => method === "PATCH").map(({ body }) => body)
    assert.strictEqual(bodies[0], `{"metadata":${metadata}}`)
    assert.strictEqual(bodies[1], `{"metadata":${metadata.slice(0, -1)},"more":"1970-01-01T00:00:00.000Z"}}`)
    assert.include(JSON.stringify(one), metadata)
    assert.strictEqual(one.metadata?.["safe"], Number.MAX_SAFE_INTEGER)
  })

  it("are a typed error where the contract has a number", async () => {
    const { aywa } = await start((_, response) => {
      response.setHeader("content-type", "application/json")
      response.end(JSON.stringify(assistant("a", { maxDurationSeconds: 1 })).replace(":1}", ":9007199254740993}"))
    })
    const error = await tagOf(aywa.assistants.get("a"))
    assert.instanceOf(error, UnexpectedResponse)
    assert.match(error.message, /maxDurationSeconds/)
  })

  it("law: what is parsed and written is the same JSON", () => {
    const big = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
    fc.assert(
      fc.property(fc.array(big), fc.json(), (numbers, text) => {
        const source = `{"n":[${numbers.join(",")}],"v":${text}}`
        const plain = JSON.stringify({ n: 0, v: JSON.parse(text) }).slice('{"n":0,'.length)
        assert.strictEqual(JSON.stringify(parseExactly(source)), `{"n":[${numbers.join(",")}],${plain}`)
      })
    )
  })
})

describe("what JSON would drop or change", () => {
  class Point {
    x = 1
  }
  const cases: ReadonlyArray<readonly [string, unknown, RegExp]> = [
    ["NaN", Number.NaN, /got NaN/],
    ["Infinity", -Infinity, /got -Infinity/],
    ["a Map", new Map([["a", 1]]), /got a Map: Object\.fromEntries/],
    ["a Set", new Set([1]), /got a Set: \[\.\.\.set\]/],
    ["a function", () => 1, /got a function/],
    ["a symbol", Symbol("s"), /got a symbol/],
    ["an instance of a class", new Point(), /got a Point/],
    ["bytes", new Uint8Array(2), /got a Uint8Array/],
    ["a promise", Promise.resolve(1), /got a Promise: await/],
    ["a bigint", 1n, /got a bigint: write it as text/],
    ["an invalid Date", new Date(Number.NaN), /got an invalid Date/]
  ]
  for (const [name, value, message] of cases) {
    it(`${name} is refused with its place, and nothing is sent`, async () => {
      const { server, aywa } = await start((_, response) => json(response, 201, assistant("a")))
      for (const [metadata, path] of [
        [{ deep: [{ it: value }] }, ["metadata", "deep", "0", "it"]],
        [{ first: { it: 1 }, it: value }, ["metadata", "it"]]
      ] as const) {
        const error = await tagOf(aywa.assistants.create({ metadata }))
        assert.instanceOf(error, InvalidRequest)
        assert.deepStrictEqual(error.issues[0]?.path, path)
        assert.match(error.issues[0]?.message ?? "", message)
      }
      assert.instanceOf(await tagOf(aywa.request({ method: "POST", path: "/x", body: { it: value } })), InvalidRequest)
      assert.lengthOf(server.seen, 0)
    })
  }

  it("what has a JSON of its own is sent, and so is an object of another realm, of a class of the program's own above all", async () => {
    const { server, aywa } = await start((_, response) => json(response, 201, assistant("a")))
    const metadata = {
      at: new Date(0),
      url: new URL("http://a/"),
      own: { toJSON: () => ({ a: 1 }) },
      realm: runInNewContext("({ a: [1] })") as unknown,
      none: undefined,
      secret: Redacted.make("s"),
      bare: Object.assign(Object.create(null), { a: 1 }) as unknown
    }
    await aywa.assistants.create({ metadata })
    await aywa.credentials.create({ provider: "openai", apiKey: redacted("sk") })
    class Body {
      name = "x"
    }
    await aywa.assistants.create(new Body())
    assert.deepStrictEqual(
      server.seen.map(({ body }) => JSON.parse(body) as unknown),
      [
        {
          metadata: {
            at: "1970-01-01T00:00:00.000Z",
            url: "http://a/",
            own: { a: 1 },
            realm: { a: [1] },
            secret: "s",
            bare: { a: 1 }
          }
        },
        { provider: "openai", apiKey: "sk" },
        { name: "x" }
      ]
    )
    for (const body of [new Map(), Promise.resolve({}), [], new Date()] as ReadonlyArray<unknown>) {
      const error = await tagOf(aywa.request({ method: "POST", path: "/x", body: body as Record<string, unknown> }))
      assert.match(String(Object(error).message), /Expected an object, got (a Map|a Promise|an array|string)/)
    }
  })
})
