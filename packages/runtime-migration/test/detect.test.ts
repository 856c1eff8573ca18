/** What is proposed for a live database, and that the proposals work as they are. */
import { assert, it } from "vitest"
import {
  applyDatabase,
  detectColumns,
  detectDatabase,
  dryRunDatabase,
  isMigrationError,
  type Mapping,
  openDatabase,
  pgDriver,
  planDatabase,
  verifyDatabase
} from "../src/index.ts"
import { aboutTables, databases, testDatabase, snapshot } from "./databases.ts"

const id = (n: number) => `abcdef00-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
const mappings: ReadonlyArray<Mapping> = [1, 2, 3].map((n) => ({
  source: "vapi",
  resource: n === 3 ? "tool" : "assistant",
  sourceId: id(n),
  runtimeId: id(n + 100)
}))

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = testDatabase(open)

    it("finds columns, JSON paths, lists and texts that hold ids of the source; changes nothing", async () => {
      const dialect = db.driver.dialect
      const json = dialect === "postgres" ? "jsonb" : dialect === "mysql" ? "json" : "text"
      const list = dialect === "postgres" ? "uuid[]" : json
      const q = (value: unknown) => `'${JSON.stringify(value)}'`
      const items = dialect === "postgres" ? `'{${id(1)},${id(2)}}'` : q([id(1), id(2)])
      await db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, assistant ${dialect === "postgres" ? "uuid" : "varchar(40)"}, settings ${json}, body ${json}, members ${list}, url ${dialect === "mysql" ? "varchar(300)" : "text"}, other varchar(60), n int)`,
        `CREATE TABLE nokey (tool varchar(40))`,
        `CREATE VIEW seen AS SELECT assistant FROM calls`,
        `INSERT INTO calls VALUES (1, '${id(1)}', ${q({ a: { id: id(2) } })}, ${q([{ x: id(1) }, { y: id(3) }])}, ${items}, 'https://x.test/${id(1)}/', 'nothing', 1)`,
        `INSERT INTO calls VALUES (2, NULL, ${q({ a: {} })}, NULL, NULL, NULL, NULL, NULL)`,
        `INSERT INTO nokey VALUES ('${id(3)}')`
      )
      const before = await snapshot(db)
      const candidates = await detectColumns(db.driver, { mappings })
      assert.deepStrictEqual(await snapshot(db), before)
      const short = candidates.map(({ location: { table, column, kind, resource, path }, hits }) =>
        [table, column, kind, resource, path, hits].filter((part) => part !== undefined)
      )
      assert.sameDeepMembers(short, [
        ["calls", "assistant", "id", "assistant", 1],
        ["calls", "settings", "json-path", "assistant", ["a", "id"], 1],
        ["calls", "body", "json-any", 1],
        ["calls", "members", dialect === "postgres" ? "array" : "json-any", "assistant", 1],
        ["calls", "url", "text", "assistant", 1],
        ["nokey", "tool", "id", "tool", 1]
      ])
      assert.match(candidates.find(({ location }) => location.table === "nokey")?.notes[0] ?? "", /no primary key/)
      const locations = candidates.filter(({ location }) => location.table === "calls").map(({ location }) => location)
      const plan = await planDatabase(db.driver, { mappings, locations })
      assert.deepStrictEqual(aboutTables(plan), [])
      assert.strictEqual((await dryRunDatabase(db.driver, plan)).rows, 5)
      await applyDatabase(db.driver, plan)
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [
        "nokey.tool: 1 rows hold ids of the source, and no location names the column: kind id would rewrite them"
      ])
      const left = await detectColumns(db.driver, { mappings })
      assert.deepStrictEqual(
        left.map(({ location }) => location.table),
        ["nokey"]
      )
    })

    it("one row in a form that no kind rewrites does not hide its column: it is told beside it", async () => {
      const odd = id(1).replace("a", "A")
      assert.notStrictEqual(odd, id(1))
      const text = db.driver.dialect === "mysql" ? "varchar(300) COLLATE utf8mb4_bin" : "text"
      const row = (n: number, one: string) =>
        `INSERT INTO odd VALUES (${n}, '${one}', 'see ${one} and so on', '{"a": "${one}", "b": {"${one}": 1}}')`
      await db.sql(
        `CREATE TABLE odd (id int PRIMARY KEY, whole ${text}, inside ${text}, doc ${text})`,
        ...[1, 2, 3].map((n) => row(n, id(1))),
        row(4, odd)
      )
      const { candidates: all, unfit } = await detectDatabase(db.driver, { mappings })
      const candidates = all.filter(({ location }) => location.table === "odd")
      assert.deepStrictEqual(unfit, [])
      assert.deepStrictEqual(
        candidates.map(({ location: { column, kind }, hits }) => [column, kind, hits]),
        [
          ["whole", "id", 4],
          ["inside", "text", 4],
          ["doc", "json-any", 4]
        ]
      )
      for (const { notes } of candidates) assert.match(notes.join(), /1 of 4 rows .* does not rewrite: by hand/)
    })

    it("looks at the type behind a name: what is found is proposed, or said to be no location, with why", async () => {
      await db.reset()
      const hex = id(1).replaceAll("-", "")
      const odd: Readonly<Record<string, ReadonlyArray<string>>> = {
        postgres: [
          "CREATE DOMAIN ext_id AS uuid",
          "CREATE DOMAIN inner_id AS ext_id",
          `CREATE TYPE kind AS ENUM ('${id(1)}', 'other')`,
          "CREATE TYPE pair AS (a text, b int)",
          "CREATE TABLE odd (id int PRIMARY KEY, d inner_id, e kind, b bytea, p pair, n inet)",
          `INSERT INTO odd VALUES (1, '${id(1)}', '${id(1)}', '\\x${hex}', ROW('${id(1)}', 1), '10.0.0.1')`
        ],
        mysql: [
          `CREATE TABLE odd (id int PRIMARY KEY, d uuid, e enum('${id(1)}', 'other'), b binary(16), v varbinary(16), w varbinary(60))`,
          `INSERT INTO odd VALUES (1, '${id(1)}', '${id(1)}', x'${hex}', x'${hex}', x'ff${hex}')`
        ],
        sqlite: [
          "CREATE TABLE odd (id int PRIMARY KEY, d GUID, e UNIQUEIDENTIFIER, b BLOB, w INTEGER)",
          `INSERT INTO odd VALUES (1, '${id(1)}', '${id(1)}', x'${hex}', x'ff${hex}')`
        ]
      }
      await db.sql(...(odd[db.driver.dialect] ?? []))
      const { candidates, unfit } = await detectDatabase(db.driver, { mappings })
      const found = candidates.map(({ location, notes }) => [location.column, location.kind, notes.join()])
      const enumNote = "an enum: see what the plan says about it"
      if (db.driver.dialect === "postgres") {
        assert.deepStrictEqual(found, [
          ["d", "id", ""],
          ["b", "id", ""]
        ])
        const [e, p] = unfit.map(({ reason }) => reason)
        assert.match(e ?? "", /^e: 1 rows .*: the enum kind .* ALTER TYPE kind RENAME VALUE '.*' TO '.*';/)
        assert.match(p ?? "", /^p: 1 rows have ids of the source: no kind rewrites/)
        await db.sql("DROP TABLE odd", "DROP TYPE kind", "DROP TYPE pair", "DROP DOMAIN inner_id", "DROP DOMAIN ext_id")
      } else if (db.driver.dialect === "mysql") {
        assert.deepStrictEqual(found, [
          ["d", "id", ""],
          ["e", "id", enumNote],
          ["b", "id", ""],
          ["v", "id", ""]
        ])
        assert.match(unfit[0]?.reason ?? "", /^w: 1 rows have ids of the source: no kind rewrites/)
      } else {
        assert.deepStrictEqual(found, [
          ["d", "id", ""],
          ["e", "id", ""],
          ["b", "id", ""]
        ])
        assert.match(unfit[0]?.reason ?? "", /^w: 1 rows have ids of the source: no kind rewrites/)
      }
      assert.lengthOf(unfit, db.driver.dialect === "postgres" ? 2 : 1)
    })
  })
}

