/** Triggers: what they will write is said, and those that only set a time sleep where that is asked for. */
import { assert, beforeEach, it } from "vitest"
import {
  applyDatabase,
  cleanupDatabase,
  type DatabasePlan,
  dryRunDatabase,
  openDatabase,
  planDatabase,
  rollbackDatabase
} from "../src/index.ts"
import {
  aboutTables,
  column,
  databases,
  fresh,
  old,
  testDatabase,
  refused,
  simple,
  snapshot,
  type TestDatabase
} from "./databases.ts"

for (const { name, describe, open } of databases) {
  if (name === "MariaDB") continue
  describe(name, () => {
    const db = testDatabase(open)
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

    if (name === "SQLite") return
    const states = async () =>
      (await db.driver.run("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname")).rows.map(
        ({ tgname, tgenabled }) => `${String(tgname)} ${String(tgenabled)}`
      )

    it("no trigger of the application's is altered, of whatever state; a second update of an AFTER trigger counts, too", async () => {
      await db.sql(
        "ALTER TABLE calls ENABLE ALWAYS TRIGGER touch",
        "ALTER TABLE calls ENABLE REPLICA TRIGGER noted",
        `ALTER TABLE calls ADD COLUMN "Seen at" timestamptz, ADD COLUMN n int DEFAULT 0`,
        `CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE calls SET "Seen at" = now(), n = n WHERE id = NEW.id; RETURN NULL; END $$`,
        "CREATE TRIGGER zz_seen AFTER UPDATE OF ext ON calls FOR EACH ROW EXECUTE FUNCTION seen()"
      )
      const [before, enabled] = [await snapshot(db), await states()]
      for (const transaction of ["chunks", "single"] as const) {
        const plan = await planDatabase(db.driver, {
          mappings: simple,
          locations: [{ table: "calls", column: "ext", kind: "id" }],
          keepUpdatedAt: true,
          transaction,
          prefix: `aywa_${transaction}`
        })
        assert.deepStrictEqual(
          plan.keeps.flatMap(({ columns }) => columns),
          ["updated_at", "Seen at", "n"]
        )
        await dryRunDatabase(db.driver, plan)
        await applyDatabase(db.driver, plan)
        assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [1, 2].map(fresh))
        assert.deepStrictEqual(await states(), enabled)
        await rollbackDatabase(db.driver, plan)
        await cleanupDatabase(db.driver, plan)
      }
      assert.deepStrictEqual(await snapshot(db), before)
      assert.deepStrictEqual(await states(), enabled)
      assert.deepStrictEqual(
        (await db.driver.run("SELECT 1 FROM pg_namespace WHERE nspname = 'aywa_migration'")).rows,
        []
      )
    })

    if (name !== "PostgreSQL") return

    it("knows the function of PostgreSQL's own that sets a time", async () => {
      await db.sql(
        "CREATE EXTENSION moddatetime",
        "DROP TRIGGER touch ON calls",
        "ALTER TABLE calls DROP COLUMN updated_at",
        "ALTER TABLE calls ADD COLUMN updated_at timestamptz DEFAULT '2020-01-01'",
        "CREATE TRIGGER touch BEFORE UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION moddatetime(updated_at)"
      )
      const before = await column(db, "calls", "updated_at", "id")
      const plan = await planOf(true)
      await dryRunDatabase(db.driver, plan)
      await applyDatabase(db.driver, plan)
      assert.deepStrictEqual(await column(db, "calls", "updated_at", "id"), before)
    })

    it("while rows are written the application writes the same table, and its times change", async () => {
      const plan = await planOf(true)
      await dryRunDatabase(db.driver, plan)
      const other = await openDatabase(db.url)
      try {
        await other.run("SET lock_timeout = '100ms'")
        await db.sql("INSERT INTO calls VALUES (9, 'other', 'then')")
        let wrote = 0
        const beside: typeof db.driver = {
          ...db.driver,
          run: async (sql, parameters) => {
            const result = await db.driver.run(sql, parameters)
            if (/UPDATE "calls" AS t/.test(sql) && wrote++ === 0)
              await other.run("UPDATE calls SET ext = 'again' WHERE id = 9")
            return result
          }
        }
        await applyDatabase(beside, plan)
        assert.isAbove(wrote, 0)
        const times = await column(db, "calls", "updated_at", "id")
        assert.deepStrictEqual(times.slice(0, 2), ["then", "then"])
        assert.notStrictEqual(times[2], "then")
      } finally {
        await other.close()
      }
    })

    it("what a step leaves that ended half-way is dropped by the next one, whatever its plan says", async () => {
      const plan = await planOf(true)
      await dryRunDatabase(db.driver, plan)
      const dying = await openDatabase(db.url)
      const error: unknown = await applyDatabase(
        {
          ...dying,
          run: async (sql, parameters) => {
            if (/UPDATE "calls" AS t/.test(sql)) {
              const { rows } = await dying.run("SELECT pg_backend_pid() AS id")
              await db.driver.run(`SELECT pg_terminate_backend(${Number(rows[0]?.["id"])})`)
            }
            return dying.run(sql, parameters)
          }
        },
        plan
      ).catch((error: unknown) => error)
      assert.match(String(error), /connection/i)
      await dying.close().catch(() => undefined)
      assert.include((await states()).join(), "~aywa_migration_keep A")
      await applyDatabase(db.driver, await planOf(false))
      assert.notInclude((await states()).join(), "~aywa_migration_keep")
      await rollbackDatabase(db.driver, plan)
      await cleanupDatabase(db.driver, plan)
    })

    it("a role that does not own the tables is told before, with what helps", async () => {
      const role = `aywa_mover_${process.pid}`
      await db.sql(
        "CREATE TABLE agents (ext varchar(60) PRIMARY KEY)",
        ...[1, 2].map((n) => `INSERT INTO agents VALUES ('${old(n)}')`),
        "ALTER TABLE calls ADD CONSTRAINT calls_ext FOREIGN KEY (ext) REFERENCES agents (ext)",
        `CREATE ROLE ${role}`,
        `GRANT USAGE ON SCHEMA public TO ${role}`,
        `GRANT SELECT, UPDATE ON calls, agents TO ${role}`,
        `GRANT INSERT ON audit TO ${role}`,
        `CREATE SCHEMA aywa_migration AUTHORIZATION ${role}`
      )
      const plan = (keepUpdatedAt: boolean) =>
        planDatabase(db.driver, {
          mappings: simple,
          locations: [
            { table: "calls", column: "ext", kind: "id" },
            { table: "agents", column: "ext", kind: "id" }
          ],
          keepUpdatedAt
        })
      const errors = async (keepUpdatedAt: boolean) =>
        (await plan(keepUpdatedAt)).findings.filter(({ level }) => level === "error")
      try {
        assert.deepStrictEqual(await errors(true), [])
        await db.sql(`SET ROLE ${role}`)
        const found = await errors(true)
        assert.deepStrictEqual(
          found.map(({ subject }) => subject),
          ["calls_ext", "calls"]
        )
        for (const { message } of found)
          assert.match(message, new RegExp(`belongs to postgres.*GRANT postgres TO ${role}`))
        assert.match(await refused(applyAfter(db, await plan(false))), /calls_ext/)
        // The owner's statement helps, without any other right.
        const [statement = ""] = /ALTER TABLE [^;]+/.exec(found[0]?.message ?? "") ?? []
        await db.sql("RESET ROLE", statement, `SET ROLE ${role}`)
        assert.deepStrictEqual(await errors(false), [])
        const ready = await plan(false)
        await dryRunDatabase(db.driver, ready)
        assert.strictEqual((await applyDatabase(db.driver, ready)).changed, 4)
        await rollbackDatabase(db.driver, ready)
        await cleanupDatabase(db.driver, ready)
      } finally {
        await db.sql("RESET ROLE", `DROP OWNED BY ${role} CASCADE`, `DROP ROLE ${role}`)
      }
    })
  })
}

const applyAfter = async (db: TestDatabase, plan: DatabasePlan) => {
  await dryRunDatabase(db.driver, plan)
  return applyDatabase(db.driver, plan)
}
