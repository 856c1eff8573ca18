/** Triggers: what they will write is said, and those that only set a time sleep where that is asked for. */
import { afterAll, assert, beforeAll, beforeEach, it } from "vitest"
import { applyDatabase, dryRunDatabase, planDatabase, rollbackDatabase } from "../src/index.ts"
import { aboutTables, column, databases, fresh, old, simple, snapshot, type TestDatabase } from "./databases.ts"

for (const { name, describe, open } of databases) {
  if (name === "MariaDB") continue
  describe(name, () => {
    let db: TestDatabase
    beforeAll(async () => {
      db = await open()
    }, 60_000)
    afterAll(() => db.close())
    beforeEach(async () => {
      await db.reset()
      await db.sql(
        "CREATE TABLE audit (line varchar(60))",
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60), updated_at varchar(60))",
        ...[1, 2].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}', 'then')`),
        ...(name === "SQLite"
          ? [
              "CREATE TRIGGER touch AFTER UPDATE OF ext ON calls BEGIN UPDATE calls SET updated_at = datetime('now') WHERE id = NEW.id; END",
              "CREATE TRIGGER noted AFTER UPDATE ON calls BEGIN INSERT INTO audit VALUES (NEW.ext); END"
            ]
          : [
              "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now()::text; RETURN NEW; END $$",
              "CREATE TRIGGER touch BEFORE UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION touch()",
              "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (NEW.ext); RETURN NEW; END $$",
              "CREATE TRIGGER noted AFTER UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION noted()"
            ])
      )
    })
    const planOf = (keepUpdatedAt: boolean) =>
      planDatabase(db.driver, {
        mappings: simple,
        locations: [{ table: "calls", column: "ext", kind: "id" }],
        keepUpdatedAt,
        chunk: 1
      })

    it("says which table each writes to, and which column it sets", async () => {
      const message = aboutTables(await planOf(false))[0]?.message ?? ""
      assert.match(message, /noted writes to audit/)
      assert.match(message, name === "SQLite" ? /touch writes to calls/ : /touch sets updated_at/)
      assert.match(message, /keepUpdatedAt/)
    })

    it("lets the time of a change stay, out and back, and only that trigger sleeps", async () => {
      const before = await snapshot(db)
      const plan = await planOf(true)
      await dryRunDatabase(db.driver, plan)
      await applyDatabase(db.driver, plan)
      assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [1, 2].map(fresh))
      assert.deepStrictEqual(await column(db, "calls", "updated_at", "id"), ["then", "then"])
      assert.deepStrictEqual(await column(db, "audit", "line", "line"), [1, 2].map(fresh))
      await rollbackDatabase(db.driver, plan)
      await db.sql("DELETE FROM audit")
      assert.deepStrictEqual(await snapshot(db), before)
      await db.sql("UPDATE calls SET ext = 'x' WHERE id = 1")
      assert.notStrictEqual((await column(db, "calls", "updated_at", "id"))[0], "then")
    })
  })
}
