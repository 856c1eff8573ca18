/** What a cleanup takes, and when it is refused. */
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
import { tables } from "../src/sql/dialect.ts"
import { column, databases, fresh, old, testDatabase, refused, simple } from "./databases.ts"

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = testDatabase(open)
    beforeEach(async () => {
      await db.reset()
      const json = db.driver.dialect === "postgres" ? "jsonb" : db.driver.dialect === "mysql" ? "json" : "text"
      await db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60), body ${json})`,
        ...[1, 2, 3].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}', '{"a": "${old(n)}", "secret": ${n}}')`)
      )
    })
    const planOf = () =>
      planDatabase(db.driver, {
        mappings: simple,
        locations: [
          { table: "calls", column: "ext", kind: "id" },
          { table: "calls", column: "body", kind: "json-any" }
        ],
        chunk: 2
      })
    const applied = async () => {
      const plan = await planOf()
      await dryRunDatabase(db.driver, plan)
      await applyDatabase(db.driver, plan)
      return plan
    }

    it("is refused while a row has drifted or was emptied, until that is accepted; a row that is gone is nothing to keep", async () => {
      const plan = await applied()
      await db.sql("UPDATE calls SET ext = 'other' WHERE id = 1", "UPDATE calls SET ext = NULL WHERE id = 2")
      const message = await refused(cleanupDatabase(db.driver, plan))
      assert.match(message, /calls\.ext: 2 rows have drifted \(id = [12]; id = [12]\)/)
      assert.match(
        message,
        /Look at ext of those rows in calls, beside old_value and new_value in [\w.]*aywa_migration_l1/
      )
      assert.match(await refused(cleanupDatabase(db.driver, plan, { values: true })), /drifted/)
      assert.isAbove((await verifyDatabase(db.driver, plan)).information.length, 0)
      assert.deepStrictEqual(await cleanupDatabase(db.driver, plan, { drifted: "accept" }), { dropped: "all", rows: 0 })
      const again = await applied()
      await db.sql("DELETE FROM calls")
      await cleanupDatabase(db.driver, again)
    })

    it("a dry run behind it tells what is written from what is still to be", async () => {
      const plan = await planOf()
      const counts = async () => {
        const { rows, pending, locations } = await dryRunDatabase(db.driver, plan)
        return [rows, pending, locations.map(({ rows, pending }) => [rows, pending])]
      }
      const all = (pending: number) => [6, 2 * pending, [0, 1].map(() => [3, pending])]
      assert.deepStrictEqual(await counts(), all(3))
      assert.deepStrictEqual(await counts(), all(3))
      await applyDatabase(db.driver, plan)
      assert.deepStrictEqual(await counts(), all(0))
      await db.sql(
        `INSERT INTO calls VALUES (4, '${old(4)}', NULL)`,
        `UPDATE calls SET ext = '${old(2)}' WHERE id = 1`,
        "UPDATE calls SET ext = 'other' WHERE id = 2"
      )
      const [rows, pending] = await counts()
      assert.deepStrictEqual([rows, pending], [7, 2])
      assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 2)
      await rollbackDatabase(db.driver, plan)
      assert.strictEqual((await counts())[1], 6)
    })

    it("is refused half-way, and free where nothing was written or all of it was put back", async () => {
      const plan = await planOf()
      await dryRunDatabase(db.driver, plan)
      await cleanupDatabase(db.driver, plan)
      await applied()
      await db.sql(`UPDATE calls SET ext = '${old(4)}' WHERE id = 1`)
      // Taken anew, not applied yet.
      await dryRunDatabase(db.driver, plan)
      assert.match(await refused(cleanupDatabase(db.driver, plan)), /1 rows hold the old value and 2 the new one/)
      await rollbackDatabase(db.driver, plan)
      await cleanupDatabase(db.driver, plan)
    })

    it("of values drops what documents hold, and keeps ids and their way back", async () => {
      const plan = await applied()
      assert.deepStrictEqual(await cleanupDatabase(db.driver, plan, { values: true }), { dropped: "values", rows: 3 })
      const bodies = plan.locations.find(({ column }) => column === "body")
      assert(bodies !== undefined)
      const { rows } = await db.driver.run(`SELECT * FROM ${tables(plan).ledger(bodies)}`)
      assert.deepStrictEqual(rows, [])
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
      // A writer that comes late is caught up with, and its row has its value in the ledger again.
      await db.sql(`INSERT INTO calls VALUES (4, '${old(4)}', '{"a": "${old(4)}"}')`)
      await dryRunDatabase(db.driver, plan)
      assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 2)
      assert.deepStrictEqual(await cleanupDatabase(db.driver, plan, { values: true }), { dropped: "values", rows: 1 })
      const back = await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual(back.notRestored, [{ location: "calls.body", reason: "dropped", rows: 4 }])
      assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [1, 2, 3, 4].map(old))
      assert.include((await column(db, "calls", "body", "id"))[0], fresh(1))
    })

    it("of values counts what nobody can put back any more, and nothing else", async () => {
      const bodies = async () => await column(db, "calls", "body", "id")
      const before = await bodies()
      const plan = await planOf()
      const values = () => cleanupDatabase(db.driver, plan, { values: true })
      await dryRunDatabase(db.driver, plan)
      // Nothing was written yet: the next dry run takes all of it again.
      assert.deepStrictEqual(await values(), { dropped: "values", rows: 3 })
      await dryRunDatabase(db.driver, plan)
      await applyDatabase(db.driver, plan)
      assert.deepStrictEqual((await rollbackDatabase(db.driver, plan)).notRestored, [])
      assert.deepStrictEqual(await bodies(), before)
      // All of it was put back.
      assert.deepStrictEqual(await values(), { dropped: "values", rows: 3 })
      assert.deepStrictEqual((await rollbackDatabase(db.driver, plan)).notRestored, [])
      await dryRunDatabase(db.driver, plan)
      await applyDatabase(db.driver, plan)
      await values()
      const lost = [{ location: "calls.body", reason: "dropped", rows: 3 }] as const
      assert.deepStrictEqual((await rollbackDatabase(db.driver, plan)).notRestored, lost)
      // Through the inverse mapping they come back, and are not lost any more.
      assert.deepStrictEqual((await rollbackDatabase(db.driver, plan, { reverse: true })).notRestored, [])
      assert.deepStrictEqual(await bodies(), before)
      assert.deepStrictEqual((await rollbackDatabase(db.driver, plan)).notRestored, [])
    })

    it("by script stops at a drifted row as well, and can be run twice", async () => {
      const plan = await applied()
      const cleanup = mappingScripts(plan)["5-cleanup.sql"]
      await db.sql("UPDATE calls SET ext = 'other' WHERE id = 1")
      const stopped: unknown = await db.script(cleanup).catch((error: unknown) => error)
      assert.match(String(stopped), /drifted|hold something else/)
      await db.driver.run("ROLLBACK").catch(() => undefined)
      await db.sql(`UPDATE calls SET ext = '${fresh(1)}' WHERE id = 1`)
      await db.script(cleanup)
      await db.script(cleanup)
      await dryRunDatabase(db.driver, plan)
    })
  })
}
