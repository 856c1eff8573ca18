/** `migrate` on a database that somebody uses: connections that end while it asks, exit codes with traffic, flags. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, inject, it, onTestFinished } from "vitest"
import { openDatabase } from "@aywa-ai/runtime-migration"
import { assertMatches, eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { databases } from "./databases.ts"
import { errorOf, run, temporaryFolder } from "./support.ts"

const source = (n: number) => `${String(n).padStart(8, "0")}-0000-4000-8000-000000000000`
const target = (n: number) => `${String(n).padStart(8, "0")}-ffff-4fff-8fff-ffffffffffff`
const mappings = [1, 2, 3].map((n) => ({
  source: "vapi",
  resource: "assistant",
  sourceId: source(n),
  runtimeId: target(n)
}))
const calls = [1, 2, 3].map((n) => ({ id: n, assistant: source(n), settings: "{}" }))

/** Where the drivers are. */
const cwd = fileURLToPath(new URL("..", import.meta.url))

/** The ledger and a locations file. */
const files = (more = "") => {
  const folder = temporaryFolder()
  const mapping = join(folder, "mapping.jsonl")
  writeFileSync(mapping, mappings.map((one) => `${JSON.stringify(one)}\n`).join(""))
  const config = join(folder, "locations.yaml")
  writeFileSync(config, `locations:\n  - { table: calls, column: assistant_id, kind: id }\n${more}`)
  return { mapping, config, args: ["--mapping", mapping, "--config", config] }
}

/** Runs statements on a connection of their own. */
const sql = async (url: string, ...statements: ReadonlyArray<string>) => {
  const driver = await openDatabase(url)
  try {
    for (const statement of statements) await driver.run(statement)
  } finally {
    await driver.close()
  }
}

/** Ends every other connection to a database, as an administrator or a failover does. */
const endOthers = async (url: string): Promise<number> => {
  const driver = await openDatabase(url)
  try {
    const { rows } = await driver.run(
      driver.dialect === "postgres"
        ? "SELECT pid AS id FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        : "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()"
    )
    for (const { id } of rows)
      await driver.run(
        driver.dialect === "postgres" ? `SELECT pg_terminate_backend(${Number(id)})` : `KILL ${Number(id)}`
      )
    return rows.length
  } finally {
    await driver.close()
  }
}

/** Starts a command on a terminal, where it asks. */
const onTerminal = (args: ReadonlyArray<string>, url: string) => {
  const command = [process.execPath, inject("bin"), ...args].map((arg) => `'${arg}'`).join(" ")
  const child = spawn("script", ["-qefc", command, "/dev/null"], {
    cwd,
    env: { PATH: process.env["PATH"], TERM: "dumb", DATABASE_URL: url },
    stdio: ["pipe", "pipe", "inherit"]
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  const output = { text: "" }
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output.text += chunk))
  const closed = once(child, "close").then(([code]): number => code)
  return { output, closed, type: (keys: string) => child.stdin.write(keys) }
}

