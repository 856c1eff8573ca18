import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { afterEach, assert, describe, it } from "@effect/vitest"
import { AywaRuntimeClient, InvalidRequest, ServerError, UnexpectedResponse, type Assistant } from "../src/index.ts"
import * as Assistants from "../src/effect/Assistants.ts"
import * as AywaRuntime from "../src/effect/AywaRuntime.ts"
import { assistant, json, serve, serveScoped, tagOf } from "./support/server.ts"

const open: Array<AsyncDisposable> = []
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})
type Handler = Parameters<typeof serve>[0]
const start = async (handler: Handler) => {
  const server = await serve(handler)
  const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", retries: 0 })
  open.push(server, aywa)
  return { server, aywa }
}
const collect = async <A>(iterable: AsyncIterable<A>): Promise<Array<A>> => {
  const all: Array<A> = []
  for await (const one of iterable) all.push(one)
  return all
}
const ids = (rows: ReadonlyArray<Assistant>) => rows.map((row) => row.id)
const at = (millis: number) => new Date(Date.UTC(2026, 0, 1) + millis).toISOString()

/** A list route in one of the four shapes, over rows that are newest first. */
const listing =
  (shape: number, rows: ReadonlyArray<ReturnType<typeof assistant>>): Handler =>
  (seen, response) => {
    const query = new URL(seen.url, "http://127.0.0.1").searchParams
    const limit = Number(query.get("limit") ?? 100)
    if (shape === 1) {
      const le = query.get("createdAtLe")
      return json(response, 200, rows.filter((row) => le === null || row.createdAt <= le).slice(0, limit))
    }
    const from = shape === 2 ? (Number(query.get("page") ?? 1) - 1) * limit : Number(query.get("cursor") ?? 0)
    const results = rows.slice(from, from + limit)
    const more = from + limit < rows.length
    if (shape === 2) {
      const metadata = { currentPage: from / limit + 1, itemsPerPage: limit, totalItems: rows.length }
      return json(response, 200, { results, metadata })
    }
    const nextCursor = more ? String(from + limit) : null
    if (shape === 3) return json(response, 200, { results, metadata: { nextCursor, hasNextPage: more, limit } })
    return json(response, 200, { items: results, nextCursor })
  }

// Many rows in one millisecond, as after an import.
const table = fc
  .array(fc.integer({ min: 0, max: 6 }), { maxLength: 60 })
  .map((times) => times.toSorted((a, b) => b - a).map((time, i) => assistant(`a${i}`, { createdAt: at(time) })))

/** All assistants at an address. */
const rowsAt = (baseUrl: string, limit?: number) =>
  Effect.gen(function* () {
    const assistants = yield* Assistants.Assistants
    return yield* Stream.runCollect(assistants.stream({ limit }))
  }).pipe(Effect.provide(AywaRuntime.layer({ baseUrl, apiKey: "k" })))

describe("walking a list", () => {
  for (const shape of [1, 2, 3, 4]) {
    it(`gives every row once, in order, in shape ${shape}, whatever the page size`, async () => {
      await fc.assert(
        fc.asyncProperty(table, fc.integer({ min: 1, max: 17 }), async (rows, limit) => {
          const { aywa } = await start(listing(shape, rows))
          const expected = rows.map((row) => row.id)
          assert.deepStrictEqual(ids(await collect(aywa.assistants.list({ limit }))), expected)
          assert.deepStrictEqual(ids(await collect(aywa.assistants.stream({ limit }))), expected)
          const pages = await collect(aywa.assistants.pages({ limit }))
          assert.deepStrictEqual(ids(pages.flatMap((page) => page.items)), expected)
          for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
        }),
        { numRuns: 40 }
      )
    })

    it(`goes on from any page's cursor in shape ${shape}, also in another client`, async () => {
      const rows = Array.from({ length: 23 }, (_, i) => assistant(`a${i}`, { createdAt: at(50 - Math.floor(i / 4)) }))
      const { server, aywa } = await start(listing(shape, rows))
      const pages = await collect(aywa.assistants.pages({ limit: 5 }))
      let given = 0
      for (const page of pages) {
        given += page.items.length
        if (page.nextCursor === undefined) continue
        const other = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k" })
        open.push(other)
        const rest = await collect(other.assistants.stream({ limit: 5, cursor: page.nextCursor }))
        assert.deepStrictEqual(
          ids(rest),
          rows.slice(given).map((row) => row.id)
        )
        // With another page size, or none, nothing is skipped and nothing comes twice.
        for (const limit of [undefined, 3, 9]) {
          const others = await collect(other.assistants.stream({ limit, cursor: page.nextCursor }))
          assert.deepStrictEqual(ids(others), ids(rest))
        }
      }
    })
  }

  it.live("is a Stream in Effect programs", () =>
    Effect.gen(function* () {
      const rows = Array.from({ length: 23 }, (_, i) => assistant(`a${i}`, { createdAt: at(50 - i) }))
      const server = yield* serveScoped(listing(4, rows))
      assert.deepStrictEqual(
        ids(yield* rowsAt(server.baseUrl, 5)),
        rows.map((row) => row.id)
      )
      assert.strictEqual(server.seen.length, 5)
    })
  )

  it("asks for the first page once when a list is awaited and walked", async () => {
    const { server, aywa } = await start(listing(4, [assistant("a")]))
    const list = aywa.assistants.list()
    assert.strictEqual((await list).items.length, 1)
    assert.strictEqual((await collect(list)).length, 1)
    assert.strictEqual(server.seen.length, 1)
  })
})

