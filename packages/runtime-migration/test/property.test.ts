/** Laws on random maps (chains, swaps, merges, fixed points) and random rows, against a pure reference. */
import * as fc from "fast-check"
import { assert, it } from "vitest"
import {
  applyDatabase,
  type DatabasePlan,
  dryRunDatabase,
  type Location,
  type Mapping,
  planDatabase,
  rewriteJson,
  rewriteText,
  rollbackDatabase,
  type SqlDriver,
  verifyDatabase
} from "../src/index.ts"
import { aboutTables, breaking, column, everywhere, testDatabase, snapshot, type TestDatabase } from "./databases.ts"

const id = (n: number) => `abcdef00-0000-4000-8000-${n.toString(16).padStart(12, "0")}`

/** Ten ids that lead to ten others or to one another: swaps, chains and merges are common. */
const maps = fc
  .uniqueArray(fc.tuple(fc.nat(9), fc.nat(14)), { selector: ([from]) => from, minLength: 1 })
  .map((pairs) => new Map(pairs.map(([from, to]) => [id(from), id(to)])))

const anId = fc.nat(16).map(id)
const aText = fc
  .array(fc.oneof(anId, fc.constantFrom(" ", "/", "-", "_", "x", "é", '"', "?a=", ":", ".", "\n", "word ")), {
    maxLength: 8
  })
  .map((parts) => parts.join(""))
const aJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    anId,
    aText,
    fc.constantFrom(null, true, 7, 1.5, "", "\\", '"'),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(anId, fc.constantFrom("a", "b c", "a:b", '"', "\\")), tie("value"), {
      maxKeys: 3,
      noNullPrototype: true
    })
  )
})).value
const rows = fc.array(
  fc.record({
    assistant: fc.option(anId),
    line: fc.option(aText),
    body: fc.option(aJson.map((value) => JSON.stringify(value))),
    path: fc.option(fc.oneof(anId, fc.constant(7)))
  }),
  { maxLength: 12 }
)
type Row = typeof rows extends fc.Arbitrary<ReadonlyArray<infer R>> ? R : never

const locations: ReadonlyArray<Location> = [
  { table: "t", column: "assistant", kind: "id" },
  { table: "t", column: "line", kind: "text" },
  { table: "t", column: "body", kind: "json-any" },
  { table: "t", column: "doc", kind: "json-path", path: ["a", "id"] }
]

const fill = async (db: TestDatabase, all: ReadonlyArray<Row>) => {
  await db.reset()
  const my = db.driver.dialect === "mysql"
  const text = my ? "longtext" : "text"
  await db.sql(
    `CREATE TABLE t (id int PRIMARY KEY, assistant varchar(60), line ${text}, body ${text}, doc ${my ? "json" : "text"})`
  )
  const pg = db.driver.dialect === "postgres"
  for (const [at, { assistant, line, body, path }] of all.entries()) {
    const doc = path === null ? null : JSON.stringify({ a: { id: path, x: id(1) }, b: id(1) })
    const values = [assistant, line, body, doc].map((value) => value ?? "")
    const empty = [assistant, line, body, doc].map((value) => (value === null ? "1" : "0"))
    // NULL cannot be a parameter of the port: it is made by the statement.
    const marks = [0, 1, 2, 3].map((n) =>
      empty[n] === "1" ? "NULL" : pg ? `$${values.slice(0, n).filter((_, m) => empty[m] === "0").length + 1}` : "?"
    )
    await db.driver.run(
      `INSERT INTO t VALUES (${at}, ${marks.join(", ")})`,
      values.filter((_, n) => empty[n] === "0")
    )
  }
}

const planOf = (db: TestDatabase, map: ReadonlyMap<string, string>, more: object = {}) =>
  planDatabase(db.driver, {
    mappings: [...map].map(([sourceId, runtimeId]): Mapping => ({
      source: "s",
      resource: "assistant",
      sourceId,
      runtimeId
    })),
    locations,
    allowMerge: true,
    chunk: 3,
    ...more
  })

/** What the rows must be afterwards, by the pure functions. */
const expected = (all: ReadonlyArray<Row>, map: ReadonlyMap<string, string>) => {
  const resolve = (id: string) => map.get(id)
  const or = <A, B>(value: A | null, f: (value: A) => B): B | null => (value === null ? null : f(value))
  return {
    assistant: all.map(({ assistant }) => or(assistant, (id) => map.get(id) ?? id)),
    line: all.map(({ line }) => or(line, (line) => rewriteText(line, resolve))),
    body: all.map(({ body }) => or(body, (body) => rewriteJson(body, resolve))),
    doc: all.map(({ path }) =>
      or(path, (path) => ({ a: { id: typeof path === "string" ? (map.get(path) ?? path) : path, x: id(1) }, b: id(1) }))
    )
  }
}

/** Values of a document, at any depth. */
const sizeOf = (text: string): number => {
  let size = 0
  JSON.parse(text, (_, value: unknown) => (size++, value))
  return size
}

/** Whether no two keys of an object become the same: those are refused (`mergedKeys.test.ts`). */
const keepsKeys = (all: ReadonlyArray<Row>, map: ReadonlyMap<string, string>): boolean =>
  expected(all, map).body.every((body, at) => {
    const before = all[at]?.body ?? null
    return body === null || before === null || sizeOf(body) === sizeOf(before)
  })

const actual = async (db: TestDatabase) => ({
  assistant: await column(db, "t", "assistant", "id"),
  line: await column(db, "t", "line", "id"),
  body: await column(db, "t", "body", "id"),
  doc: (await column(db, "t", "doc", "id")).map((doc) => (doc === null ? null : (JSON.parse(doc) as unknown)))
})

