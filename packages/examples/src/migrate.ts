/**
 * A move from the source platform, start to end: a sample account into the local runtime, then a sample application's
 * database (SQLite, here) from the source's ids to the runtime's, and back again.
 *
 *   node packages/examples/src/migrate.ts [bundle.json or folder]
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import {
  applyDatabase,
  checkBundle,
  compareAccounts,
  detectColumns,
  dryRunDatabase,
  mappingScripts,
  openDatabase,
  planDatabase,
  planImport,
  planMappingSql,
  readBundle,
  rollbackDatabase,
  runImport,
  type SqlDriver,
  verifyDatabase
} from "@aywa-ai/runtime-migration"

const say = (line: string) => console.log(line)
const folder = mkdtempSync(join(tmpdir(), "aywa-migrate-"))
const file = (name: string) => join(folder, name)

/** The application: customers with settings, calls, an audit log. Ids of the source stand in all of them. */
const createApplication = async (database: SqlDriver, assistant: string, number: string) => {
  for (const statement of [
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, settings TEXT)",
    "CREATE TABLE calls (tenant TEXT, seq INTEGER, assistant_id TEXT, phone_number_id TEXT, PRIMARY KEY (tenant, seq))",
    "CREATE TABLE audit (id INTEGER PRIMARY KEY, line TEXT)"
  ]) {
    await database.run(statement)
  }
  const settings = JSON.stringify({ theme: "dark", assistant: { id: assistant } })
  await database.run("INSERT INTO customers VALUES (1, 'Riverside', ?), (2, 'Hillside', '{}')", [settings])
  for (let seq = 1; seq <= 1000; seq++) {
    await database.run("INSERT INTO calls VALUES ('riverside', ?, ?, ?)", [seq, assistant, number])
  }
  await database.run("INSERT INTO audit VALUES (1, ?)", [`opened /assistants/${assistant}?tab=voice`])
}

const dump = async (database: SqlDriver) => {
  const tables = ["customers", "calls", "audit"]
  const all = await Promise.all(tables.map((table) => database.run(`SELECT * FROM ${table} ORDER BY 1, 2`)))
  return JSON.stringify(all.map(({ rows }) => rows))
}

try {
  await using runtime = await startLocalRuntime()
  await using aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })

  // 1. The account.
  const bundle = readBundle(process.argv[2] ?? new URL("fixtures/bundle.minimal.json", import.meta.url).pathname)
  const check = checkBundle(bundle)
  say(
    `Bundle: ${Object.entries(check.counts)
      .map(([kind, rows]) => `${rows} ${kind}`)
      .join(", ")}`
  )
  for (const { level, resource, sourceId, what, supply } of check.findings) {
    say(`  ${level}: ${resource} ${sourceId}: ${what}${supply === undefined ? "" : ` (you supply: ${supply})`}`)
  }
  say(`Plan:   ${JSON.stringify((await planImport(aywa, bundle)).counts)}`)
  const imported = await runImport(aywa, bundle, {
    ledger: file("mapping.jsonl"),
    onEvent: (event) => event.type === "sent" && say(`        ${event.rows} of ${event.of} rows sent`)
  })
  say(`Import: ${JSON.stringify(imported.counts)} by ${imported.mode}, ledger in mapping.jsonl`)
  const again = await runImport(aywa, bundle, { ledger: file("mapping.jsonl"), idempotencyKey: "a second run" })
  say(`Again:  ${JSON.stringify(again.counts)}`)
  strictEqual(again.counts.created, 0)
  const compared = await compareAccounts(aywa, bundle, { mappings: imported.mappings })
  for (const { id, ok, compared: rows, differences } of compared.checks) {
    say(`  ${ok ? "ok  " : "DIFF"} ${id.padEnd(18)} ${rows} compared`)
    for (const { sourceId, path, message } of differences) say(`       ${sourceId} ${path}: ${message}`)
  }
  // A script that goes on from here should see it.
  if (!compared.ok) process.exitCode = 1

  // 2. The application's database.
  const { mappings } = imported
  const idOf = (resource: string, side: "sourceId" | "runtimeId") =>
    mappings.find((mapping) => mapping.resource === resource)?.[side] ?? ""
  const database = await openDatabase(file("app.db"))
  try {
    await createApplication(database, idOf("assistant", "sourceId"), idOf("phone-number", "sourceId"))
    const before = await dump(database)
    const candidates = await detectColumns(database, { mappings })
    say(`\nColumns with ids of the source:`)
    for (const { location, hits, sampled } of candidates) {
      say(`  ${location.table}.${location.column} (${location.kind}): ${hits} of ${sampled} rows`)
    }
    const locations = candidates.map(({ location }) => location)
    strictEqual(locations.length, 4)

    // What an operator would run by hand, with sqlite3, psql or mysql.
    for (const [name, text] of Object.entries(
      mappingScripts(planMappingSql({ dialect: "sqlite", mappings, locations }))
    )) {
      writeFileSync(file(name), text)
      say(`  ${name} written, ${text.length} bytes`)
    }

    // The same from here.
    const plan = await planDatabase(database, { mappings, locations })
    for (const { level, subject, message } of plan.findings) say(`  ${level}: ${subject}: ${message}`)
    const dry = await dryRunDatabase(database, plan)
    say(`Dry run:  ${dry.rows} values would change`)
    deepStrictEqual(await dump(database), before)
    const applied = await applyDatabase(database, plan)
    say(`Apply:    ${applied.changed} values changed`)
    const verified = await verifyDatabase(database, plan)
    say(`Verify:   ${verified.ok ? "nothing is left, nothing drifted" : verified.problems.join("; ")}`)
    strictEqual(verified.ok, true)
    strictEqual((await dump(database)).includes(idOf("assistant", "sourceId")), false)
    say(`Again:    ${(await applyDatabase(database, plan)).changed} values changed`)
    const assistant = (await database.run("SELECT assistant_id AS id FROM calls LIMIT 1")).rows[0]?.["id"]
    say(`          the first call's assistant is ${(await aywa.assistants.get(String(assistant))).name ?? ""}`)
    say(`Rollback: ${(await rollbackDatabase(database, plan)).changed} values put back`)
    strictEqual(await dump(database), before)
    say(`          the database is, byte for byte, what it was`)
  } finally {
    await database.close()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
