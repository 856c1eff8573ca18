/** The five files, run by the databases' own clients; and a process that is killed half-way. */
import { execFile, execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, describe, it } from "vitest"
import {
  type ForeignKey,
  isMigrationError,
  type Location,
  type Mapping,
  type MappingConfig,
  mappingScripts,
  type MappingScripts,
  planDatabase,
  planMappingSql,
  sqliteDriver,
  verifyDatabase
} from "../src/index.ts"
import { describeWith } from "../../runtime-sdk/test/support/services.ts"
import { column, everywhere, snapshot, type TestDatabase } from "./databases.ts"

const run = promisify(execFile)
const id = (n: number) => `abcdef00-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
const mappings: ReadonlyArray<Mapping> = [1, 2, 3, 4].map((n) => ({
  source: "vapi",
  resource: "assistant",
  sourceId: id(n),
  runtimeId: id(100 + n)
}))
const folder = mkdtempSync(join(tmpdir(), "aywa-migration-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const hostile = `Calls "of" \`us\`'; --`
const locations: ReadonlyArray<Location> = [
  { table: hostile, column: "agent", kind: "id", key: ["tenant", "n"], resource: "assistant" },
  { table: hostile, column: "url", kind: "text", key: ["tenant", "n"] },
  { table: hostile, column: "body", kind: "json-any", key: ["tenant", "n"], columnType: "text" },
  { table: hostile, column: "doc", kind: "json-path", path: "a.id", key: ["tenant", "n"], columnType: "text" },
  { table: "agents", column: "id", kind: "id", key: ["id"] }
]
const foreignKeys: ReadonlyArray<ForeignKey> = [
  { name: "calls_agent", table: hostile, columns: ["agent"], refTable: "agents", refColumns: ["id"] }
]

const quote = (db: TestDatabase, name: string) =>
  db.driver.dialect === "mysql" ? `\`${name.replaceAll("`", "``")}\`` : `"${name.replaceAll('"', '""')}"`

const create = async (db: TestDatabase) => {
  const table = quote(db, hostile)
  const text = db.driver.dialect === "mysql" ? "varchar(500)" : "text"
  await db.sql(
    `CREATE TABLE agents (id varchar(40) PRIMARY KEY)`,
    `CREATE TABLE ${table} (tenant int, n int, agent varchar(40), url ${text}, body ${text}, doc ${text}, PRIMARY KEY (tenant, n), CONSTRAINT calls_agent FOREIGN KEY (agent) REFERENCES agents (id))`,
    ...[1, 2, 3, 9].map((n) => `INSERT INTO agents VALUES ('${id(n)}')`),
    ...[1, 2, 3, 9].map(
      (n) =>
        `INSERT INTO ${table} VALUES (1, ${n}, '${id(n)}', 'https://app.test/${id(n)}?x', '["${id(n)}"]', '{"a": {"id": "${id(n)}"}}')`
    ),
    `INSERT INTO ${table} VALUES (2, 1, NULL, NULL, NULL, NULL)`
  )
}

/** Runs a file by the database's own client and gives what it printed. */
const client = async (db: TestDatabase, file: string): Promise<string> => {
  if (db.driver.dialect === "postgres") {
    return (await run("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-A", "-f", file, db.url])).stdout
  }
  // By standard input: `source` goes on after an error.
  const args = ["-h127.0.0.1", "-uroot", "--table", db.name]
  return execFileSync("mysql", args, { input: readFileSync(file), encoding: "utf8", stdio: "pipe" })
}