for (const { name, dialect, describe, open } of databases) {
  describe(`migrate on ${name}, in use`, () => {
    if (name === "PostgreSQL" || name === "MariaDB")
      it.each(["apply", "rollback"])(
        "a connection that ends while %s asks is said in words, with the exit code of a server that is not there; run again, it goes on",
        async (step) => {
          const { args } = files()
          const { url, read } = await open(calls)
          const migrate = (step: string) =>
            run(["migrate", step, ...args, "--yes"], { env: { DATABASE_URL: url }, cwd })
          if (step === "rollback") assert.strictEqual((await migrate("apply")).code, 0)
          const before = await read()
          const asking = onTerminal(["migrate", step, ...args], url)
          await eventually(() => assert.include(asking.output.text, "[y/N]"), 20_000)
          assert.strictEqual(await endOthers(url), 1)
          asking.type("y\r")
          assert.strictEqual(await asking.closed, 8, asking.output.text)
          assert.match(asking.output.text, /connection to the database was lost.*run\s+the\s+step\s+again/is)
          assert.notMatch(asking.output.text, /defect|uncaught|node:events|at .*\.js:\d+|Not everything/i)
          assert.deepStrictEqual(await read(), before)
          const again = await migrate(step)
          assert.deepStrictEqual([again.code, again.json.changed], [0, 3])
        },
        60_000
      )

    if (name === "PostgreSQL" || name === "MariaDB")
      it("--replica and DATABASE_REPLICAS name what apply waits for; a server that is none is refused, and no row is written", async () => {
        const { args } = files()
        const { url, read } = await open(calls)
        const before = await read()
        const words = name === "MariaDB" ? /^replicas\[0\]: this server is no replica/ : /^replicas: are for MySQL/
        for (const [flags, env] of [
          [["--replica", url], {}],
          [[], { DATABASE_REPLICAS: ` ${url} ` }]
        ] as const) {
          const refused = await run(["migrate", "apply", ...args, "--yes", "--json", ...flags], {
            env: { DATABASE_URL: url, ...env },
            cwd
          })
          assertMatches([refused.code, errorOf(refused).message], [2, words])
          assert.deepStrictEqual(await read(), before)
        }
      }, 60_000)

    it("verify exits with 0 while others only write ids of the runtime or none, and with 1 for what is left", async () => {
      const { args } = files()
      const { url } = await open(calls)
      const migrate = (step: string, ...more: ReadonlyArray<string>) =>
        run(["migrate", step, ...args, ...more], { env: { DATABASE_URL: url }, cwd })
      assert.strictEqual((await migrate("apply", "--yes")).code, 0)
      await sql(
        url,
        "DELETE FROM calls WHERE id = 1",
        "UPDATE calls SET assistant_id = NULL WHERE id = 2",
        `UPDATE calls SET assistant_id = '${target(1)}' WHERE id = 3`,
        `INSERT INTO calls VALUES (4, '${target(2)}', '{}'), (5, NULL, '{}')`
      )
      const busy = await migrate("verify")
      assert.deepStrictEqual([busy.stderr, busy.code, busy.json.ok, busy.json.problems], ["", 0, true, []])
      assert.deepStrictEqual(busy.json.information, [
        "calls.assistant_id: 1 rows were changed by somebody else since the dry run",
        "calls.assistant_id: 1 rows were emptied since the dry run",
        "calls.assistant_id: 1 rows are gone since the dry run",
        "calls.assistant_id: 3 rows before, 4 now",
        "calls.assistant_id: 0 rows without a value before, 2 now"
      ])
      assert.match(
        (await migrate("verify", "--no-json")).stdout,
        /^Verified: nothing is left\.\nOthers wrote meanwhile:\n- /
      )
      await sql(url, `INSERT INTO calls VALUES (6, '${source(1)}', '{}')`)
      const left = await migrate("verify", "--no-json")
      assertMatches(
        [left.code, left.stdout],
        [
          1,
          /^Not all is well:\n- calls\.assistant_id: 1 rows still hold ids of the source[^\n]*\nOthers wrote meanwhile:\n/
        ]
      )
    }, 60_000)

    it("verify exits with 1 for a reference that leads nowhere, whatever others write besides", async () => {
      const { args } = files("  - { table: agents, column: id, kind: id }\n")
      const { url } = await open([])
      await sql(
        url,
        "CREATE TABLE agents (id varchar(60) PRIMARY KEY)",
        "DROP TABLE calls",
        "CREATE TABLE calls (id int PRIMARY KEY, assistant_id varchar(60), CONSTRAINT calls_agent FOREIGN KEY (assistant_id) REFERENCES agents (id))",
        ...[1, 2].flatMap((n) => [
          `INSERT INTO agents VALUES ('${source(n)}')`,
          `INSERT INTO calls VALUES (${n}, '${source(n)}')`
        ])
      )
      const migrate = (step: string, ...more: ReadonlyArray<string>) =>
        run(["migrate", step, ...args, ...more], { env: { DATABASE_URL: url }, cwd })
      assert.strictEqual((await migrate("apply", "--yes")).code, 0)
      const unchecked = {
        postgres: "SET session_replication_role = replica",
        mysql: "SET foreign_key_checks = 0",
        sqlite: "PRAGMA foreign_keys = OFF"
      }[dialect]
      await sql(
        url,
        unchecked,
        `INSERT INTO agents VALUES ('${target(3)}')`,
        `DELETE FROM agents WHERE id = '${target(2)}'`
      )
      const { code, json } = await migrate("verify")
      assert.strictEqual(code, 1)
      assertMatches(json.problems, [/calls.*: 1 rows have no parent/])
      assert.include(json.information, "agents.id: 1 rows are gone since the dry run")
    }, 60_000)

    it("--no-scan looks at the locations alone", async () => {
      const { args } = files()
      const { url } = await open(calls)
      const migrate = (step: string, ...more: ReadonlyArray<string>) =>
        run(["migrate", step, ...args, ...more], { env: { DATABASE_URL: url }, cwd })
      await sql(
        url,
        "CREATE TABLE notes (id int PRIMARY KEY, note varchar(90))",
        `INSERT INTO notes VALUES (1, 'see ${source(1)}')`
      )
      assert.strictEqual((await migrate("apply", "--yes")).code, 1)
      assertMatches((await migrate("verify")).json, { ok: false, left: [{ column: "notes.note", kind: "text" }] })
      const locations = await migrate("verify", "--no-scan")
      assertMatches([locations.code, locations.json], [0, { ok: true, left: [], notScanned: [] }])
    }, 60_000)

    it("--keep-updated-at lets the time of a change stay, or says that it cannot", async () => {
      const { args } = files()
      const { url } = await open(calls)
      const trigger = {
        postgres: [
          "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now()::text; RETURN NEW; END $$",
          "CREATE TRIGGER touch BEFORE UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION touch()"
        ],
        mysql: ["CREATE TRIGGER touch BEFORE UPDATE ON calls FOR EACH ROW SET NEW.updated_at = NOW()"],
        sqlite: [
          "CREATE TRIGGER touch AFTER UPDATE OF assistant_id ON calls BEGIN UPDATE calls SET updated_at = datetime('now') WHERE id = NEW.id; END"
        ]
      }[dialect]
      await sql(url, "ALTER TABLE calls ADD COLUMN updated_at varchar(60) DEFAULT 'then'", ...trigger)
      const migrate = (step: string, ...more: ReadonlyArray<string>) =>
        run(["migrate", step, ...args, ...more], { env: { DATABASE_URL: url }, cwd })
      assert.match((await migrate("dry-run", "--no-json")).stdout, /touch .*updated_at|touch writes to calls/)
      const times = async () => {
        const driver = await openDatabase(url)
        const { rows } = await driver.run("SELECT DISTINCT updated_at AS at FROM calls")
        await driver.close()
        return rows.map(({ at }) => at)
      }
      const applied = await migrate("apply", "--keep-updated-at", "--yes")
      assert.deepStrictEqual([applied.code, applied.json.changed], [0, 3])
      if (dialect === "mysql") {
        assert.notDeepEqual(await times(), ["then"])
        return
      }
      assert.deepStrictEqual(await times(), ["then"])
      assert.strictEqual((await migrate("rollback", "--keep-updated-at", "--yes")).code, 0)
      assert.deepStrictEqual(await times(), ["then"])
    }, 60_000)

    it("detect --schema names columns again in which nothing was found, and a file that is not there", async () => {
      const { mapping } = files()
      const { url } = await open([])
      const schema = join(temporaryFolder(), "schema.prisma")
      writeFileSync(
        schema,
        'model Call {\n  id Int @id\n  assistantId String? @map("assistant_id")\n\n  @@map("calls")\n}\n'
      )
      const detect = (...more: ReadonlyArray<string>) =>
        run(["migrate", "detect", "--mapping", mapping, ...more], { env: { DATABASE_URL: url }, cwd })
      const { code, json } = await detect("--schema", schema)
      assertMatches(
        [code, json.candidates, json.unseen],
        [0, [], [{ table: "calls", reason: /^assistant_id: .*schema\.prisma calls it/ }]]
      )
      assert.match((await detect("--schema", schema, "--no-json")).stdout, /look again {2}calls\.assistant_id: /)
      assert.strictEqual((await detect("--schema", `${schema}.missing`)).code, 2)
    }, 60_000)
  })
}

