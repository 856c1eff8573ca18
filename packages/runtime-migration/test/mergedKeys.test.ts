/** Keys of JSON that would become the same are told before anything is written: one of their values would be lost. */
import { assert, beforeEach, it } from "vitest"
import { applyDatabase, dryRunDatabase, planDatabase, rollbackDatabase } from "../src/index.ts"
import { databases, fresh, old, refused, simple, testDatabase } from "./databases.ts"

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = testDatabase(open)
    const isPostgres = () => db.driver.dialect === "postgres"
    beforeEach(async () => {
      await db.reset()
      const json = isPostgres() ? "jsonb" : db.driver.dialect === "mysql" ? "json" : "text"
      await db.sql(`CREATE TABLE limits (id int PRIMARY KEY, body ${json}, note ${isPostgres() ? "json" : "text"})`)
    })
    const documents: Readonly<Record<string, string>> = {
      "an id of the runtime beside its source": `{"${old(1)}": {"quota": 5}, "${fresh(1)}": {"quota": 7}}`,
      "deep inside": `{"a": [1, {"b": {"${old(2)}": 1, "x": 2, "${fresh(2)}" : 2}}]}`
    }
    for (const [what, document] of Object.entries(documents)) {
      for (const column of ["body", "note"]) {
        it(`${what}, in ${column}: the dry run says which row, and apply writes nothing`, async () => {
          await db.sql(
            `INSERT INTO limits (id, ${column}) VALUES (1, '{"${old(1)}": 1, "${old(2)}": 2}'), (7, '${document}')`
          )
          const plan = await planDatabase(db.driver, {
            mappings: simple,
            locations: [{ table: "limits", column, kind: "json-any" }]
          })
          const { problems } = await dryRunDatabase(db.driver, plan)
          assert.lengthOf(problems, 1)
          assert.match(String(problems[0]), /^limits\.\w+: two keys of one object would become the same \(id = 7\)/)
          assert.match(await refused(applyDatabase(db.driver, plan)), /would become the same \(id = 7\)/)
          assert.lengthOf(
            (
              await db.driver.run(
                `SELECT id FROM limits WHERE ${isPostgres() ? `${column}::text` : column} LIKE '%${old(2)}%' OR id = 7`
              )
            ).rows,
            2
          )
          // Once that is settled the rest goes on, and comes back.
          await db.sql(`DELETE FROM limits WHERE id = 7`)
          assert.deepStrictEqual((await dryRunDatabase(db.driver, plan)).problems, [])
          assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 1)
          assert.strictEqual((await rollbackDatabase(db.driver, plan)).changed, 1)
        })
      }
    }
  })
}
