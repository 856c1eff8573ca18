/** What a plan says about its own tables, and what becomes of those of an older version. */
import { randomBytes } from "node:crypto"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "vitest"
import {
  applyDatabase,
  cleanupDatabase,
  dryRunDatabase,
  mappingScripts,
  mysqlDriver,
  openDatabase,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { databases, emptyDatabase, old, refused, simple } from "./databases.ts"

const locations = [
  { table: "calls", column: "ext", kind: "id" },
  { table: "calls", column: "body", kind: "text" }
] as const

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = emptyDatabase(open)

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

    on("SQLite")("a file that everybody can write is refused, one that everybody can read is told", async () => {
      const folder = mkdtempSync(join(tmpdir(), "aywa-mode-"))
      const file = join(folder, "app.db")
      const driver = await openDatabase(file)
      try {
        await driver.run("CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60), body text)")
        const levels = async () =>
          (await planDatabase(driver, { mappings: simple, locations })).findings
            .filter(({ message }) => message.includes("everybody on this machine"))
            .map(({ level }) => level)
        chmodSync(file, 0o666)
        assert.deepStrictEqual(await levels(), ["error"])
        const plan = await planDatabase(driver, { mappings: simple, locations })
        assert.match(await refused(dryRunDatabase(driver, plan), "Refused"), /chmod o= /)
        assert.deepStrictEqual((await driver.run("SELECT name FROM sqlite_master WHERE name LIKE 'aywa%'")).rows, [])
        chmodSync(file, 0o644)
        assert.deepStrictEqual(await levels(), ["warning"])
        chmodSync(file, 0o600)
        assert.deepStrictEqual(await levels(), [])
      } finally {
        await driver.close()
        rmSync(folder, { recursive: true })
      }
    })

    on("MariaDB")(
      "accounts with rights on the whole database are refused, until the ledgers have their own",
      async () => {
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
        const own = `aywa_own_${randomBytes(4).toString("hex")}`
        try {
          const plan = await planOf()
          const told = (level: string) =>
            plan.findings.filter((finding) => finding.level === level).map(({ message }) => message)
          assert.strictEqual(told("error").length, 1)
          assert.include(told("error")[0], `'${one}'@'127.0.0.1' (SELECT)`)
          assert.include(told("error")[0], `'${role}'@'' (SELECT, UPDATE)`)
          assert.include(told("warning").join("\n"), `'${two}'@'127.0.0.1' (SELECT)`)
          assert.notInclude(told("error").join() + told("warning").join(), three ?? "")
          assert.notInclude(told("error").join() + told("warning").join(), "root")
          // Nothing is made where they would see it.
          assert.match(await refused(dryRunDatabase(db.driver, plan), "Refused"), /ledgerDatabase/)
          const { rows } = await db.driver.run("SHOW TABLES LIKE 'aywa%'")
          assert.deepStrictEqual(rows, [])
          assert.match(
            String(await db.script(mappingScripts(plan)["1-prepare.sql"]).catch(String)),
            /others reach the ledgers/
          )
          await db.sql("DROP TABLE aywa_migration_map, aywa_migration_run, aywa_migration_guard")
          // In a database of its own, the whole way, scripts included.
          await db.sql(`CREATE DATABASE ${own}`)
          const closed = await planDatabase(db.driver, { mappings: simple, locations, ledgerDatabase: own })
          assert.deepStrictEqual(
            closed.findings.filter(({ level }) => level === "error"),
            []
          )
          await dryRunDatabase(db.driver, closed)
          assert.isAbove((await applyDatabase(db.driver, closed)).changed, 0)
          assert.deepStrictEqual((await verifyDatabase(db.driver, closed)).problems, [])
          await rollbackDatabase(db.driver, closed)
          await cleanupDatabase(db.driver, closed)
          const scripts = mappingScripts(closed)
          for (const file of [
            "1-prepare.sql",
            "2-apply.sql",
            "3-verify.sql",
            "4-rollback.sql",
            "5-cleanup.sql"
          ] as const)
            await db.script(scripts[file])
          assert.deepStrictEqual((await db.driver.run(`SHOW TABLES FROM ${own}`)).rows, [])
          assert.deepStrictEqual((await db.driver.run("SHOW TABLES LIKE 'aywa%'")).rows, [])
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
          await db.sql(`DROP DATABASE IF EXISTS ${own}`)
          await db.sql(...[one, two, three].map((user) => `DROP USER '${user}'@'127.0.0.1'`), `DROP ROLE ${role}`)
        }
      }
    )
  })
}