it("the documentation names every command of migrate, and every flag of its own", async () => {
  const docs = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8")
  const section = docs.slice(docs.indexOf("## Migration"), docs.indexOf("## Config as code"))
  const helpOf = async (...words: ReadonlyArray<string>) => (await run(["migrate", ...words, "--help"])).stdout
  const commandsOf = (help: string) =>
    [...help.slice(help.indexOf("SUBCOMMANDS")).matchAll(/^ {2}([a-z][a-z-]*) {2,}\S/gm)].map(([, name = ""]) => name)
  const commands = commandsOf(await helpOf())
  assert.isAbove(commands.length, 15)
  for (const name of commands) {
    const group = name === "numbers" ? commandsOf(await helpOf(name)).map((one) => [name, one]) : [[name]]
    for (const words of group) {
      assert.include(section, `\`${words.join(" ")}\``)
      const help = await helpOf(...words)
      const own = help.slice(help.indexOf("\nFLAGS"), help.indexOf("\nGLOBAL FLAGS"))
      for (const [, flag = ""] of own.matchAll(/^ {2}--([a-z-]+)/gm))
        assert.match(section, new RegExp(`\`--(no-)?${flag}( [A-Z]+)?\``), `${words.join(" ")} --${flag}`)
    }
  }
}, 60_000)
