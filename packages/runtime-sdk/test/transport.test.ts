import { createConnection, type Socket } from "node:net"
import { gzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import { afterEach, assert, describe, it } from "@effect/vitest"
import { makeDispatcher } from "../src/transport/dispatcher.ts"
import { makeFetch } from "../src/transport/fetch.ts"
import { AywaRuntimeClient } from "../src/index.ts"
import { json, serve, serveScoped } from "./support/server.ts"

const symbol = Symbol.for("undici.globalDispatcher.1")
void new Headers()
const original: unknown = Reflect.get(globalThis, symbol)
afterEach(() => {
  Reflect.set(globalThis, symbol, original)
})

describe("the dispatcher transport", () => {
  it("is there on this Node", () => assert.isDefined(makeDispatcher()))

  it("honours a dispatcher that a program has set, also after the client was made", async () => {
    await using server = await serve((_, r) => json(r, 200, []))
    await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k" })
    await aywa.assistants.list()
    const seen: Array<unknown> = []
    const proxy = {
      dispatch: (options: { readonly path: string }, handler: unknown) => {
        seen.push(options.path)
        return Reflect.apply(Reflect.get(Object(original), "dispatch"), original, [options, handler])
      }
    }
    Reflect.set(globalThis, symbol, proxy)
    await aywa.assistants.list({ limit: 7 })
    assert.deepStrictEqual(seen, ["/assistant?limit=7"])
    assert.strictEqual(server.seen.length, 2)
  })

  it("honours an agent that a program has set before the client was made", async () => {
    await using server = await serve((_, r) => json(r, 200, []))
    let connected = 0
    const connect = (options: { readonly port: string }, callback: (error: null, socket: Socket) => void) => {
      connected++
      const socket = createConnection(Number(options.port), "127.0.0.1", () => callback(null, socket))
    }
    const Agent = Object(original).constructor as new (options: object) => object
    let dispatched = 0
    const compose = (dispatch: (...args: ReadonlyArray<unknown>) => unknown) => (options: object, handler: unknown) => {
      dispatched++
      return dispatch(options, handler)
    }
    for (const agent of [new Agent({ connect }), Object(new Agent({})).compose(compose)]) {
      Reflect.set(globalThis, symbol, agent)
      await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k" })
      await aywa.assistants.list()
      await aywa.files.content("a")
    }
    assert.isAtLeast(connected, 1)
    assert.strictEqual(dispatched, 2)
    assert.lengthOf(server.seen, 4)
  })

  it("has no timeouts of its own: a long attempt is as long as the policy says (behaviour 17)", async () => {
    await using server = await serve((_, r) => json(r, 200, []))
    await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", timeout: 3_600_000 })
    const seen: Array<unknown> = []
    Reflect.set(globalThis, symbol, {
      dispatch: (options: object, handler: unknown) => {
        seen.push(options)
        return Reflect.apply(Reflect.get(Object(original), "dispatch"), original, [options, handler])
      }
    })
    await aywa.assistants.list()
    await aywa.files.content("a")
    assert.lengthOf(seen, 2)
    for (const options of seen) assert.deepInclude(options, { headersTimeout: 0, bodyTimeout: 0 })
  })

  it("is not taken where there is none", () => {
    for (const absent of [undefined, null, {}, { dispatch: 1 }]) {
      Reflect.set(globalThis, symbol, absent)
      assert.isUndefined(makeDispatcher())
    }
  })

  it("gives way to fetch, and calls still work", async () => {
    await using server = await serve((_, r) => json(r, 200, []))
    const real = globalThis.fetch
    let fetched = 0
    globalThis.fetch = (...args) => {
      fetched++
      return real(...args)
    }
    // Not a dispatcher while the client looks for one; fetch, which comes later, needs it to be one.
    let looks = 0
    Reflect.set(globalThis, symbol, {
      get dispatch() {
        return looks++ < 2 ? undefined : Reflect.get(Object(original), "dispatch").bind(original)
      }
    })
    try {
      const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k" })
      assert.strictEqual((await aywa.assistants.list()).items.length, 0)
      assert.strictEqual(fetched, 1)
      assert.strictEqual(server.seen.length, 1)
    } finally {
      globalThis.fetch = real
    }
  })

  it("opens no more connections than it may", async () => {
    await using server = await serve((_, r) => void setTimeout(() => json(r, 200, []), 5))
    await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", connections: 4 })
    await Promise.all(Array.from({ length: 60 }, () => aywa.assistants.list()))
    assert.isAtMost(server.sockets.opened, 4)
  })
})

for (const [name, make] of [
  ["dispatcher", () => makeDispatcher() ?? makeFetch()],
  ["fetch", makeFetch]
] as const) {
  describe(`${name}: what arrives and what comes back`, () => {
    const transport = Effect.acquireRelease(Effect.sync(make), (made) => Effect.promise(() => made.close()))
    const get = { method: "GET", path: "/", headers: [], body: undefined } as const

    it.live("bodies of any text and size, byte for byte", () =>
      Effect.gen(function* () {
        const server = yield* serveScoped((seen, r) => r.writeHead(200).end(seen.body))
        const made = yield* transport
        for (const body of ["ü🙂\u2028\u0000", "x".repeat(3_000_000), JSON.stringify({ a: "é" })]) {
          const request = { method: "POST", path: "/x?a=b", headers: ["x-a", "1"], body } as const
          const response = yield* made.execute({ origin: server.baseUrl, ...request })
          assert.strictEqual(response.body, body)
          assert.deepInclude(server.seen.at(-1), { method: "POST", url: "/x?a=b", body })
        }
      })
    )
    it.live("headers, repeated ones joined, by lower-case name", () =>
      Effect.gen(function* () {
        const server = yield* serveScoped((_, r) => {
          r.setHeader("X-Twice", ["a", "b"])
          r.setHeader("Retry-After", "3")
          r.end("ok")
        })
        const response = yield* (yield* transport).execute({ origin: server.baseUrl, ...get })
        assert.strictEqual(response.header("x-twice"), "a, b")
        assert.strictEqual(response.header("retry-after"), "3")
        assert.isUndefined(response.header("absent"))
        assert.deepInclude(response.headers(), { "x-twice": "a, b" })
      })
    )
    it.live("gzip from a gateway that compresses unasked", () =>
      Effect.gen(function* () {
        const server = yield* serveScoped((_, r) =>
          r.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("hello ü"))
        )
        const response = yield* (yield* transport).execute({ origin: server.baseUrl, ...get })
        assert.strictEqual(response.body, "hello ü")
      })
    )
  })
}
