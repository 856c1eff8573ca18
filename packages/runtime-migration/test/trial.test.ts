/** The dry run finds what apply would trip over, and errors say where; locks of others are waited for, and never died of. */
import { assert, it } from "vitest"
import {
  applyDatabase,
  dryRunDatabase,
  isMigrationError,
  type Location,
  openDatabase,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { column, databases, emptyDatabase, fresh, mapping, old, simple, snapshot } from "./databases.ts"

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = emptyDatabase(open)

    const on = (...names: ReadonlyArray<string>): ((title: string, test: () => Promise<void>) => unknown) =>
      names.includes(name) ? it : () => undefined
    const calls: Location = { table: "calls", column: "ext", kind: "id" }
    const planOf = (locations: ReadonlyArray<Location> = [calls]) =>
      planDatabase(db.driver, { mappings: simple, locations, chunk: 10 })
    const rows = [1, 2, 3, 4].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}')`)
    /** The problems of a dry run, which leaves everything as it was. */
    const problems = async () => {
      const before = await snapshot(db)
      const report = await dryRunDatabase(db.driver, await planOf())
      assert.deepStrictEqual(await snapshot(db), before)
      return report.problems.join("\n")
    }

    it("an id that another row has already, where it is unique", async () => {
      await db.sql("CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60) UNIQUE)", ...rows)
      await db.sql(`INSERT INTO calls VALUES (9, '${fresh(3)}')`)
      assert.match(
        await problems(),
        new RegExp(`calls\\.ext: 1 rows would get an id that another row has.*${fresh(3)}`)
      )
    })

    it("a CHECK that knows the old ids only: location, key and statement are named, by apply as well", async () => {
      await db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60), CONSTRAINT known CHECK (ext <> '${fresh(3)}'))`,
        ...rows
      )
      assert.match(await problems(), /calls\.ext, id = 3: .*known.*The statement was: /s)
      const error: unknown = await applyDatabase(db.driver, await planOf()).catch((error: unknown) => error)
      assert(isMigrationError(error) && error.reason._tag === "StatementFailed", String(error))
      assert.strictEqual(error.reason.location, "calls.ext")
      assert.match(error.reason.statement, /UPDATE/)
      if (name === "SQLite") return
      assert.strictEqual(error.reason.key, "id = 3")
      // The rows before it are done, and stay so.
      const exts = await column(db, "calls", "ext", "id")
      assert.strictEqual(exts[2], old(3))
      assert.isTrue([1, 2, 4].map(fresh).some((id) => exts.includes(id)))
    })

    it("a trigger that refuses", async () => {
      await db.sql("CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))", ...rows)
      const trigger: Readonly<Record<string, ReadonlyArray<string>>> = {
        sqlite: ["CREATE TRIGGER never BEFORE UPDATE ON calls BEGIN SELECT RAISE(ABORT, 'closed books'); END"],
        mysql: [
          "CREATE TRIGGER never BEFORE UPDATE ON calls FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'closed books'"
        ],
        postgres: [
          "CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'closed books'; END $$",
          "CREATE TRIGGER never BEFORE UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION never()"
        ]
      }
      await db.sql(...(trigger[db.driver.dialect] ?? []))
      assert.match(await problems(), /calls\.ext, id = \d: .*closed books/)
    })

    on("PostgreSQL", "PGlite")("a partition that is not there, and domains that do not take the id", async () => {
      await db.sql(
        "CREATE TABLE calls (id int, ext varchar(60), PRIMARY KEY (id, ext)) PARTITION BY LIST (ext)",
        `CREATE TABLE calls_1 PARTITION OF calls FOR VALUES IN ('${old(1)}', '${old(2)}', '${fresh(1)}')`,
        ...rows.slice(0, 2)
      )
      assert.match(await problems(), /calls\.ext, id = 2.*no partition of relation/)
      await db.reset()
      await db.sql(
        `CREATE DOMAIN known AS varchar(60) CHECK (VALUE <> '${fresh(3)}')`,
        "CREATE DOMAIN inner_known AS known",
        "CREATE TABLE calls (id int PRIMARY KEY, ext inner_known)",
        ...rows
      )
      assert.match(
        await problems(),
        /calls\.ext, id = 3: value for domain inner_known violates check constraint.*The statement was: /s
      )
      await db.sql("DROP TABLE calls", "CREATE TABLE calls (id int, ext known PRIMARY KEY)", ...rows)
      await db.sql("DROP SCHEMA aywa_migration CASCADE")
      assert.match(await problems(), /calls\.ext, ext = .*: value for domain known violates check constraint/)
    })

    on("PostgreSQL", "MariaDB")("rights that are missing", async () => {
      await db.sql("CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))", ...rows)
      const role = `aywa_r_${process.pid}`
      if (name === "PostgreSQL") {
        await db.sql(
          `CREATE ROLE ${role}`,
          `GRANT USAGE ON SCHEMA public TO ${role}`,
          `GRANT SELECT ON calls TO ${role}`,
          `GRANT CREATE ON DATABASE ${db.name} TO ${role}`,
          `SET ROLE ${role}`
        )
        try {
          const { problems } = await dryRunDatabase(db.driver, await planOf())
          assert.match(problems.join("\n"), /calls\.ext, id = \d: permission denied for table calls/)
        } finally {
          await db.sql("RESET ROLE", `DROP OWNED BY ${role} CASCADE`, `DROP ROLE ${role}`)
        }
      } else {
        const ledgers = `aywa_l_${process.pid}`
        await db.sql(
          `CREATE DATABASE ${ledgers}`,
          `CREATE USER '${role}'@'127.0.0.1'`,
          `GRANT SELECT ON \`${db.name}\`.calls TO '${role}'@'127.0.0.1'`,
          `GRANT ALL ON ${ledgers}.* TO '${role}'@'127.0.0.1'`
        )
        const small = await openDatabase(`mysql://${role}@127.0.0.1:3306/${db.name}`)
        try {
          const plan = await planDatabase(small, { mappings: simple, locations: [calls], ledgerDatabase: ledgers })
          const { problems } = await dryRunDatabase(small, plan)
          assert.match(problems.join("\n"), /calls\.ext, id = \d: .*denied/)
        } finally {
          await small.close()
          await db.sql(`DROP USER '${role}'@'127.0.0.1'`, `DROP DATABASE ${ledgers}`)
        }
      }
    })

    on("PostgreSQL", "MariaDB")(
      "rows that others hold are waited for while the rest goes on; too long is a typed error, and nothing is lost",
      async () => {
        await db.sql("CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))", ...rows)
        const plan = await planOf()
        await dryRunDatabase(db.driver, plan)
        const other = await openDatabase(db.url)
        try {
          await other.run(name === "MariaDB" ? "START TRANSACTION" : "BEGIN")
          await other.run("UPDATE calls SET ext = 'mine' WHERE id = 2")
          const error: unknown = await applyDatabase(db.driver, plan, { patience: 1 }).catch((error: unknown) => error)
          assert(isMigrationError(error) && error.reason._tag === "Blocked", String(error))
          await other.run("ROLLBACK")
          await applyDatabase(db.driver, plan)
          assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [1, 2, 3, 4].map(fresh))
        } finally {
          await other.close()
        }
      }
    )

    on("PostgreSQL", "MariaDB")(
      "beside writers of two rows each, in any order of ids: none of theirs dies of a deadlock, with foreign keys and without",
      async () => {
        for (const keys of [false, true]) {
          await db.reset()
          await db.sql(
            "CREATE TABLE agents (ext varchar(60) PRIMARY KEY)",
            `CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60), n int NOT NULL DEFAULT 0${keys ? ", CONSTRAINT calls_ext FOREIGN KEY (ext) REFERENCES agents (ext)" : ""})`,
            ...[1, 2, 3, 4].map((n) => `INSERT INTO agents VALUES ('${old(n)}')`),
            `INSERT INTO calls (id, ext) VALUES ${Array.from({ length: 400 }, (_, n) => `(${n}, '${old(1 + (n % 4))}')`).join(", ")}`
          )
          const locations: ReadonlyArray<Location> = [calls, { table: "agents", column: "ext", kind: "id" }]
          const plan = await planDatabase(db.driver, { mappings: simple, locations, chunk: 20 })
          await dryRunDatabase(db.driver, plan)
          const stop = new AbortController()
          let transactions = 0
          const writer = async (seed: number) => {
            const driver = await openDatabase(db.url)
            try {
              for (let n = seed; !stop.signal.aborted || n < seed + 10; n++) {
                // One order for all of them: the application has no deadlocks of its own.
                const [one, two] = [(n * 37) % 400, (n * 91 + 7) % 400].toSorted((a, b) => b - a)
                await driver.run(name === "MariaDB" ? "START TRANSACTION" : "BEGIN")
                await driver.run(`UPDATE calls SET n = n + 1 WHERE id = ${one}`)
                await driver.run(`UPDATE calls SET n = n + 1 WHERE id = ${two}`)
                await driver.run("COMMIT")
                transactions++
              }
            } finally {
              await driver.close()
            }
          }
          const writers = Promise.all([1, 2, 3].map(writer))
          try {
            await applyDatabase(db.driver, plan)
            await rollbackDatabase(db.driver, plan)
            await applyDatabase(db.driver, plan)
          } finally {
            stop.abort()
          }
          // Throws what a writer died of.
          await writers
          assert.isAtLeast(transactions, 30)
          assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
        }
      }
    )

    on("PostgreSQL")("foreign keys are altered by themselves, and not while rows are written", async () => {
      await db.sql(
        "CREATE TABLE agents (ext varchar(60) PRIMARY KEY)",
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60) CONSTRAINT calls_of REFERENCES agents (ext))",
        ...[1, 2, 3, 4].map((n) => `INSERT INTO agents VALUES ('${old(n)}')`),
        ...rows
      )
      const plan = await planOf([{ table: "agents", column: "ext", kind: "id" }, calls])
      const reader = await openDatabase(db.url)
      await reader.run("BEGIN")
      await reader.run("SELECT * FROM calls")
      const transactions: Array<Array<string>> = []
      let refusals = 0
      const watched = {
        ...db.driver,
        run: async (...[sql, parameters]: Parameters<typeof db.driver.run>) => {
          if (sql === "BEGIN") transactions.push([])
          transactions.at(-1)?.push(sql)
          try {
            return await db.driver.run(sql, parameters)
          } catch (error) {
            // Whoever holds the table lets go of it after a while.
            if (/ALTER CONSTRAINT/.test(sql) && ++refusals === 2) await reader.run("COMMIT")
            throw error
          }
        }
      }
      const { problems, untried } = await dryRunDatabase(watched, plan)
      await reader.close()
      assert.deepStrictEqual([problems, untried, refusals], [[], [], 2])
      const altering = transactions.filter((all) => all.some((sql) => /ALTER CONSTRAINT/.test(sql)))
      assert.isAtLeast(altering.length, 2)
      for (const all of altering) {
        assert.isTrue(all.some((sql) => sql === "SET LOCAL lock_timeout = '200ms'"))
        assert.isFalse(all.some((sql) => /"(calls|agents)" AS t SET/.test(sql)))
      }
      const { rows: keys } = await db.driver.run(
        "SELECT condeferrable AS v FROM pg_constraint WHERE conname = 'calls_of'"
      )
      assert.deepStrictEqual(keys, [{ v: false }])
    })

    it("a mapping whose fields are called otherwise is told so", async () => {
      await db.sql("CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))")
      const { runtimeId, ...rest } = mapping(old(1), fresh(1))
      const wrong: object = { ...rest, runtime_id: runtimeId }
      const error: unknown = await planDatabase(db.driver, {
        mappings: [wrong as ReturnType<typeof mapping>], // As a program without types passes it.
        locations: [calls]
      }).catch((error: unknown) => error)
      assert.match(String(error), /mappings\[0\]\.runtimeId: expected a text/)
    })
  })
}
