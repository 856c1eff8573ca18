/** Who can get at the ledgers, which hold whole values of customers' rows: nobody but the role that made them. */
import { randomBytes } from "node:crypto"
import { afterEach, assert, beforeEach, it } from "vitest"
import {
  applyDatabase,
  cleanupDatabase,
  detectColumns,
  dryRunDatabase,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { tables } from "../src/sql/dialect.ts"
import { column, databases, emptyDatabase, fresh, old, refused, simple } from "./databases.ts"

const locations = [
  { table: "calls", column: "ext", kind: "id" },
  { table: "calls", column: "body", kind: "text" }
] as const

for (const { name, describe, open } of databases) {
  if (name !== "PostgreSQL" && name !== "PGlite") continue
  describe(name, () => {
    const db = emptyDatabase(open)

    const create = () =>
      db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60), body text)",
        ...[1, 2].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}', 'secret of ${old(n)}')`)
      )
    const planOf = (prefix = "aywa_migration") =>
      planDatabase(db.driver, { mappings: simple, locations, prefix, chunk: 1 })
    const exts = () => column(db, "calls", "ext", "id")

    const suffix = randomBytes(4).toString("hex")
    const [owner, anon, authenticated, other] = ["owner", "anon", "authenticated", "other"].map(
      (role) => `aywa_${role}_${suffix}`
    )
    const roles = [owner, anon, authenticated, other]
    const as = async <A>(role: string | undefined, work: () => Promise<A>): Promise<A> => {
      await db.sql(`SET ROLE ${role}`)
      try {
        return await work()
      } finally {
        await db.sql("RESET ROLE")
      }
    }
    beforeEach(async () => {
      const { rows } = await db.driver.run("SELECT current_database() AS d")
      await db.sql(
        ...roles.map((role) => `CREATE ROLE ${role}`),
        `GRANT CREATE ON DATABASE "${String(rows[0]?.["d"])}" TO ${owner}`,
        `ALTER SCHEMA public OWNER TO ${owner}`
      )
    })
    afterEach(async () => {
      await db.reset()
      await db.sql(...roles.flatMap((role) => [`DROP OWNED BY ${role}`, `DROP ROLE ${role}`]))
    })

    /** What others than the owner may do with anything that a migration made, in whatever schema. */
    const open_ = async (): Promise<ReadonlyArray<string>> => {
      const { rows } = await db.driver.run(
        `SELECT n.nspname || '.' || c.relname || ' ' || a.grantee::regrole || ' ' || a.privilege_type AS v FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a WHERE (c.relname LIKE 'aywa_migration%' OR n.nspname = 'aywa_migration') AND a.grantee <> c.relowner
         UNION ALL SELECT n.nspname || ' ' || a.grantee::regrole || ' ' || a.privilege_type FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'aywa_migration' AND a.grantee <> n.nspowner
         UNION ALL SELECT 'no row-level security: ' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND (c.relname LIKE 'aywa_migration%' OR n.nspname = 'aywa_migration') AND NOT c.relrowsecurity`
      )
      return rows.map((row) => String(row["v"]))
    }
    const left = async () =>
      (
        await db.driver.run(
          "SELECT relname AS v FROM pg_class WHERE relname LIKE 'aywa_migration%' UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = 'aywa_migration'"
        )
      ).rows

    /** As a hosted PostgreSQL has it: whatever is made belongs to everybody. */
    const everything = ["TABLES", "SEQUENCES", "FUNCTIONS", "SCHEMAS"].flatMap((what) => [
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT ALL ON ${what} TO ${anon}, PUBLIC`,
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT ALL ON ${what} TO ${authenticated} WITH GRANT OPTION`,
      ...(what === "SCHEMAS"
        ? []
        : [
            `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA public GRANT ALL ON ${what} TO ${anon}, ${authenticated}`
          ])
    ])

    it("default privileges, of a schema and of all of them, give nobody a look at a ledger", async () => {
      await db.sql(...everything)
      await as(owner, async () => {
        await create()
        const plan = await planOf()
        await dryRunDatabase(db.driver, plan)
        assert.deepStrictEqual(await open_(), [])
        const made = [
          tables(plan).map,
          tables(plan).run,
          tables(plan).typed(0),
          ...plan.locations.map(tables(plan).ledger)
        ]
        for (const role of [anon, authenticated]) {
          for (const table of made) {
            for (const statement of [
              `SELECT * FROM ${table}`,
              `DELETE FROM ${table}`,
              `UPDATE ${table} SET ctid = NULL`
            ]) {
              await db.sql("RESET ROLE")
              const error: unknown = await as(role, () => db.sql(statement)).catch((error: unknown) => error)
              await db.sql(`SET ROLE ${owner}`)
              assert.match(String(error), /permission denied/, statement)
            }
          }
        }
        // The owner, who is no superuser, goes the whole way.
        assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 4)
        assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
        await dryRunDatabase(db.driver, plan)
        assert.deepStrictEqual(await open_(), [])
        assert.strictEqual((await rollbackDatabase(db.driver, plan)).changed, 4)
        await cleanupDatabase(db.driver, plan)
        assert.deepStrictEqual(await left(), [])
      })
    })

    it("rights that somebody grants later show no row, stop apply, and are taken away by the next dry run", async () => {
      await as(owner, async () => {
        await create()
        await dryRunDatabase(db.driver, await planOf())
      })
      await db.sql(
        `GRANT USAGE ON SCHEMA aywa_migration TO ${anon}`,
        `GRANT ALL ON ALL TABLES IN SCHEMA aywa_migration TO ${anon}`
      )
      await as(anon, async () => {
        const { rows } = await db.driver.run("SELECT * FROM aywa_migration.aywa_migration_l1")
        assert.deepStrictEqual(rows, [])
        const { changes } = await db.driver.run("UPDATE aywa_migration.aywa_migration_l1 SET new_value = 'evil'")
        assert.strictEqual(changes, 0)
      })
      await as(owner, async () => {
        const plan = await planOf()
        assert.match(await refused(applyDatabase(db.driver, plan)), /rights on the ledgers.*dry run/s)
        await dryRunDatabase(db.driver, plan)
        assert.deepStrictEqual(await open_(), [])
        assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 4)
      })
    })

    it("what somebody hung on a ledger while it was open is not run", async () => {
      await as(owner, async () => {
        await create()
        await dryRunDatabase(db.driver, await planOf())
      })
      await db.sql(
        `GRANT USAGE ON SCHEMA aywa_migration TO ${anon}`,
        `GRANT ALL ON ALL TABLES IN SCHEMA aywa_migration TO ${anon}`,
        `CREATE SCHEMA hers AUTHORIZATION ${anon}`
      )
      await as(anon, () =>
        db.sql(
          "CREATE FUNCTION hers.steal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM public.calls; RETURN NEW; END $$",
          "CREATE TRIGGER mine BEFORE INSERT ON aywa_migration.aywa_migration_run FOR EACH ROW EXECUTE FUNCTION hers.steal()"
        )
      )
      await as(owner, async () => {
        const plan = await planOf()
        for (const step of [dryRunDatabase, applyDatabase, rollbackDatabase]) {
          assert.match(await refused(step(db.driver, plan)), /trigger mine on aywa_migration\.aywa_migration_run/)
        }
        assert.deepStrictEqual(await exts(), [old(1), old(2)])
      })
    })

    it("a schema that is somebody else's is not used", async () => {
      await db.sql(
        `CREATE SCHEMA aywa_migration AUTHORIZATION ${other}`,
        `GRANT ALL ON SCHEMA aywa_migration TO ${owner}`
      )
      await as(owner, async () => {
        await create()
        const plan = await planOf()
        const findings = plan.findings.filter(({ level }) => level === "error")
        assert.match(findings[0]?.message ?? "", new RegExp(`aywa_migration belongs to ${other}`))
        assert.match(await refused(dryRunDatabase(db.driver, plan)), new RegExp(`belongs to ${other}`))
      })
    })

    it("ledgers of another role are not touched, and it is named", async () => {
      await as(owner, async () => {
        await create()
        await dryRunDatabase(db.driver, await planOf())
      })
      await db.sql(`GRANT ALL ON SCHEMA public TO ${other}`, `GRANT ALL ON calls TO ${other}`)
      await as(other, async () => {
        const plan = await planOf()
        for (const step of [dryRunDatabase, applyDatabase, verifyDatabase, rollbackDatabase, cleanupDatabase]) {
          assert.match(await refused(step(db.driver, plan)), new RegExp(`belongs to ${owner}`))
        }
      })
      await as(owner, async () => assert.strictEqual((await applyDatabase(db.driver, await planOf())).changed, 4))
    })

    it("a role that may not make a schema is told what to ask for, and uses what it is given", async () => {
      await db.sql(`ALTER SCHEMA public OWNER TO ${other}`)
      await as(other, async () => {
        await create()
        const { findings } = await planOf()
        const [error] = findings.filter(({ level }) => level === "error")
        assert.include(error?.message, `CREATE SCHEMA aywa_migration AUTHORIZATION ${other}`)
      })
      await db.sql(`CREATE SCHEMA aywa_migration AUTHORIZATION ${other}`)
      await as(other, async () => {
        const plan = await planOf()
        await dryRunDatabase(db.driver, plan)
        assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 4)
        await cleanupDatabase(db.driver, plan)
      })
      // It was not ours to make, so it is not ours to drop.
      assert.deepStrictEqual(
        (await left()).map((row) => row["v"]),
        ["aywa_migration"]
      )
    })

    it("two runs live in the schema side by side, and the last one takes it along", async () => {
      await create()
      const one = await planOf("run_1")
      const two = await planOf("run_2")
      await dryRunDatabase(db.driver, one)
      await dryRunDatabase(db.driver, two)
      await cleanupDatabase(db.driver, one)
      await applyDatabase(db.driver, two)
      assert.deepStrictEqual(await exts(), [fresh(1), fresh(2)])
      await cleanupDatabase(db.driver, two)
      assert.deepStrictEqual(await left(), [])
    })

    it("ledgers are no place where ids are found", async () => {
      await create()
      const plan = await planOf("run_1")
      await dryRunDatabase(db.driver, plan)
      const found = await detectColumns(db.driver, { mappings: simple })
      assert.deepStrictEqual(
        found.map(({ location }) => location.table),
        ["calls", "calls"]
      )
    })

    it("what was prepared for the tables of one schema is not taken for another's", async () => {
      await create()
      await db.sql("CREATE SCHEMA tenant_2")
      await db.sql(
        "CREATE TABLE tenant_2.calls AS SELECT * FROM public.calls",
        "ALTER TABLE tenant_2.calls ADD PRIMARY KEY (id)"
      )
      try {
        await dryRunDatabase(db.driver, await planOf())
        await db.sql("SET search_path = tenant_2")
        const plan = await planOf()
        assert.match(await refused(dryRunDatabase(db.driver, plan), "OutOfOrder"), /prefix/)
        await refused(applyDatabase(db.driver, plan), "OutOfOrder")
        const second = await planOf("tenant_2")
        await dryRunDatabase(db.driver, second)
        assert.strictEqual((await applyDatabase(db.driver, second)).changed, 4)
      } finally {
        await db.sql("SET search_path = DEFAULT", "DROP SCHEMA tenant_2 CASCADE")
      }
      assert.deepStrictEqual(await exts(), [old(1), old(2)])
    })

    it("ledgers of another layout, in the schema of ours, are refused with what to do about them", async () => {
      await create()
      const plan = await planOf()
      await dryRunDatabase(db.driver, plan)
      const layout = (value: string) =>
        db.sql(`UPDATE aywa_migration.aywa_migration_run SET value = '${value}' WHERE item = 'layout'`)
      const [row] = (await db.driver.run("SELECT value FROM aywa_migration.aywa_migration_run WHERE item = 'layout'"))
        .rows
      await layout("4")
      for (const step of [dryRunDatabase, applyDatabase, verifyDatabase, rollbackDatabase, cleanupDatabase]) {
        const message = await refused(step(db.driver, plan), "OutOfOrder")
        assert.match(message, /older version.*[Ff]inish.*DROP TABLE aywa_migration\.aywa_migration_l1/s)
      }
      await layout(String(row?.["value"]))
      await cleanupDatabase(db.driver, plan)
    })

    it("ledgers of an older version, in a schema of the application, are refused with what to do about them", async () => {
      await create()
      await db.sql(
        "CREATE SCHEMA was",
        "CREATE TABLE was.aywa_migration_run (item text PRIMARY KEY, value text NOT NULL)",
        "CREATE TABLE was.aywa_migration_l1 (n bigint)"
      )
      try {
        const plan = await planOf()
        for (const step of [dryRunDatabase, applyDatabase, verifyDatabase, rollbackDatabase, cleanupDatabase]) {
          const message = await refused(step(db.driver, plan), "OutOfOrder")
          assert.match(message, /older version.*[Ff]inish.*DROP TABLE/s)
          assert.include(message, "DROP TABLE was.aywa_migration_l1")
        }
        await db.sql("DROP TABLE was.aywa_migration_run, was.aywa_migration_l1")
        await dryRunDatabase(db.driver, plan)
      } finally {
        await db.sql("DROP SCHEMA was CASCADE")
      }
    })
  })
}
