/** Rows that a session of the application holds: the rest is written, and those are named. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "vitest"
import {
  applyDatabase,
  type DatabasePlan,
  dryRunDatabase,
  isMigrationError,
  type Location,
  type MigrationReason,
  openDatabase,
  planDatabase,
  rollbackDatabase,
  type SqlDriver,
  verifyDatabase
} from "../src/index.ts"
import { column, databases, emptyDatabase, fresh, old, simple } from "./databases.ts"

type Blocked = Extract<MigrationReason, { readonly _tag: "Blocked" }>

/** What a step was blocked by. */
const blocked = async (step: Promise<unknown>): Promise<Blocked & { readonly message: string }> => {
  const error: unknown = await step.then(
    () => undefined,
    (error: unknown) => error
  )
  assert(isMigrationError(error) && error.reason._tag === "Blocked", String(error))
  return { ...error.reason, message: error.message }
}

const many = 1000

for (const { name, describe, open } of databases) {
  if (name === "PGlite") continue
  describe(name, () => {
    const db = emptyDatabase(open)

    const begin = name === "MariaDB" ? "START TRANSACTION" : "BEGIN"
    const calls: Location = { table: "calls", column: "ext", kind: "id" }
    const planOf = (locations: ReadonlyArray<Location>, chunk?: number) =>
      planDatabase(db.driver, { mappings: simple, locations, chunk })
    const prepared = async (locations: ReadonlyArray<Location>, chunk?: number): Promise<DatabasePlan> => {
      const plan = await planOf(locations, chunk)
      const { problems } = await dryRunDatabase(db.driver, plan)
      assert.deepStrictEqual(problems, [])
      return plan
    }
    /** Some work beside a session whose transaction has not ended. */
    const beside = async (statement: string, work: (other: SqlDriver) => Promise<void>) => {
      const other = await openDatabase(db.url)
      try {
        await other.run(begin)
        await other.run(statement)
        await work(other)
        await other.run("ROLLBACK")
      } finally {
        await other.close()
      }
    }
    const insertCalls = (columns = "id, ext") =>
      `INSERT INTO calls (${columns}) VALUES ${Array.from({ length: many }, (_, n) => `(${n}, '${old(1 + (n % 4))}')`).join(", ")}`
    const stillOld = async (table = "calls", ext = "ext", id = "id") => {
      const [keys, values] = [await column(db, table, id, id), await column(db, table, ext, id)]
      return keys.filter((_, at) => [1, 2, 3, 4].map(old).includes(values[at] ?? ""))
    }

    if (name === "SQLite") {
      it("a writer that holds the file is waited for as long as was said, and what is there stays", async () => {
        const folder = mkdtempSync(join(tmpdir(), "aywa-held-"))
        const [driver, other] = [await openDatabase(join(folder, "app.db")), await openDatabase(join(folder, "app.db"))]
        try {
          await driver.run("CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))")
          await driver.run(insertCalls())
          const plan = await planDatabase(driver, { mappings: simple, locations: [calls] })
          await dryRunDatabase(driver, plan)
          await other.run("BEGIN IMMEDIATE")
          for (const step of [dryRunDatabase, applyDatabase, rollbackDatabase]) {
            const start = performance.now()
            const { message } = await blocked(step(driver, plan, { patience: 300 }))
            assert.isBelow(performance.now() - start, 3000)
            assert.match(message, /run the step again/)
          }
          await other.run("ROLLBACK")
          assert.strictEqual((await applyDatabase(driver, plan)).changed, many)
          // In chunks, too: no row is looked for where all of the file is held.
          const chunked = await planDatabase(driver, { mappings: simple, locations: [calls], transaction: "chunks" })
          await other.run("BEGIN IMMEDIATE")
          const start = performance.now()
          await blocked(rollbackDatabase(driver, chunked, { patience: 300 }))
          assert.isBelow(performance.now() - start, 3000)
          await other.run("ROLLBACK")
          assert.strictEqual((await rollbackDatabase(driver, chunked)).changed, many)
          assert.deepStrictEqual((await driver.run("PRAGMA busy_timeout")).rows, [{ timeout: 10_000 }])
        } finally {
          await driver.close()
          await other.close()
          rmSync(folder, { recursive: true })
        }
      })
      return
    }

    it("one row that is held: all others are written, and it is named; apply and rollback go on later", async () => {
      await db.sql("CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60), n int)", insertCalls())
      const plan = await prepared([calls])
      const others = Array.from({ length: many }, (_, n) => String(n)).filter((n) => n !== "500")
      for (const step of [applyDatabase, rollbackDatabase]) {
        await beside("UPDATE calls SET n = 1 WHERE id = 500", async () => {
          const start = performance.now()
          const { rows, message } = await blocked(step(db.driver, plan, { patience: 700 }))
          assert.isBelow(performance.now() - start, 8000)
          assert.deepStrictEqual(rows, [{ location: "calls.ext", key: "id = 500" }])
          assert.match(message, /calls\.ext, id = 500/)
          assert.match(message, /run the step again/)
          assert.sameMembers(await stillOld(), step === applyDatabase ? ["500"] : others)
        })
        assert.strictEqual((await step(db.driver, plan)).changed, 1)
      }
      assert.deepStrictEqual((await stillOld()).length, many)
    })

    it("several rows over several chunks and columns, of a key that is rewritten, too", async () => {
      await db.sql(
        "CREATE TABLE links (ext varchar(60) PRIMARY KEY, n int, note varchar(60))",
        ...[1, 2, 3, 4].map((n) => `INSERT INTO links VALUES ('${old(n)}', ${n}, '${old(n)}')`)
      )
      const plan = await prepared(
        [
          { table: "links", column: "ext", kind: "id" },
          { table: "links", column: "note", kind: "id" }
        ],
        1
      )
      const holding = (ids: ReadonlyArray<string>) =>
        `UPDATE links SET n = n + 10 WHERE ext IN (${ids.map((id) => `'${id}'`).join(", ")})`
      await beside(holding([2, 3].map(old)), async () => {
        const { rows } = await blocked(applyDatabase(db.driver, plan, { patience: 1 }))
        assert.sameDeepMembers(
          [...rows],
          ["links.note", "links.ext"].flatMap((location) => [2, 3].map((n) => ({ location, key: `ext = ${old(n)}` })))
        )
        assert.deepStrictEqual(await column(db, "links", "ext", "n"), [fresh(1), old(2), old(3), fresh(4)])
        assert.deepStrictEqual(await column(db, "links", "note", "n"), [fresh(1), old(2), old(3), fresh(4)])
      })
      assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 4)
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
      await beside(holding([2, 3].map(fresh)), async () => {
        const { rows } = await blocked(rollbackDatabase(db.driver, plan, { patience: 1 }))
        assert.includeDeepMembers([...rows], [{ location: "links.ext", key: `ext = ${fresh(2)}` }])
        assert.deepStrictEqual(await column(db, "links", "ext", "n"), [old(1), fresh(2), fresh(3), old(4)])
      })
      const back = await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual([back.changed, back.notRestored], [4, []])
      assert.deepStrictEqual(await column(db, "links", "note", "n"), [1, 2, 3, 4].map(old))
    })

    it("a row that is let go meanwhile is written by the same step, in whatever order its columns go", async () => {
      await db.sql(
        "CREATE TABLE links (ext varchar(60) PRIMARY KEY, n int, note varchar(60))",
        ...[1, 2, 3, 4].map((n) => `INSERT INTO links VALUES ('${old(n)}', ${n}, '${old(n)}')`)
      )
      const plan = await prepared(
        [
          { table: "links", column: "ext", kind: "id" },
          { table: "links", column: "note", kind: "id" }
        ],
        2
      )
      for (const step of [applyDatabase, rollbackDatabase]) {
        await beside(
          `UPDATE links SET n = n + 10 WHERE ext = '${(step === applyDatabase ? old : fresh)(2)}'`,
          async (other) => {
            let looks = 0
            const letting: SqlDriver = {
              ...db.driver,
              run: async (sql, parameters) => {
                const result = await db.driver.run(sql, parameters)
                // Found to be held by the first of the columns, and free for the second.
                if (/SKIP LOCKED/.test(sql) && looks++ === 0) await other.run("ROLLBACK")
                return result
              }
            }
            assert.strictEqual((await step(letting, plan)).changed, 8)
            assert.isAbove(looks, 0)
          }
        )
      }
      assert.deepStrictEqual(await column(db, "links", "ext", "n"), [1, 2, 3, 4].map(old))
      assert.deepStrictEqual(await column(db, "links", "note", "n"), [1, 2, 3, 4].map(old))
    })

    it("of parents with their children, those wait of which a row is held, and no reference breaks", async () => {
      const deferrable = name === "PostgreSQL" ? " DEFERRABLE" : ""
      await db.sql(
        "CREATE TABLE agents (ext varchar(60) PRIMARY KEY)",
        `CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60), n int, CONSTRAINT calls_ext FOREIGN KEY (ext) REFERENCES agents (ext)${deferrable})`,
        ...[1, 2, 3, 4].map((n) => `INSERT INTO agents VALUES ('${old(n)}')`),
        insertCalls()
      )
      const plan = await prepared([calls, { table: "agents", column: "ext", kind: "id" }])
      for (const step of [applyDatabase, rollbackDatabase]) {
        const [before, after] = step === applyDatabase ? [old, fresh] : [fresh, old]
        await beside("UPDATE calls SET n = 1 WHERE id = 5", async () => {
          const { rows } = await blocked(step(db.driver, plan, { patience: 300 }))
          assert.deepStrictEqual(rows, [{ location: "calls.ext", key: "id = 5" }])
          const agents = await column(db, "agents", "ext", "ext")
          assert.sameMembers([...agents], [after(1), before(2), after(3), after(4)])
          const values = await column(db, "calls", "ext", "id")
          assert.strictEqual(values.filter((value) => value === before(2)).length, many / 4)
        })
        assert.strictEqual((await step(db.driver, plan)).changed, many / 4 + 1)
      }
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan, { state: "original" })).problems, [])
    })

    if (name === "PostgreSQL") {
      it("where a key cannot be made to wait, the other columns are written all the same", async () => {
        await db.sql(
          "CREATE TABLE agents (ext varchar(60) PRIMARY KEY)",
          "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60) REFERENCES agents (ext), n int)",
          "CREATE TABLE notes (id int PRIMARY KEY, ext varchar(60))",
          ...[1, 2].flatMap((n) => [
            `INSERT INTO agents VALUES ('${old(n)}')`,
            `INSERT INTO calls VALUES (${n}, '${old(n)}', 0)`,
            `INSERT INTO notes VALUES (${n}, '${old(n)}')`
          ])
        )
        const plan = await prepared([
          calls,
          { table: "agents", column: "ext", kind: "id" },
          { table: "notes", column: "ext", kind: "id" }
        ])
        await beside("UPDATE calls SET n = 1 WHERE id = 2", async () => {
          const { message, rows } = await blocked(applyDatabase(db.driver, plan, { patience: 300 }))
          assert.deepStrictEqual(rows, [{ location: "calls.ext", key: "id = 2" }])
          assert.match(message, /held by pid \d+ \(.*, idle in transaction for \d+ s\)/)
          // That it is one row does not say why all of them wait.
          assert.match(
            message,
            /foreign key calls_ext_fkey cannot be altered .* no row of calls\.ext, agents\.ext is written/
          )
          assert.deepStrictEqual(await column(db, "notes", "ext", "id"), [1, 2].map(fresh))
          assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [1, 2].map(old))
        })
        assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 4)
      })

      it("a table that is locked as a whole is waited for, and the others are written", async () => {
        await db.sql(
          "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))",
          "CREATE TABLE notes (id int PRIMARY KEY, ext varchar(60))",
          insertCalls(),
          `INSERT INTO notes VALUES (1, '${old(1)}')`
        )
        const plan = await prepared([calls, { table: "notes", column: "ext", kind: "id" }], 10)
        await beside("LOCK TABLE calls IN SHARE MODE", async () => {
          const start = performance.now()
          const { location, rows } = await blocked(applyDatabase(db.driver, plan, { patience: 300 }))
          assert.isBelow(performance.now() - start, 5000)
          assert.deepStrictEqual([location, rows], ["calls.ext", []])
          assert.deepStrictEqual(await column(db, "notes", "ext", "id"), [fresh(1)])
        })
        assert.strictEqual((await applyDatabase(db.driver, plan)).changed, many)
      })

      it("in one transaction for all, the rows that are held are named, too", async () => {
        await db.sql("CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60), n int)", insertCalls())
        const plan = await planDatabase(db.driver, { mappings: simple, locations: [calls], transaction: "single" })
        await dryRunDatabase(db.driver, plan)
        await beside("UPDATE calls SET n = 1 WHERE id = 7", async () => {
          const { rows } = await blocked(applyDatabase(db.driver, plan, { patience: 300 }))
          assert.deepStrictEqual(rows, [{ location: "calls.ext", key: "id = 7" }])
        })
        assert.strictEqual((await applyDatabase(db.driver, plan)).changed, many)
      })
    }

    it("a value of a unique column that somebody is about to write is waited for, and its row named", async () => {
      await db.sql(
        "CREATE TABLE links (id int PRIMARY KEY, ext varchar(60) UNIQUE)",
        ...[1, 2, 3, 4].map((n) => `INSERT INTO links VALUES (${n}, '${old(n)}')`)
      )
      const plan = await prepared([{ table: "links", column: "ext", kind: "id" }])
      await beside(`INSERT INTO links VALUES (9, '${fresh(3)}')`, async () => {
        const { rows } = await blocked(applyDatabase(db.driver, plan, { patience: 1 }))
        assert.deepStrictEqual(rows, [{ location: "links.ext", key: "id = 3" }])
        assert.deepStrictEqual(await column(db, "links", "ext", "id"), [fresh(1), fresh(2), old(3), fresh(4)])
      })
      assert.strictEqual((await applyDatabase(db.driver, plan)).changed, 1)
    })

    it("two applies at once report their own rows, and together all of them", async () => {
      await db.sql("CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60), alt varchar(60))", insertCalls())
      await db.sql("UPDATE calls SET alt = ext")
      const plan = await prepared([calls, { table: "calls", column: "alt", kind: "id" }], 50)
      const other = await openDatabase(db.url)
      try {
        const reports = await Promise.all([applyDatabase(db.driver, plan), applyDatabase(other, plan)])
        assert.strictEqual(
          reports.reduce((sum, { changed }) => sum + changed, 0),
          2 * many
        )
      } finally {
        await other.close()
      }
    })
  })
}
