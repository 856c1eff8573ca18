/** What databases and applications do to a migration: rows that come and change meanwhile, odd columns, two at once. */
import { assert, it } from "vitest"
import {
  applyDatabase,
  type DatabaseConfig,
  dryRunDatabase,
  isMigrationError,
  type Location,
  openDatabase,
  planDatabase,
  rewriteJson,
  rewriteText,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { aboutTables, column, databases, emptyDatabase, fresh, mapping, old, simple } from "./databases.ts"

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = emptyDatabase(open)

    const plan = (locations: ReadonlyArray<Location>, more: Partial<DatabaseConfig> = {}) =>
      planDatabase(db.driver, { mappings: simple, locations, chunk: 2, ...more })
    const calls = { table: "calls", column: "agent", kind: "id" } as const
    const create = (...ids: ReadonlyArray<string>) =>
      db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, agent varchar(60))",
        ...ids.map((id, at) => `INSERT INTO calls VALUES (${at}, '${id}')`)
      )
    /** `it`, on some of the databases. */
    const on = (...names: ReadonlyArray<string>): ((title: string, test: () => Promise<void>) => unknown) =>
      names.includes(name) ? it : () => undefined
    const agents = () => column(db, "calls", "agent", "id")

    it("two locations in one column are refused: each ledger would take the other's change for a stranger's", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, body text)",
        `INSERT INTO calls VALUES (1, '{"a": "${old(1)}", "b": "${old(2)}"}')`
      )
      const body = { table: "calls", column: "body", kind: "json-path" } as const
      const error: unknown = await plan([
        { ...body, path: "a" },
        { ...body, path: "b" }
      ]).catch((error: unknown) => error)
      assert(isMigrationError(error) && error.reason._tag === "InvalidConfig", String(error))
      assert.match(error.message, /json-any/)
    })

    it("rows that come during the cut-over are caught up with, and verify is content then", async () => {
      await create(old(1))
      const made = await plan([calls])
      await dryRunDatabase(db.driver, made)
      await applyDatabase(db.driver, made)
      await db.sql(`INSERT INTO calls VALUES (7, '${old(2)}')`, "INSERT INTO calls VALUES (8, NULL)")
      assert.isFalse((await verifyDatabase(db.driver, made)).ok)
      await dryRunDatabase(db.driver, made)
      await applyDatabase(db.driver, made)
      assert.deepStrictEqual((await verifyDatabase(db.driver, made)).problems, [])
    })

    it("an id that is source and target, written by the application after apply, is the runtime's", async () => {
      await create(old(1), old(2))
      const made = await plan([calls], { mappings: [mapping(old(1), old(2)), mapping(old(2), old(1))] })
      await dryRunDatabase(db.driver, made)
      await applyDatabase(db.driver, made)
      assert.deepStrictEqual(await agents(), [old(2), old(1)])
      await db.sql(`UPDATE calls SET agent = '${old(1)}' WHERE id = 0`)
      assert.strictEqual((await applyDatabase(db.driver, made)).changed, 0)
      assert.deepStrictEqual(await agents(), [old(1), old(1)])
      await rollbackDatabase(db.driver, made)
      assert.deepStrictEqual(await agents(), [old(1), old(2)])
    })

    it("texts that are no JSON stay as they are beside those that are", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, body text)",
        ...["", "none", " ", `{"a": "${old(1)}"}`].map((body, at) => `INSERT INTO calls VALUES (${at}, '${body}')`)
      )
      const made = await plan([{ table: "calls", column: "body", kind: "json-path", path: "a" }])
      assert.strictEqual((await dryRunDatabase(db.driver, made)).rows, 1)
      await applyDatabase(db.driver, made)
      assert.deepStrictEqual((await verifyDatabase(db.driver, made)).problems, [])
      const bodies = await column(db, "calls", "body", "id")
      assert.deepStrictEqual(bodies.slice(0, 3), ["", "none", " "])
      assert.deepStrictEqual(JSON.parse(bodies[3] ?? ""), { a: fresh(1) })
    })

    it("long texts and documents are rewritten as short ones, wherever in them an id stands", async () => {
      const short = "twenty-one-characters"
      const mappings = [...simple, mapping(short, fresh(5))]
      const resolve = (id: string) => mappings.find(({ sourceId }) => sourceId === id)?.runtimeId
      const documents: Array<string> = []
      // Around a thousand characters, at which SQLite cuts.
      for (let length = 860; length < 1010; length += 1) {
        const id = length % 2 === 0 ? old(1) : short
        documents.push(
          `{"p": "é${"x".repeat(length)}", "a": "${id}", "${id}" : "${id}", "b": "\\"${id}", "c": ["${old(2)}","${id}"], "d": "${id}-"}`
        )
      }
      // And around thirty thousand, of which it makes parts of a very long one.
      for (const length of [29_960, 29_975, 29_990]) {
        documents.push(
          `{"p": "é${"x".repeat(length)}", "a": "${old(1)}", "q": "${`${"y".repeat(500)}, `.repeat(70)}", "${old(2)}": ["${short}"]}`
        )
      }
      documents.push(
        JSON.stringify(Array.from({ length: 600 }, (_, n) => ({ id: n % 9 === 0 ? old(1 + (n % 4)) : "x", n }))),
        JSON.stringify({ audio: "A".repeat(9000) + old(1), id: old(1), more: "B".repeat(9000) }),
        // Characters that stand for boundaries while a text is in pieces.
        `{"\ue000": "${old(1)}", "b": "\ue000\ue001\ue002{=}", "c": "\ue000${short}\ue000, ${short}=\ue000\ue002${old(2)}"}`,
        // MariaDB calls nothing valid JSON that goes deeper than 31.
        `${"[".repeat(40)}"${old(3)}"${"]".repeat(40)}`
      )
      const long = db.driver.dialect === "mysql" ? "longtext" : "text"
      await db.sql(`CREATE TABLE docs (id int PRIMARY KEY, body ${long}, line ${long})`)
      const marks = db.driver.dialect === "postgres" ? "$1, $2" : "?, ?"
      for (const [at, text] of documents.entries())
        await db.driver.run(`INSERT INTO docs VALUES (${at}, ${marks})`, [text, text])
      const made = await plan(
        [
          { table: "docs", column: "body", kind: "json-any" },
          { table: "docs", column: "line", kind: "text" }
        ],
        { mappings, chunk: 1000 }
      )
      await dryRunDatabase(db.driver, made)
      await applyDatabase(db.driver, made)
      const bodies = documents.map((text) => rewriteJson(text, resolve))
      assert.deepStrictEqual(await column(db, "docs", "body", "id"), bodies)
      const lines = documents.map((text) => rewriteText(text, resolve, { alone: true }))
      assert.deepStrictEqual(await column(db, "docs", "line", "id"), lines)
      // In some of them ids touch other characters, which this mapping leaves.
      assert.deepStrictEqual((await verifyDatabase(db.driver, made, { scan: false })).problems, [])
      await rollbackDatabase(db.driver, made)
      assert.deepStrictEqual(await column(db, "docs", "body", "id"), documents)
    }, 120_000)

    on(
      "PostgreSQL",
      "MariaDB",
      "PGlite"
    )("what does not fit is refused by the dry run in words, not in the database's", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, agent varchar(10))",
        "INSERT INTO calls VALUES (1, 'short')"
      )
      const made = await plan([calls], { mappings: [mapping("short", "much-too-long-for-it")] })
      const error: unknown = await dryRunDatabase(db.driver, made).catch((error: unknown) => error)
      assert(isMigrationError(error) && error.reason._tag === "Refused", String(error))
      assert.match(error.message, /calls\.agent: much-too-long-for-it is longer than/)
    })

    on("PostgreSQL", "MariaDB")(
      "two processes at once: each row once, and neither is stopped by the other",
      async () => {
        await create(...Array.from({ length: 60 }, (_, n) => old(1 + (n % 4))))
        const drivers = await Promise.all([openDatabase(db.url), openDatabase(db.url)])
        try {
          const work = async (driver: (typeof drivers)[0]) => {
            const made = await planDatabase(driver, { mappings: simple, locations: [calls], chunk: 7 })
            await dryRunDatabase(driver, made)
            return (await applyDatabase(driver, made)).changed
          }
          const changed = await Promise.all(drivers.map(work))
          assert.strictEqual((changed[0] ?? 0) + (changed[1] ?? 0), 60)
          const made = await plan([calls], { chunk: 7 })
          assert.deepStrictEqual((await verifyDatabase(db.driver, made)).problems, [])
        } finally {
          for (const driver of drivers) await driver.close()
        }
      }
    )

    on("PostgreSQL", "PGlite")(
      "lists of several dimensions are left as they are, and verify says that ids stand in them",
      async () => {
        await db.sql(
          "CREATE TABLE calls (id int PRIMARY KEY, agents text[])",
          `INSERT INTO calls VALUES (1, '{{${old(1)}},{x}}'), (2, '{${old(2)}}'), (3, '{{x},{y}}')`
        )
        const made = await plan([{ table: "calls", column: "agents", kind: "array" }])
        await dryRunDatabase(db.driver, made)
        await applyDatabase(db.driver, made)
        const { locations } = await verifyDatabase(db.driver, made)
        assert.deepInclude(locations[0], { rows: 1, renewed: 1, leftovers: 1 })
      }
    )

    on("PostgreSQL", "PGlite")(
      "an index says what is unique: columns that it only carries do not count, expressions are none",
      async () => {
        await db.sql(
          "CREATE TABLE calls (id int, agent varchar(60), PRIMARY KEY (id) INCLUDE (agent))",
          "CREATE TABLE odd (code text, agent varchar(60))",
          "CREATE UNIQUE INDEX ON odd (lower(code))"
        )
        const made = await plan([calls])
        assert.deepStrictEqual(aboutTables(made), [])
        assert.deepStrictEqual(
          made.locations[0]?.key.map(({ column }) => column),
          ["id"]
        )
        const odd = await plan([{ ...calls, table: "odd", key: ["code"] }])
        assert.match(odd.findings[0]?.message ?? "", /is not unique/)
      }
    )

    on("PostgreSQL")("does not wait for ever for the lock on a table whose foreign keys have to wait", async () => {
      await db.sql(
        "CREATE TABLE agents (id varchar(60) PRIMARY KEY)",
        "CREATE TABLE calls (id int PRIMARY KEY, agent varchar(60) REFERENCES agents (id))",
        `INSERT INTO agents VALUES ('${old(1)}')`
      )
      const made = await plan([calls, { table: "agents", column: "id", kind: "id" }])
      await dryRunDatabase(db.driver, made)
      const other = await openDatabase(db.url)
      await other.run("BEGIN")
      await other.run("SELECT * FROM calls")
      const error: unknown = await applyDatabase(db.driver, made, { patience: 1 }).catch((error: unknown) => error)
      assert(isMigrationError(error) && error.reason._tag === "Blocked", String(error))
      assert.match(error.message, /held by pid \d+/)
      await other.close()
      assert.strictEqual((await applyDatabase(db.driver, made)).changed, 1)
    })

    on("PostgreSQL")("a schema that is the connection's own may be named, or not", async () => {
      await create(old(1))
      const error: unknown = await plan([calls, { ...calls, schema: "public" }]).catch((error: unknown) => error)
      assert.match(String(error), /twice/)
    })

    on("MariaDB")("a session that is not strict cannot cut values short", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, line varchar(40))",
        `INSERT INTO calls VALUES (1, 'see ${old(1)}')`,
        "SET SESSION sql_mode = ''"
      )
      try {
        const made = await plan([{ table: "calls", column: "line", kind: "text" }], {
          mappings: [mapping(old(1), `${fresh(1)}-longer`)]
        })
        const error: unknown = await dryRunDatabase(db.driver, made).catch((error: unknown) => error)
        assert.match(String(error), /too long/)
      } finally {
        await db.sql("SET SESSION sql_mode = DEFAULT")
      }
    })

    on("MariaDB")("tables of another database, by its name", async () => {
      const other = `${db.name}_b`
      await db.sql(
        `CREATE DATABASE ${other}`,
        `CREATE TABLE ${other}.calls (id int PRIMARY KEY, agent varchar(60))`,
        `INSERT INTO ${other}.calls VALUES (1, '${old(1)}')`
      )
      try {
        const made = await plan([{ ...calls, schema: other }])
        assert.deepStrictEqual(aboutTables(made), [])
        await dryRunDatabase(db.driver, made)
        assert.strictEqual((await applyDatabase(db.driver, made)).changed, 1)
        assert.deepStrictEqual((await verifyDatabase(db.driver, made)).problems, [])
      } finally {
        await db.sql(`DROP DATABASE ${other}`)
      }
    })

    on("MariaDB")("uuid columns", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, agent uuid)",
        `INSERT INTO calls VALUES (1, '${old(1)}'), (2, NULL), (3, '${old(9)}')`
      )
      const made = await plan([calls])
      await dryRunDatabase(db.driver, made)
      await applyDatabase(db.driver, made)
      assert.deepStrictEqual((await verifyDatabase(db.driver, made)).problems, [])
      assert.deepStrictEqual(await agents(), [fresh(1), null, old(9)])
      await rollbackDatabase(db.driver, made)
      assert.deepStrictEqual(await agents(), [old(1), null, old(9)])
    })
  })
}
