/** The SDK over clients of `effect/http`, on real sockets: same values, same errors, no redirect followed. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import type { CallOptions } from "../src/call/CallOptions.ts"
import * as Assistants from "../src/effect/Assistants.ts"
import * as Files from "../src/effect/Files.ts"
import { layerHttpClient } from "../src/effect/httpClient.ts"
import { serveScoped } from "./support/server.ts"

const clients: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["FetchHttpClient", FetchHttpClient.layer],
  ["NodeHttpClient over undici", NodeHttpClient.layerUndici],
  ["NodeHttpClient over node:http", NodeHttpClient.layerNodeHttp]
]

const start = Effect.acquireDisposable(Effect.promise(() => startLocalRuntime()))

const list = Effect.fnUntraced(function* (options: CallOptions = {}) {
  return yield* (yield* Assistants.Assistants).list({}, options)
})
const create = Effect.fnUntraced(function* (options: CallOptions = {}) {
  return yield* (yield* Assistants.Assistants).create({ name: "A" }, options)
})

for (const [name, client] of clients) {
  const over = ({ baseUrl, apiKey, policy }: Parameters<typeof layerHttpClient>[0]) =>
    layerHttpClient({ baseUrl, apiKey, policy }).pipe(Layer.provide(client), Layer.orDie)

  describe(`over ${name}`, () => {
    it.live("creates, lists, reads, changes and deletes", () =>
      Effect.gen(function* () {
        const runtime = yield* start
        yield* Effect.gen(function* () {
          const assistants = yield* Assistants.Assistants
          const row = yield* assistants.create({ name: "Ädel ☎", metadata: { a: [1, null] } })
          assert.deepStrictEqual((yield* assistants.list({ limit: 20 })).items, [row])
          const changed = yield* assistants.update(row.id, { firstMessage: "Hi" })
          assert.deepStrictEqual([changed.firstMessage, changed.name], ["Hi", "Ädel ☎"])
          assert.strictEqual((yield* assistants.delete(row.id))?.id, row.id)
          assert.strictEqual((yield* Effect.flip(assistants.get(row.id)))._tag, "NotFound")
        }).pipe(Effect.provide(over(runtime)))
      })
    )

    it.live("sends a header whatever its name is", () =>
      Effect.gen(function* () {
        const server = yield* serveScoped((_, response) => response.end("[]"))
        const headers: Record<string, string> = Object.fromEntries([
          ["constructor", "a"],
          ["to-string", "b"]
        ])
        yield* Effect.provide(list({ headers }), over({ baseUrl: server.baseUrl, apiKey: "a-key" }))
        assert.deepInclude(server.seen[0]?.headers, headers)
      })
    )

    it.live("repeats a create whose answer was lost, and creates one", () =>
      Effect.gen(function* () {
        const runtime = yield* start
        runtime.faults.next({ type: "reset" }, { when: "after" })
        yield* Effect.provide(create(), over(runtime))
        assert.strictEqual(runtime.count("assistants"), 1)
        assert.lengthOf(runtime.requests({ method: "POST" }), 2)
      })
    )

    it.live("tells what was not sent from what may have been", () =>
      Effect.gen(function* () {
        const runtime = yield* start
        const failed = Effect.provide(Effect.flip(create({ retries: 0 })), over(runtime))
        runtime.faults.next({ type: "close" })
        assert.include({ ...(yield* failed) }, { _tag: "ConnectionError", outcome: "maybe-applied" })
        yield* Effect.promise(() => runtime.close())
        const refused = yield* failed
        assert.include({ ...refused }, { _tag: "ConnectionError", outcome: "not-sent", code: "ECONNREFUSED" })
      })
    )

    it.live("stops an answer that stalls when the time is up", () =>
      Effect.gen(function* () {
        const runtime = yield* start
        runtime.faults.next({ type: "stall" })
        const error = yield* Effect.provide(Effect.flip(list({ retries: 0, timeout: 200 })), over(runtime))
        assert.include({ ...error }, { _tag: "AywaTimeoutError", scope: "attempt" })
      })
    )

    it.live("an answer that breaks off is a ConnectionError of its own kind", () =>
      Effect.gen(function* () {
        const runtime = yield* start
        runtime.faults.next({ type: "truncate" })
        const error = yield* Effect.provide(Effect.flip(list({ retries: 0 })), over(runtime))
        assert.strictEqual(error._tag, "ConnectionError")
      })
    )

    it.live("follows no redirect", () =>
      Effect.gen(function* () {
        const other = yield* serveScoped((_, response) => response.end("[]"))
        const server = yield* serveScoped((_, response) => response.writeHead(307, { location: other.baseUrl }).end())
        const error = yield* Effect.provide(Effect.flip(list()), over({ baseUrl: server.baseUrl, apiKey: "a-key" }))
        assert.strictEqual(error._tag, "UnexpectedResponse")
        assert.lengthOf(other.seen, 0)
      })
    )

    it.live("moves files, whole and piece by piece", () =>
      Effect.gen(function* () {
        const runtime = yield* start
        const content = Buffer.from("0123456789".repeat(70_000))
        yield* Effect.gen(function* () {
          const files = yield* Files.Files
          const known = yield* files.upload({ file: content, name: "a.txt" })
          const streamed = yield* files.upload({ file: new Blob([content]).stream(), name: "b.txt" })
          assert.isTrue(content.equals(yield* files.content(known.id)))
          const pieces = yield* Stream.runCollect(files.contentStream(streamed.id))
          assert.isTrue(content.equals(Buffer.concat(pieces)))
        }).pipe(Effect.provide(over(runtime)))
      })
    )

    it.live("closes the connection of a download that is left", () =>
      Effect.gen(function* () {
        const gone = Promise.withResolvers<void>()
        const server = yield* serveScoped((_, response) => {
          response.on("close", () => gone.resolve())
          const piece = Buffer.alloc(65_536)
          const write = () => {
            while (!response.destroyed && response.write(piece)) {}
          }
          response.on("drain", write)
          write()
        })
        const first = Effect.flatMap(Files.Files, (files) =>
          Stream.runCollect(Stream.take(files.contentStream("an-id"), 1))
        )
        assert.lengthOf(yield* Effect.provide(first, over({ baseUrl: server.baseUrl, apiKey: "a-key" })), 1)
        yield* Effect.promise(() => gone.promise)
      })
    )
  })
}