for (const { name, open } of everywhere) {
  if (name === "PGlite" || name === "SQLite") continue
  const runnable = await describeWith(name, name === "PostgreSQL" ? "psql" : "mysql")
  runnable(name, () => {
    for (const transaction of ["single", "chunks"] as const) {
      it(`its own client runs the five files: ${transaction}`, async () => {
        const db = await open()
        try {
          await create(db)
          // Foreign keys of PostgreSQL need one transaction.
          const chunked = transaction === "chunks" && db.driver.dialect === "postgres"
          if (chunked) await db.sql(`ALTER TABLE ${quote(db, hostile)} DROP CONSTRAINT calls_agent`)
          const before = await snapshot(db)
          const scripts = mappingScripts(
            planMappingSql({
              dialect: db.driver.dialect,
              mappings,
              locations,
              transaction,
              chunk: 2,
              foreignKeys: chunked ? [] : foreignKeys
            })
          )
          const step = async (name: keyof MappingScripts) => {
            const file = join(folder, `${transaction}-${db.name}-${name}`)
            writeFileSync(file, scripts[name])
            return client(db, file)
          }
          await assertRejects(step("2-apply.sql"))
          assert.match(await step("1-prepare.sql"), /agents\.id/)
          assert.deepStrictEqual(await snapshot(db), before)
          await step("1-prepare.sql")
          await step("2-apply.sql")
          const ids = [1, 2, 3].map((n) => id(100 + n))
          assert.deepStrictEqual(await column(db, "agents", "id", "id"), [id(9), ...ids])
          const urls = (await column(db, hostile, "url", "n")).filter((url) => url !== null)
          assert.deepStrictEqual(
            urls,
            [...ids, id(9)].map((id) => `https://app.test/${id}?x`)
          )
          const after = await snapshot(db)
          const verified = await step("3-verify.sql")
          for (const [, count] of verified.matchAll(/must_be_zero\D*?\n[^\n]*?\|\s*(\d+)/g))
            assert.strictEqual(count, "0")
          await step("2-apply.sql")
          assert.deepStrictEqual(await snapshot(db), after)
          await step("4-rollback.sql")
          assert.deepStrictEqual(await snapshot(db), before)
          await step("5-cleanup.sql")
          const left = await db.driver.run(
            db.driver.dialect === "postgres"
              ? "SELECT relname AS t FROM pg_class WHERE relname LIKE 'aywa_migration%'"
              : "SELECT table_name AS t FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'aywa_migration%' UNION ALL SELECT routine_name FROM information_schema.routines WHERE routine_schema = database()"
          )
          assert.deepStrictEqual(left.rows, [])
        } finally {
          await db.close()
        }
      }, 60_000)
    }

    it("a script for another mapping is refused on what was prepared", async () => {
      const db = await open()
      try {
        await create(db)
        const scriptsOf = (mappings: ReadonlyArray<Mapping>) =>
          mappingScripts(planMappingSql({ dialect: db.driver.dialect, mappings, locations, foreignKeys }))
        const file = join(folder, `${db.name}.sql`)
        writeFileSync(file, scriptsOf(mappings)["1-prepare.sql"])
        await client(db, file)
        const before = await snapshot(db)
        for (const name of ["1-prepare.sql", "2-apply.sql"] as const) {
          writeFileSync(file, scriptsOf(mappings.slice(0, 2))[name])
          const error = await assertRejects(client(db, file))
          assert.match(String(error), /another plan|Another mapping/)
        }
        assert.deepStrictEqual(await snapshot(db), before)
      } finally {
        await db.close()
      }
    }, 60_000)
  })
}

const assertRejects = async (work: Promise<unknown>): Promise<unknown> => {
  const result = await work.then(
    () => undefined,
    (error: unknown) => error
  )
  assert.isDefined(result, "should have failed")
  return result
}

