import { inspect } from "node:util"
import * as fc from "fast-check"
import * as Redacted from "effect/Redacted"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { AywaRuntimeClient, InvalidRequest } from "../src/index.ts"
import { encode, encodeBody, encodeQuery, fillPath, isPlainJson } from "../src/call/encode.ts"
import { assistant, json, serve, tagOf, type Server } from "./support/server.ts"

let server: Server
let aywa: AywaRuntimeClient
beforeAll(async () => {
  server = await serve((seen, response) => json(response, 200, seen.method === "GET" ? assistant("a") : assistant("a")))
  aywa = new AywaRuntimeClient({ baseUrl: `${server.baseUrl}/base`, apiKey: "k", retries: 0 })
})
afterAll(() => server[Symbol.asyncDispose]())

describe("ids in paths", () => {
  const awkward = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.constantFrom(
      ".",
      "..",
      "%2e%2e",
      "%2e",
      "a/b",
      "a?b",
      "a#b",
      "a\\b",
      "\u0000",
      "\ud800",
      "ü",
      "🙂",
      "../x",
      " ",
      ";",
      "a%2Fb"
    )
  )

  it("an id is exactly one path segment or is refused before anything is sent", async () => {
    await fc.assert(
      fc.asyncProperty(awkward, async (id) => {
        const before = server.seen.length
        const result = await aywa.assistants.get(id).then(
          () => "sent" as const,
          (error: unknown) => error
        )
        if (result === "sent") {
          const url = server.seen.at(-1)?.url ?? ""
          const segments = new URL(url, "http://127.0.0.1").pathname.split("/")
          assert.deepStrictEqual(segments.slice(0, 3), ["", "base", "assistant"])
          assert.strictEqual(segments.length, 4)
          assert.strictEqual(decodeURIComponent(segments[3] ?? ""), id)
        } else {
          assert.instanceOf(result, InvalidRequest)
          assert.strictEqual(result.outcome, "not-sent")
          assert.strictEqual(result.attempts, 0)
          assert.strictEqual(server.seen.length, before)
        }
      }),
      { numRuns: 500 }
    )
  })

  for (const id of ["", ".", "..", undefined, null, {}, 7, "\u0000", "\ud800", "x".repeat(513)]) {
    it(`refuses ${inspect(id).slice(0, 20)} for get, update and delete, unsent`, async () => {
      const before = server.seen.length
      const unsafe = id as string
      for (const call of [
        () => aywa.assistants.get(unsafe),
        () => aywa.assistants.update(unsafe, {}),
        () => aywa.assistants.delete(unsafe)
      ]) {
        assert.instanceOf(await tagOf(call()), InvalidRequest)
      }
      assert.strictEqual(server.seen.length, before)
    })
  }

  it("does not read $ patterns in an id", () => assert.strictEqual(fillPath("/a/:id", "$&"), "/a/%24%26"))
})

describe("queries", () => {
  it("what is encoded is what a URL parser reads back", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string()), (query) => {
        const read = [...new URLSearchParams(String(encodeQuery(query)))]
        assert.deepStrictEqual(new Map(read), new Map(Object.entries(query)))
      })
    )
  })
  it("leaves out what is absent, in lists too", () =>
    assert.strictEqual(encodeQuery({ a: undefined, b: null, c: 0, d: [1, undefined, null, "x"] }), "?c=0&d=1&d=x"))
  it("refuses what no query can say, unsent and by name", async () => {
    const before = server.seen.length
    const wrong = await tagOf(aywa.structuredOutputs.list({ name: "\ud800" }))
    assert.instanceOf(wrong, InvalidRequest)
    assert.deepStrictEqual(wrong.issues[0]?.path, ["name"])
    for (const value of [{}, new Date(0), () => 1, Symbol("s"), [["a"]], "\udfff"]) {
      const error = await tagOf(aywa.request({ method: "GET", path: "/x", query: { key: value as string } }))
      assert.instanceOf(error, InvalidRequest)
      assert.deepStrictEqual(error.issues[0]?.path, ["key"])
    }
    assert.instanceOf(await tagOf(aywa.request({ method: "GET", path: "/x", query: { "\ud800": 1 } })), InvalidRequest)
    assert.strictEqual(server.seen.length, before)
  })
  it("refuses a limit out of 1 to 1000 and a time that is none, all at once", async () => {
    const error = await tagOf(aywa.assistants.list({ limit: 0, createdAtGt: "yesterday" }))
    assert.instanceOf(error, InvalidRequest)
    assert.deepStrictEqual(
      error.issues.map((issue) => issue.path[0]),
      ["limit", "createdAtGt"]
    )
  })
})

