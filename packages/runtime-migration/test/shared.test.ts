/** Columns of one table share a ledger: a row of it is about all of them, and each column keeps its own way. */
import { assert, it } from "vitest"
import {
  applyDatabase,
  cleanupDatabase,
  type DatabasePlan,
  dryRunDatabase,
  type Location,
  type MappingScripts,
  mappingScripts,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { planMappingSql } from "../src/sql/plan.ts"
import { tables } from "../src/sql/dialect.ts"
import { column, databases, emptyDatabase, fresh, old, refused, simple } from "./databases.ts"

const names = ["a", "b", "c"] as const
const locations: ReadonlyArray<Location> = names.map((column) => ({ table: "calls", column, kind: "id", key: ["id"] }))
const unknown = "99000000-0000-4000-8000-000000000000"

/** Values of `a`, `b` and `c` by row: numbers are ids of the source. */
const start = [
  [1, 2, 3],
  [1, null, 4],
  [null, null, null],
  [null, unknown, 2],
  [4, 4, null],
  [2, 3, unknown]
] as const

type Cell = number | string | null
const valueOf = (cell: Cell, id: (n: number) => string): string | null => (typeof cell === "number" ? id(cell) : cell)
const literal = (value: string | null): string => (value === null ? "NULL" : `'${value}'`)
const applied = start.map((row) => row.map((cell) => valueOf(cell, fresh)))
const original = start.map((row) => row.map((cell) => valueOf(cell, old)))

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = emptyDatabase(open)

    const types = name === "PostgreSQL" || name === "MariaDB" ? ["varchar(60)", "uuid"] : ["varchar(60)"]
    const fill = async (type: string, more = "") =>
      db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, a ${type}, b ${type}, c ${type}${more})`,
        ...start.map(
          (row, at) =>
            `INSERT INTO calls (id, a, b, c) VALUES (${at + 1}, ${row.map((cell) => literal(valueOf(cell, old))).join(", ")})`
        )
      )
    const cells = async () => {
      const columns: Array<ReadonlyArray<string | null>> = []
      for (const one of names) columns.push(await column(db, "calls", one, "id"))
      return (columns[0] ?? []).map((_, at) => columns.map((values) => values[at] ?? null))
    }
    const prepared = async (chunk = 2): Promise<DatabasePlan> => {
      const plan = await planDatabase(db.driver, { mappings: simple, locations, chunk })
      assert.deepStrictEqual((await dryRunDatabase(db.driver, plan)).problems, [])
      return plan
    }
    const changed = (report: { readonly locations: ReadonlyArray<{ readonly changed: number }> }) =>
      report.locations.map(({ changed }) => changed)
    const set = (id: number, one: string, value: string | null) =>
      db.sql(`UPDATE calls SET ${one} = ${literal(value)} WHERE id = ${id}`)

    for (const type of types) {
      it(`${type}: a row of the ledger for each row, counted by column, there and back`, async () => {
        await fill(type)
        const plan = await planDatabase(db.driver, { mappings: simple, locations, chunk: 2 })
        const dryRun = await dryRunDatabase(db.driver, plan)
        assert.deepStrictEqual(
          dryRun.locations.map((one) => [one.rows, one.valuesBefore, one.valuesAfter, one.unmapped, one.nulls]),
          [
            [4, 3, 3, 0, 2],
            [3, 3, 3, 1, 2],
            [3, 3, 3, 1, 2]
          ]
        )
        const ledgers = new Set(plan.locations.map(tables(plan).ledger))
        assert.strictEqual(ledgers.size, 1)
        const { rows } = await db.driver.run(`SELECT COUNT(*) AS n FROM ${[...ledgers].join()}`)
        assert.strictEqual(Number(rows[0]?.["n"]), 5)
        assert.deepStrictEqual(changed(await applyDatabase(db.driver, plan)), [4, 3, 3])
        assert.deepStrictEqual(await cells(), applied)
        assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
        assert.deepStrictEqual(changed(await applyDatabase(db.driver, plan)), [0, 0, 0])
        const back = await rollbackDatabase(db.driver, plan)
        assert.deepStrictEqual([changed(back), back.notRestored], [[4, 3, 3], []])
        assert.deepStrictEqual(await cells(), original)
        await cleanupDatabase(db.driver, plan)
      })

      it(`${type}: a column that drifts keeps none of its row's others back, nor is it touched`, async () => {
        await fill(type)
        const plan = await prepared()
        await set(1, "b", unknown)
        // What apply would have written, and did not: it is the application's own.
        await set(6, "a", fresh(2))
        assert.deepStrictEqual(changed(await applyDatabase(db.driver, plan)), [3, 2, 3])
        const expected = applied.map((row) => [...row])
        expected[0]?.splice(1, 1, unknown)
        assert.deepStrictEqual(await cells(), expected)
        assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
        await set(2, "c", unknown)
        const back = await rollbackDatabase(db.driver, plan)
        assert.deepStrictEqual(changed(back), [3, 2, 2])
        assert.deepStrictEqual(
          back.notRestored.map(({ location, reason, rows }) => [location, reason, rows]),
          [
            ["calls.a", "changed", 1],
            ["calls.b", "changed", 1],
            ["calls.c", "changed", 1]
          ]
        )
        const left = original.map((row) => [...row])
        left[0]?.splice(1, 1, unknown)
        left[5]?.splice(0, 1, fresh(2))
        left[1]?.splice(2, 1, unknown)
        assert.deepStrictEqual(await cells(), left)
      })

      it(`${type}: a column that comes to hold an id later joins the row of the ledger, before apply and behind it`, async () => {
        await fill(type)
        const plan = await prepared()
        await set(3, "a", old(1))
        await set(2, "b", old(3))
        await dryRunDatabase(db.driver, plan)
        assert.deepStrictEqual(changed(await applyDatabase(db.driver, plan)), [5, 4, 3])
        await set(4, "a", old(4))
        await set(5, "a", old(1))
        await set(5, "c", old(2))
        await dryRunDatabase(db.driver, plan)
        assert.deepStrictEqual(changed(await applyDatabase(db.driver, plan)), [2, 0, 1])
        assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
        const now = await cells()
        assert.deepStrictEqual(now[3], [fresh(4), unknown, fresh(2)])
        assert.deepStrictEqual(now[4], [fresh(1), fresh(4), fresh(2)])
        assert.deepStrictEqual((await rollbackDatabase(db.driver, plan)).notRestored, [])
        const back = await cells()
        assert.deepStrictEqual(back[1], [old(1), old(3), old(4)])
        assert.deepStrictEqual(back[4], [old(1), old(4), old(2)])
      })
    }

    it("columns without a value in the ledger, where the table's may have none", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, a varchar(60) NOT NULL, b varchar(60) NOT NULL, c varchar(60) NOT NULL)",
        `INSERT INTO calls VALUES (1, '${old(1)}', '', 'x'), (2, '', '${old(2)}', ''), (3, '', '', '${old(3)}')`
      )
      const before = await cells()
      const plan = await prepared()
      assert.deepStrictEqual(changed(await applyDatabase(db.driver, plan)), [1, 1, 1])
      await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual(await cells(), before)
    })

    it("the column that is refused is named, by dry run and apply", async () => {
      await fill("varchar(60)", `, CONSTRAINT known CHECK (b <> '${fresh(3)}')`)
      const plan = await planDatabase(db.driver, { mappings: simple, locations, chunk: 2 })
      const { problems } = await dryRunDatabase(db.driver, plan)
      assert.match(problems.join(), /calls\.b, id = 6/)
      assert.notMatch(problems.join(), /calls\.[ac]/)
      const error: unknown = await applyDatabase(db.driver, plan).catch((error: unknown) => error)
      assert(error instanceof Error)
      assert.match(error.message, /calls\.b/)
      assert.notMatch(error.message, /calls\.[ac]/)
    })

    it("a value that somebody put into one column of the ledger is refused by its name", async () => {
      await fill("varchar(60)")
      const plan = await prepared()
      const [ledger] = plan.locations.map(tables(plan).ledger)
      await db.sql(`UPDATE ${ledger} SET new_value_2 = '${fresh(1)}' WHERE k1 = 1`)
      const message = await refused(applyDatabase(db.driver, plan))
      assert.match(message, /calls\.b: 1 rows/)
      assert.notMatch(message, /calls\.[ac]/)
      assert.deepStrictEqual(await cells(), original)
    })

    it("in a column that the ledger's row is not about nothing is written", async () => {
      await fill("varchar(60)")
      const plan = await prepared()
      const [ledger] = plan.locations.map(tables(plan).ledger)
      await db.sql(`UPDATE ${ledger} SET old_value_2 = '${unknown}', new_value_2 = '${fresh(1)}' WHERE k1 = 4`)
      await applyDatabase(db.driver, plan)
      assert.deepStrictEqual(await cells(), applied)
    })

    const scripted = name === "PGlite" ? [] : (["single", "chunks"] as const)
    for (const transaction of scripted) {
      it(`${transaction}: the scripts do the same`, async () => {
        await fill("varchar(60)")
        const { dialect } = db.driver
        const plan = planMappingSql({ dialect, mappings: simple, locations, transaction, chunk: 2 })
        const scripts: MappingScripts = mappingScripts(plan)
        await db.script(scripts["1-prepare.sql"])
        await set(1, "b", unknown)
        await set(3, "c", old(1))
        await db.script(scripts["1-prepare.sql"])
        await db.script(scripts["2-apply.sql"])
        const expected = applied.map((row) => [...row])
        expected[0]?.splice(1, 1, unknown)
        expected[2]?.splice(2, 1, fresh(1))
        assert.deepStrictEqual(await cells(), expected)
        await db.script(scripts["4-rollback.sql"])
        const left = original.map((row) => [...row])
        left[0]?.splice(1, 1, unknown)
        left[2]?.splice(2, 1, old(1))
        assert.deepStrictEqual(await cells(), left)
      })
    }
  })
}
