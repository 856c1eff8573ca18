/** Row-level security: a role that would see some rows only is refused, whoever sees all of them is not stopped. */
import { randomBytes } from "node:crypto"
import { afterEach, assert, beforeEach, it } from "vitest"
import {
  applyDatabase,
  detectColumns,
  dryRunDatabase,
  mappingScripts,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { column, databases, emptyDatabase, fresh, old, refused, simple } from "./databases.ts"

const locations = [{ table: "calls", column: "ext", kind: "id" }] as const

for (const { name, describe, open } of databases) {
  if (name !== "PostgreSQL" && name !== "PGlite") continue
  describe(name, () => {
    const db = emptyDatabase(open)

    const suffix = randomBytes(4).toString("hex")
    const [owner, tenant] = [`aywa_owner_${suffix}`, `aywa_tenant_${suffix}`]
    const as = async <A>(role: string, work: () => Promise<A>): Promise<A> => {
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
        ...[owner, tenant].flatMap((role) => [
          `CREATE ROLE ${role}`,
          `GRANT CREATE ON DATABASE "${String(rows[0]?.["d"])}" TO ${role}`,
          `GRANT ALL ON SCHEMA public TO ${role}`
        ])
      )
      await as(owner, () =>
        db.sql(
          "CREATE TABLE calls (id int PRIMARY KEY, tenant int, ext varchar(60))",
          ...[1, 2, 3, 4].map((n) => `INSERT INTO calls VALUES (${n}, ${n % 2}, '${old(n)}')`),
          "ALTER TABLE calls ENABLE ROW LEVEL SECURITY",
          "CREATE POLICY one_tenant ON calls USING (tenant = 1)",
          `GRANT ALL ON calls TO ${tenant}`
        )
      )
    })
    afterEach(async () => {
      await db.reset()
      await db.sql(...[owner, tenant].flatMap((role) => [`DROP OWNED BY ${role}`, `DROP ROLE ${role}`]))
    })

    const planOf = () => planDatabase(db.driver, { mappings: simple, locations })
    const exts = () => column(db, "calls", "ext", "id")
    const before = [1, 2, 3, 4].map(old)

    it("a role that a policy shows one tenant is refused in the plan, by table and policy, and in every step", async () => {
      await as(tenant, async () => {
        const plan = await planOf()
        const errors = plan.findings.filter(({ level }) => level === "error")
        assert.strictEqual(errors.length, 1)
        assert.match(errors[0]?.subject ?? "", /calls/)
        assert.match(errors[0]?.message ?? "", /one_tenant/)
        assert.include(errors[0]?.message, `ALTER ROLE ${tenant} BYPASSRLS`)
        for (const step of [dryRunDatabase, applyDatabase, verifyDatabase, rollbackDatabase]) {
          assert.match(await refused(step(db.driver, plan)), /calls.*one_tenant/s)
        }
        assert.match(await refused(detectColumns(db.driver, { mappings: simple })), /calls.*one_tenant/s)
      })
      assert.deepStrictEqual(await exts(), before)
    })

    it("an owner on whom it is forced is refused, with the statement that lifts it", async () => {
      await as(owner, async () => {
        await db.sql("ALTER TABLE calls FORCE ROW LEVEL SECURITY")
        const message = (await planOf()).findings.find(({ level }) => level === "error")?.message
        assert.match(message ?? "", /ALTER TABLE calls NO FORCE ROW LEVEL SECURITY/)
        await db.sql("ALTER TABLE calls NO FORCE ROW LEVEL SECURITY")
        const plan = await planOf()
        await dryRunDatabase(db.driver, plan)
        assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 4)
        assert.deepStrictEqual(await exts(), [1, 2, 3, 4].map(fresh))
        // Somebody turns it on meanwhile.
        await db.sql("ALTER TABLE calls FORCE ROW LEVEL SECURITY")
        for (const step of [dryRunDatabase, verifyDatabase, rollbackDatabase]) {
          assert.match(await refused(step(db.driver, plan)), /one_tenant/)
        }
      })
    })

    it("a parent whose rows are hidden is refused as well: its children could not be counted", async () => {
      await as(owner, () =>
        db.sql(
          "CREATE TABLE agents (ext varchar(60) PRIMARY KEY)",
          "INSERT INTO agents SELECT ext FROM calls",
          "ALTER TABLE calls ADD CONSTRAINT calls_ext FOREIGN KEY (ext) REFERENCES agents (ext)",
          "ALTER TABLE calls DISABLE ROW LEVEL SECURITY",
          "ALTER TABLE agents ENABLE ROW LEVEL SECURITY",
          `GRANT ALL ON agents TO ${tenant}`
        )
      )
      await as(tenant, async () => {
        const errors = (await planOf()).findings.filter(({ level }) => level === "error")
        assert.isTrue(errors.some(({ subject, message }) => subject === "agents" && /no policy/.test(message)))
      })
    })

    it("the caller's session is as it was afterwards", async () => {
      const setting = async () => (await db.driver.run("SHOW row_security")).rows[0]?.["row_security"]
      const plan = await planOf()
      for (const value of ["on", "off"]) {
        await db.sql(`SET row_security = ${value}`)
        await dryRunDatabase(db.driver, plan)
        await applyDatabase(db.driver, plan)
        await verifyDatabase(db.driver, plan)
        await rollbackDatabase(db.driver, plan)
        await detectColumns(db.driver, { mappings: simple })
        assert.strictEqual(await setting(), value)
      }
      await db.sql("RESET row_security")
    })

    // Scripts are psql's, which the embedded engine has not.
    it.each(name === "PostgreSQL" ? ["such a role"] : [])("scripts run as %s stop before they look", async () => {
      const plan = await planOf()
      for (const [file, text] of Object.entries(mappingScripts(plan))) {
        if (file === "5-cleanup.sql") continue
        const error: unknown = await db.script(`SET ROLE ${tenant};\n${text}`).catch((error: unknown) => error)
        assert.match(String(error), /calls.*one_tenant|row-level security/s, file)
      }
      assert.deepStrictEqual(await exts(), before)
    })
  })
}
