/** Connections that are lost, sessions of any mode, and a cleanup that belongs to another run. */
import { assert, beforeEach, it } from "vitest"
import {
  applyDatabase,
  cleanupDatabase,
  detectColumns,
  dryRunDatabase,
  openDatabase,
  planDatabase,
  rollbackDatabase,
  type SqlDriver,
  verifyDatabase
} from "../src/index.ts"
import {
  column,
  databases,
  fresh,
  mapping,
  old,
  testDatabase,
  refused,
  simple,
  snapshot,
  type TestDatabase
} from "./databases.ts"

const locations = [{ table: "calls", column: "ext", kind: "id" }] as const

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = testDatabase(open)
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

    const kill = async (driver: { readonly run: TestDatabase["driver"]["run"] }) => {
      const postgres = db.driver.dialect === "postgres"
      const { rows } = await driver.run(`SELECT ${postgres ? "pg_backend_pid" : "CONNECTION_ID"}() AS id`)
      const id = Number(rows[0]?.["id"])
      await db.driver.run(postgres ? `SELECT pg_terminate_backend(${id})` : `KILL CONNECTION ${id}`)
    }

    if (name === "PostgreSQL" || name === "MariaDB") {
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

    if (name === "PostgreSQL") {
      it("foreign keys are as they were declared, wherever a session dies that altered them", async () => {
        const declared = ["", " DEFERRABLE INITIALLY IMMEDIATE", " DEFERRABLE INITIALLY DEFERRED", ""]
        await db.sql(
          "CREATE TABLE agents (ext varchar(60) PRIMARY KEY)",
          `INSERT INTO agents VALUES ('${old(1)}')`,
          ...declared.flatMap((how, n) => [
            `CREATE TABLE kid${n} (id int PRIMARY KEY, ext varchar(60) CONSTRAINT fk${n} REFERENCES agents (ext)${how})`,
            `INSERT INTO kid${n} VALUES (1, '${old(1)}')`
          ])
        )
        const keys = async () =>
          (
            await db.driver.run(
              "SELECT conname AS name, condeferrable AS may, condeferred AS does FROM pg_constraint WHERE contype = 'f' ORDER BY conname"
            )
          ).rows
        const before = await keys()
        const of = (driver: SqlDriver) =>
          planDatabase(driver, {
            mappings: simple,
            locations: ["agents", ...declared.map((_, n) => `kid${n}`)].map((table) => ({
              table,
              column: "ext",
              kind: "id"
            }))
          })
        await dryRunDatabase(db.driver, await of(db.driver))
        for (const nth of [1, 2]) {
          const session = await openDatabase(db.url)
          let altered = 0
          const dying = {
            ...session,
            run: async (...[sql, parameters]: Parameters<typeof session.run>) => {
              const result = await session.run(sql, parameters)
              if (/ALTER CONSTRAINT .* DEFERRABLE INITIALLY IMMEDIATE/.test(sql)) altered++
              if (altered === nth && sql === "COMMIT") await kill(session)
              return result
            }
          }
          await refused(applyDatabase(dying, await of(dying)), "ConnectionLost")
          await session.close().catch(() => undefined)
          assert.notDeepEqual(await keys(), before)
          if (nth === 1) await applyDatabase(db.driver, await of(db.driver))
          const plan = await of(db.driver)
          assert.deepStrictEqual((await rollbackDatabase(db.driver, plan)).notRestored, [])
          assert.deepStrictEqual(await keys(), before)
          // A plan that was made of what a session left behind is as good as another.
          await applyDatabase(db.driver, plan)
          assert.deepStrictEqual((await rollbackDatabase(db.driver, plan)).notRestored, [])
          assert.deepStrictEqual(await keys(), before)
        }
      })
    }

    if (name === "MariaDB") {
      it("a dry run beside the application locks none of its rows, the second one neither", async () => {
        const plan = await planDatabase(db.driver, { mappings: simple, locations })
        await dryRunDatabase(db.driver, plan)
        const application = await openDatabase(db.url)
        for (const n of [1, 2]) {
          await application.run("START TRANSACTION")
          await application.run("UPDATE calls SET ext = CONCAT(ext, '') WHERE id = 2")
          // It would wait for row 2, and keep row 1 from the application meanwhile.
          await dryRunDatabase(db.driver, plan)
          await application.run(`UPDATE calls SET ext = '${old(n)}' WHERE id = 1`)
          await application.run("COMMIT")
        }
        await application.close()
        assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [old(2), old(2), old(3)])
      })

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
