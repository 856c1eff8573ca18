/** What a rollback could not put back, after traffic: on every database the same, and with what it put back every row. */
import { assert, it } from "vitest"
import {
  applyDatabase,
  type DatabasePlan,
  dryRunDatabase,
  type Location,
  planDatabase,
  rollbackDatabase,
  type RollbackReport,
  verifyDatabase
} from "../src/index.ts"
import { column, databases, emptyDatabase, fresh, old, simple } from "./databases.ts"

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = emptyDatabase(open)

    const applied = async (named: ReadonlyArray<readonly [table: string, column: string]>): Promise<DatabasePlan> => {
      const locations = named.map(([table, column]): Location => ({ table, column, kind: "id" }))
      const plan = await planDatabase(db.driver, { mappings: simple, locations })
      assert.deepStrictEqual((await dryRunDatabase(db.driver, plan)).problems, [])
      await applyDatabase(db.driver, plan)
      return plan
    }
    /** Rows of each location that were put back, and that were not; together those of its ledger. */
    const sums = async (plan: DatabasePlan, { locations, notRestored }: RollbackReport) => {
      const verified = await verifyDatabase(db.driver, plan, { state: "original" })
      return verified.locations.map(({ location, rows }) => {
        const left = notRestored.filter((one) => one.location === location && one.reason !== "no parent")
        const changed = locations.find((one) => one.location === location)?.changed ?? 0
        return { location, rows, sum: changed + left.reduce((sum, { rows }) => sum + rows, 0) }
      })
    }
    const assertWhole = async (plan: DatabasePlan, report: RollbackReport) => {
      for (const { location, rows, sum } of await sums(plan, report)) assert.strictEqual(sum, rows, location)
    }

    it("a parent that stays since rows refer to its new key is in use, and not gone; its other columns go back", async () => {
      await db.sql(
        "CREATE TABLE agents (ext varchar(40) PRIMARY KEY, note varchar(60))",
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(40), CONSTRAINT calls_ext FOREIGN KEY (ext) REFERENCES agents (ext))",
        ...[1, 2, 3, 4].map((n) => `INSERT INTO agents VALUES ('${old(n)}', '${old(n)}')`),
        ...[1, 2, 3, 4, 1].map((n, at) => `INSERT INTO calls VALUES (${at}, '${old(n)}')`)
      )
      const plan = await applied([
        ["agents", "ext"],
        ["agents", "note"],
        ["calls", "ext"]
      ])
      await db.sql(
        `INSERT INTO calls VALUES (9, '${fresh(1)}')`,
        "DELETE FROM calls WHERE id = 3",
        `DELETE FROM agents WHERE ext = '${fresh(4)}'`
      )
      const report = await rollbackDatabase(db.driver, plan)
      assert.sameDeepMembers(
        [...report.notRestored],
        [
          { location: "agents.ext", reason: "in use", rows: 1 },
          { location: "calls.ext", reason: "in use", rows: 2 },
          { location: "agents.ext", reason: "gone", rows: 1 },
          { location: "agents.note", reason: "gone", rows: 1 },
          { location: "calls.ext", reason: "gone", rows: 1 }
        ]
      )
      assert.sameMembers([...(await column(db, "agents", "ext", "ext"))], [fresh(1), old(2), old(3)])
      assert.sameMembers([...(await column(db, "agents", "note", "ext"))], [1, 2, 3].map(old))
      await assertWhole(plan, report)
      const again = await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual([again.changed, again.notRestored], [0, report.notRestored])
    })

    it("what went back through the inverse mapping is neither gone nor in use, by key or beside it", async () => {
      await db.sql(
        "CREATE TABLE agents (ext varchar(40) PRIMARY KEY, note varchar(60))",
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(40), CONSTRAINT calls_ext FOREIGN KEY (ext) REFERENCES agents (ext))",
        ...[1, 2, 3, 4].map((n) => `INSERT INTO agents VALUES ('${old(n)}', '${old(n)}')`),
        ...[1, 2, 3, 4, 1].map((n, at) => `INSERT INTO calls VALUES (${at}, '${old(n)}')`)
      )
      const plan = await applied([
        ["agents", "ext"],
        ["agents", "note"],
        ["calls", "ext"]
      ])
      await db.sql(
        `INSERT INTO calls VALUES (9, '${fresh(1)}')`,
        "DELETE FROM calls WHERE id = 3",
        `DELETE FROM agents WHERE ext = '${fresh(4)}'`,
        `UPDATE agents SET note = 'other' WHERE ext = '${fresh(1)}'`
      )
      const report = await rollbackDatabase(db.driver, plan, { reverse: true })
      assert.strictEqual(report.reversed, 4)
      const gone = ["agents.ext", "agents.note", "calls.ext"].map((location) => ({ location, reason: "gone", rows: 1 }))
      const changed = { location: "agents.note", reason: "changed", rows: 1 }
      assert.sameDeepMembers([...report.notRestored], [...gone, changed])
      assert.sameMembers([...(await column(db, "agents", "ext", "ext"))], [1, 2, 3].map(old))
      const again = await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual([again.changed, again.notRestored], [0, report.notRestored])
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan, { state: "original" })).problems, [])
    })

    it("a row that somebody made anew beside one that stays does not stand for it", async () => {
      await db.sql(
        "CREATE TABLE agents (ext varchar(40) PRIMARY KEY)",
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(40), CONSTRAINT calls_ext FOREIGN KEY (ext) REFERENCES agents (ext))",
        `INSERT INTO agents VALUES ('${old(1)}')`
      )
      const plan = await applied([
        ["agents", "ext"],
        ["calls", "ext"]
      ])
      await db.sql(`INSERT INTO calls VALUES (9, '${fresh(1)}')`, `INSERT INTO agents VALUES ('${old(1)}')`)
      const report = await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual(report.notRestored, [{ location: "agents.ext", reason: "in use", rows: 1 }])
    })

    it("ids that stay in one family of keys go back in another", async () => {
      const family = (name: string) => [
        `CREATE TABLE ${name}agents (id int PRIMARY KEY, ext varchar(40) NOT NULL UNIQUE)`,
        `CREATE TABLE ${name}calls (id int PRIMARY KEY, ext varchar(40), CONSTRAINT ${name}calls_ext FOREIGN KEY (ext) REFERENCES ${name}agents (ext))`,
        ...[1, 2, 3, 4].map((n) => `INSERT INTO ${name}agents VALUES (${n}, '${old(n)}')`),
        ...[1, 2, 3, 4, 1, 2].map((n, at) => `INSERT INTO ${name}calls VALUES (${at}, '${old(n)}')`)
      ]
      await db.sql(...family(""), ...family("alt_"))
      const plan = await applied([
        ["agents", "ext"],
        ["calls", "ext"],
        ["alt_agents", "ext"],
        ["alt_calls", "ext"]
      ])
      await db.sql(
        `INSERT INTO calls VALUES (9, '${fresh(1)}')`,
        "DELETE FROM calls WHERE id = 3",
        "UPDATE calls SET ext = NULL WHERE id = 2",
        `UPDATE calls SET ext = '${fresh(3)}' WHERE id = 5`,
        "DELETE FROM alt_calls WHERE id = 0"
      )
      const report = await rollbackDatabase(db.driver, plan)
      assert.sameDeepMembers(
        [...report.notRestored],
        [
          { location: "agents.ext", reason: "in use", rows: 2 },
          { location: "calls.ext", reason: "in use", rows: 2 },
          { location: "calls.ext", reason: "changed", rows: 1 },
          { location: "calls.ext", reason: "emptied", rows: 1 },
          { location: "calls.ext", reason: "gone", rows: 1 },
          { location: "alt_calls.ext", reason: "gone", rows: 1 }
        ]
      )
      assert.deepStrictEqual(await column(db, "alt_agents", "ext", "id"), [1, 2, 3, 4].map(old))
      assert.deepStrictEqual(await column(db, "alt_calls", "ext", "id"), [2, 3, 4, 1, 2].map(old))
      await assertWhole(plan, report)
    })

    it("children that would follow by CASCADE are counted as locations, in whatever order those are named", async () => {
      const tables = [
        "CREATE TABLE agents (id int PRIMARY KEY, ext varchar(40) NOT NULL UNIQUE)",
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(40), CONSTRAINT calls_ext FOREIGN KEY (ext) REFERENCES agents (ext) ON UPDATE CASCADE)",
        "CREATE TABLE notes (id int PRIMARY KEY, ext varchar(40), CONSTRAINT notes_ext FOREIGN KEY (ext) REFERENCES agents (ext) ON UPDATE CASCADE)",
        ...[1, 2, 3, 4].map((n) => `INSERT INTO agents VALUES (${n}, '${old(n)}')`),
        ...[1, 2, 1].map((n, at) => `INSERT INTO calls VALUES (${at}, '${old(n)}')`),
        `INSERT INTO notes VALUES (1, '${old(1)}')`
      ]
      const [parent, child] = [
        ["agents", "ext"],
        ["calls", "ext"]
      ] as const
      for (const named of [
        [parent, child],
        [child, parent]
      ]) {
        await db.reset()
        await db.sql(...tables)
        // There nothing follows while checks are off: that column has to be named.
        const all = name === "MariaDB" ? [...named, ["notes", "ext"] as const] : named
        const locations = all.map(([table, column]): Location => ({ table, column, kind: "id" }))
        const plan = await planDatabase(db.driver, { mappings: simple, locations })
        assert.deepStrictEqual((await dryRunDatabase(db.driver, plan)).problems, [])
        const applied = await applyDatabase(db.driver, plan)
        assert.deepStrictEqual(await column(db, "notes", "ext", "id"), [fresh(1)])
        const back = await rollbackDatabase(db.driver, plan)
        for (const report of [applied, back]) {
          const counts = Object.fromEntries(report.locations.map(({ location, changed }) => [location, changed]))
          assert.deepInclude(counts, { "agents.ext": 4, "calls.ext": 3 })
        }
        assert.deepStrictEqual(back.notRestored, [])
        assert.deepStrictEqual(await column(db, "notes", "ext", "id"), [old(1)])
      }
    })

    it("of a row with two references the one that can go back does", async () => {
      await db.sql(
        "CREATE TABLE agents (id int PRIMARY KEY, ext varchar(40) NOT NULL UNIQUE)",
        "CREATE TABLE tools (id int PRIMARY KEY, ext varchar(40) NOT NULL UNIQUE)",
        "CREATE TABLE calls (id int PRIMARY KEY, agent varchar(40), tool varchar(40), CONSTRAINT calls_agent FOREIGN KEY (agent) REFERENCES agents (ext), CONSTRAINT calls_tool FOREIGN KEY (tool) REFERENCES tools (ext))",
        ...[1, 2].flatMap((n) => ["agents", "tools"].map((table) => `INSERT INTO ${table} VALUES (${n}, '${old(n)}')`)),
        ...[1, 2].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}', '${old(3 - n)}')`)
      )
      const plan = await applied([
        ["agents", "ext"],
        ["tools", "ext"],
        ["calls", "agent"],
        ["calls", "tool"]
      ])
      await db.sql(`INSERT INTO calls VALUES (9, '${fresh(1)}', NULL)`)
      const report = await rollbackDatabase(db.driver, plan)
      assert.sameDeepMembers(
        [...report.notRestored],
        [
          { location: "agents.ext", reason: "in use", rows: 1 },
          { location: "calls.agent", reason: "in use", rows: 1 }
        ]
      )
      assert.deepStrictEqual(await column(db, "calls", "agent", "id"), [fresh(1), old(2), fresh(1)])
      assert.deepStrictEqual(await column(db, "calls", "tool", "id"), [old(2), old(1), null])
      await assertWhole(plan, report)
    })

    it("a column that was filled after the key of its row was rewritten goes back, too", async () => {
      await db.sql(
        "CREATE TABLE links (ext varchar(60) PRIMARY KEY, note varchar(60))",
        `INSERT INTO links VALUES ('${old(1)}', NULL)`
      )
      const plan = await applied([
        ["links", "ext"],
        ["links", "note"]
      ])
      await db.sql(`UPDATE links SET note = '${old(3)}' WHERE ext = '${fresh(1)}'`)
      await dryRunDatabase(db.driver, plan)
      assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 1)
      const report = await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual(report.notRestored, [])
      assert.deepStrictEqual(await column(db, "links", "note", "ext"), [old(3)])
      assert.strictEqual(report.changed, 2)
    })
  })
}
