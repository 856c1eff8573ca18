/** The inbox commands, on the databases themselves. */
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { assert, describe, it, onTestFinished } from "vitest"
import { openDatabase } from "@aywa-ai/runtime-migration"
import { assertMatches, eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { openWebhookInbox } from "../../runtime-sdk/src/inbox.ts"
import { inboxLayer, makePlace, type Place } from "../../runtime-sdk/test/inbox/support.ts"
import { startPostgres, startRedis } from "../../runtime-sdk/test/support/ownServers.ts"
import { describeWith, describeWithPrograms } from "../../runtime-sdk/test/support/services.ts"
import { run, temporaryFolder } from "./support.ts"

/** A project that has the drivers. */
const cwd = new URL("../../runtime-sdk/", import.meta.url).pathname

const report = (id: string, number: string) => ({
  id,
  type: "end-of-call-report",
  callId: `call_of_${id}`,
  body: JSON.stringify({ message: { type: "end-of-call-report", customer: { number } } })
})

const urlOf = (place: Place): string => {
  if (place.kind === "sqlite") return `sqlite:${place.file}`
  return place.kind === "postgres" ? place.url : "redis://127.0.0.1:6379"
}

/** What operators do, where three deliveries were given up. */
const check = async (kind: "sqlite" | "postgres" | "redis"): Promise<void> => {
  const { place, remove } = await makePlace(kind)
  onTestFinished(remove)
  const inbox = await openWebhookInbox({
    store: inboxLayer(place, { maxAttempts: 1 }),
    handle: () => Promise.reject(new Error("the CRM is down"))
  })
  for (const id of ["evt_1", "evt_2", "evt_3"]) {
    await inbox.offer(report(id, `+4930${id.at(-1)}`))
    // In this order.
    await eventually(async () => assert.strictEqual((await inbox.stats()).parked, Number(id.at(-1))))
  }
  await inbox.close()
  const where = place.kind === "redis" ? ["--prefix", place.prefix] : []
  const json = async (...args: ReadonlyArray<string>) => {
    const result = await run(["inbox", ...args, ...where], { env: { DATABASE_URL: urlOf(place) }, cwd })
    // What the machine's Redis is not set to is told.
    if (kind !== "redis") assert.strictEqual(result.stderr, "")
    return { code: result.code, value: JSON.parse(result.stdout) as unknown }
  }
  assertMatches(await json("status"), { code: 0, value: { waiting: 0, parked: 3 } })
  const { value } = await json("parked", "--limit", "2")
  assertMatches(value, { items: [{ id: "evt_1", attempts: 1 }, { id: "evt_2" }] })
  assert.include(JSON.stringify(value), "the CRM is down")
  assert.notInclude(JSON.stringify(value), "+49301")
  assert.deepStrictEqual(await json("requeue", "evt_1"), { code: 0, value: { id: "evt_1", requeued: true } })
  assertMatches(await json("requeue", "evt_1"), { code: 5, value: { requeued: false } })
  assert.strictEqual((await json("requeue", "evt_none")).code, 5)
  assertMatches(await json("status"), { value: { waiting: 1, parked: 2 } })
  assert.deepStrictEqual(await json("forget", "--call-id", "call_of_evt_1", "--yes"), {
    code: 0,
    value: { forgotten: 1 }
  })
  assert.deepStrictEqual(await json("forget", "--customer", "+49302", "--yes"), { code: 0, value: { forgotten: 1 } })
  assertMatches(await json("status"), { value: { waiting: 0, parked: 1 } })
}

describe("inbox", () => {
  it("status, parked, requeue and forget on SQLite", () => check("sqlite"))

  it("a limit that lists nothing is a wrong argument", async () => {
    for (const limit of ["0", "-1"]) {
      const { code, stderr } = await run(["inbox", "parked", `--limit=${limit}`, "--database", "sqlite::memory:"], {})
      assert.strictEqual(code, 2, stderr)
      assert.match(stderr, /1 or more/)
      assert.notInclude(stderr, "defect")
    }
  })

  it("says what is missing", async () => {
    assert.strictEqual((await run(["inbox", "status"], {})).code, 2)
    assert.strictEqual((await run(["inbox", "status", "--database", "sqlite:/no/such/file.db"], {})).code, 2)
    for (const url of ["redis://127.0.0.1:1", "postgres://127.0.0.1:1/none"]) {
      const away = await run(["inbox", "status", "--database", url], { cwd })
      assert.notStrictEqual(away.code, 0)
      assert.match(away.stderr, /failed while opening it: .*ECONNREFUSED/)
    }
    const file = join(temporaryFolder(), "x.db")
    execFileSync(process.execPath, [
      "-e",
      `new (require("node:sqlite").DatabaseSync)(${JSON.stringify(file)}).exec("CREATE TABLE a (b)")`
    ])
    assert.strictEqual((await run(["inbox", "forget", "--database", file], {})).code, 2)
  })
})
;(await describeWith("PostgreSQL"))("inbox on PostgreSQL", () => {
  it("status, parked, requeue and forget", () => check("postgres"))

  it("sql makes the tables, and status reads them", async () => {
    const server = "postgres://postgres@127.0.0.1:5432"
    const name = `aywa_cli_inbox_${process.pid}`
    const on = async (database: string, sql: string) => {
      const driver = await openDatabase(`${server}/${database}`)
      await driver.run(sql).finally(() => driver.close())
    }
    await on("postgres", `CREATE DATABASE ${name}`)
    onTestFinished(() => on("postgres", `DROP DATABASE ${name} WITH (FORCE)`))
    const printed = await run(["inbox", "sql", "--schema", "ops"], {})
    assert.strictEqual(printed.code, 0)
    for (const statement of printed.stdout.split(";\n").filter((one) => one.trim() !== "")) {
      if (!/^(BEGIN|COMMIT)$/.test(statement)) await on(name, statement)
    }
    const status = await run(["inbox", "status", "--schema", "ops"], {
      env: { DATABASE_URL: `${server}/${name}` },
      cwd
    })
    assertMatches(JSON.parse(status.stdout), { waiting: 0, parked: 0 })
  })
})
;(await describeWith("Redis"))("inbox on Redis", () => {
  it("status, parked, requeue and forget", () => check("redis"))
})

describeWithPrograms(
  "redis-server",
  "initdb",
  "postgres"
)("inbox on a server that refuses its password", () => {
  it("says so, and not the password", { timeout: 60_000 }, async () => {
    await using redis = await startRedis(["--requirepass", "right"])
    await using postgres = await startPostgres(["host all guarded 127.0.0.1/32 scram-sha-256"])
    const server = `127.0.0.1:${postgres.port}/postgres`
    const driver = await openDatabase(`postgres://postgres@${server}`)
    await driver.run("CREATE ROLE guarded LOGIN PASSWORD 'right'").finally(() => driver.close())
    const wrong = "wrong-4711-secret"
    for (const [url, says] of [
      [`redis://:${wrong}@127.0.0.1:${redis.port}`, /refuses this user or its password \(WRONGPASS/],
      [`postgres://guarded:${wrong}@${server}`, /refuses this user or its password \(password authentication failed/]
    ] as const) {
      const result = await run(["inbox", "status"], { env: { DATABASE_URL: url }, cwd })
      assert.notStrictEqual(result.code, 0)
      assert.match(result.stderr, says)
      assert.notInclude(result.stdout + result.stderr, wrong)
    }
  })
})
