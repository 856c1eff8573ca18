/** The five files stop where the live steps refuse: the same checks, by each database's own client. */
import { assert, describe, it } from "vitest"
import { type Location, mappingScripts, type MappingScripts, planMappingSql, type SqlPlan } from "../src/index.ts"
import { tables } from "../src/sql/dialect.ts"
import { describeWith } from "../../runtime-sdk/test/support/services.ts"
import { column, databases, emptyDatabase, fresh, old, simple, snapshot } from "./databases.ts"

for (const { name, open } of databases) {
  const pg = name === "PostgreSQL" || name === "PGlite"
  const my = name === "MariaDB"
  const runnable =
    name === "PostgreSQL" || name === "MariaDB" ? await describeWith(name, my ? "mysql" : "psql") : describe
  runnable(name, () => {
    const db = emptyDatabase(open)

    const fails = async (text: string): Promise<string> => {
      const error: unknown = await db.script(text).then(
        () => undefined,
        (error: unknown) => error
      )
      assert(error instanceof Error, "the script should have stopped")
      // A shell leaves with its session.
      if (name === "PGlite") await db.sql("ROLLBACK")
      return error.message
    }

    for (const transaction of name === "PGlite" || name === "SQLite"
      ? (["single"] as const)
      : (["single", "chunks"] as const)) {
      const made = (locations: ReadonlyArray<Location>): readonly [SqlPlan, MappingScripts] => {
        const plan = planMappingSql({ dialect: db.driver.dialect, mappings: simple, locations, transaction, chunk: 1 })
        return [plan, mappingScripts(plan)]
      }
      const ids = [{ table: "calls", column: "ext", kind: "id", key: ["id"] }] as const

      it(`${transaction}: at a forged ledger, and at a forged mapping`, async () => {
        await db.sql(
          "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))",
          ...[1, 2, 3].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}')`)
        )
        const [plan, scripts] = made(ids)
        const { map, ledger } = tables(plan)
        const [location] = plan.locations
        assert.isDefined(location)
        await db.script(scripts["1-prepare.sql"])
        const before = await snapshot(db)
        await db.sql(`UPDATE ${ledger(location)} SET new_value = '${fresh(2)}' WHERE k1 = 1`)
        assert.match(await fails(scripts["2-apply.sql"]), /forged|ledger/)
        assert.deepStrictEqual(await snapshot(db), before)
        await db.sql(
          `DELETE FROM ${ledger(location)} WHERE k1 = 1`,
          `UPDATE ${map} SET target = 'evil' WHERE source = '${old(2)}'`
        )
        assert.match(await fails(scripts["2-apply.sql"]), /forged|mapping/)
        assert.deepStrictEqual(await snapshot(db), before)
        await db.script(scripts["1-prepare.sql"])
        await db.script(scripts["2-apply.sql"])
        const after = await snapshot(db)
        assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [1, 2, 3].map(fresh))
        await db.sql(`UPDATE ${ledger(location)} SET old_value = 'evil' WHERE k1 = 1`)
        assert.match(await fails(scripts["4-rollback.sql"]), /forged|ledger/)
        assert.deepStrictEqual(await snapshot(db), after)
        await db.sql(`UPDATE ${ledger(location)} SET old_value = '${old(1)}' WHERE k1 = 1`)
        await db.script(scripts["4-rollback.sql"])
        assert.deepStrictEqual(await snapshot(db), before)
        await db.script(scripts["5-cleanup.sql"])
      })

      it(`${transaction}: out of order, with the script that has to run first`, async () => {
        await db.sql(
          "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))",
          `INSERT INTO calls VALUES (1, '${old(1)}')`
        )
        const before = await snapshot(db)
        const [, scripts] = made(ids)
        const later = ["2-apply.sql", "3-verify.sql", "4-rollback.sql"] as const
        for (const name of later) assert.match(await fails(scripts[name]), /run 1-prepare\.sql (of this plan )?first/)
        await db.script(scripts["1-prepare.sql"])
        await db.script(scripts["5-cleanup.sql"])
        for (const name of later) assert.match(await fails(scripts[name]), /run 1-prepare\.sql (of this plan )?first/)
        await db.script(scripts["1-prepare.sql"])
        const other = made([{ table: "calls", column: "ext", kind: "text", key: ["id"] }])[1]
        for (const name of ["1-prepare.sql", ...later, "5-cleanup.sql"] as const)
          assert.match(await fails(other[name]), /run its 5-cleanup\.sql first|roll back that run and clean it up/)
        // A first script that was interrupted.
        await db.sql(`DELETE FROM ${tables(made(ids)[0]).run} WHERE item = 'prepared'`)
        for (const name of ["2-apply.sql", "4-rollback.sql"] as const)
          assert.match(await fails(scripts[name]), /run 1-prepare\.sql (to its end )?first/)
        await db.script(scripts["1-prepare.sql"])
        for (const name of later) await db.script(scripts[name])
        assert.deepStrictEqual(await snapshot(db), before)
      })

      for (const action of ["RESTRICT", "SET NULL", "SET DEFAULT"]) {
        // It has no SET DEFAULT, and its RESTRICT can be turned off.
        if (my && action !== "SET NULL") continue
        it(`${transaction}: at a foreign key with ON UPDATE ${action}, whether it is named or not`, async () => {
          await db.sql(
            "CREATE TABLE agents (id int PRIMARY KEY, ext varchar(60) NOT NULL UNIQUE)",
            `CREATE TABLE calls (ext varchar(60) PRIMARY KEY, CONSTRAINT calls_ext FOREIGN KEY (ext) REFERENCES agents (ext) ON UPDATE CASCADE)`,
            `CREATE TABLE notes (id int PRIMARY KEY, ext varchar(60) DEFAULT NULL, CONSTRAINT notes_ext FOREIGN KEY (ext) REFERENCES calls (ext) ON UPDATE ${action})`,
            `INSERT INTO agents VALUES (1, '${old(1)}')`,
            `INSERT INTO calls VALUES ('${old(1)}')`,
            `INSERT INTO notes VALUES (1, '${old(1)}')`
          )
          const before = await snapshot(db)
          const [, scripts] = made([{ table: "agents", column: "ext", kind: "id", key: ["id"] }])
          // The first of them already: nobody should get as far as to the second.
          const message = await fails(scripts["1-prepare.sql"])
          assert.match(message, pg ? /notes_ext.*ON UPDATE/s : /ON UPDATE/)
          assert.deepStrictEqual(await snapshot(db), before)
          // And the second, should the key have changed meanwhile.
          const change = (to: string) =>
            name === "SQLite"
              ? db.sql(
                  "ALTER TABLE notes RENAME TO was",
                  `CREATE TABLE notes (id int PRIMARY KEY, ext varchar(60) DEFAULT NULL, CONSTRAINT notes_ext FOREIGN KEY (ext) REFERENCES calls (ext) ON UPDATE ${to})`,
                  "INSERT INTO notes SELECT * FROM was",
                  "DROP TABLE was"
                )
              : db.sql(
                  `ALTER TABLE notes DROP ${my ? "FOREIGN KEY" : "CONSTRAINT"} notes_ext`,
                  `ALTER TABLE notes ADD CONSTRAINT notes_ext FOREIGN KEY (ext) REFERENCES calls (ext) ON UPDATE ${to}`
                )
          await change("CASCADE")
          await db.script(scripts["1-prepare.sql"])
          await change(action)
          assert.match(await fails(scripts["2-apply.sql"]), /ON UPDATE/)
          assert.deepStrictEqual(await snapshot(db), before)
          await change("CASCADE")
          await db.script(scripts["2-apply.sql"])
          assert.deepStrictEqual(await column(db, "notes", "ext", "id"), [fresh(1)])
          await change(action)
          const after = await snapshot(db)
          assert.match(await fails(scripts["4-rollback.sql"]), /ON UPDATE/)
          assert.deepStrictEqual(await snapshot(db), after)
          await change("CASCADE")
          await db.script(scripts["4-rollback.sql"])
          assert.deepStrictEqual(await snapshot(db), before)
        })
      }
    }
  })
}
