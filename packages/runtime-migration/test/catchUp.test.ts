/** What comes later: writers that go on, mappings that are added, rows that were written since and go back. */
import { setTimeout as sleep } from "node:timers/promises"
import { assert, beforeEach, it } from "vitest"
import {
  applyDatabase,
  dryRunDatabase,
  extendDatabase,
  openDatabase,
  planDatabase,
  rollbackDatabase,
  verifyDatabase,
  watchDatabase
} from "../src/index.ts"
import { column, databases, fresh, mapping, old, testDatabase, refused, simple, snapshot } from "./databases.ts"

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
    const planOf = (mappings = simple) =>
      planDatabase(db.driver, { mappings, locations: [{ table: "calls", column: "ext", kind: "id" }], chunk: 2 })
    const applied = async (mappings = simple) => {
      const plan = await planOf(mappings)
      await dryRunDatabase(db.driver, plan)
      await applyDatabase(db.driver, plan)
      return plan
    }
    const exts = () => column(db, "calls", "ext", "id")

    it("a mapping that came later is taken into the run, and one rollback puts back all of it", async () => {
      await applied()
      const before = [...(await exts())]
      const more = await planOf([...simple, mapping(old(8), fresh(8))])
      // Without it, the run is of another mapping.
      await refused(dryRunDatabase(db.driver, more), "OutOfOrder")
      await db.sql(`INSERT INTO calls VALUES (8, '${old(8)}')`)
      assert.isAbove((await extendDatabase(db.driver, more)).added, 0)
      await dryRunDatabase(db.driver, more)
      assert.strictEqual((await applyDatabase(db.driver, more)).changed, 1)
      assert.deepStrictEqual(await exts(), [...before, fresh(8)])
      assert.deepStrictEqual((await verifyDatabase(db.driver, more)).problems, [])
      assert.strictEqual((await extendDatabase(db.driver, more)).added, 0)
      const back = await rollbackDatabase(db.driver, more)
      assert.deepStrictEqual([back.changed, back.notRestored], [4, []])
      assert.deepStrictEqual(await exts(), [1, 2, 3, 8].map(old))
    })

    it("an extension takes nothing away, changes nothing, makes no chains, and keeps the locations", async () => {
      const first = await planOf()
      await refused(extendDatabase(db.driver, first), "OutOfOrder")
      await applied()
      const fewer = await planOf(simple.slice(1))
      assert.match(await refused(extendDatabase(db.driver, fewer)), /takes nothing away/)
      const changed = await planOf([...simple.slice(1), mapping(old(1), fresh(9))])
      assert.match(await refused(extendDatabase(db.driver, changed)), /leads to .* in the run and to/)
      const chain = await planOf([...simple, mapping(fresh(1), fresh(9))])
      assert.match(await refused(extendDatabase(db.driver, chain)), /source and target at once/)
      await db.sql("CREATE TABLE other (id int PRIMARY KEY, ext varchar(60))")
      const elsewhere = await planDatabase(db.driver, {
        mappings: simple,
        locations: [{ table: "other", column: "ext", kind: "id" }]
      })
      assert.match(await refused(extendDatabase(db.driver, elsewhere), "OutOfOrder"), /other locations/)
    })

    it("rollback with reverse takes rows along that were written since", async () => {
      const plan = await applied()
      await db.sql(
        `INSERT INTO calls VALUES (5, '${fresh(2)}')`,
        `UPDATE calls SET ext = '${fresh(3)}' WHERE id = 1`,
        "INSERT INTO calls VALUES (6, 'made-on-the-runtime')"
      )
      const plain = await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual([plain.changed, plain.reversed], [2, 0])
      assert.deepStrictEqual(await exts(), [fresh(3), old(2), old(3), fresh(2), "made-on-the-runtime"])
      const { reversed, notRestored } = await rollbackDatabase(db.driver, plan, { reverse: true })
      assert.strictEqual(reversed, 2)
      assert.deepStrictEqual(await exts(), [old(3), old(2), old(3), old(2), "made-on-the-runtime"])
      // The row is not what it was when the run found it, and says so.
      assert.deepStrictEqual(notRestored, [{ location: "calls.ext", reason: "changed", rows: 1 }])
      assert.strictEqual((await rollbackDatabase(db.driver, plan, { reverse: true })).reversed, 0)
    })

    it("reverse is refused, before anything is put back, where a value does not lead back to one id", async () => {
      const merge = await planDatabase(db.driver, {
        mappings: [mapping(old(1), fresh(1)), mapping(old(2), fresh(1))],
        locations: [{ table: "calls", column: "ext", kind: "id" }],
        allowMerge: true
      })
      await dryRunDatabase(db.driver, merge)
      await applyDatabase(db.driver, merge)
      const after = await snapshot(db)
      assert.match(await refused(rollbackDatabase(db.driver, merge, { reverse: true })), /several ids of the source/)
      assert.deepStrictEqual(await snapshot(db), after)
      assert.strictEqual((await rollbackDatabase(db.driver, merge)).changed, 2)
    })

    if (name === "PostgreSQL" || name === "MariaDB") {
      it("dry runs of several sessions at once go one after the other, and all of them tell the same", async () => {
        await db.sql(
          "CREATE TABLE agents (ext varchar(60) PRIMARY KEY)",
          "CREATE TABLE notes (id int PRIMARY KEY, ext varchar(60), CONSTRAINT notes_ext FOREIGN KEY (ext) REFERENCES agents (ext))",
          ...[1, 2, 3, 4].map((n) => `INSERT INTO agents VALUES ('${old(n)}')`),
          `INSERT INTO notes VALUES ${Array.from({ length: 500 }, (_, n) => `(${n}, '${old(1 + (n % 4))}')`).join(", ")}`
        )
        const plan = await planDatabase(db.driver, {
          mappings: simple,
          locations: ["calls", "notes", "agents"].map((table) => ({ table, column: "ext", kind: "id" }))
        })
        const others = [await openDatabase(db.url), await openDatabase(db.url)]
        try {
          const first = await dryRunDatabase(db.driver, plan)
          const each = [db.driver, ...others].map(async (driver) => {
            for (let n = 0; n < 5; n++) assert.deepStrictEqual(await dryRunDatabase(driver, plan), first)
          })
          await Promise.all(each)
        } finally {
          for (const driver of others) await driver.close()
        }
      })
    }

    it("a watch ends when it is told to, and reports its passes", async () => {
      const plan = await planOf()
      const stop = new AbortController()
      const report = await watchDatabase(db.driver, plan, {
        every: 1,
        signal: stop.signal,
        onPass: ({ pass }) => pass === 3 && stop.abort()
      })
      assert.deepStrictEqual(report, { passes: 3, changed: 3 })
    })

    // The others have one connection here: there, a writer takes turns with the passes.
    it("a writer beside a watch: two passes after it has stopped nothing is left", async () => {
      const plan = await planOf()
      const twice = name === "PostgreSQL" || name === "MariaDB"
      const writer = twice ? await openDatabase(db.url) : db.driver
      const all = Array.from({ length: Number(process.env["AYWA_WRITES"] ?? 100) }, (_, n) => n)
      const every = Number(process.env["AYWA_WRITE_EVERY"] ?? 2)
      const write = async (n: number) => {
        await writer.run(`INSERT INTO calls VALUES (${100 + n}, '${old(1 + (n % 4))}')`)
        if (n % 3 === 0) await writer.run(`UPDATE calls SET ext = '${old(2)}' WHERE id = ${100 + Math.floor(n / 2)}`)
        if (twice) await sleep(every)
        else if (n % 20 === 0) await watchDatabase(db.driver, plan, { every: 1, quiet: 1 })
      }
      const writing = (async () => {
        for (const n of all) await write(n)
      })()
      if (!twice) await writing
      const report = await watchDatabase(db.driver, plan, { every: 10, quiet: 1 })
      await writing
      // What came behind the first pass that found nothing: two passes more.
      const rest = await watchDatabase(db.driver, plan, { every: 1, quiet: 1 })
      assert.isAtMost(rest.passes, 2)
      assert.isAtLeast(report.passes, 1)
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
      if (twice) await writer.close()
    }, 400_000)
  })
}
