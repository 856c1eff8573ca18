/** What a plan says about its own tables, and what becomes of those of an older version. */
import { randomBytes } from "node:crypto"
import { afterAll, assert, beforeAll, beforeEach, it } from "vitest"
import {
  applyDatabase,
  cleanupDatabase,
  dryRunDatabase,
  isMigrationError,
  mysqlDriver,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { databases, old, simple, type TestDatabase } from "./databases.ts"

const locations = [
  { table: "calls", column: "ext", kind: "id" },
  { table: "calls", column: "body", kind: "text" }
] as const

const refused = async (work: Promise<unknown>, tag = "Refused"): Promise<string> => {
  const error: unknown = await work.then(
    () => undefined,
    (error: unknown) => error
  )
  assert(isMigrationError(error) && error.reason._tag === tag, String(error))
  return error.message
}

for (const { name, describe, open } of databases) {
  describe(name, () => {
    let db: TestDatabase
    beforeAll(async () => {
      db = await open()
    }, 60_000)
    afterAll(() => db.close())
    beforeEach(() => db.reset())

    /** `it`, on some of the databases. */
    const on = (...names: ReadonlyArray<string>): ((title: string, test: () => Promise<void>) => unknown) =>
      names.includes(name) ? it : () => undefined
    const create = () =>
      db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60), body ${name === "MariaDB" ? "longtext" : "text"})`,
        ...[1, 2].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}', 'secret of ${old(n)}')`)
      )
    const planOf = (prefix = "aywa_migration") =>
      planDatabase(db.driver, { mappings: simple, locations, prefix, chunk: 1 })

    it("a finding says in plain words that ledgers hold copies of rows until cleanup", async () => {
      await create()
      const { findings } = await planOf()
      const [about] = findings.filter(({ subject }) => subject === "ledgers")
      assert.strictEqual(about?.level, "info")
      assert.match(about?.message ?? "", /copies of .*rows.*calls\.body.*until cleanup/s)
    })

    on("MariaDB", "SQLite")("ledgers of an older version are refused, with what to do about them", async () => {
      await create()
      // Its table of the run had no word about itself.
      await db.sql(
        "CREATE TABLE aywa_migration_run (item varchar(190) PRIMARY KEY, value text NOT NULL)",
        "INSERT INTO aywa_migration_run VALUES ('checksum', 'x'), ('prepared', 'x')"
      )
      const plan = await planOf()
      for (const step of [dryRunDatabase, applyDatabase, verifyDatabase, rollbackDatabase, cleanupDatabase]) {
        const message = await refused(step(db.driver, plan), "OutOfOrder")
        assert.match(message, /older version.*[Ff]inish.*DROP TABLE/s)
        assert.include(message, "aywa_migration_run")
      }
      assert.strictEqual((await db.driver.run("SELECT * FROM aywa_migration_run")).rows.length, 2)
    })

    on("MariaDB")("accounts with rights on the whole database are named", async () => {
      await create()
      const [one, two, three, role] = ["a", "b", "c", "r"].map(
        (letter) => `aywa_${letter}_${randomBytes(4).toString("hex")}`
      )
      const pattern = `${db.name.replaceAll("_", "\\_").slice(0, -1)}%`
      await db.sql(
        ...[one, two, three].map((user) => `CREATE USER '${user}'@'127.0.0.1'`),
        `CREATE ROLE ${role}`,
        `GRANT SELECT ON \`${db.name}\`.* TO '${one}'@'127.0.0.1'`,
        `GRANT SELECT, UPDATE ON \`${pattern}\`.* TO ${role}`,
        `GRANT SELECT ON *.* TO '${two}'@'127.0.0.1'`,
        `GRANT SELECT ON \`${db.name}\`.calls TO '${three}'@'127.0.0.1'`
      )
      try {
        const { findings } = await planOf()
        const told = findings.filter(({ level }) => level === "warning").map(({ message }) => message)
        assert.strictEqual(told.length, 1)
        assert.include(told[0], `'${one}'@'127.0.0.1' (SELECT)`)
        assert.include(told[0], `'${role}'@'' (SELECT, UPDATE)`)
        assert.include(told[0], `'${two}'@'127.0.0.1' (SELECT)`)
        assert.notInclude(told[0], three ?? "")
        assert.notInclude(told[0], "root")
        // An account that may not see the grants of others says so instead of "nobody".
        await db.sql(`GRANT ALL ON \`${db.name}\`.* TO '${three}'@'127.0.0.1'`)
        const small = await mysqlDriver(`mysql://${three}@127.0.0.1:3306/${db.name}`)
        try {
          const plan = await planDatabase(small, { mappings: simple, locations })
          assert.match(
            plan.findings.map(({ message }) => message).join("\n"),
            /cannot see the grants of other accounts/
          )
        } finally {
          await small.close()
        }
      } finally {
        await db.sql(...[one, two, three].map((user) => `DROP USER '${user}'@'127.0.0.1'`), `DROP ROLE ${role}`)
      }
    })
  })
}