describe("guards (behaviour 44)", () => {
  it("an empty page in the middle is no end", async () => {
    const { aywa } = await start((seen, response) => {
      const cursor = new URL(seen.url, "http://127.0.0.1").searchParams.get("cursor")
      if (cursor === null) json(response, 200, { items: [assistant("a")], nextCursor: "1" })
      else if (cursor === "1") json(response, 200, { items: [], nextCursor: "2" })
      else json(response, 200, { items: [assistant("b")], nextCursor: null })
    })
    assert.deepStrictEqual(ids(await collect(aywa.assistants.list())), ["a", "b"])
  })

  const unfollowable: Record<string, object> = {
    "a cursor that is a number": { nextCursor: 1 },
    "a cursor that is an object": { nextCursor: { after: 1 } },
    "more without a cursor": { hasMore: true },
    "a next page without a cursor": { metadata: { hasNextPage: true } }
  }
  for (const [name, end] of Object.entries(unfollowable)) {
    it(`${name}: a typed error, not an early end`, async () => {
      const { aywa } = await start((_, response) => json(response, 200, { items: [assistant("a")], ...end }))
      assert.match(
        String(await tagOf(collect(aywa.assistants.list()))),
        /nextCursor: expected text|This list may go on/
      )
    })
  }

  const loops: Record<string, Handler> = {
    "the same cursor": (_, r) => json(r, 200, { items: [assistant("a")], nextCursor: "same" }),
    "two cursors in turn": (_, r, i) => json(r, 200, { items: [assistant(`a${i}`)], nextCursor: i % 2 ? "x" : "y" }),
    "always page 1": (_, r) =>
      json(r, 200, { results: [assistant("a")], metadata: { currentPage: 1, itemsPerPage: 1, totalItems: 5 } }),
    "a filter that is ignored": (_, r) =>
      json(
        r,
        200,
        Array.from({ length: 100 }, (_, i) => assistant(`a${i}`, { createdAt: at(100 - i) }))
      )
  }
  for (const [name, handler] of Object.entries(loops)) {
    it(`${name}: a typed error, not an endless walk`, async () => {
      const { server, aywa } = await start(handler)
      const error = await tagOf(collect(aywa.assistants.stream()))
      assert.instanceOf(error, UnexpectedResponse)
      assert.match(error.message, /never end|cannot be continued/)
      assert.isBelow(server.seen.length, 6)
    })

    it.live(`${name}: the same of a Stream`, () =>
      Effect.gen(function* () {
        const server = yield* serveScoped(handler)
        assert.instanceOf(yield* Effect.flip(rowsAt(server.baseUrl)), UnexpectedResponse)
        assert.isBelow(server.seen.length, 6)
      })
    )
  }

  it("a list that goes on nobody knows where gives its page, and an error to who walks on: never a short list", async () => {
    const mapping = (i: number) => ({ resource: "tool", sourceId: `s${i}`, runtimeId: `r${i}`, action: "created" })
    const rows = Array.from({ length: 5 }, (_, i) => mapping(i))
    const results = { results: rows, metadata: { hasNextPage: true, nextCursor: null, limit: 5 } }
    for (const answer of [rows, results]) {
      const { server, aywa } = await start((_, r) => json(r, 200, answer))
      assert.lengthOf((await aywa.imports.mappings("i", { limit: 5 })).items, 5)
      const walked: Array<unknown> = []
      const error = await tagOf(
        (async () => {
          for await (const row of aywa.imports.mappingsStream("i", { limit: 5 })) walked.push(row)
        })()
      )
      assert.deepStrictEqual<unknown>(walked, rows)
      assert.instanceOf(error, InvalidRequest)
      assert.match(error.message, /may go on, but the runtime's answer did not say where/)
      assert.lengthOf(server.seen, 2)
    }
    // Fewer than asked for, or more, are all there are.
    const { aywa } = await start((_, r) => json(r, 200, rows))
    for (const limit of [4, 6]) assert.lengthOf(await collect(aywa.imports.mappingsStream("i", { limit })), 5)
  })

  it("a list in another order than newest first says so to who walks on: never a short list", async () => {
    const rows = Array.from({ length: 30 }, (_, i) => assistant(`a${i}`, { createdAt: at((i * 7) % 30) }))
    const { aywa } = await start(listing(1, rows))
    assert.lengthOf((await aywa.assistants.list({ limit: 10 })).items, 10)
    assert.match(String(await tagOf(collect(aywa.assistants.stream({ limit: 10 })))), /This list may go on/)
    assert.lengthOf(await collect(aywa.assistants.stream({ limit: 100 })), 30)
  })

  it("a runtime that gives as many rows as fit into an answer gives all of them", async () => {
    const rows = Array.from({ length: 250 }, (_, i) => assistant(`a${i}`, { createdAt: at(500 - i) }))
    const sizes = [100, 29, 57, 3, 91]
    const { aywa } = await start((seen, response, index) => {
      const limit = sizes[index % sizes.length] ?? 1
      const le = new URL(seen.url, "http://127.0.0.1").searchParams.get("createdAtLe")
      json(response, 200, rows.filter((row) => le === null || row.createdAt <= le).slice(0, Math.max(limit, 2)))
    })
    assert.lengthOf(await collect(aywa.assistants.stream()), 250)
  })

  const counted: Record<string, (page: number, rows: ReadonlyArray<unknown>) => object> = {
    "whose size is the wish, and not what the runtime gives": (page, { length }) => ({
      currentPage: page,
      itemsPerPage: 100,
      totalItems: length
    }),
    "without a total": (page) => ({ currentPage: page, itemsPerPage: 20 }),
    "that begin with 0": (page, { length }) => ({ currentPage: page - 1, itemsPerPage: 20, totalItems: length })
  }
  for (const [name, metadata] of Object.entries(counted)) {
    it(`pages ${name}: every row once`, async () => {
      const rows = Array.from({ length: 250 }, (_, i) => assistant(`a${i}`, { createdAt: at(500 - i) }))
      const { aywa } = await start((seen, response) => {
        const asked = new URL(seen.url, "http://127.0.0.1").searchParams.get("page")
        const page = name.includes("0") ? Number(asked ?? 0) + 1 : Number(asked ?? 1)
        json(response, 200, { results: rows.slice(page * 20 - 20, page * 20), metadata: metadata(page, rows) })
      })
      assert.deepStrictEqual(ids(await collect(aywa.assistants.stream())), ids(rows as never))
    })
  }

  it("a page that is the one before under another number is a typed error", async () => {
    const { aywa } = await start((seen, response) => {
      const currentPage = Number(new URL(seen.url, "http://127.0.0.1").searchParams.get("page") ?? 1)
      json(response, 200, { results: [assistant("a"), assistant("b")], metadata: { currentPage, itemsPerPage: 2 } })
    })
    const error = await tagOf(collect(aywa.assistants.stream()))
    assert.instanceOf(error, UnexpectedResponse)
    assert.match(error.message, /answers page 2 with the rows of the one before/)
  })

  it("a cursor of another list, or of other filters, is refused before it is sent", async () => {
    const rows = Array.from({ length: 20 }, (_, i) => assistant(`a${i}`, { createdAt: at(500 - i) }))
    for (const shape of [1, 2, 3, 4]) {
      const { server, aywa } = await start(listing(shape, rows))
      const createdAtGe = at(0)
      const { nextCursor: cursor } = await aywa.assistants.list({ limit: 5, createdAtGe })
      const wrong = [
        () => aywa.tools.list({ limit: 5, createdAtGe, cursor }),
        () => aywa.assistants.list({ limit: 5, cursor }),
        () => aywa.assistants.list({ createdAtGe: at(1), cursor })
      ]
      for (const list of wrong)
        assert.match(String(await tagOf(list())), /of this list, unchanged, with the same filters/)
      assert.lengthOf(server.seen, 1)
      assert.lengthOf((await aywa.assistants.list({ cursor, createdAtGe, limit: 7 })).items.slice(0, 5), 5)
    }
  })

  it("numbers of pages may be texts", async () => {
    const rows = Array.from({ length: 7 }, (_, i) => assistant(`a${i}`, { createdAt: at(50 - i) }))
    const { aywa } = await start((seen, response) => {
      const page = new URL(seen.url, "http://127.0.0.1").searchParams.get("page") ?? "1"
      const metadata = { currentPage: page, itemsPerPage: "3", totalItems: "7" }
      json(response, 200, { results: rows.slice(Number(page) * 3 - 3, Number(page) * 3), metadata })
    })
    assert.strictEqual((await aywa.assistants.list({ limit: 3 })).total, 7)
    assert.deepStrictEqual(
      ids(await collect(aywa.assistants.stream({ limit: 3 }))),
      rows.map((row) => row.id)
    )
  })

  it("after an error the same iterator asks for the same page again", async () => {
    const rows = Array.from({ length: 6 }, (_, i) => assistant(`a${i}`, { createdAt: at(50 - i) }))
    let fail = true
    const { aywa } = await start((seen, response, i) => {
      if (seen.url.includes("cursor=2") && fail) {
        fail = false
        return json(response, 503, {})
      }
      return listing(4, rows)(seen, response, i)
    })
    const iterator = aywa.assistants.stream({ limit: 2 })[Symbol.asyncIterator]()
    const got: Array<string> = []
    let failures = 0
    for (let step = 0; step < 20; step++) {
      try {
        const next = await iterator.next()
        if (next.done === true) break
        got.push(next.value.id)
      } catch (error) {
        assert.instanceOf(error, ServerError)
        failures++
      }
    }
    assert.strictEqual(failures, 1)
    assert.deepStrictEqual(
      got,
      rows.map((row) => row.id)
    )
  })

  it("break stops asking, and parallel next() gives every row once", async () => {
    const rows = Array.from({ length: 20 }, (_, i) => assistant(`a${i}`, { createdAt: at(50 - i) }))
    const { server, aywa } = await start(listing(4, rows))
    for await (const _ of aywa.assistants.list({ limit: 5 })) break
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.strictEqual(server.seen.length, 1)
    const iterator = aywa.assistants.stream({ limit: 3 })[Symbol.asyncIterator]()
    const all = await Promise.all(Array.from({ length: 25 }, () => iterator.next()))
    assert.deepStrictEqual(
      all.flatMap((one) => (one.done === true ? [] : [one.value.id])),
      rows.map((row) => row.id)
    )
  })

  it("refuses a cursor that is not one of ours", async () => {
    const { server, aywa } = await start(listing(4, []))
    for (const cursor of ["", "nonsense", btoa("{}"), btoa('{"kind":"window"}'), btoa('{"kind":"page","page":2}')]) {
      assert.strictEqual(Reflect.get(Object(await tagOf(aywa.assistants.list({ cursor }))), "_tag"), "InvalidRequest")
    }
    assert.strictEqual(server.seen.length, 0)
  })

  describe("rows of one instant", () => {
    const many = (count: number, older = 0) => [
      ...Array.from({ length: count }, (_, i) => assistant(`a${i}`, { createdAt: at(9) })),
      ...Array.from({ length: older }, (_, i) => assistant(`b${i}`, { createdAt: at(8 - i) }))
    ]
    for (const [count, older] of [
      [1000, 0],
      [1000, 3],
      [999, 0]
    ] as const) {
      it(`${count} and ${older} older ones are a list like any other`, async () => {
        const rows = many(count, older)
        const { aywa } = await start(listing(1, rows))
        for (const limit of [1000, 300, 100]) {
          assert.deepStrictEqual(
            ids(await collect(aywa.assistants.stream({ limit }))),
            rows.map((row) => row.id)
          )
        }
      })
    }
    const capped =
      (cap: number, rows: ReturnType<typeof many>, refuse = false): Handler =>
      (seen, response) => {
        const query = new URL(seen.url, "http://127.0.0.1").searchParams
        const [le, lt, limit] = [query.get("createdAtLe"), query.get("createdAtLt"), Number(query.get("limit") ?? 100)]
        if (refuse && limit > cap) return json(response, 400, { message: ["limit must not be greater than 1000"] })
        const found = rows.filter(
          ({ createdAt }) => (le === null || createdAt <= le) && (lt === null || createdAt < lt)
        )
        json(response, 200, found.slice(0, Math.min(cap, limit)))
      }
    const errors: ReadonlyArray<readonly [string, Handler]> = [
      ["2,100", listing(1, many(2100))],
      ["1,001", listing(1, many(1001))],
      ["1,100 and an older one, where pages end at 1,000", capped(1000, many(1100, 1))],
      ["1,100, where more than 1,000 are refused", capped(1000, many(1100), true)],
      ["60 and an older one, where pages end at 50", capped(50, many(60, 1))]
    ]
    for (const [name, handler] of errors) {
      it(`${name}: more than can be had is said, not lost`, async () => {
        const { aywa } = await start(handler)
        const error = await tagOf(collect(aywa.assistants.stream({ limit: 1000 })))
        assert.instanceOf(error, UnexpectedResponse)
        assert.match(error.message, /more than (1000|50) rows share the instant .* cannot be continued/)
      })
    }
    it("a runtime that gives fewer rows than it is asked for gives all of them, each once", async () => {
      const rows = Array.from({ length: 200 }, (_, i) => assistant(`a${i}`, { createdAt: at(500 - Math.floor(i / 3)) }))
      for (const limit of [undefined, 100, 50, 7]) {
        const { aywa } = await start(capped(50, rows))
        assert.deepStrictEqual(
          ids(await collect(aywa.assistants.stream({ limit }))),
          rows.map((row) => row.id)
        )
      }
    })
    it("a page that is short is the last for its reader, unless its size looks like a bound of the runtime's", async () => {
      const pageOf = async (rows: number, cap: number) => {
        const { aywa } = await start(capped(cap, many(1, rows - 1)))
        const page = await aywa.assistants.list({ limit: 100 })
        return [page.items.length, page.hasNextPage(), page.nextCursor !== undefined, (await collect(page)).length]
      }
      assert.deepStrictEqual(await pageOf(3, 1000), [3, false, false, 3])
      assert.deepStrictEqual(await pageOf(7, 3), [3, false, false, 7])
      assert.deepStrictEqual(await pageOf(9, 1000), [9, false, false, 9])
      assert.deepStrictEqual(await pageOf(13, 1000), [13, false, false, 13])
      assert.deepStrictEqual(await pageOf(60, 50), [50, true, true, 60])
      assert.deepStrictEqual(await pageOf(60, 25), [25, true, true, 60])
      assert.deepStrictEqual(await pageOf(100, 1000), [100, true, true, 100])
    })
    it("asks once more behind a page that is short, and not at all behind an empty one", async () => {
      const requests = async (rows: ReturnType<typeof many>) => {
        const { server, aywa } = await start(listing(1, rows))
        assert.lengthOf(await collect(aywa.assistants.stream({ limit: 10 })), rows.length)
        return server.seen.length
      }
      assert.strictEqual(await requests([]), 1)
      assert.strictEqual(await requests(many(1)), 2)
      assert.strictEqual(await requests(many(1, 4)), 2)
      assert.strictEqual(await requests(many(1, 13)), 3)
    })
  })

  it("instants are compared as instants, however they are written", async () => {
    const micros = (n: number) => `2026-01-01T00:00:00.${String(n).padStart(6, "0")}`
    const spellings: ReadonlyArray<(n: number) => string> = [
      (n) => `${micros(n)}Z`,
      (n) => `${micros(n).replace(/0+$/, "").replace(/\.$/, "")}Z`,
      (n) => `${micros(n)}+00:00`,
      (n) => `${micros(n).replace("T00", "T02")}+0200`,
      (n) => `${micros(n).replace("2026-01-01T00", "2025-12-31T19")}-05:00`
    ]
    // Rows of one instant are written in different ways; the runtime compares them as what they are.
    const instants = Array.from({ length: 40 }, (_, i) => 700_100 - Math.floor(i / 3) * 10)
    const rows = instants.map((n, i) => ({
      n,
      row: assistant(`a${i}`, { createdAt: spellings[i % spellings.length]?.(n) })
    }))
    const numberOf = new Map(rows.map(({ n, row }) => [Reflect.get(row, "createdAt"), n]))
    const { aywa } = await start((seen, response) => {
      const query = new URL(seen.url, "http://127.0.0.1").searchParams
      const le = numberOf.get(String(query.get("createdAtLe"))) ?? Infinity
      json(
        response,
        200,
        rows
          .filter(({ n }) => n <= le)
          .slice(0, Number(query.get("limit")))
          .map(({ row }) => row)
      )
    })
    for (const limit of [1, 2, 3, 5, 40]) {
      assert.deepStrictEqual(
        ids(await collect(aywa.assistants.stream({ limit }))),
        rows.map(({ row }) => row.id)
      )
    }
  })
})