const reason = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work()
    return ""
  } catch (error) {
    return isMigrationError(error) ? error.message : String(error)
  }
}

it("refuses pools, and addresses that it does not know, before it connects", async () => {
  const pool = { totalCount: 0, query: () => Promise.reject(new Error("no")) }
  assert.match(await reason(() => pgDriver(pool)), /a pool will not do/)
  assert.match(await reason(async () => openDatabase("redis://127.0.0.1")), /expected postgres:/)
})

it("says which location is wrong", async () => {
  const driver = await openDatabase(":memory:")
  await driver.run("CREATE TABLE t (a text)")
  const plan = (location: object) =>
    reason(() => planDatabase(driver, { mappings, locations: [{ table: "t", column: "a", kind: "id", ...location }] }))
  assert.match(await plan({ table: "nope" }), /locations\[0\]\.table: there is no table nope/)
  assert.match(await plan({ column: "nope" }), /t has no column nope/)
  assert.match(await plan({}), /no primary key.*ADD COLUMN aywa_row/)
  assert.match(await plan({ key: ["b"] }), /t has no column b/)
  const { findings } = await planDatabase(driver, {
    mappings,
    locations: [{ table: "t", column: "a", kind: "text", key: ["a"] }]
  }).catch((error: unknown) => ({ findings: [{ message: String(error) }] }))
  assert.match(findings[0]?.message ?? "", /must be of kind id/)
  await driver.close()
})
