import { assert, describe, it } from "vitest"
import type { ListShapes } from "../src/index.ts"
import { type Client, start } from "./support.ts"

const begin = Date.parse("2026-01-01T00:00:00.000Z")

/** `count` assistants a1, a2, … one second apart. */
const seeded = async (count: number, listShape: ListShapes = 1): Promise<Client> => {
  const client = await start({ clock: "manual", listShape })
  client.runtime.clock.set(begin)
  for (let n = 1; n <= count; n++) {
    client.runtime.clock.advance(1000)
    await client.call("POST", "/assistant", { name: `a${n}` })
  }
  return client
}

const names = (rows: ReadonlyArray<{ name: string }>) => rows.map((row) => row.name).join(" ")

describe("shapes", () => {
  it("1: a bare array, newest first", async () => {
    const { call } = await seeded(3)
    assert.strictEqual(names((await call("GET", "/assistant")).body), "a3 a2 a1")
    assert.strictEqual(names((await call("GET", "/assistant?limit=2")).body), "a3 a2")
  })

  it("2: pages with totals", async () => {
    const { call } = await seeded(5, 2)
    const { body } = await call("GET", "/assistant?limit=2&page=2")
    assert.strictEqual(names(body.results), "a3 a2")
    assert.deepStrictEqual(body.metadata, {
      currentPage: 2,
      itemsPerPage: 2,
      totalItems: 5,
      totalPages: 3,
      hasNextPage: true,
      sortOrder: "DESC"
    })
    assert.deepStrictEqual((await call("GET", "/assistant?limit=2&page=9")).body.results, [])
  })

  it("2: sorted by what a call took or cost, either way; calls that have not ended have neither", async () => {
    const { runtime, call } = await start({ clock: "manual", listShape: { calls: 2 } })
    const assistant = (await call("POST", "/assistant", {})).body.id
    const begin = async (name: string, wait: number, said: string) => {
      runtime.calls.script({}, [{ user: said }, { wait }], { times: 1 })
      await call("POST", "/call", { name, assistantId: assistant, customer: { number: "+14155550123" } })
      await runtime.clock.advance(120_000)
    }
    await begin("long", 60_000, "Hi")
    await begin("short", 1000, "Hi")
    await begin("dear", 59_000, "x".repeat(200_000))
    await call("POST", "/call", { name: "new", assistantId: assistant, customer: { number: "+14155550123" } })
    const list = async (query: string) => names((await call("GET", `/call?${query}`)).body.results)
    assert.strictEqual(await list("sortBy=duration"), "long dear short new")
    assert.strictEqual(await list("sortBy=duration&sortOrder=ASC"), "new short dear long")
    assert.strictEqual(await list("sortBy=cost"), "dear long short new")
    assert.strictEqual(await list(`sortBy=cost&limit=2&page=2&assistantId=${assistant}`), "short new")
    assert.strictEqual(await list(`sortBy=duration&id=none`), "")
    assert.deepStrictEqual((await call("GET", "/call?sortBy=name")).body.message, [
      "sortBy: expected one of createdAt, duration, cost"
    ])
  })

  it("3: a cursor and whether there is more", async () => {
    const { call } = await seeded(3, 3)
    const { body: first } = await call("GET", "/assistant?limit=2")
    const { nextCursor, ...rest } = first.metadata
    assert.isString(nextCursor)
    assert.deepStrictEqual(rest, { hasNextPage: true, limit: 2 })
    const { body: second } = await call("GET", `/assistant?limit=2&cursor=${nextCursor}`)
    assert.strictEqual(names(second.results), "a1")
    assert.deepStrictEqual(second.metadata, { nextCursor: null, hasNextPage: false, limit: 2 })
  })

  it("4: items and a cursor, stable while rows are added and deleted", async () => {
    const { call } = await seeded(5, 4)
    const { body: first } = await call("GET", "/assistant?limit=2")
    await call("POST", "/assistant", { name: "new" })
    await call("DELETE", `/assistant/${first.items[1].id}`)
    const { body: second } = await call("GET", `/assistant?limit=2&cursor=${first.nextCursor}`)
    const { body: third } = await call("GET", `/assistant?limit=2&cursor=${second.nextCursor}`)
    assert.deepStrictEqual([names(first.items), names(second.items), names(third.items)], ["a5 a4", "a3 a2", "a1"])
    assert.isNull(third.nextCursor)
  })

  it("can differ per route, by resource name or path", async () => {
    const { call } = await start({ listShape: { assistants: 4, "/tool": 2 } })
    assert.deepStrictEqual((await call("GET", "/assistant")).body, { items: [], nextCursor: null })
    assert.strictEqual((await call("GET", "/tool")).body.metadata.totalItems, 0)
    assert.deepStrictEqual((await call("GET", "/phone-number")).body, [])
  })
})

