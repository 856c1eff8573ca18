/** The forms of an id that are rewritten, on every database as the reference in plain code says, and back byte for byte. */
import { assert, it } from "vitest"
import {
  applyDatabase,
  dryRunDatabase,
  type Location,
  planDatabase,
  rewriteJson,
  rewriteText,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { column, databases, emptyDatabase, fresh, mapping, old, simple, snapshot } from "./databases.ts"

const plain = (id: string) => id.replaceAll("-", "")
const resolve = (id: string) => simple.find(({ sourceId }) => sourceId === id)?.runtimeId

/** Texts with ids of every form, and with what only looks like one. */
const texts: ReadonlyArray<string> = [
  `ASSISTANT_${old(1).toUpperCase()}`,
  `${old(1)}-mono.wav`,
  `x-${plain(old(2))}-${old(3)}_${old(4)}`,
  `cafe-${plain(old(2)).toUpperCase()}-beef`,
  `deadbeef-${old(1)}`,
  `${old(9)}-${old(1)} ${plain(old(9))}${old(1)}`,
  `a${old(1)}; ${old(1)}0; f${plain(old(1))}; ${plain(old(1))}f`,
  `é${old(1)}ü${"x".repeat(990)}${old(2)}-${old(3)}`,
  `Abcdef00-0000-4000-8000-000000000001`,
  "nothing"
]

const documents: ReadonlyArray<string> = [
  `{"by_assistant": {"${old(1)}": 3, "${old(1).toUpperCase()}" : 4}}`,
  JSON.stringify({ args: JSON.stringify({ id: old(1), deep: JSON.stringify([plain(old(2))]) }) }),
  JSON.stringify({ quoted: `say "${old(1)}" now`, alone: `say ${old(1)} now` }),
  JSON.stringify([old(1), `${old(1)}-mono.wav`, { [old(3)]: null }])
]

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = emptyDatabase(open)

    const { dialect } = { dialect: name === "SQLite" ? "sqlite" : name === "MariaDB" ? "mysql" : "postgres" }
    const there = async (locations: ReadonlyArray<Location>, mappings = simple) => {
      const before = await snapshot(db)
      const plan = await planDatabase(db.driver, { mappings, locations, chunk: 3 })
      await dryRunDatabase(db.driver, plan)
      await applyDatabase(db.driver, plan)
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan, { scan: false })).problems, [])
      return async () => {
        await rollbackDatabase(db.driver, plan)
        assert.deepStrictEqual(await snapshot(db), before)
      }
    }
    const fill = async (table: string, values: ReadonlyArray<string>) => {
      const mark = dialect === "postgres" ? "$1" : "?"
      for (const [at, value] of values.entries())
        await db.driver.run(`INSERT INTO ${table} VALUES (${at}, ${mark})`, [value])
    }

    it("inside of texts: capitals, no dashes, words around it; not within a longer number", async () => {
      await db.sql(`CREATE TABLE texts (id int PRIMARY KEY, line ${dialect === "mysql" ? "longtext" : "text"})`)
      await fill("texts", texts)
      const back = await there([{ table: "texts", column: "line", kind: "text" }])
      assert.deepStrictEqual(
        await column(db, "texts", "line", "id"),
        texts.map((text) => rewriteText(text, resolve))
      )
      await back()
    })

    it("JSON: keys, JSON in a text of JSON at any depth, whole texts in any form", async () => {
      const type = dialect === "postgres" ? "json" : dialect === "mysql" ? "longtext" : "text"
      await db.sql(`CREATE TABLE docs (id int PRIMARY KEY, body ${type})`)
      await fill("docs", documents)
      const back = await there([{ table: "docs", column: "body", kind: "json-any" }])
      const bodies = documents.map((text) => rewriteJson(text, resolve))
      assert.deepStrictEqual(await column(db, "docs", "body", "id"), bodies)
      assert.include(bodies[0], `"${fresh(1)}": 3, "${fresh(1).toUpperCase()}" : 4`)
      await back()
    })

    it("columns of one id: capitals and no dashes keep their form", async () => {
      await db.sql("CREATE TABLE calls (id int PRIMARY KEY, ext varchar(40))")
      const all = [old(1), old(1).toUpperCase(), plain(old(1)), plain(old(1)).toUpperCase(), "Abcdef"]
      await fill("calls", all)
      const back = await there([{ table: "calls", column: "ext", kind: "id" }])
      const [small, capital] = [fresh(1), fresh(1).toUpperCase()]
      assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [
        small,
        capital,
        plain(small),
        plain(capital),
        "Abcdef"
      ])
      await back()
    })

    it("columns of sixteen bytes, as key and as reference", async () => {
      const bytes = dialect === "postgres" ? "bytea" : dialect === "mysql" ? "binary(16)" : "blob"
      const hex = (id: string) => (dialect === "postgres" ? `'\\x${plain(id)}'::bytea` : `x'${plain(id)}'`)
      await db.sql(
        `CREATE TABLE agents (id ${bytes} PRIMARY KEY, peer ${bytes})`,
        ...[1, 2, 9].map((n) => `INSERT INTO agents VALUES (${hex(old(n))}, ${n === 9 ? "NULL" : hex(old(3 - n))})`)
      )
      const back = await there([
        { table: "agents", column: "id", kind: "id" },
        { table: "agents", column: "peer", kind: "id" }
      ])
      const { rows } = await db.driver.run(
        `SELECT COUNT(*) AS n FROM agents WHERE (id = ${hex(fresh(1))} AND peer = ${hex(fresh(2))}) OR (id = ${hex(fresh(2))} AND peer = ${hex(fresh(1))}) OR id = ${hex(old(9))}`
      )
      assert.strictEqual(Number(rows[0]?.["n"]), 3)
      await back()
    })

    it("an id that is no UUID has one form, and stands alone in texts", async () => {
      await db.sql("CREATE TABLE texts (id int PRIMARY KEY, line varchar(200))")
      const id = "assistant_0123456789"
      await fill("texts", [`see ${id}.`, `see x-${id}`, id.toUpperCase(), `${old(1)}-mono`])
      const back = await there(
        [{ table: "texts", column: "line", kind: "text" }],
        [...simple, mapping(id, "assistant_9876543210")]
      )
      const lines = await column(db, "texts", "line", "id")
      assert.deepStrictEqual(lines.slice(0, 3), ["see assistant_9876543210.", `see x-${id}`, id.toUpperCase()])
      await back()
    })

    if (dialect === "postgres")
      it("keys and file names in jsonb, and domains over a uuid", async () => {
        await db.sql(
          "DROP DOMAIN IF EXISTS ext_id",
          "CREATE DOMAIN ext_id AS uuid",
          "CREATE TABLE docs (id int PRIMARY KEY, ext ext_id, body jsonb, paths jsonb)",
          `INSERT INTO docs VALUES (1, '${old(1)}', '${documents[0]}', '{"file": "${old(2)}-mono.wav"}')`
        )
        const back = await there([
          { table: "docs", column: "ext", kind: "id" },
          { table: "docs", column: "body", kind: "json-any" },
          { table: "docs", column: "paths", kind: "text" }
        ])
        const [body, paths, ext] = await Promise.all(
          ["body", "paths", "ext"].map(async (one) => (await column(db, "docs", one, "id"))[0])
        )
        assert.include(body, `"${fresh(1)}": 3`)
        assert.include(paths, `${fresh(2)}-mono.wav`)
        assert.strictEqual(ext, fresh(1))
        await back()
      })
  })
}