describe("bodies", () => {
  it("leave out what the runtime owns, and keep everything else as it came", () => {
    const row = assistant("a", { latestVersion: "v1", custom: { deep: [1, null] }, name: null })
    assert.deepStrictEqual(JSON.parse(String(encodeBody(row, new Set()))), { custom: { deep: [1, null] }, name: null })
  })
  it("unwrap Redacted values, and only on the wire", () => {
    const body = { twilioAuthToken: Redacted.make("secret-value"), nested: { x: Redacted.make("deep") } }
    assert.strictEqual(encodeBody(body, new Set()), '{"twilioAuthToken":"secret-value","nested":{"x":"deep"}}')
    assert.notInclude(inspect(body, { depth: 10, showHidden: true }), "secret-value")
  })
  it("keep own __proto__ keys from doing anything", () => {
    const body: object = JSON.parse('{"__proto__":{"polluted":true},"metadata":{"constructor":{"prototype":1}}}')
    assert.include(String(encodeBody(body, new Set())), '"__proto__":{"polluted":true}')
    assert.isUndefined(Reflect.get({}, "polluted"))
  })
  it("what is checked is what is sent, whether or not the body had to be read back", () => {
    class Money {
      readonly cents = 5
      toJSON() {
        return "5 c"
      }
    }
    const refused: ReadonlyArray<unknown> = [
      Number.NaN,
      Infinity,
      new Map([[1, 2]]),
      () => 1,
      Symbol("s"),
      Object("boxed")
    ]
    const odd = fc.oneof(
      { arbitrary: fc.constantFrom<unknown>(undefined, new Date(0), new Money(), Redacted.make("s")), weight: 4 },
      { arbitrary: fc.constantFrom(...refused), weight: 1 }
    )
    const any = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 1 }),
        odd,
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie("value"), { maxKeys: 4 })
      )
    })).value
    let plain = 0
    fc.assert(
      fc.property(fc.dictionary(fc.string(), any, { maxKeys: 5 }), (body) => {
        const encoded = encode(body, new Set(Object.keys(body)))
        if (!("text" in encoded)) {
          const value = encoded.path.reduce<unknown>((outer, key) => Reflect.get(Object(outer), key), body)
          return assert.isTrue(refused.includes(value))
        }
        if (isPlainJson(body)) plain++
        // -0 is the one number that JSON writes as another.
        assert.deepStrictEqual(JSON.parse(encoded.text), JSON.parse(JSON.stringify(encoded.json)))
        assert.strictEqual(JSON.stringify(encoded.json), encoded.text)
      }),
      { numRuns: 500 }
    )
    assert.isAbove(plain, 50)
    for (const value of [
      undefined,
      Number.NaN,
      new Date(0),
      new Money(),
      Redacted.make("s"),
      new Map(),
      1n,
      Object("b")
    ]) {
      assert.isFalse(isPlainJson({ a: [value] }))
    }
    assert.isTrue(isPlainJson({ a: [1, "x", true, null, { b: [] }] }))
  })
  it("say themselves what is sent of them", async () => {
    class Document {
      readonly internal = "not for the wire"
      toJSON() {
        return { name: "Desk" }
      }
    }
    assert.strictEqual(encodeBody(new Document(), new Set()), '{"name":"Desk"}')
    const before = server.seen.length
    const broken = {
      toJSON() {
        throw new TypeError("cannot")
      }
    }
    for (const body of [new Date(0), Redacted.make({}), broken]) {
      assert.instanceOf(await tagOf(aywa.assistants.create(body as object)), InvalidRequest)
    }
    assert.strictEqual(server.seen.length, before)
  })
  for (const body of [undefined, null, 7, "x", []]) {
    it(`refuses ${JSON.stringify(body)} as a body`, async () => {
      assert.instanceOf(await tagOf(aywa.assistants.create(body as never)), InvalidRequest)
    })
  }
  it("refuses a cycle without sending", async () => {
    const metadata: Record<string, unknown> = {}
    metadata["self"] = metadata
    assert.instanceOf(await tagOf(aywa.assistants.create({ metadata })), InvalidRequest)
  })
})

describe("headers and keys", () => {
  const long = "x".repeat(256)
  for (const idempotencyKey of ["", "a\r\nb", "a\u200b", "ü", "a b", long]) {
    it(`refuses the idempotency key ${JSON.stringify(idempotencyKey.slice(0, 10))}, quickly and unsent`, async () => {
      const before = server.seen.length
      const error = await tagOf(aywa.assistants.create({}, { idempotencyKey }))
      assert.instanceOf(error, InvalidRequest)
      assert.strictEqual(error.issues[0]?.path[0], "idempotencyKey")
      assert.strictEqual(server.seen.length, before)
    })
  }
  for (const name of [
    "authorization",
    "Authorization",
    "X-API-Key",
    "x-organization-id",
    "Idempotency-Key",
    "host",
    "content-length"
  ]) {
    it(`refuses to override ${name}`, async () => {
      const before = server.seen.length
      const error = await tagOf(aywa.assistants.list({}, { headers: { [name]: "v" } }))
      assert.instanceOf(error, InvalidRequest)
      assert.strictEqual(server.seen.length, before)
    })
  }
  it("refuses a header value with a line break without repeating it", async () => {
    const error = await tagOf(aywa.assistants.list({}, { headers: { "x-a": "canary\r\nx-b: 1" } }))
    assert.instanceOf(error, InvalidRequest)
    assert.notInclude(inspect(error), "canary")
  })
})
