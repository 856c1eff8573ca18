/** Loops over lists that end early, fail, or begin again; and pages that know where they go on. */
import { Readable } from "node:stream"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { AywaRuntimeClient, ServerError } from "../src/index.ts"
import { assistant, json, serve, tagOf } from "./support/server.ts"

const unhandled: Array<unknown> = []
const note = (error: unknown) => void unhandled.push(error)
const turn = () => new Promise((resolve) => setImmediate(resolve))

beforeEach(() => void process.on("unhandledRejection", note))
afterEach(async () => {
  await turn()
  await turn()
  process.off("unhandledRejection", note)
  assert.deepStrictEqual(unhandled.splice(0), [])
})

const client = (baseUrl: string) => new AywaRuntimeClient({ baseUrl, apiKey: "k", retries: 0 })

/** Two pages of two rows each. */
const twoPages: Parameters<typeof serve>[0] = (seen, response) => {
  const second = seen.url.includes("cursor=2")
  const rows = second ? ["c", "d"] : ["a", "b"]
  json(response, 200, { items: rows.map((id) => assistant(id)), nextCursor: second ? null : "2" })
}

/** A server that answers nothing, and tells when a request came and when it was given up. */
const silent = async () => {
  let arrived = (): void => {}
  let gone = (): void => {}
  const came = new Promise<void>((resolve) => (arrived = resolve))
  const left = new Promise<void>((resolve) => (gone = resolve))
  const server = await serve((_, response) => {
    response.on("close", gone)
    arrived()
  })
  return { server, came, left }
}

describe("a list that has failed before it is walked", () => {
  for (const [name, options] of [
    ["an aborted signal", { signal: AbortSignal.abort() }],
    ["what is no signal", { signal: "soon" as never }]
  ] as const) {
    it(`by ${name} fails in the loop, and nowhere else`, async () => {
      const walk = async () => {
        for await (const _ of client("http://127.0.0.1:1").assistants.list({}, options)) assert.fail("a row")
      }
      assert.include(["Aborted", "InvalidRequest"], Reflect.get(Object(await tagOf(walk())), "_tag"))
    })
  }
})

describe("leaving a list", () => {
  it("before its first page asks for nothing more and leaves no rejection, with nobody listening", async () => {
    const iterator = client("http://127.0.0.1:1").assistants.list()[Symbol.asyncIterator]()
    assert.deepStrictEqual(await iterator.return?.(), { done: true, value: undefined })
    assert.deepStrictEqual(await iterator.next(), { done: true, value: undefined })
    await turn()
  })

  it("while its first page is on its way cancels the request and ends whoever waits", async () => {
    const { server, came, left } = await silent()
    await using _ = server
    const iterator = client(server.baseUrl).assistants.list()[Symbol.asyncIterator]()
    const waiting = iterator.next()
    await came
    await iterator.return?.()
    assert.deepStrictEqual(await waiting, { done: true, value: undefined })
    await left
  })

  it("by destroying a stream of it cancels the request", async () => {
    const { server, came, left } = await silent()
    await using _ = server
    const stream = Readable.from(client(server.baseUrl).assistants.list())
    stream.resume()
    await came
    stream.destroy()
    await left
    assert.isTrue(stream.destroyed)
  })

  it("by a stream that was never read leaves no rejection", async () => {
    const stream = Readable.from(client("http://127.0.0.1:1").assistants.list())
    const closed = new Promise((resolve) => stream.once("close", resolve))
    stream.destroy()
    await closed
    assert.isTrue(stream.destroyed)
  })

  it("after its first page asks for no second one", async () => {
    await using server = await serve(twoPages)
    for await (const row of client(server.baseUrl).assistants.list()) if (row.id === "b") break
    assert.strictEqual(server.seen.length, 1)
  })

  it("of a walk over pages, too, cancels", async () => {
    const { server, came, left } = await silent()
    await using _ = server
    const iterator = client(server.baseUrl).assistants.pages()[Symbol.asyncIterator]()
    const waiting = iterator.next()
    await came
    await iterator.return?.()
    assert.deepStrictEqual(await waiting, { done: true, value: undefined })
    await left
  })
})

it("a second loop over a list that failed asks again", async () => {
  let failing = true
  await using server = await serve((seen, response, n) =>
    failing ? json(response, 500, {}) : twoPages(seen, response, n)
  )
  const list = client(server.baseUrl).assistants.list()
  const walk = async () => {
    const ids: Array<string> = []
    for await (const row of list) ids.push(row.id)
    return ids
  }
  assert.instanceOf(await tagOf(walk()), ServerError)
  failing = false
  assert.deepStrictEqual(await walk(), ["a", "b", "c", "d"])
})

describe("a page that was awaited", () => {
  it("says whether another follows, and gives it", async () => {
    await using server = await serve(twoPages)
    const page = await client(server.baseUrl).assistants.list()
    assert.isTrue(page.hasNextPage())
    const next = await page.getNextPage()
    assert.deepStrictEqual(
      next.items.map(({ id }) => id),
      ["c", "d"]
    )
    assert.isFalse(next.hasNextPage())
    assert.match(String(await tagOf(next.getNextPage())), /last page/)
  })

  it("can be walked from where it is, and asks for nothing twice", async () => {
    await using server = await serve(twoPages)
    const page = await client(server.baseUrl).assistants.list()
    const ids: Array<string> = []
    for await (const row of page) ids.push(row.id)
    assert.deepStrictEqual(ids, ["a", "b", "c", "d"])
    assert.strictEqual(server.seen.length, 2)
  })

  it("is its data and nothing else when it is written", async () => {
    await using server = await serve(twoPages)
    const { value: page } = await client(server.baseUrl).assistants.list().withResponse()
    assert.deepStrictEqual(Object.keys(page), ["items", "nextCursor"])
    assert.deepStrictEqual(Object.keys(structuredClone({ ...page })), ["items", "nextCursor"])
    for await (const each of client(server.baseUrl).assistants.pages()) assert.isFunction(each.hasNextPage)
  })
})