describe("filters", () => {
  it("limits to 100 unless told, to 0..1000 when told", async () => {
    const { call } = await seeded(102)
    assert.lengthOf((await call("GET", "/assistant")).body, 100)
    assert.lengthOf((await call("GET", "/assistant?limit=1000")).body, 102)
    assert.deepStrictEqual((await call("GET", "/assistant?limit=0")).body, [])
  })

  it.each([
    ["createdAtGt", "a5 a4"],
    ["createdAtGe", "a5 a4 a3"],
    ["createdAtLt", "a2 a1"],
    ["createdAtLe", "a3 a2 a1"]
  ])("%s compares exactly", async (filter, expected) => {
    const { call } = await seeded(5)
    const at = new Date(begin + 3000).toISOString()
    assert.strictEqual(names((await call("GET", `/assistant?${filter}=${at}`)).body), expected)
  })

  it("filters by updatedAt, and combines", async () => {
    const { call, runtime } = await seeded(4)
    const { body: rows } = await call("GET", "/assistant")
    runtime.clock.advance(60_000)
    await call("PATCH", `/assistant/${rows[3].id}`, { firstMessage: "Hi" })
    const at = new Date(begin + 10_000).toISOString()
    assert.strictEqual(names((await call("GET", `/assistant?updatedAtGe=${at}`)).body), "a1")
    const window = `createdAtGt=${rows[3].createdAt}&createdAtLt=${rows[0].createdAt}`
    assert.strictEqual(names((await call("GET", `/assistant?${window}&updatedAtLt=${at}`)).body), "a3 a2")
  })

  it("reads a time without an offset as UTC, and one with an offset", async () => {
    const { call } = await seeded(2)
    assert.strictEqual(names((await call("GET", "/assistant?createdAtGt=2026-01-01T00:00:01.000")).body), "a2")
    assert.strictEqual(names((await call("GET", "/assistant?createdAtGt=2026-01-01T02:00:01%2B02:00")).body), "a2")
    assert.strictEqual(names((await call("GET", "/assistant?createdAtGt=2026-01-02")).body), "")
  })

  it("keeps rows of one millisecond in a stable order, newest written first", async () => {
    const { call, runtime } = await start({ clock: "manual", listShape: 4 })
    for (let n = 0; n < 25; n++) await call("POST", "/assistant", { name: `a${n}` })
    const seen: Array<string> = []
    for (let cursor = ""; ;) {
      const { body } = await call("GET", `/assistant?limit=4${cursor}`)
      seen.push(...body.items.map((row: { name: string }) => row.name))
      if (body.nextCursor === null) break
      cursor = `&cursor=${body.nextCursor}`
    }
    assert.deepStrictEqual(
      seen,
      Array.from({ length: 25 }, (_, n) => `a${24 - n}`)
    )
    assert.strictEqual(runtime.count("assistants"), 25)
  })

  it.each([
    "limit=-1",
    "limit=1001",
    "limit=1.5",
    "limit=x",
    "limit=",
    "limit=1&limit=2",
    "page=0",
    "cursor=nonsense",
    "createdAtGt=yesterday",
    "createdAtGt=2026-13-45",
    "updatedAtLe=",
    "createdAt=2026-01-01",
    "limt=5"
  ])("refuses ?%s with 400 that names it", async (query) => {
    const { call } = await start()
    const { status, body } = await call("GET", `/assistant?${query}`)
    assert.deepStrictEqual([status, body.error], [400, "Bad Request"])
    assert.include(body.message.join(), query.slice(0, query.indexOf("=")))
  })
})

describe("a cursor", () => {
  it("works at both ends of time", async () => {
    const { call, runtime } = await start({ clock: "manual", listShape: 4 })
    for (const at of ["1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"]) {
      runtime.clock.set(at)
      await call("POST", "/assistant", { name: at.slice(0, 4) })
    }
    const { body: first } = await call("GET", "/assistant?limit=1")
    const { body: second } = await call("GET", `/assistant?limit=1&cursor=${first.nextCursor}`)
    assert.deepStrictEqual([names(first.items), names(second.items), second.nextCursor], ["9999", "1970", null])
  })

  it("is good for the list that it came from, and for no other: not of another resource, not of another organization", async () => {
    const { call, runtime } = await start({ listShape: 4 })
    const { key: apiKey } = runtime.addKey({ organization: "org_other" })
    for (const [path, body] of [
      ["/assistant", {}],
      ["/tool", { type: "endCall" }]
    ] as const) {
      for (let i = 0; i < 3; i++) {
        await call("POST", path, body)
        await call("POST", path, body, { apiKey })
      }
    }
    const { nextCursor } = (await call("GET", "/assistant?limit=1")).body
    assert.lengthOf((await call("GET", `/assistant?cursor=${nextCursor}`)).body.items, 2)
    assert.strictEqual((await call("GET", `/tool?cursor=${nextCursor}`)).status, 400)
    assert.strictEqual((await call("GET", `/assistant?cursor=${nextCursor}`, undefined, { apiKey })).status, 400)
  })
})