describe("embedded", () => {
  it("SQLite: columns of bytes need no function that came later than the rest", () => {
    const database = new DatabaseSync(":memory:")
    const bytes = (n: number) => `x'${id(n).replaceAll("-", "")}'`
    database.exec(
      `CREATE TABLE calls (n int PRIMARY KEY, agent BLOB); INSERT INTO calls VALUES (1, ${bytes(1)}), (2, '${id(2)}'), (3, ${bytes(9)})`
    )
    const calls: Location = { table: "calls", column: "agent", kind: "id", key: ["n"], columnType: "bytes" }
    const scripts = mappingScripts(planMappingSql({ dialect: "sqlite", mappings, locations: [calls] }))
    const values = () =>
      database
        .prepare("SELECT CASE typeof(agent) WHEN 'blob' THEN hex(agent) ELSE agent END AS v FROM calls ORDER BY n")
        .all()
        .map(({ v }) => v)
    const before = values()
    for (const file of ["1-prepare.sql", "2-apply.sql", "3-verify.sql"] as const) {
      assert.notMatch(scripts[file], /unhex/i)
      database.exec(scripts[file])
    }
    const hex = (n: number) => id(n).replaceAll("-", "").toUpperCase()
    assert.deepStrictEqual(values(), [hex(101), id(102), hex(9)])
    database.exec(scripts["4-rollback.sql"])
    assert.deepStrictEqual(values(), before)
    // A target whose bytes are others than its text is forged.
    database.exec(`UPDATE aywa_migration_map SET bytes = ${bytes(7)} WHERE source = '${id(1)}'`)
    assert.throws(() => database.exec(scripts["2-apply.sql"]), /mapping table is not the plan's/)
  })

  const script = () => Promise.reject(new Error("these run their files by themselves"))
  it("SQLite runs the files, alone and without stopping at errors", async () => {
    const database = new DatabaseSync(":memory:")
    database.exec("PRAGMA foreign_keys = ON")
    const driver = await sqliteDriver(database)
    const sql = async (...all: ReadonlyArray<string>) => all.forEach((statement) => database.exec(statement))
    const db: TestDatabase = {
      driver,
      url: "",
      name: "lite",
      sql,
      script,
      reset: async () => {},
      close: async () => {}
    }
    await create(db)
    const before = await snapshot(db)
    const scripts = mappingScripts(planMappingSql({ dialect: "sqlite", mappings, locations, foreignKeys }))
    const other = mappingScripts(
      planMappingSql({ dialect: "sqlite", mappings: mappings.slice(1), locations, foreignKeys })
    )
    database.exec(scripts["1-prepare.sql"])
    assert.deepStrictEqual(await snapshot(db), before)
    // As a shell that goes on after an error: statement by statement.
    for (const statement of other["2-apply.sql"].split(";\n")) {
      try {
        database.exec(statement)
      } catch (error) {
        assert.match(
          String(error),
          /another plan: run its|run 1-prepare\.sql to its end|the mapping table is not the plan's/
        )
      }
    }
    assert.deepStrictEqual(await snapshot(db), before)
    database.exec(scripts["2-apply.sql"])
    const plan = await planDatabase(driver, { mappings, locations })
    assert.deepStrictEqual((await verifyDatabase(driver, plan)).problems, [])
    const after = await snapshot(db)
    assert.notDeepEqual(after, before)
    database.exec(scripts["3-verify.sql"])
    database.exec(scripts["2-apply.sql"])
    assert.deepStrictEqual(await snapshot(db), after)
    database.exec(scripts["4-rollback.sql"])
    assert.deepStrictEqual(await snapshot(db), before)
    database.exec(scripts["5-cleanup.sql"])
    database.close()
  })

  it("PGlite runs the files", async () => {
    const pglite = everywhere.find(({ name }) => name === "PGlite")
    assert(pglite !== undefined)
    const db = await pglite.open()
    await create(db)
    const before = await snapshot(db)
    const scripts = mappingScripts(planMappingSql({ dialect: "postgres", mappings, locations, foreignKeys }))
    for (const name of ["1-prepare.sql", "2-apply.sql", "3-verify.sql", "4-rollback.sql"] as const) {
      await db.script(scripts[name])
      if (name === "2-apply.sql") assert.notDeepEqual(await snapshot(db), before)
    }
    assert.deepStrictEqual(await snapshot(db), before)
    await db.close()
  }, 180_000)
})

describe("a script holds nothing that was not checked", () => {
  it("no name that MySQL 8 keeps for itself, and MariaDB does not", () => {
    const reserved =
      /\b(cube|cume_dist|dense_rank|empty|except|first_value|groups|lag|last_value|lateral|lead|nth_value|ntile|percent_rank|rank|row_number|system|window)\b(?!\()/i
    const scripts = mappingScripts(planMappingSql({ dialect: "mysql", mappings, locations, foreignKeys }))
    for (const text of Object.values<string>({ ...scripts }))
      for (const line of text.split("\n").filter((line) => !line.startsWith("--")))
        assert.notMatch(line.replaceAll(/`[^`]*`|'[^']*'/g, ""), reserved)
  })

  const config = { dialect: "postgres", mappings, locations } as const
  const refused = (work: () => unknown): string => {
    try {
      work()
    } catch (error) {
      assert(isMigrationError(error))
      return error.message
    }
    return assert.fail("should have been refused")
  }
  const location = { table: "t", column: "c", kind: "id", key: ["id"] } as const

  it("refuses ids that a database might read otherwise, and names that could leave a comment", () => {
    const base = { ...config, locations: [location] }
    const mapping = { source: "s", resource: "assistant", sourceId: "x", runtimeId: "y" }
    const at = (changes: Partial<Location>) => ({ ...config, locations: [{ ...location, ...changes }] })
    const ids = ["a'b", "a\\b", "a b", "a;b", "", "é", "a\nb", "x".repeat(256)]
    const names = ["a\nDROP TABLE x", "a\u0000", "\u2028", "", "x".repeat(64), "\ud800"]
    const all: ReadonlyArray<MappingConfig> = [
      ...ids.flatMap((bad) => [
        { ...base, mappings: [{ ...mapping, sourceId: bad }] },
        { ...base, mappings: [{ ...mapping, runtimeId: bad }] }
      ]),
      ...names.flatMap((bad) => [at({ table: bad }), at({ column: bad }), at({ key: [bad] }), at({ schema: bad })]),
      { ...base, prefix: 'x"; DROP' },
      at({ kind: "json-path", path: ['a"b'] }),
      { ...at({ resource: "a\nb" }), mappings: [{ ...mapping, resource: "a\nb" }] },
      { ...config, locations: [location, location] }
    ]
    for (const bad of all)
      assert.notStrictEqual(
        refused(() => planMappingSql(bad)),
        ""
      )
  })

  it("refuses fields that a file got wrong, by their names", () => {
    for (const [field, bad] of [
      ["key", "id"],
      ["keep", "changed"],
      ["kind", undefined],
      ["kind", "uuid"],
      ["columnType", "text; DROP TABLE x"],
      ["expect", { min: "0; DROP TABLE x" }],
      ["expect", { maximum: 3 }],
      ["twoStep", "no"],
      ["path", 3],
      ["resource", 5],
      ["resources", "assistant"]
    ] as const) {
      const wrong = { ...config, locations: [{ ...location, [field]: bad } as Location] }
      assert.match(
        refused(() => planMappingSql(wrong)),
        new RegExp(`^locations\\[0\\]\\.${field}: `)
      )
    }
    for (const [field, bad] of [
      ["locations", [null]],
      ["transaction", "chunk"],
      ["allowMerge", "no"]
    ] as const) {
      assert.include(
        refused(() => planMappingSql({ ...config, [field]: bad } as MappingConfig)),
        field
      )
    }
  })

  it("a name that contains the quotes of a block does not end it", () => {
    const scripts = mappingScripts(
      planMappingSql({ ...config, locations: [{ ...location, table: "t$aywa$; DROP TABLE x; --" }] })
    )
    assert.include(scripts["2-apply.sql"], "DO $aywa1$ DECLARE")
  })

  it("the same config gives the same files", () => {
    assert.deepStrictEqual(mappingScripts(planMappingSql(config)), mappingScripts(planMappingSql(config)))
    assert.notStrictEqual(
      planMappingSql(config).checksum,
      planMappingSql({ ...config, mappings: mappings.slice(1) }).checksum
    )
  })
})

describe("a process that is killed", () => {
  for (const { name, describe: describeOn, open } of everywhere) {
    if (name === "PGlite") continue
    describeOn(name, () => {
      it("leaves a database from which the same call goes on", async () => {
        const db = await open()
        const url = name === "SQLite" ? join(folder, "killed.db") : db.url
        const program = `
          import { openDatabase, planDatabase, dryRunDatabase, applyDatabase, verifyDatabase, rollbackDatabase } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)}
          const driver = await openDatabase(${JSON.stringify(url)})
          const die = Number(process.argv[1])
          const plan = await planDatabase(driver, { mappings: ${JSON.stringify(mappings)}, chunk: 50, transaction: process.argv[2],
            locations: [{ table: "calls", column: "agent", kind: "id" }] })
          let chunks = 0
          const back = process.argv[3] === "back"
          const options = { onProgress: () => { if (++chunks === die) process.kill(process.pid, "SIGKILL") } }
          await dryRunDatabase(driver, plan)
          const applied = await applyDatabase(driver, plan, back ? {} : options)
          const verified = await verifyDatabase(driver, plan)
          if (back) await rollbackDatabase(driver, plan, options)
          await driver.close()
          process.stdout.write(JSON.stringify({ changed: applied.changed, problems: verified.problems }))`
        const child = (die: number, back = "") => {
          const args = ["--input-type=module", "-e", program, `${die}`, name === "SQLite" ? "single" : "chunks", back]
          return run(process.execPath, args).then(
            ({ stdout }) => JSON.parse(stdout) as { changed: number; problems: ReadonlyArray<string> },
            (error: { signal?: string }) => error.signal
          )
        }
        const other = name === "SQLite" ? await sqliteDriver(url) : db.driver
        try {
          await other.run("CREATE TABLE calls (n int PRIMARY KEY, agent varchar(40))")
          const rows = Array.from({ length: 400 }, (_, n) => `(${n}, '${id(1 + (n % 4))}')`)
          await other.run(`INSERT INTO calls VALUES ${rows.join(", ")}`)
          const left = async () => {
            const { rows } = await other.run(
              `SELECT COUNT(*) AS n FROM calls WHERE agent IN (${mappings.map(({ sourceId }) => `'${sourceId}'`).join(", ")})`
            )
            return Number(rows[0]?.["n"])
          }
          assert.strictEqual(await child(3), "SIGKILL")
          // Chunks stay, which are smaller where they take long; a single transaction is gone.
          const rest = await left()
          if (name === "SQLite") assert.strictEqual(rest, 400)
          else assert.isTrue(rest >= 250 && rest < 400, `${rest} rows are left`)
          assert.deepStrictEqual(await child(0), { changed: rest, problems: [] })
          assert.strictEqual(await left(), 0)
          assert.strictEqual(await child(3, "back"), "SIGKILL")
          const back = await left()
          if (name === "SQLite") assert.strictEqual(back, 0)
          else assert.isTrue(back > 0 && back <= 150, `${back} rows are back`)
        } finally {
          if (name === "SQLite") await other.close()
          await db.close()
        }
      }, 60_000)
    })
  }
})
