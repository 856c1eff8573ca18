/** Lists that read the next page while the current one is worked on. */
import { once } from "node:events"
import type { ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { assert, describe, it, onTestFinished } from "vitest"
import { Assistants, AywaRuntime } from "../src/effect.ts"
import { AywaRuntimeClient, type Assistant } from "../src/index.ts"
import { assistant, json, serve, tagOf, type Server } from "./support/server.ts"
import { eventually } from "./support/assertions.ts"

const pages = 4

/** Page by page, one row each; `instead` may answer in another way. */
const start = async (instead: (page: number, response: ServerResponse) => boolean = () => false): Promise<Server> => {
  const server = await serve(({ url }, response) => {
    const page = Number(new URL(url, "http://runtime").searchParams.get("cursor") ?? 0)
    if (instead(page, response)) return
    const next = page + 1 < pages ? { nextCursor: String(page + 1) } : {}
    json(response, 200, { items: [assistant(`row-${page}`)], ...next })
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

type Work = (row: Assistant) => Promise<void>

/** What can walk a list, each with the query that it is given. */
const walks: Readonly<Record<string, (baseUrl: string, prefetch: boolean, work: Work) => Promise<void>>> = {
  "a list": async (baseUrl, prefetch, work) => {
    await using aywa = new AywaRuntimeClient({ baseUrl, apiKey: "k", retries: 0 })
    for await (const row of aywa.assistants.list({ prefetch })) await work(row)
  },
  "a page of a list": async (baseUrl, prefetch, work) => {
    await using aywa = new AywaRuntimeClient({ baseUrl, apiKey: "k", retries: 0 })
    for await (const row of await aywa.assistants.list({ prefetch })) await work(row)
  },
  "a stream": async (baseUrl, prefetch, work) => {
    await using aywa = new AywaRuntimeClient({ baseUrl, apiKey: "k", retries: 0 })
    for await (const row of aywa.assistants.stream({ prefetch })) await work(row)
  },
  pages: async (baseUrl, prefetch, work) => {
    await using aywa = new AywaRuntimeClient({ baseUrl, apiKey: "k", retries: 0 })
    for await (const page of aywa.assistants.pages({ prefetch })) for (const row of page.items) await work(row)
  },
  "a Stream": (baseUrl, prefetch, work) =>
    Effect.gen(function* () {
      const { stream } = yield* Assistants.Assistants
      yield* Stream.runForEach(stream({ prefetch }), (row) =>
        Effect.tryPromise({ try: () => work(row), catch: (error) => error })
      )
    }).pipe(Effect.provide(AywaRuntime.layer({ baseUrl, apiKey: "k" })), Effect.runPromise)
}

for (const [name, walk] of Object.entries(walks)) {
  describe(`prefetch of ${name}`, () => {
    it("has asked for the next page before the work on one is done, and for no more", async () => {
      const server = await start()
      const rows: Array<string> = []
      await walk(server.baseUrl, true, async ({ id }) => {
        rows.push(id)
        const expected = Math.min(pages, rows.length + 1)
        await eventually(() => assert.lengthOf(server.seen, expected))
        // Whoever reads two ahead would be here by now.
        await new Promise((resolve) => setTimeout(resolve, 20))
        assert.lengthOf(server.seen, expected)
      })
      assert.deepStrictEqual(rows, ["row-0", "row-1", "row-2", "row-3"])
      assert.notInclude(server.seen.map(({ url }) => url).join(), "prefetch")
    })

    it("is off unless it is asked for", async () => {
      const server = await start()
      let rows = 0
      await walk(server.baseUrl, false, async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        assert.lengthOf(server.seen, ++rows)
      })
      assert.strictEqual(rows, pages)
    })

    it("tells of a page that fails when it is that page's turn", async () => {
      const server = await start((page, response) => page === 2 && response.writeHead(404).end() !== undefined)
      const rows: Array<string> = []
      const error = await tagOf(
        walk(server.baseUrl, true, async ({ id }) => {
          rows.push(id)
          await eventually(() => assert.isAtLeast(server.seen.length, rows.length + 1))
        })
      )
      assert.match(String(error), /404/)
      assert.deepStrictEqual(rows, ["row-0", "row-1"])
    })

    it("gives up what it has asked for when the walk is left", async () => {
      let closed: Promise<unknown> | undefined
      const server = await start((page, response) => {
        if (page !== 1) return false
        closed = once(response, "close")
        return true
      })
      const left = new Error("left")
      const error = await tagOf(
        walk(server.baseUrl, true, async () => {
          await eventually(() => assert.lengthOf(server.seen, 2))
          throw left
        })
      )
      assert.include(String(error), "left")
      await closed
    })
  })
}

it("what failed is asked for again", async () => {
  let failures = 1
  const server = await start(
    (page, response) => page === 1 && failures-- > 0 && response.writeHead(404).end() !== undefined
  )
  await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", retries: 0 })
  const rows = aywa.assistants.stream({ prefetch: true })[Symbol.asyncIterator]()
  assert.strictEqual((await rows.next()).value?.id, "row-0")
  assert.instanceOf(await tagOf(rows.next()), Error)
  assert.strictEqual((await rows.next()).value?.id, "row-1")
  assert.strictEqual((await rows.next()).value?.id, "row-2")
  await rows.return?.()
})

it("is true or false", async () => {
  await using aywa = new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:1", apiKey: "k" })
  const error = await tagOf(aywa.assistants.list({ prefetch: 1 as never }))
  assert.deepInclude({ ...Object(error) }, { _tag: "InvalidRequest", outcome: "not-sent" })
  assert.match(String(error), /prefetch: Expected true or false/)
})