/** How many times as many runs. */
const times = Number(process.env["AYWA_TIMES"] ?? 1)
const runs = { PostgreSQL: 6 * times, MariaDB: 4 * times, PGlite: 4 * times, SQLite: 60 * times } as const

for (const { name, describe, open } of everywhere) {
  describe(name, () => {
    const db = testDatabase(open)

    it("apply is the reference; twice is once; rollback is the identity", async () => {
      await fc.assert(
        fc.asyncProperty(maps, rows, async (map, all) => {
          fc.pre(keepsKeys(all, map))
          await fill(db, all)
          const before = await snapshot(db)
          const plan = await planOf(db, map)
          await dryRunDatabase(db.driver, plan)
          await applyDatabase(db.driver, plan)
          assert.deepStrictEqual(await actual(db), expected(all, map))
          assert.deepStrictEqual((await verifyDatabase(db.driver, plan, { scan: false })).problems, [])
          const after = await snapshot(db)
          await dryRunDatabase(db.driver, plan)
          assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 0)
          assert.deepStrictEqual(await snapshot(db), after)
          await rollbackDatabase(db.driver, plan)
          assert.deepStrictEqual(await snapshot(db), before)
        }),
        { numRuns: runs[name] }
      )
    }, 240_000)

    it("a crash at any statement of any step changes nothing about where it ends", async () => {
      await fc.assert(
        fc.asyncProperty(maps, rows, fc.nat(60), fc.nat(30), fc.nat(30), async (map, all, one, two, three) => {
          fc.pre(keepsKeys(all, map))
          await fill(db, all)
          const before = await snapshot(db)
          const plan = await planOf(db, map, { transaction: db.driver.dialect === "sqlite" ? "single" : "chunks" })
          const crash = async (step: (driver: SqlDriver, plan: DatabasePlan) => Promise<unknown>, at: number) => {
            await step(breaking(db.driver, at), plan).catch((error: unknown) => {
              if (!(error instanceof Error) || error.message !== "crash") throw error
            })
            await step(db.driver, plan)
          }
          await crash(dryRunDatabase, one)
          assert.deepStrictEqual(await snapshot(db), before)
          await crash(applyDatabase, two)
          assert.deepStrictEqual(await actual(db), expected(all, map))
          await crash(rollbackDatabase, three)
          assert.deepStrictEqual(await snapshot(db), before)
        }),
        { numRuns: Math.ceil(runs[name] / 2) }
      )
    }, 240_000)

    it("keys that are rewritten, with any map: links between rows stay what they were", async () => {
      await fc.assert(
        fc.asyncProperty(
          // One to one, or rows would collide.
          fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
          fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], { minLength: 8 }),
          fc.nat(40),
          async (sources, targets, at) => {
            const map = new Map(sources.map((from, n) => [id(from), id(targets[n] ?? 0)]))
            const moved = (n: number) => map.get(id(n)) ?? id(n)
            const all = [0, 1, 2, 3, 4, 5, 6, 7].map(moved)
            fc.pre(new Set(all).size === all.length)
            await db.reset()
            await db.sql(
              "CREATE TABLE agents (id varchar(60) PRIMARY KEY, n int)",
              "CREATE TABLE links (tenant int, agent varchar(60), peer varchar(60), note varchar(60), PRIMARY KEY (tenant, agent), CONSTRAINT l FOREIGN KEY (agent) REFERENCES agents (id))"
            )
            for (const n of [0, 1, 2, 3, 4, 5, 6, 7]) {
              await db.sql(`INSERT INTO agents VALUES ('${id(n)}', ${n})`)
              await db.sql(`INSERT INTO links VALUES (${n % 2}, '${id(n)}', '${id((n + 1) % 8)}', '${id(n)}')`)
            }
            const before = await snapshot(db)
            const plan = await planOf(db, map, {
              locations: [
                { table: "agents", column: "id", kind: "id", twoStep: true },
                { table: "links", column: "agent", kind: "id", twoStep: true },
                { table: "links", column: "peer", kind: "id" },
                { table: "links", column: "note", kind: "id" }
              ]
            })
            assert.deepStrictEqual(aboutTables(plan), [])
            await dryRunDatabase(db.driver, plan)
            await applyDatabase(breaking(db.driver, at), plan).catch((error: unknown) => {
              if (!(error instanceof Error) || error.message !== "crash") throw error
            })
            await applyDatabase(db.driver, plan)
            await applyDatabase(db.driver, plan)
            assert.deepStrictEqual((await verifyDatabase(db.driver, plan, { scan: false })).problems, [])
            assert.deepStrictEqual(await column(db, "agents", "id", "n"), all)
            const { rows } = await db.driver.run(
              "SELECT a.n, l.tenant, l.peer, l.note FROM links l JOIN agents a ON a.id = l.agent ORDER BY a.n"
            )
            assert.deepStrictEqual(
              rows.map((row) => ({ ...row })),
              [0, 1, 2, 3, 4, 5, 6, 7].map((n) => ({ n, tenant: n % 2, peer: moved((n + 1) % 8), note: moved(n) }))
            )
            await rollbackDatabase(db.driver, plan)
            await rollbackDatabase(db.driver, plan)
            assert.deepStrictEqual(await snapshot(db), before)
          }
        ),
        { numRuns: Math.ceil(runs[name] / 3) }
      )
    }, 240_000)
  })
}
