/** A database that somebody uses: catch-up converges, verify tells drift from what is left, rollback knows what is its own. */
import { assert, it } from "vitest"
import {
  applyDatabase,
  type DatabasePlan,
  dryRunDatabase,
  type Location,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { column, databases, emptyDatabase, fresh, mapping, old, simple } from "./databases.ts"

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = emptyDatabase(open)

    const json = () => (db.driver.dialect === "postgres" ? "jsonb" : db.driver.dialect === "mysql" ? "json" : "TEXT")
    const planOf = (locations: ReadonlyArray<Location>, mappings = simple) =>
      planDatabase(db.driver, { mappings, locations, chunk: 2 })
    const pass = async (plan: DatabasePlan) => {
      await dryRunDatabase(db.driver, plan)
      return (await applyDatabase(db.driver, plan)).changed
    }
    const parsed = async () => (await column(db, "calls", "body", "id")).map((body) => JSON.parse(body ?? "null"))

    it("a document that is edited between dry run and apply is taken anew, and rollback puts the edit back", async () => {
      await db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, body ${json()})`,
        ...[1, 2, 3].map((n) => `INSERT INTO calls VALUES (${n}, '{"a": "${old(n)}", "n": 0}')`)
      )
      const plan = await planOf([{ table: "calls", column: "body", kind: "json-any" }])
      await dryRunDatabase(db.driver, plan)
      await db.sql(`UPDATE calls SET body = '{"a": "${old(2)}", "n": 1}' WHERE id = 2`)
      assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 2)
      const between = await verifyDatabase(db.driver, plan)
      assert.match(between.problems.join(), /1 rows still hold ids of the source/)
      assert.strictEqual(await pass(plan), 1)
      assert.deepStrictEqual(
        await parsed(),
        [1, 2, 3].map((n) => ({ a: fresh(n), n: n === 2 ? 1 : 0 }))
      )
      const verified = await verifyDatabase(db.driver, plan)
      assert.deepStrictEqual([verified.problems, verified.ok], [[], true])
      assert.strictEqual(await pass(plan), 0)
      const rolledBack = await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual([rolledBack.changed, rolledBack.notRestored], [3, []])
      assert.deepStrictEqual(
        await parsed(),
        [1, 2, 3].map((n) => ({ a: old(n), n: n === 2 ? 1 : 0 }))
      )
    })

    it("old writers go on: the same id again, another one, a row made again; the next pass has all of it", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))",
        ...[1, 2, 3].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}')`)
      )
      const plan = await planOf([{ table: "calls", column: "ext", kind: "id" }])
      assert.strictEqual(await pass(plan), 3)
      await db.sql(
        `UPDATE calls SET ext = '${old(1)}' WHERE id = 1`,
        `UPDATE calls SET ext = '${old(4)}' WHERE id = 2`,
        "DELETE FROM calls WHERE id = 3",
        `INSERT INTO calls VALUES (3, '${old(1)}')`,
        `INSERT INTO calls VALUES (5, '${old(3)}')`
      )
      assert.isFalse((await verifyDatabase(db.driver, plan)).ok)
      assert.strictEqual(await pass(plan), 4)
      assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [1, 4, 1, 3].map(fresh))
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
      assert.strictEqual((await rollbackDatabase(db.driver, plan)).changed, 4)
      assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [1, 4, 1, 3].map(old))
    })

    it("the value that stood there first stays in the ledger", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))",
        `INSERT INTO calls VALUES (1, '${old(1)}')`
      )
      const plan = await planOf([{ table: "calls", column: "ext", kind: "id" }])
      await dryRunDatabase(db.driver, plan)
      for (const n of [2, 3]) {
        await db.sql(`UPDATE calls SET ext = '${old(n)}' WHERE id = 1`)
        await dryRunDatabase(db.driver, plan)
      }
      const ledger = `${db.driver.dialect === "postgres" ? "aywa_migration." : ""}aywa_migration_l1`
      const { rows } = await db.driver.run(`SELECT earliest_value AS f, old_value AS o FROM ${ledger}`)
      assert.deepStrictEqual([String(rows[0]?.["f"]), String(rows[0]?.["o"])], [old(1), old(3)])
    })

    it("rows whose key is rewritten are found again by the key that they have now", async () => {
      await db.sql(
        "CREATE TABLE links (ext varchar(60) PRIMARY KEY, note varchar(60))",
        ...[1, 2].map((n) => `INSERT INTO links VALUES ('${old(n)}', '${old(n)}')`)
      )
      const plan = await planOf([
        { table: "links", column: "ext", kind: "id" },
        { table: "links", column: "note", kind: "id" }
      ])
      assert.strictEqual(await pass(plan), 4)
      await db.sql(`UPDATE links SET note = '${old(3)}' WHERE ext = '${fresh(1)}'`)
      assert.strictEqual(await pass(plan), 1)
      assert.deepStrictEqual(await column(db, "links", "note", "ext"), [fresh(3), fresh(2)])
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
      const { changed, notRestored } = await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual([changed, notRestored], [4, []])
      assert.deepStrictEqual(await column(db, "links", "note", "ext"), [old(3), old(2)])
    })

    it("rows that come, go, are emptied or get runtime ids are information, with counts; ids that are left are errors", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))",
        ...[1, 2, 3, 4].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}')`)
      )
      const plan = await planOf([{ table: "calls", column: "ext", kind: "id" }])
      assert.strictEqual(await pass(plan), 4)
      await db.sql(
        "DELETE FROM calls WHERE id = 1",
        "UPDATE calls SET ext = NULL WHERE id = 2",
        `UPDATE calls SET ext = '${fresh(1)}' WHERE id = 3`,
        "UPDATE calls SET ext = 'none' WHERE id = 4",
        `INSERT INTO calls VALUES (5, '${fresh(2)}')`,
        `INSERT INTO calls VALUES (6, NULL)`
      )
      const report = await verifyDatabase(db.driver, plan)
      assert.deepStrictEqual([report.problems, report.ok], [[], true])
      assert.deepStrictEqual(report.information, [
        "calls.ext: 2 rows were changed by somebody else since the dry run",
        "calls.ext: 1 rows were emptied since the dry run",
        "calls.ext: 1 rows are gone since the dry run",
        "calls.ext: 4 rows before, 5 now",
        "calls.ext: 0 rows without a value before, 2 now"
      ])
      await db.sql(`INSERT INTO calls VALUES (7, '${old(1)}')`)
      const left = await verifyDatabase(db.driver, plan)
      assert.isFalse(left.ok)
      assert.deepStrictEqual(left.problems, [
        "calls.ext: 1 rows still hold ids of the source: run dry run and apply again"
      ])
    })

    it("rollback leaves a row alone that the application wrote itself, though its value is what apply would have written", async () => {
      await db.sql(
        "CREATE TABLE settings (ext varchar(60) PRIMARY KEY, note varchar(60))",
        ...[1, 2].map((n) => `INSERT INTO settings VALUES ('${old(n)}', '${old(n)}')`)
      )
      const plan = await planOf([
        { table: "settings", column: "ext", kind: "id" },
        { table: "settings", column: "note", kind: "id" }
      ])
      await dryRunDatabase(db.driver, plan)
      await db.sql(
        `DELETE FROM settings WHERE ext = '${old(2)}'`,
        `INSERT INTO settings VALUES ('${fresh(2)}', '${fresh(2)}')`
      )
      assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 2)
      const report = await rollbackDatabase(db.driver, plan)
      assert.strictEqual(report.changed, 2)
      assert.deepStrictEqual(await column(db, "settings", "ext", "ext"), [old(1), fresh(2)])
      assert.deepStrictEqual(await column(db, "settings", "note", "ext"), [old(1), fresh(2)])
      assert.deepStrictEqual(report.notRestored, [
        { location: "settings.note", reason: "gone", rows: 1 },
        { location: "settings.ext", reason: "gone", rows: 1 }
      ])
      assert.strictEqual((await rollbackDatabase(db.driver, plan)).changed, 0)
    })

    it("a column that the application set to a runtime id before apply keeps it", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))",
        ...[1, 2].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}')`)
      )
      const plan = await planOf([{ table: "calls", column: "ext", kind: "id" }])
      await dryRunDatabase(db.driver, plan)
      await db.sql(`UPDATE calls SET ext = '${fresh(2)}' WHERE id = 2`)
      assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 1)
      const report = await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual(report.notRestored, [{ location: "calls.ext", reason: "changed", rows: 1 }])
      assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [old(1), fresh(2)])
      const verified = await verifyDatabase(db.driver, plan, { state: "original" })
      assert.deepStrictEqual(verified.problems, [])
    })

    it("where ids are source and target, what the application writes after apply is its own, and is information", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))",
        ...[1, 2].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}')`)
      )
      const plan = await planOf(
        [{ table: "calls", column: "ext", kind: "id" }],
        [mapping(old(1), old(2)), mapping(old(2), old(1))]
      )
      assert.strictEqual(await pass(plan), 2)
      await db.sql(`UPDATE calls SET ext = '${old(1)}' WHERE id = 1`)
      assert.strictEqual(await pass(plan), 0)
      const verified = await verifyDatabase(db.driver, plan)
      assert.deepStrictEqual([verified.problems, verified.information.length], [[], 1])
      assert.strictEqual((await rollbackDatabase(db.driver, plan)).changed, 1)
      assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [old(1), old(2)])
    })
  })
}
