/** The SDK over clients of `effect/http`, on real sockets: same values, same errors, no redirect followed. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import { assert, describe, it, onTestFinished } from "vitest"
import * as Assistants from "../src/effect/Assistants.ts"
import type { Services } from "../src/effect/AywaRuntime.ts"
import * as Files from "../src/effect/Files.ts"
import { layerHttpClient } from "../src/effect/httpClient.ts"
import { serve } from "./support/server.ts"

const clients: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["FetchHttpClient", FetchHttpClient.layer],
  ["NodeHttpClient over undici", NodeHttpClient.layerUndici],
  ["NodeHttpClient over node:http", NodeHttpClient.layerNodeHttp]
]

const start = async () => {
  const runtime = await startLocalRuntime()
  onTestFinished(() => runtime.close())
  return runtime
}

for (const [name, client] of clients) {
  const run = <A, E>(
    program: Effect.Effect<A, E, Services>,
    { baseUrl, apiKey, policy }: Parameters<typeof layerHttpClient>[0]
  ): Promise<A> =>
    Effect.runPromise(
      Effect.provide(program, layerHttpClient({ baseUrl, apiKey, policy }).pipe(Layer.provide(client), Layer.orDie))
    )

  describe(`over ${name}`, () => {
    it("creates, lists, reads, changes and deletes", async () => {
      const runtime = await start()
      const program = Effect.gen(function* () {
        const assistants = yield* Assistants.Assistants
        const row = yield* assistants.create({ name: "Ädel ☎", metadata: { a: [1, null] } })
        const { items } = yield* assistants.list({ limit: 20 })
        const changed = yield* assistants.update(row.id, { firstMessage: "Hi" })
        const gone = yield* assistants.delete(row.id)
        const missing = yield* Effect.flip(assistants.get(row.id))
        return { row, items, changed, gone, missing: missing._tag }
      })
      const { row, items, changed, gone, missing } = await run(program, runtime)
      assert.deepStrictEqual(items, [row])
      assert.strictEqual(changed.firstMessage, "Hi")
      assert.strictEqual(changed.name, "Ädel ☎")
      assert.strictEqual(gone?.id, row.id)
      assert.strictEqual(missing, "NotFound")
    })

    it("sends a header whatever its name is", async () => {
      await using server = await serve((_, response) => response.end("[]"))
      const headers: Record<string, string> = Object.fromEntries([
        ["constructor", "a"],
        ["to-string", "b"]
      ])
      const program = Effect.flatMap(Assistants.Assistants, (assistants) => assistants.list({}, { headers }))
      await run(program, { baseUrl: server.baseUrl, apiKey: "a-key" })
      assert.deepInclude(server.seen[0]?.headers, headers)
    })

    it("repeats a create whose answer was lost, and creates one", async () => {
      const runtime = await start()
      runtime.faults.next({ type: "reset" }, { when: "after" })
      const program = Effect.flatMap(Assistants.Assistants, (assistants) => assistants.create({ name: "A" }))
      await run(program, runtime)
      assert.strictEqual(runtime.count("assistants"), 1)
      assert.lengthOf(runtime.requests({ method: "POST" }), 2)
    })

    it("tells what was not sent from what may have been", async () => {
      const runtime = await start()
      const create = Effect.flatMap(Assistants.Assistants, (assistants) =>
        Effect.flip(assistants.create({ name: "A" }, { retries: 0 }))
      )
      runtime.faults.next({ type: "close" })
      const lost = await run(create, runtime)
      assert.include({ ...lost }, { _tag: "ConnectionError", outcome: "maybe-applied" })
      await runtime.close()
      const refused = await run(create, runtime)
      assert.include({ ...refused }, { _tag: "ConnectionError", outcome: "not-sent", code: "ECONNREFUSED" })
    })

    it("stops an answer that stalls when the time is up", async () => {
      const runtime = await start()
      runtime.faults.next({ type: "stall" })
      const program = Effect.flatMap(Assistants.Assistants, (assistants) =>
        Effect.flip(assistants.list({}, { retries: 0, timeout: 200 }))
      )
      assert.include({ ...(await run(program, runtime)) }, { _tag: "AywaTimeoutError", scope: "attempt" })
    })

    it("an answer that breaks off is a ConnectionError of its own kind", async () => {
      const runtime = await start()
      runtime.faults.next({ type: "truncate" })
      const program = Effect.flatMap(Assistants.Assistants, (assistants) =>
        Effect.flip(assistants.list({}, { retries: 0 }))
      )
      const error = await run(program, runtime)
      assert.strictEqual(error._tag, "ConnectionError")
    })

    it("follows no redirect", async () => {
      await using other = await serve((_, response) => response.end("[]"))
      await using server = await serve((_, response) => response.writeHead(307, { location: other.baseUrl }).end())
      const program = Effect.flatMap(Assistants.Assistants, (assistants) => Effect.flip(assistants.list()))
      const error = await run(program, { baseUrl: server.baseUrl, apiKey: "a-key" })
      assert.strictEqual(error._tag, "UnexpectedResponse")
      assert.lengthOf(other.seen, 0)
    })

    it("moves files, whole and piece by piece", async () => {
      const runtime = await start()
      const content = Buffer.from("0123456789".repeat(70_000))
      const program = Effect.gen(function* () {
        const files = yield* Files.Files
        const known = yield* files.upload({ file: content, name: "a.txt" })
        const streamed = yield* files.upload({ file: new Blob([content]).stream(), name: "b.txt" })
        const whole = yield* files.content(known.id)
        const pieces = yield* Stream.runCollect(files.contentStream(streamed.id))
        return { whole, pieces }
      })
      const { whole, pieces } = await run(program, runtime)
      assert.isTrue(content.equals(whole))
      assert.isTrue(content.equals(Buffer.concat(pieces)))
    })

    it("closes the connection of a download that is left", async () => {
      let closed: () => void
      const gone = new Promise<void>((resolve) => (closed = resolve))
      const server = createServer((_, response) => {
        response.on("close", () => closed())
        const piece = Buffer.alloc(65_536)
        const write = () => {
          while (!response.destroyed && response.write(piece)) {}
        }
        response.on("drain", write)
        write()
      })
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      onTestFinished(() => {
        server.closeAllConnections()
        server.close()
      })
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const program = Effect.flatMap(Files.Files, (files) =>
        Stream.runCollect(Stream.take(files.contentStream("an-id"), 1))
      )
      assert.lengthOf(await run(program, { baseUrl, apiKey: "a-key" }), 1)
      await gone
    })
  })
}
