/** Triggers that ask for some columns (`UPDATE OF`) run for the rows in which those change, and for no others. */
import { assert, it } from "vitest"
import {
  applyDatabase,
  dryRunDatabase,
  mappingScripts,
  planDatabase,
  planMappingSql,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { column, databases, emptyDatabase, fresh, old, simple } from "./databases.ts"

for (const { name, describe, open } of databases) {
  // It has no such triggers.
  if (name === "MariaDB") continue
  describe(name, () => {
    const db = emptyDatabase(open)

    const create = () =>
      db.sql(
        "CREATE TABLE audit (line int)",
        'CREATE TABLE calls (id int PRIMARY KEY, a varchar(60), b varchar(60), "C d" varchar(60))',
        `INSERT INTO calls VALUES (1, '${old(1)}', 'x', 'x'), (2, 'x', '${old(2)}', '${old(2)}'), (3, '${old(3)}', '${old(3)}', NULL), (4, NULL, NULL, '${old(4)}')`,
        ...(name === "SQLite"
          ? [
              "CREATE TRIGGER noted AFTER UPDATE OF a ON calls BEGIN INSERT INTO audit VALUES (NEW.id); END",
              'CREATE TRIGGER quoted AFTER UPDATE OF id, "C d" ON calls BEGIN INSERT INTO audit VALUES (10 + NEW.id); END'
            ]
          : [
              "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (TG_ARGV[0]::int + NEW.id); RETURN NEW; END $$",
              "CREATE TRIGGER noted AFTER UPDATE OF a ON calls FOR EACH ROW EXECUTE FUNCTION noted(0)",
              'CREATE TRIGGER quoted AFTER UPDATE OF id, "C d" ON calls FOR EACH ROW EXECUTE FUNCTION noted(10)'
            ])
      )
    const locations = ["a", "b", "C d"].map((column) => ({ table: "calls", column, kind: "id", key: ["id"] }) as const)
    const audit = () => column(db, "audit", "line", "line")

    it("although the columns of a row are written at once", async () => {
      await create()
      const plan = await planDatabase(db.driver, { mappings: simple, locations })
      await dryRunDatabase(db.driver, plan)
      assert.deepStrictEqual(await audit(), [])
      assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 6)
      assert.deepStrictEqual(await audit(), ["1", "3", "12", "14"])
      assert.deepStrictEqual(await column(db, "calls", "b", "id"), ["x", fresh(2), fresh(3), null])
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
      await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual(await audit(), ["1", "1", "3", "3", "12", "12", "14", "14"])
    })

    for (const transaction of ["single", "chunks"] as const) {
      // It takes a file as one query, in which no loop can commit.
      if (name === "PGlite" && transaction === "chunks") continue
      it(`by script, which nobody told of them: ${transaction}`, async () => {
        await create()
        const dialect = db.driver.dialect
        const scripts = mappingScripts(planMappingSql({ dialect, mappings: simple, locations, transaction, chunk: 2 }))
        await db.script(scripts["1-prepare.sql"])
        assert.deepStrictEqual(await audit(), [])
        await db.script(scripts["2-apply.sql"])
        assert.deepStrictEqual(await audit(), ["1", "3", "12", "14"])
        assert.deepStrictEqual(await column(db, "calls", "b", "id"), ["x", fresh(2), fresh(3), null])
        await db.script(scripts["2-apply.sql"])
        await db.script(scripts["4-rollback.sql"])
        assert.deepStrictEqual(await audit(), ["1", "1", "3", "3", "12", "12", "14", "14"])
      })
    }
  })
}
