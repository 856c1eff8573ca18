/** Ledgers and mapping tables that somebody else wrote into: nothing of it gets into a row of the customer's. */
import { assert, it } from "vitest"
import {
  applyDatabase,
  type DatabaseConfig,
  type DatabasePlan,
  dryRunDatabase,
  type Location,
  planDatabase,
  rollbackDatabase,
  type SqlDriver,
  verifyDatabase
} from "../src/index.ts"
import { tables } from "../src/sql/dialect.ts"
import { column, databases, emptyDatabase, fresh, mapping, old, refused, simple, snapshot } from "./databases.ts"

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = emptyDatabase(open)

    /** `it`, on some of the databases. */
    const on = (...names: ReadonlyArray<string>): ((title: string, test: () => Promise<void>) => unknown) =>
      names.includes(name) ? it : () => undefined
    const pg = name === "PostgreSQL" || name === "PGlite"
    const my = name === "MariaDB"
    const long = my ? "longtext" : "text"

    /** A column of each kind, what is in it, and what a forger would rather have there. */
    const kinds: ReadonlyArray<{
      readonly location: Omit<Location, "table" | "column">
      readonly type: string
      readonly value: (n: number) => string
      readonly evil: string
    }> = [
      { location: { kind: "id" }, type: "varchar(60)", value: old, evil: fresh(2) },
      ...(my ? [] : [{ location: { kind: "id" as const }, type: pg ? "uuid" : "GUID", value: old, evil: fresh(2) }]),
      ...(my ? [{ location: { kind: "id" as const }, type: "uuid", value: old, evil: fresh(2) }] : []),
      {
        location: { kind: "id", twoStep: true },
        type: "varchar(60)",
        value: old,
        evil: fresh(2)
      },
      {
        location: { kind: "json-path", path: "a.id" },
        type: pg ? "jsonb" : long,
        value: (n) => JSON.stringify({ a: { id: old(n) }, admin: false }),
        evil: JSON.stringify({ a: { id: fresh(1) }, admin: true })
      },
      {
        location: { kind: "json-any" },
        type: pg ? "json" : long,
        value: (n) => JSON.stringify([old(n), { deep: old(3), admin: false }]),
        evil: JSON.stringify([fresh(1), { deep: fresh(3), admin: true }])
      },
      {
        location: { kind: "text" },
        type: long,
        value: (n) => `https://app.test/${old(n)}?next=${old(2)}`,
        evil: `https://evil.test/${fresh(1)}?next=${fresh(2)}`
      },
      {
        location: { kind: "array" },
        type: pg ? "uuid[]" : long,
        value: (n) => (pg ? `{${old(n)},${old(4)}}` : JSON.stringify([old(n), old(4)])),
        evil: pg ? `{${fresh(1)}}` : JSON.stringify([fresh(1)])
      }
    ]

    const create = (type: string, value: (n: number) => string) =>
      db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, c ${type})`,
        ...[1, 2, 3].map((n) => `INSERT INTO calls VALUES (${n}, '${value(n)}')`)
      )
    const planOf = (location: Omit<Location, "table" | "column">, more: Partial<DatabaseConfig> = {}) =>
      planDatabase(db.driver, {
        mappings: simple,
        locations: [{ ...location, table: "calls", column: "c" }],
        chunk: 1,
        ...more
      })
    const ledgerOf = (plan: DatabasePlan): string => {
      const [location] = plan.locations
      assert.isDefined(location)
      return tables(plan).ledger(location)
    }
    const prepared = async (
      type: string,
      value: (n: number) => string,
      location: Omit<Location, "table" | "column">
    ) => {
      await create(type, value)
      const plan = await planOf(location)
      await dryRunDatabase(db.driver, plan)
      return plan
    }

    for (const { location, type, value, evil } of kinds) {
      const what = `${location.kind} in ${type}${location.twoStep === true ? ", in two steps" : ""}`

      it(`${what}: a new value that the mapping does not make is not written`, async () => {
        const plan = await prepared(type, value, location)
        const before = await snapshot(db)
        await db.sql(`UPDATE ${ledgerOf(plan)} SET new_value = '${evil}' WHERE k1 = 1`)
        const message = await refused(applyDatabase(db.driver, plan))
        assert.match(message, /calls\.c: 1 rows? .*mapping/)
        assert.include(message, ledgerOf(plan))
        assert.deepStrictEqual(await snapshot(db), before)
        assert.isFalse((await verifyDatabase(db.driver, plan)).ok)
      })

      it(`${what}: an old value that does not lead to the new one is not put back`, async () => {
        const plan = await prepared(type, value, location)
        await applyDatabase(db.driver, plan)
        assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
        const after = await snapshot(db)
        await db.sql(`UPDATE ${ledgerOf(plan)} SET old_value = '${evil}' WHERE k1 = 1`)
        assert.match(await refused(rollbackDatabase(db.driver, plan)), /calls\.c: 1 rows? .*mapping/)
        assert.deepStrictEqual(await snapshot(db), after)
      })

      it(`${what}: nor is a row that was added, or a value that was taken away`, async () => {
        const plan = await prepared(type, value, location)
        const before = await snapshot(db)
        const { rows } = await db.driver.run(`SELECT * FROM ${ledgerOf(plan)} WHERE k1 = 1`)
        const names = Object.keys(rows[0] ?? {})
        const select = names.map((name) =>
          name === "n" ? "99" : name === "k1" ? "9" : name === "new_value" ? "old_value" : name
        )
        await db.sql(
          `INSERT INTO ${ledgerOf(plan)} (${names.join(", ")}) SELECT ${select.join(", ")} FROM ${ledgerOf(plan)} l WHERE k1 = 1`
        )
        await db.sql(`UPDATE ${ledgerOf(plan)} SET new_value = NULL WHERE k1 = 2`)
        assert.match(await refused(applyDatabase(db.driver, plan)), /calls\.c: 2 rows/)
        assert.deepStrictEqual(await snapshot(db), before)
      })
    }

    // SQLite has one transaction for all, and one writer.
    on(
      "PostgreSQL",
      "MariaDB",
      "PGlite"
    )("nor is an id written that somebody puts into a ledger while apply is under way", async () => {
      const plan = await prepared("varchar(60)", old, { kind: "id" })
      const forger = { commits: 0 }
      const forged: SqlDriver = {
        ...db.driver,
        run: async (sql, parameters) => {
          const result = await db.driver.run(sql, parameters)
          if (sql === "COMMIT" && ++forger.commits === 1)
            await db.sql(`UPDATE ${ledgerOf(plan)} SET new_value = '${fresh(4)}' WHERE n > 1`)
          return result
        }
      }
      assert.strictEqual((await applyDatabase(forged, plan)).changed, 1)
      // Which row comes first is the database's choice.
      const { rows } = await db.driver.run(`SELECT k1 FROM ${ledgerOf(plan)} WHERE n = 1`)
      const first = Number(rows[0]?.["k1"])
      assert.deepStrictEqual(
        await column(db, "calls", "c", "id"),
        [1, 2, 3].map((n) => (n === first ? fresh(n) : old(n)))
      )
      assert.deepInclude((await verifyDatabase(db.driver, plan)).locations[0], { renewed: 1, forged: 2 })
    })

    it("reserved values of two steps are checked as well", async () => {
      const plan = await prepared("varchar(60)", old, { kind: "id", twoStep: true })
      await db.sql(`UPDATE ${ledgerOf(plan)} SET tmp_value = 'evil' WHERE k1 = 1`)
      assert.match(await refused(applyDatabase(db.driver, plan)), /calls\.c: 1 rows?/)
    })

    for (const [forgery, sql] of [
      ["a target is another", (map: string) => `UPDATE ${map} SET target = 'evil' WHERE source = '${old(1)}'`],
      [
        "a source is more",
        (map: string) => `INSERT INTO ${map} (kind, source, target, tmp, again) VALUES ('*', 'x', 'y', 'z', 0)`
      ],
      ["a source is missing", (map: string) => `DELETE FROM ${map} WHERE source = '${old(1)}'`],
      ["nothing is left of it", (map: string) => `DELETE FROM ${map}`]
    ] as const) {
      it(`a mapping table that is not the plan's: ${forgery}`, async () => {
        const plan = await prepared("varchar(60)", old, { kind: "id" })
        const before = await snapshot(db)
        await db.sql(sql(tables(plan).map), `UPDATE ${ledgerOf(plan)} SET new_value = 'evil' WHERE k1 = 1`)
        assert.match(await refused(applyDatabase(db.driver, plan)), /mapping table/)
        assert.match(await refused(verifyDatabase(db.driver, plan)), /mapping table/)
        assert.match(await refused(rollbackDatabase(db.driver, plan)), /mapping table/)
        assert.deepStrictEqual(await snapshot(db), before)
        // The dry run writes it anew; what is wrong in the ledger stays wrong.
        await dryRunDatabase(db.driver, plan)
        assert.match(await refused(applyDatabase(db.driver, plan)), /calls\.c: 1 rows?/)
        await db.sql(`DELETE FROM ${ledgerOf(plan)} WHERE k1 = 1`)
        await dryRunDatabase(db.driver, plan)
        assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 3)
      })
    }

    on("PostgreSQL", "PGlite")("nor is its copy in the column's own type trusted", async () => {
      const plan = await prepared("uuid", old, { kind: "id" })
      const typed = tables(plan).typed(0)
      await db.sql(
        `UPDATE ${typed} SET target = '${fresh(9)}' WHERE source = '${old(1)}'`,
        `UPDATE ${ledgerOf(plan)} SET new_value = '${fresh(9)}' WHERE old_value = '${old(1)}'`
      )
      assert.match(await refused(applyDatabase(db.driver, plan)), /mapping table/)
    })

    it("what a column's type makes of an id is no forgery: capitals, padding, character sets", async () => {
      const upper = "ABCDEF00-0000-4000-8000-0000000000FF"
      const types = my
        ? [
            "uuid",
            "char(50)",
            "varchar(50) CHARACTER SET latin1",
            "varchar(50) CHARACTER SET utf8mb3",
            "varchar(50) COLLATE utf8mb4_bin",
            "longtext COLLATE utf8mb4_unicode_520_ci",
            `enum('${old(1)}', '${upper}')`
          ]
        : pg
          ? ["uuid", "char(50)", "varchar(50)", "name"]
          : ["char(50)", "GUID", "BLOB", "ANY"]
      const columns = types.map((_, at) => `c${at}`)
      await db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, ${types.map((type, at) => `c${at} ${type}`).join(", ")})`,
        `INSERT INTO calls VALUES (1, ${types.map(() => `'${old(1)}'`).join(", ")})`
      )
      const before = await snapshot(db)
      const plan = await planDatabase(db.driver, {
        mappings: [mapping(old(1), upper)],
        locations: columns.map((column) => ({ table: "calls", column, kind: "id" }))
      })
      await dryRunDatabase(db.driver, plan)
      assert.strictEqual((await applyDatabase(db.driver, plan)).changed, types.length)
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
      assert.strictEqual((await rollbackDatabase(db.driver, plan)).changed, types.length)
      assert.deepStrictEqual(await snapshot(db), before)
    })

    it("many ids: the mapping table is checked over all of its parts", async () => {
      const many = Array.from({ length: 2345 }, (_, n) => mapping(old(n), fresh(n), n % 2 === 0 ? "assistant" : "tool"))
      await create("varchar(60)", old)
      const plan = await planOf({ kind: "id" }, { mappings: many })
      await dryRunDatabase(db.driver, plan)
      await db.sql(`UPDATE ${tables(plan).map} SET target = 'evil' WHERE source = '${old(2001)}'`)
      assert.match(await refused(applyDatabase(db.driver, plan)), /mapping table/)
      await dryRunDatabase(db.driver, plan)
      assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 3)
    })
  })
}
