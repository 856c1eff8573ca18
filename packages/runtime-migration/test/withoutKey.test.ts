/** Tables without a primary key: refused, with the statement that adds one; once it has run they migrate like others. */
import { assert, it } from "vitest"
import { applyDatabase, dryRunDatabase, planDatabase, rollbackDatabase, verifyDatabase } from "../src/index.ts"
import { aboutTables, column, databases, emptyDatabase, fresh, old, refused, simple } from "./databases.ts"

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = emptyDatabase(open)

    const statementOf = async (table: string, schema?: string) => {
      const location = { table, column: "ext", kind: "id", ...(schema === undefined ? {} : { schema }) } as const
      const message = await refused(
        planDatabase(db.driver, { mappings: simple, locations: [location] }),
        "InvalidConfig"
      )
      const [, statement, key] =
        /has no primary key: .* add one: (.*?;)(?: and in the config key: \[(\w+)\])?$/s.exec(message) ?? []
      assert(statement !== undefined, message)
      return { statement, location: { ...location, ...(key === undefined ? {} : { key: [key] }) } }
    }

    it("the statement of the refusal makes the plan accept the table; equal rows, and those that come later, go there and back", async () => {
      // Two rows are the same: no columns would tell them apart.
      await db.sql(
        "CREATE TABLE log (ext varchar(60), note varchar(60))",
        ...[1, 2, 2].map((n) => `INSERT INTO log VALUES ('${old(n)}', 'n')`),
        "INSERT INTO log VALUES (NULL, NULL)"
      )
      const { statement, location } = await statementOf("log")
      await db.script(statement)
      const plan = await planDatabase(db.driver, { mappings: simple, locations: [location], chunk: 1 })
      assert.deepStrictEqual(
        aboutTables(plan).filter(({ level }) => level === "error"),
        []
      )
      await dryRunDatabase(db.driver, plan)
      assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 3)
      // An application that knows nothing of the column.
      await db.sql(`INSERT INTO log (ext, note) VALUES ('${old(3)}', 'late'), ('${old(2)}', 'n')`)
      await dryRunDatabase(db.driver, plan)
      assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 2)
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
      const exts = async () => (await column(db, "log", "ext", "ext")).filter((ext) => ext !== null)
      assert.deepStrictEqual(await exts(), [1, 2, 2, 2, 3].map(fresh))
      assert.deepStrictEqual((await rollbackDatabase(db.driver, plan)).notRestored, [])
      assert.deepStrictEqual(await exts(), [1, 2, 2, 2, 3].map(old))
    })

    if (name !== "SQLite")
      it("the statement names the table's schema", async () => {
        const schema = name === "MariaDB" ? `${db.name}_b` : "other"
        await db.sql(
          `CREATE SCHEMA ${schema}`,
          "CREATE TABLE log (ext varchar(60))",
          `CREATE TABLE ${schema}.log (ext varchar(60))`,
          `INSERT INTO ${schema}.log VALUES ('${old(1)}')`
        )
        try {
          const { statement, location } = await statementOf("log", schema)
          await db.script(statement)
          const plan = await planDatabase(db.driver, { mappings: simple, locations: [location] })
          await dryRunDatabase(db.driver, plan)
          assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 1)
        } finally {
          await db.sql(`DROP SCHEMA ${schema}${name === "MariaDB" ? "" : " CASCADE"}`)
        }
      })
  })
}
