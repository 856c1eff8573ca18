/** Tables that have the names of a run's and were made by somebody else: they stay, and who is asked to make room is told. */
import { assert, beforeEach, it } from "vitest"
import {
  applyDatabase,
  cleanupDatabase,
  dryRunDatabase,
  mappingScripts,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { databases, old, testDatabase, refused, simple } from "./databases.ts"

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = testDatabase(open)
    beforeEach(async () => {
      await db.reset()
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))",
        `INSERT INTO calls VALUES (1, '${old(1)}')`,
        ...(at === "" ? [] : ["CREATE SCHEMA aywa_migration"])
      )
    })
    const at = name === "PostgreSQL" || name === "PGlite" ? "aywa_migration." : ""
    const planOf = () =>
      planDatabase(db.driver, { mappings: simple, locations: [{ table: "calls", column: "ext", kind: "id" }] })
    const steps = { dryRunDatabase, applyDatabase, verifyDatabase, rollbackDatabase, cleanupDatabase }
    const rowsOf = async (table: string) => (await db.driver.run(`SELECT * FROM ${table}`)).rows

    for (const table of ["aywa_migration_l1", "aywa_migration_map"]) {
      it(`${table}, without a table of the run: every step is refused, in words, and it stays`, async () => {
        await db.sql(`CREATE TABLE ${at}${table} (mine int)`, `INSERT INTO ${at}${table} VALUES (7)`)
        const plan = await planOf()
        for (const step of Object.values(steps)) {
          const message = await refused(step(db.driver, plan))
          assert.match(
            message,
            new RegExp(`${at}${table}: the names are those of a run's tables, and no run made them`)
          )
          assert.match(message, /Rename them, or take another prefix/)
        }
        assert.deepStrictEqual(await rowsOf(`${at}${table}`), [{ mine: 7 }])
      })
    }

    it("a table of the run that is none, with other columns or other rows", async () => {
      for (const [columns, values] of [
        ["mine int", "7"],
        ["item varchar(20), value varchar(20)", "'mine', '7'"]
      ] as const) {
        await db.sql(
          `CREATE TABLE ${at}aywa_migration_run (${columns})`,
          `INSERT INTO ${at}aywa_migration_run VALUES (${values})`
        )
        const plan = await planOf()
        for (const step of Object.values(steps))
          assert.match(
            await refused(step(db.driver, plan)),
            /aywa_migration_run: the names are those of a run's tables/
          )
        assert.strictEqual((await rowsOf(`${at}aywa_migration_run`)).length, 1)
        await db.sql(`DROP TABLE ${at}aywa_migration_run`)
      }
    })

    it("scripts stop there as well", async () => {
      await db.sql(`CREATE TABLE ${at}aywa_migration_l1 (mine int)`, `INSERT INTO ${at}aywa_migration_l1 VALUES (7)`)
      const scripts = mappingScripts(await planOf())
      for (const file of ["1-prepare.sql", "5-cleanup.sql"] as const) {
        const stopped: unknown = await db.script(scripts[file]).then(
          () => undefined,
          (error: unknown) => error
        )
        assert.match(String(stopped), /no run made|tables of nobody/, file)
        await db.driver.run("ROLLBACK").catch(() => undefined)
      }
      assert.deepStrictEqual(await rowsOf(`${at}aywa_migration_l1`), [{ mine: 7 }])
    })

    it("where nothing was made there is nothing to clean up, and other tables of the prefix stay", async () => {
      await db.sql(`CREATE TABLE ${at}aywa_migration_notes (mine int)`)
      const plan = await planOf()
      assert.deepStrictEqual(await cleanupDatabase(db.driver, plan), { dropped: "all", rows: 0 })
      await dryRunDatabase(db.driver, plan)
      await cleanupDatabase(db.driver, plan)
      assert.deepStrictEqual(await rowsOf(`${at}aywa_migration_notes`), [])
    })

    it("a dry run that was interrupted behind its first table goes on, or is cleaned up", async () => {
      for (const next of [dryRunDatabase, cleanupDatabase]) {
        const plan = await planOf()
        const dying = {
          ...db.driver,
          run: (async (sql, parameters) => {
            if (/CREATE TABLE.*_l1/.test(sql)) throw new Error("gone")
            return db.driver.run(sql, parameters)
          }) satisfies typeof db.driver.run
        }
        const error: unknown = await dryRunDatabase(dying, plan).catch((error: unknown) => error)
        assert.match(String(error), /gone/)
        await next(db.driver, plan)
        await cleanupDatabase(db.driver, plan)
      }
    })
  })
}
