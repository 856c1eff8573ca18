/** A rehearsal on real databases, and the runbook that is written of it. */
import { afterAll, assert, beforeAll, it } from "vitest"
import {
  dryRunDatabase,
  type Location,
  planDatabase,
  rehearseDatabase,
  type SqlDriver,
  type StepProgress,
  writeRunbook
} from "../src/index.ts"
import { databases, old, refused, simple, snapshot, type TestDatabase } from "./databases.ts"

const locations: ReadonlyArray<Location> = [
  { table: "agents", column: "ext", kind: "id" },
  { table: "calls", column: "ext", kind: "id" },
  { table: "calls", column: "note", kind: "text" }
]
const files = { mapping: "my mapping.jsonl", config: "locations.yaml", bundle: "./bundle" }

for (const { name, describe, open } of databases) {
  describe(`runbook on ${name}`, () => {
    let database: TestDatabase
    beforeAll(async () => {
      database = await open()
    }, 60_000)
    afterAll(() => database.close())

    const fill = async () => {
      await database.reset()
      await database.sql(
        "CREATE TABLE agents (ext varchar(60) PRIMARY KEY)",
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60) REFERENCES agents (ext), note text)",
        `INSERT INTO agents VALUES ('${old(1)}'), ('${old(2)}')`,
        ...[1, 2, 3].map((n) => `INSERT INTO calls VALUES (${n}, '${old(1 + (n % 2))}', 'see ${old(n)}, secret-${n}')`)
      )
    }

    it("a rehearsal times every step and leaves the copy as it was; the runbook has tables, commands, times", async () => {
      await fill()
      const before = await snapshot(database)
      const plan = await planDatabase(database.driver, { mappings: simple, locations })
      const rehearsal = await rehearseDatabase(database.driver, plan)
      assert.deepStrictEqual(await snapshot(database), before)
      assert.deepInclude(rehearsal, { changed: 8, problems: [], notRestored: [] })
      const steps = ["dry-run", "apply", "catch-up", "verify", "rollback", "cleanup"]
      assert.sameMembers(Object.keys(rehearsal.seconds), steps)
      // Nothing of ours is left that another run would go on from.
      assert.strictEqual((await rehearseDatabase(database.driver, plan)).changed, 8)

      const text = writeRunbook(plan, { ...files, rehearsal })
      assert.strictEqual(text.match(/^## \d\. /gm)?.length, 9)
      assert.isBelow(
        text.indexOf("Point of no return"),
        text.indexOf("cleanup --mapping 'my mapping.jsonl' --config locations.yaml --values")
      )
      assert.match(text, /\| `calls.note` \| text \| 3 \| 3 \|/)
      assert.match(text, /## 4\. Apply\n\nOwner: ____ .* on the copy: \d+\.\d s/)
      for (const { message } of plan.findings) assert.include(text, message)
      assert.match(
        text,
        name === "SQLite" ? /Locked: the file, for writers/ : /Locked: the rows of one transaction, 1000 or fewer/
      )
      // It is passed around: no value of a row is in it.
      for (const value of [old(1), "secret-1"]) assert.notInclude(text, value)
      assert.notInclude(text, "undefined")
      const bare = writeRunbook(plan, files)
      assert.match(bare, /\*\*Not rehearsed\.\*\*/)
      assert.match(bare, /## 4\. Apply\n\nOwner: ____ .* on the copy: ____\n/)
    })

    it("what stops apply is in it to be solved first, and a run that is under way is not rehearsed over", async () => {
      await fill()
      const plan = await planDatabase(database.driver, {
        mappings: simple,
        locations: locations.map((one) => ({ ...one, expect: { max: 1 } }))
      })
      const rehearsal = await rehearseDatabase(database.driver, plan)
      assert.strictEqual(rehearsal.changed, 0)
      assert.match(
        writeRunbook(plan, { ...files, rehearsal }),
        /\*\*to be solved first\*\*: calls.note: 3 rows would change/
      )
      const real = await planDatabase(database.driver, { mappings: simple, locations })
      await dryRunDatabase(database.driver, real)
      assert.match(await refused(rehearseDatabase(database.driver, real), "OutOfOrder"), /under way/)
    })

    it("a rehearsal that fails on the way puts back what it wrote", async () => {
      await fill()
      const before = await snapshot(database)
      const { driver } = database
      const plan = await planDatabase(driver, { mappings: simple, locations })
      for (const step of ["dry-run", "apply"] as const) {
        let reached = false
        // A statement that the server refuses, once that step has told of its progress.
        const failing: SqlDriver = {
          ...driver,
          run: (sql, ...more) =>
            reached && sql.startsWith("SELECT COUNT(*) AS rows_now")
              ? driver.run("SELECT nothing")
              : driver.run(sql, ...more)
        }
        const onProgress = (progress: StepProgress) => {
          reached ||= progress.step === step
        }
        const error: unknown = await rehearseDatabase(failing, plan, { onProgress }).catch((error: unknown) => error)
        assert.instanceOf(error, Error, step)
        assert.isTrue(reached)
        assert.deepStrictEqual(await snapshot(database), before, step)
        assert.strictEqual((await rehearseDatabase(driver, plan)).changed, 8, step)
      }
    })
  })
}
