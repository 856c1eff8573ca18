/**
 * Verify looks with other eyes than the rewriter: whatever form an id has, wherever it stands, the column is named, with the
 * kind that would rewrite it, or with the reason why it was not looked at. Detect proposes what verify would find.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "vitest"
import {
  applyDatabase,
  detectDatabase,
  dryRunDatabase,
  isMigrationError,
  type Location,
  planDatabase,
  sqliteDriver,
  verifyDatabase
} from "../src/index.ts"
import { makeMatcher } from "../src/live/matcher.ts"
import { databases, emptyDatabase, fresh, mapping, old, simple } from "./databases.ts"

const plain = (id: string) => id.replaceAll("-", "")
const escaped = (id: string) => id.replace("a", "\\u0061")

it("a matcher finds an id in every form, in bytes of every order, and nothing else", () => {
  const { idsIn } = makeMatcher([old(1), "assistant_0123456789", "short"])
  const swapped = (id: string) => plain(id).replace(/^(.{8})(.{4})(.{4})/, "$3$2$1")
  const little = (id: string) => plain(id).replace(/^(..)(..)(..)(..)(..)(..)(..)(..)/, "$4$3$2$1$6$5$8$7")
  const bytes = (hex: string) => Buffer.from(hex, "hex")
  const found: ReadonlyArray<unknown> = [
    old(1),
    old(1).toUpperCase(),
    `Abcdef00-0000-4000-8000-000000000001`,
    plain(old(1)),
    `f${plain(old(1))}f`,
    `{"a": "${escaped(old(1))}"}`,
    JSON.stringify({ a: JSON.stringify({ b: `{"c": "${escaped(old(1))}"}` }) }),
    old(1).replaceAll("-", "%2D"),
    old(1).replaceAll("-", "%252d"),
    `${old(1)}-mono.wav`,
    bytes(plain(old(1))),
    bytes(`00${plain(old(1))}00`),
    bytes(swapped(old(1))),
    bytes(little(old(1))),
    Buffer.from(`see ${old(1)}`)
  ]
  for (const value of found) assert.deepStrictEqual(idsIn(value), [old(1)], String(value))
  assert.deepStrictEqual(idsIn("x-Assistant_0123456789x"), ["assistant_0123456789"])
  assert.deepStrictEqual(idsIn(`"short" and ${old(1)}`).toSorted(), [old(1), "short"])
  const nothing: ReadonlyArray<unknown> = [
    null,
    7,
    new Date(),
    "",
    "shorter",
    old(2),
    plain(old(1)).slice(1),
    bytes("00")
  ]
  for (const value of nothing) assert.deepStrictEqual(idsIn(value), [], String(value))
})

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = emptyDatabase(open)

    const postgres = name === "PostgreSQL" || name === "PGlite"
    const maria = name === "MariaDB"
    const on = (...names: ReadonlyArray<string>): ((title: string, test: () => Promise<void>) => unknown) =>
      names.includes(name) ? it : () => undefined
    const json = postgres ? "jsonb" : maria ? "json" : "text"
    const bytes = postgres ? "bytea" : maria ? "binary(16)" : "blob"
    const hex = (id: string) => (postgres ? `'\\x${plain(id)}'::bytea` : `x'${plain(id)}'`)
    /** A plan of one column that is clean, so that all else is found by the pass alone. */
    const planOf = (more: object = {}) =>
      planDatabase(db.driver, {
        mappings: simple,
        locations: [{ table: "calls", column: "ext", kind: "id" }],
        ...more
      })
    const applied = async (more: object = {}) => {
      const plan = await planOf(more)
      await dryRunDatabase(db.driver, plan)
      await applyDatabase(db.driver, plan)
      return plan
    }
    const insert = (...values: ReadonlyArray<string | null>) =>
      db.driver.run(
        `INSERT INTO odd VALUES (${values.map((value, at) => (value === null ? "NULL" : postgres ? `$${at + 1}` : "?")).join(", ")})`,
        values.filter((value) => value !== null)
      )
    const calls = [
      "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))",
      `INSERT INTO calls VALUES (1, '${old(1)}')`
    ]

    it("names each column in which ids are left, and the kind that would rewrite them", async () => {
      const long = maria ? "varchar(300)" : "text"
      await db.sql(
        ...calls,
        `CREATE TABLE odd (id int PRIMARY KEY, whole ${long}, doc ${json}, keyed ${json}, nested ${long}, file ${long}, mixed ${long}, hidden ${long}, clean ${long})`
      )
      await insert(
        "1",
        old(1),
        `{"a": {"id": "${old(1)}"}}`,
        `{"by": {"${old(2)}": 3}}`,
        JSON.stringify({ args: JSON.stringify({ id: old(2) }) }),
        `${old(1)}-mono.wav`,
        "Abcdef00-0000-4000-8000-000000000001",
        `{"a": "${escaped(old(1))}"}`,
        old(9)
      )
      const plan = await applied()
      const report = await verifyDatabase(db.driver, plan)
      assert.isFalse(report.ok)
      assert.deepStrictEqual(
        report.left.map(({ column, rows, kind }) => [column, rows, kind]),
        [
          ["odd.whole", 1, "id"],
          ["odd.doc", 1, "json-any"],
          ["odd.keyed", 1, "json-any"],
          ["odd.nested", 1, "json-any"],
          ["odd.file", 1, "text"],
          ["odd.mixed", 1, undefined],
          ["odd.hidden", 1, undefined]
        ]
      )
      assert.include(
        report.problems,
        "odd.whole: 1 rows hold ids of the source, and no location names the column: kind id would rewrite them"
      )
      assert.match(report.problems.join("\n"), /odd\.hidden: 1 rows .*no kind rewrites/)
      const quick = await verifyDatabase(db.driver, plan, { scan: false })
      assert.deepStrictEqual([quick.ok, quick.left], [true, []])
      // What detect proposes is what verify found, and with it nothing is left but what no kind rewrites.
      const { candidates, unfit } = await detectDatabase(db.driver, { mappings: simple })
      assert.deepStrictEqual(
        candidates.map(({ location }) => [location.column, location.kind]),
        [
          ["whole", "id"],
          ["doc", "json-path"],
          ["keyed", "json-any"],
          ["nested", "json-any"],
          ["file", "text"]
        ]
      )
      assert.deepStrictEqual(
        unfit.map(({ reason }) => reason.slice(0, reason.indexOf(":"))),
        ["mixed", "hidden"]
      )
      const whole = await planOf({
        prefix: "run_2",
        locations: candidates.map(({ location }) => location),
        leave: [
          { table: "odd", column: "mixed" },
          { table: "odd", column: "hidden" }
        ]
      })
      await dryRunDatabase(db.driver, whole)
      await applyDatabase(db.driver, whole)
      const clean = await verifyDatabase(db.driver, whole)
      assert.deepStrictEqual([clean.problems, clean.ok], [[], true])
      assert.match(clean.information.join("\n"), /odd\.mixed: 1 rows hold ids of the source, as the config expects/)
    })

    it("a location whose kind does not reach all forms is told which one does", async () => {
      await db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, ext ${json})`,
        `INSERT INTO calls VALUES (1, '{"a": "${old(1)}", "b": "${old(1)}-mono.wav"}')`
      )
      const plan = await applied({ locations: [{ table: "calls", column: "ext", kind: "json-any" }] })
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [
        "calls.ext: 1 rows hold ids of the source, and kind json-any does not reach them: kind text would rewrite them"
      ])
    })

    it("bytes are found, and rewritten where they are a whole id", async () => {
      await db.sql(
        ...calls,
        `CREATE TABLE odd (id int PRIMARY KEY, ext ${bytes})`,
        `INSERT INTO odd VALUES (1, ${hex(old(1))})`
      )
      const report = await verifyDatabase(db.driver, await applied())
      assert.deepStrictEqual(report.left, [{ column: "odd.ext", rows: 1, kind: "id", expected: false }])
      const { candidates } = await detectDatabase(db.driver, { mappings: simple })
      const plan = await applied({ prefix: "run_2", locations: candidates.map(({ location }) => location) })
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
    })

    it("an id of a resource that the location does not name is left, and said", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))",
        `INSERT INTO calls VALUES (1, '${old(7)}')`
      )
      const plan = await applied({
        mappings: [...simple, mapping(old(7), old(70), "tool")],
        locations: [{ table: "calls", column: "ext", kind: "id", resource: "assistant" }]
      })
      assert.match((await verifyDatabase(db.driver, plan)).problems.join("\n"), /calls\.ext: 1 rows .*other resources/)
    })

    it("a place that may keep ids has to be one", async () => {
      await db.sql(...calls)
      const error: unknown = await planOf({ leave: [{ table: "calls", column: "nope" }] }).catch(
        (error: unknown) => error
      )
      assert(isMigrationError(error) && error.reason._tag === "InvalidConfig", String(error))
      assert.match(error.message, /leave\[0\]\.column: calls has no column nope/)
    })

    on("PostgreSQL", "PGlite")("enums, domains, arrays, lists of types: whatever the type is called", async () => {
      await db.sql(
        ...calls,
        `CREATE TYPE kind AS ENUM ('${old(1)}', 'other')`,
        "CREATE DOMAIN ext_id AS uuid",
        "CREATE DOMAIN inner_id AS ext_id",
        "CREATE TYPE pair AS (a text, b int)",
        "CREATE TABLE odd (id int PRIMARY KEY, e kind, d inner_id, p pair, l uuid[], m xml)",
        `INSERT INTO odd VALUES (1, '${old(1)}', '${old(1)}', ROW('${old(1)}', 1), '{${old(1)}}', NULL)`,
        `CREATE MATERIALIZED VIEW seen AS SELECT d::text AS d FROM odd`
      )
      const plan = await applied()
      const report = await verifyDatabase(db.driver, plan)
      assert.deepStrictEqual(report.left.map(({ column, kind }) => [column, kind]).toSorted(), [
        ["odd.d", "id"],
        ["odd.e", undefined],
        ["odd.l", "array"],
        ["odd.p", undefined],
        ["seen.d", "id"]
      ])
      assert.match(report.problems.join("\n"), /REFRESH MATERIALIZED VIEW seen/)
      assert.match(report.problems.join("\n"), /odd\.e: 1 rows .*: the enum kind .* ALTER TYPE kind RENAME VALUE/)
      const named = await planOf({ prefix: "run_2", locations: [{ table: "odd", column: "e", kind: "id" }] })
      assert.match(named.findings[0]?.message ?? "", /ALTER TYPE kind RENAME VALUE/)
      await db.sql(
        "DROP TABLE odd CASCADE",
        "DROP TYPE kind",
        "DROP TYPE pair",
        "DROP DOMAIN inner_id",
        "DROP DOMAIN ext_id"
      )
    })

    on("PostgreSQL", "PGlite")("the kind that is named rewrites, and where none does it says what to do", async () => {
      const [one, two] = [old(1), old(2)]
      await db.sql(
        ...calls,
        `CREATE TYPE "Kind" AS ENUM ('${one}', '${two}')`,
        `CREATE TYPE done AS ENUM ('${one}', '${fresh(1)}')`,
        `CREATE TABLE odd (id int PRIMARY KEY, names "Kind"[], known done, flat text[], twice uuid[], docs jsonb[], texts text[], shifted uuid[], mixed uuid[])`,
        `INSERT INTO odd VALUES (1, '{${one},${two}}', '${one}', '{${one},"a b",NULL}', '{{${one}},{${two}}}', ARRAY['{"a": "${one}"}']::jsonb[], '{see ${one}}', '[0:0]={${one}}', '{${one}}')`,
        `INSERT INTO odd (id, mixed) VALUES (2, '{{${one}}}')`
      )
      const left = (await verifyDatabase(db.driver, await applied())).left.map(({ column, kind }) => [column, kind])
      assert.deepStrictEqual(left.toSorted(), [
        ["odd.docs", undefined],
        ["odd.flat", "array"],
        ["odd.known", undefined],
        ["odd.mixed", undefined],
        ["odd.names", undefined],
        ["odd.shifted", undefined],
        ["odd.texts", undefined],
        ["odd.twice", undefined]
      ])
      const { candidates, unfit } = await detectDatabase(db.driver, { mappings: simple })
      const found = candidates.filter(({ location }) => location.table === "odd")
      assert.deepStrictEqual(
        found.map(({ location, notes }) => [location.column, location.kind, notes.join()]),
        [
          ["flat", "array", ""],
          ["mixed", "array", "1 of 2 rows that were tried have ids that kind array does not rewrite: by hand"]
        ]
      )
      const reasons = unfit.map(({ reason }) => reason).join("\n")
      assert.match(reasons, /names: 1 rows .* ALTER TYPE "Kind" RENAME VALUE '.*' TO '.*';/)
      assert.match(reasons, /known: 1 rows .* by hand: UPDATE … SET "known" = '.*' WHERE "known" = '.*';/)
      for (const name of ["twice", "docs", "texts", "shifted"])
        assert.match(reasons, new RegExp(`${name}: 1 rows .*: no kind rewrites lists of several .* by hand`))
      const locations = found.map(({ location }) => location)
      const plan = await applied({ prefix: "run_2", locations })
      const { problems } = await verifyDatabase(db.driver, plan)
      // To apply once more would not help.
      assert.match(problems.join("\n"), /odd\.mixed: 1 rows .*kind array does not reach them: no kind rewrites lists/)
      assert.notMatch(problems.join("\n"), /odd\.mixed: .* run dry run and apply/)
      assert.notMatch(problems.join("\n"), /odd\.flat/)
      const finding = async (column: string, kind: Location["kind"]) => {
        const plan = await planOf({ prefix: "run_3", locations: [{ table: "odd", column, kind }] })
        return plan.findings[0]?.message ?? ""
      }
      assert.match(await finding("docs", "array"), /jsonb\[\]: no kind rewrites JSON in a list/)
      assert.match(await finding("names", "array"), /ALTER TYPE "Kind" RENAME VALUE/)
      assert.match(await finding("known", "id"), /by hand: UPDATE/)
      await db.sql(`ALTER TYPE "Kind" RENAME VALUE '${one}' TO '${fresh(1)}'`)
      await db.sql("DROP TABLE odd", 'DROP TYPE "Kind"', "DROP TYPE done")
    })

    on("MariaDB")("enums are found and told, and what is kept of old rows is named", async () => {
      await db.sql(
        ...calls,
        `CREATE TABLE odd (id int PRIMARY KEY, e enum('${old(1)}', 'other'), u uuid)`,
        `INSERT INTO odd VALUES (1, '${old(1)}', '${old(2)}')`,
        "CREATE TABLE kept (id int PRIMARY KEY, ext varchar(60)) WITH SYSTEM VERSIONING",
        `INSERT INTO kept VALUES (1, '${old(1)}')`
      )
      const report = await verifyDatabase(db.driver, await applied())
      assert.deepStrictEqual(
        report.left.map(({ column }) => column),
        ["kept.ext", "odd.e", "odd.u"]
      )
      assert.match(report.problems.join("\n"), /odd\.e: .* kind id would rewrite them, once .*MODIFY/)
      assert.deepStrictEqual(
        report.notScanned.map(({ table }) => table),
        ["kept"]
      )
      const plan = await planOf({ prefix: "run_2", locations: [{ table: "odd", column: "e", kind: "id" }] })
      assert.match(plan.findings[0]?.message ?? "", /enum.*MODIFY/)
      const kept = await planOf({ prefix: "run_3", locations: [{ table: "kept", column: "ext", kind: "id" }] })
      assert.match(kept.findings[0]?.message ?? "", /history is kept/)
      await db.sql("DROP TABLE kept")
    })

    on("SQLite")("columns of any declared type, and no table of an index", async () => {
      await db.sql(
        ...calls,
        "CREATE TABLE odd (id integer PRIMARY KEY, ext GUID, n INTEGER)",
        `INSERT INTO odd VALUES (1, '${old(1)}', '${old(2)}')`,
        "CREATE VIRTUAL TABLE words USING fts5(line)",
        `INSERT INTO words VALUES ('${old(1)}')`
      )
      const report = await verifyDatabase(db.driver, await applied())
      assert.deepStrictEqual(
        report.left.map(({ column }) => column),
        ["odd.ext", "odd.n"]
      )
      const skipped = report.notScanned.map(({ table, reason }) => `${table}: ${reason}`)
      assert.include(skipped.join("\n"), "words: an extension of SQLite keeps its rows")
      assert.include(skipped.join("\n"), "words_content: a virtual table keeps its index in it")
      const { candidates } = await detectDatabase(db.driver, { mappings: simple })
      assert.deepStrictEqual(
        candidates.map(({ location }) => [location.column, location.kind]),
        [
          ["ext", "id"],
          ["n", "id"]
        ]
      )
      await db.sql("DROP TABLE words")
    })

    on("PostgreSQL")("foreign tables, and tables that may not be read, are named", async () => {
      const role = `aywa_reader_${process.pid}`
      await db.sql(
        ...calls,
        "CREATE EXTENSION IF NOT EXISTS postgres_fdw",
        "CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw",
        "CREATE FOREIGN TABLE far (id int, ext text) SERVER elsewhere",
        "CREATE TABLE secret (id int, ext text)",
        `CREATE ROLE ${role}`,
        `GRANT ALL ON SCHEMA public TO ${role}`,
        `ALTER TABLE calls OWNER TO ${role}`,
        `GRANT CREATE ON DATABASE ${db.name} TO ${role}`
      )
      try {
        await db.sql(`SET ROLE ${role}`)
        const report = await verifyDatabase(db.driver, await applied())
        assert.deepStrictEqual([report.problems, report.ok], [[], true])
        const skipped = report.information.join("\n")
        assert.match(skipped, /far was not looked at: its rows are in another database/)
        assert.match(skipped, /secret was not looked at: it cannot be read: permission denied/)
      } finally {
        await db.sql(
          "RESET ROLE",
          "DROP SERVER elsewhere CASCADE",
          `DROP OWNED BY ${role} CASCADE`,
          `DROP ROLE ${role}`
        )
      }
    })

    // In a process whose heap is smaller than the table: only a few rows can be in it at a time.
    if (name !== "PGlite")
      it("memory does not grow with the table", async () => {
        const many = Number(process.env["AYWA_LARGE_ROWS"] ?? 700)
        const folder = mkdtempSync(join(tmpdir(), "aywa-flat-"))
        try {
          const url = name === "SQLite" ? join(folder, "flat.db") : db.url
          const filler = "x".repeat(1000)
          const driver = name === "SQLite" ? await sqliteDriver(url) : db.driver
          const body = postgres
            ? `repeat('${filler}', 150)`
            : maria
              ? `REPEAT('${filler}', 150)`
              : `replace(hex(zeroblob(75)), '0', '${filler}')`
          const long = maria ? "longtext" : "text"
          await driver.run(`CREATE TABLE docs (id int PRIMARY KEY, body ${long})`)
          for (let at = 0; at < many; at += 100) {
            const values = Array.from({ length: Math.min(100, many - at) }, (_, n) => `(${at + n}, ${body})`)
            await driver.run(`INSERT INTO docs VALUES ${values.join(", ")}`)
          }
          await driver.run(`UPDATE docs SET body = '{"id": "${old(1)}"}' WHERE id = ${many - 1}`)
          if (name === "SQLite") await driver.close()
          const program = `
            import { detectColumns, openDatabase } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).pathname)}
            const database = await openDatabase(${JSON.stringify(url)})
            const mappings = ${JSON.stringify(simple)}
            const found = await detectColumns(database, { mappings, sample: Infinity })
            await database.close()
            console.log(found.map(({ location, hits }) => location.column + " " + hits).join())`
          const heap = Math.ceil((many * 0.15) / 2)
          const output = execFileSync(
            process.execPath,
            [`--max-old-space-size=${heap}`, "--input-type=module", "-e", program],
            { encoding: "utf8" }
          )
          assert.strictEqual(output.trim(), "body 1")
        } finally {
          rmSync(folder, { recursive: true })
        }
      }, 120_000)
  })
}
