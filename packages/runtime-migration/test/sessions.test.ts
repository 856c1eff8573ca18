/** Connections that are lost, sessions of any mode, and a cleanup that belongs to another run. */
import { afterAll, assert, beforeAll, beforeEach, it } from "vitest"
import {
  applyDatabase,
  cleanupDatabase,
  detectColumns,
  dryRunDatabase,
  openDatabase,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { column, databases, fresh, mapping, old, refused, simple, snapshot, type TestDatabase } from "./databases.ts"

const locations = [{ table: "calls", column: "ext", kind: "id" }] as const

for (const { name, describe, open } of databases) {
  describe(name, () => {
    let db: TestDatabase
    beforeAll(async () => {
      db = await open()
    }, 60_000)
    afterAll(() => db.close())
    beforeEach(async () => {
      await db.reset()
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))",
        ...[1, 2, 3].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}')`)
      )
    })

    it("cleanup under another mapping or other locations is refused, and its own can be run twice", async () => {
      const plan = await planDatabase(db.driver, { mappings: simple, locations })
      await dryRunDatabase(db.driver, plan)
      await applyDatabase(db.driver, plan)
      const other = await planDatabase(db.driver, { mappings: [mapping(old(1), fresh(9))], locations })
      await refused(cleanupDatabase(db.driver, other), "OutOfOrder")
      assert.isTrue((await verifyDatabase(db.driver, plan)).ok)
      await cleanupDatabase(db.driver, plan)
      await cleanupDatabase(db.driver, plan)
    })

    if (name === "PostgreSQL" || name === "MariaDB") {
      const kill = async (driver: { readonly run: TestDatabase["driver"]["run"] }) => {
        const postgres = db.driver.dialect === "postgres"
        const { rows } = await driver.run(`SELECT ${postgres ? "pg_backend_pid" : "CONNECTION_ID"}() AS id`)
        const id = Number(rows[0]?.["id"])
        await db.driver.run(postgres ? `SELECT pg_terminate_backend(${id})` : `KILL CONNECTION ${id}`)
      }

      it("a connection that is lost between dry run and apply, or within apply, is a typed error; resume works", async () => {
        const idle = await openDatabase(db.url)
        const plan = await planDatabase(idle, { mappings: simple, locations, chunk: 1 })
        await dryRunDatabase(idle, plan)
        await kill(idle)
        const message = await refused(applyDatabase(idle, plan), "ConnectionLost")
        assert.match(message, /run the step again/)
        assert.notInclude(message, db.url)
        await idle.close().catch(() => undefined)

        const busy = await openDatabase(db.url)
        let updates = 0
        const dying = {
          ...busy,
          run: async (...[sql, parameters]: Parameters<typeof busy.run>) => {
            if (/UPDATE .*calls/.test(sql) && ++updates === 2) await kill(busy)
            return busy.run(sql, parameters)
          }
        }
        await refused(applyDatabase(dying, plan), "ConnectionLost")
        await busy.close().catch(() => undefined)
        assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 2)
        assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [1, 2, 3].map(fresh))
      })
    }

    if (name === "MariaDB") {
      const modes = [
        "",
        "TRADITIONAL",
        "ANSI",
        "NO_BACKSLASH_ESCAPES",
        "ORACLE",
        "PAD_CHAR_TO_FULL_LENGTH",
        "HIGH_NOT_PRECEDENCE"
      ]
      it.each(modes)("any sql_mode works, zero dates too, and the session keeps its mode: '%s'", async (mode) => {
        await db.sql("SET SESSION sql_mode = ''")
        await db.sql(
          // Verify would find the ids that are left in it.
          "DROP TABLE calls",
          "CREATE TABLE events (day date NOT NULL DEFAULT '0000-00-00', n int, ext char(60) NOT NULL, note text, at timestamp NOT NULL DEFAULT '0000-00-00 00:00:00' ON UPDATE CURRENT_TIMESTAMP, PRIMARY KEY (day, n))",
          `INSERT INTO events VALUES ('0000-00-00', 1, '${old(1)}', 'see ${old(1)}', '0000-00-00 00:00:00'), ('2020-00-00', 2, '${old(2)}', '', '0000-00-00 00:00:00')`
        )
        const before = await snapshot(db)
        await db.sql(`SET SESSION sql_mode = '${mode}'`)
        const modeNow = async () => (await db.driver.run("SELECT @@SESSION.sql_mode AS m")).rows[0]?.["m"]
        const set = await modeNow()
        try {
          const plan = await planDatabase(db.driver, {
            mappings: simple,
            locations: [
              { table: "events", column: "ext", kind: "id" },
              { table: "events", column: "note", kind: "text" }
            ]
          })
          await dryRunDatabase(db.driver, plan)
          assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 3)
          assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
          await rollbackDatabase(db.driver, plan)
          await detectColumns(db.driver, { mappings: simple })
          assert.strictEqual(await modeNow(), set)
        } finally {
          await db.sql("SET SESSION sql_mode = DEFAULT")
        }
        assert.deepStrictEqual(await snapshot(db), before)
      })
    }
  })
}
