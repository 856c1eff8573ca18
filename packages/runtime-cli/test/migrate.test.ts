import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { createServer } from "node:http"
import { assert, describe, it, onTestFinished } from "vitest"
import { openDatabase } from "@aywa-ai/runtime-migration"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { databases } from "./databases.ts"
import { closedPort, errorOf, run, startRuntime, temporaryFolder } from "./support.ts"

const source = (n: number) => `${String(n).padStart(8, "0")}-0000-4000-8000-000000000000`
const target = (n: number) => `${String(n).padStart(8, "0")}-ffff-4fff-8fff-ffffffffffff`
const mappings = [1, 2, 3].map((n) => ({
  source: "vapi",
  resource: "assistant",
  sourceId: source(n),
  runtimeId: target(n)
}))

const cwd = fileURLToPath(new URL("..", import.meta.url))

const files = () => {
  const folder = temporaryFolder()
  const mapping = join(folder, "mapping.jsonl")
  writeFileSync(mapping, mappings.map((one) => `${JSON.stringify(one)}\n`).join(""))
  const config = join(folder, "locations.yaml")
  writeFileSync(
    config,
    "locations:\n  - { table: calls, column: assistant_id, kind: id, resource: assistant, key: [id] }\n  - { table: calls, column: settings, kind: json-path, path: assistant.id, key: [id], columnType: text }\n"
  )
  return { folder, mapping, config, args: ["--mapping", mapping, "--config", config] }
}

const calls = [1, 2, 3, 4].map((n) => ({
  id: n,
  assistant: n === 4 ? "other" : source(n),
  settings: JSON.stringify({ assistant: { id: source(n) } })
}))

const before = calls.map(({ assistant }) => assistant)
const after = [target(1), target(2), target(3), "other"]

for (const { name, dialect, describe: describeOn, open } of databases) {
  describeOn(`migrate on ${name}`, () => {
    it("goes through dry-run, apply, verify, rollback and cleanup", async () => {
      const { args } = files()
      const { url, read } = await open(calls)
      const migrate = (step: string, ...more: ReadonlyArray<string>) =>
        run(["migrate", step, ...args, ...more], { env: { DATABASE_URL: url }, cwd })
      const early = await migrate("verify", "--json")
      assert.deepStrictEqual([early.code, errorOf(early).code], [6, "OutOfOrder"])
      const dry = await migrate("dry-run")
      assert.deepStrictEqual([dry.stderr, dry.code], ["", 0])
      assert.deepStrictEqual(
        dry.json.locations.map(({ rows }: { rows: number }) => rows),
        [3, 3]
      )
      assert.deepStrictEqual(await read(), before)
      const asked = await migrate("apply")
      assert.deepStrictEqual([asked.code, await read()], [2, before])
      const applied = await migrate("apply", "--yes")
      // The fourth row's settings name an assistant that the mapping does not have: that is left as it is.
      assert.deepStrictEqual([applied.code, applied.json.changed, await read()], [0, 6, after])
      assert.isTrue((await migrate("verify")).json.ok)
      const behind = (await migrate("dry-run")).json
      assert.deepStrictEqual([behind.rows, behind.pending], [6, 0])
      assert.match((await migrate("dry-run", "--no-json")).stdout, /6 of 6 are written already .* 0 are still to be/)
      assert.strictEqual((await migrate("apply", "--yes")).json.changed, 0)
      assert.strictEqual((await migrate("rollback", "--yes")).json.changed, 6)
      assert.deepStrictEqual(await read(), before)
      assert.strictEqual((await migrate("verify")).code, 1)
      assert.isTrue((await migrate("verify", "--rolled-back")).json.ok)
      assert.strictEqual((await migrate("cleanup", "--yes")).code, 0)
      assert.strictEqual((await migrate("rollback", "--yes")).code, 6)
    }, 120_000)

    it("detect proposes the columns, in a form that the other steps read", async () => {
      const { folder, mapping } = files()
      const { url, read } = await open(calls)
      const migrate = (step: string, ...more: ReadonlyArray<string>) =>
        run(["migrate", step, "--mapping", mapping, ...more], { env: { DATABASE_URL: url }, cwd })
      const found = await migrate("detect")
      assertMatches(found.json.locations, [
        { table: "calls", column: "assistant_id", kind: "id", resource: "assistant" },
        { table: "calls", column: "settings", kind: "json-path", path: ["assistant", "id"] }
      ])
      const config = join(folder, "found.json")
      writeFileSync(config, found.stdout)
      assert.strictEqual((await migrate("apply", "--config", config, "--yes")).code, 0)
      assert.deepStrictEqual(await read(), after)
      assert.strictEqual((await migrate("detect", "--no-json")).stdout, "No column has a source id.\n")
      // A later mapping is taken into the run; what is written meanwhile is caught up with until it is quiet.
      const more = { source: "vapi", resource: "assistant", sourceId: source(4), runtimeId: target(4) }
      writeFileSync(mapping, [...mappings, more].map((one) => `${JSON.stringify(one)}\n`).join(""))
      assert.strictEqual((await migrate("apply", "--config", config, "--yes")).code, 6)
      assert.isAbove((await migrate("extend", "--config", config)).json.added, 0)
      const watched = await migrate(
        "apply",
        "--config",
        config,
        "--yes",
        "--watch",
        "--every",
        "1",
        "--until-quiet",
        "1"
      )
      assert.deepStrictEqual([watched.code, watched.json.changed, watched.json.passes], [0, 1, 1])
      const back = await migrate("rollback", "--config", config, "--yes", "--reverse")
      assert.deepStrictEqual([back.code, back.json.changed, back.json.reversed], [0, 7, 0])
      assert.deepStrictEqual(await read(), before)
      assert.strictEqual((await migrate("cleanup", "--config", config, "--yes", "--values")).json.dropped, "values")
    }, 60_000)

    it("sql writes scripts that the database's own client runs, and that the other steps go on from", async () => {
      const { folder, args, config } = files()
      // It takes a file as one query, in which a loop cannot commit.
      if (name === "PGlite") writeFileSync(config, `${readFileSync(config, "utf8")}transaction: single\n`)
      const { url, read, runFile } = await open(calls)
      const output = join(folder, "migration")
      const { code, json } = await run(["migrate", "sql", ...args, "--dialect", dialect, "--output", output])
      assert.deepStrictEqual([code, json.files.length], [0, 5])
      for (const file of ["1-prepare.sql", "2-apply.sql"]) await runFile(join(output, file))
      assert.deepStrictEqual(await read(), after)
      const verified = await run(["migrate", "verify", ...args], { env: { DATABASE_URL: url }, cwd })
      assert.deepStrictEqual([verified.code, verified.json.ok], [0, true])
      for (const file of ["3-verify.sql", "4-rollback.sql"]) await runFile(join(output, file))
      assert.deepStrictEqual(await read(), before)
      await runFile(join(output, "5-cleanup.sql"))
      assert.strictEqual((await run(["migrate", "verify", ...args], { env: { DATABASE_URL: url }, cwd })).code, 6)
    }, 60_000)
  })
}

describe("migrate and its inputs", () => {
  it.each(["postgres", "mariadb"])("a password in the address never shows: %s", async (protocol) => {
    const { args } = files()
    const url = `${protocol}://app:hunter2pw@127.0.0.1:${await closedPort()}/app`
    const closed = await run(["migrate", "dry-run", ...args, "--debug"], { env: { DATABASE_URL: url }, cwd })
    assertMatches([closed.code, closed.stderr], [8, /Check DATABASE_URL/])
    const mistyped = await run(["migrate", "dry-run", ...args, "--debug"], {
      env: { DATABASE_URL: url.replace("://", ":/") },
      cwd
    })
    assertMatches([mistyped.code, mistyped.stderr], [2, /There is no database/])
    assert.notInclude(closed.stderr + closed.stdout + mistyped.stderr + mistyped.stdout, "hunter2pw")
  })

  it("says that ledgers hold copies of rows, and rollback what it could not put back", async () => {
    const { args } = files()
    const { url } = await databases[0]!.open(calls)
    const migrate = (step: string, ...more: ReadonlyArray<string>) =>
      run(["migrate", step, ...args, ...more], { env: { DATABASE_URL: url }, cwd })
    assert.match((await migrate("dry-run", "--no-json")).stdout, /info {2}ledgers: they hold copies of .* rows/)
    assert.strictEqual((await migrate("apply", "--yes")).code, 0)
    const driver = await openDatabase(url)
    await driver.run("UPDATE calls SET assistant_id = NULL WHERE id = 1")
    await driver.run("DELETE FROM calls WHERE id = 2")
    await driver.close()
    const back = await migrate("rollback", "--yes", "--no-json")
    assert.deepStrictEqual(
      [back.code, back.stdout],
      [
        1,
        "3 rows put back.\nNot as they were:\n- calls.assistant_id: 1 rows have no value any more\n- calls.assistant_id: 1 rows are not there any more\n- calls.settings: 1 rows are not there any more\n"
      ]
    )
    assert.lengthOf((await migrate("rollback", "--yes")).json.notRestored, 3)
  }, 60_000)

  it("runbook rehearses on a copy when it is told that it may, and writes what it found", async () => {
    const { folder, args } = files()
    const { url, read } = await databases[0]!.open(calls)
    const output = join(folder, "runbook.md")
    const runbook = (...more: ReadonlyArray<string>) =>
      run(["migrate", "runbook", ...args, ...more], { env: { DATABASE_URL: url }, cwd })
    const blank = await runbook()
    assertMatches([blank.code, blank.stdout], [0, /\*\*Not rehearsed\.\*\*/])
    assert.strictEqual((await runbook("--rehearse")).code, 2)
    const rehearsed = await runbook("--rehearse", "--yes", "--output", output, "--bundle", "./bundle")
    assert.deepStrictEqual([rehearsed.stderr, rehearsed.code, rehearsed.json.rehearsal.changed], ["", 0, 6])
    assert.deepStrictEqual(await read(), before)
    const text = readFileSync(output, "utf8")
    assert.include(text, `npx aywa-runtime migrate apply ${args.join(" ")} --yes`)
    assert.include(text, "migrate check ./bundle")
    assert.notInclude(text, url)
  }, 60_000)

  it("apply does not ask about what it will refuse", async () => {
    const { args, config } = files()
    const { url, read } = await databases[0]!.open(calls)
    writeFileSync(config, readFileSync(config, "utf8").replace("kind: id,", "kind: id, expect: { max: 2 },"))
    const refused = await run(["migrate", "apply", ...args, "--json"], { env: { DATABASE_URL: url }, cwd })
    assertMatches(
      [errorOf(refused).code, errorOf(refused).message],
      ["Refused", /3 rows would change, expected 0 to 2/]
    )
    assert.deepStrictEqual(await read(), before)
  })

  it("says what is wrong with its files, and touches nothing", async () => {
    const { folder, mapping, config } = files()
    const { url, read } = await databases[0]!.open(calls)
    const env = { DATABASE_URL: url }
    const wrong = join(folder, "wrong.yaml")
    const attempt = async (text: string) => {
      writeFileSync(wrong, text)
      const result = await run(["migrate", "dry-run", "--mapping", mapping, "--config", wrong, "--json"], { env, cwd })
      return [result.code, errorOf(result).message]
    }
    assertMatches(await attempt("locations: []\n"), [2, /name at least one column/])
    assertMatches(await attempt("tables: []\n"), [2, /has no locations/])
    assertMatches(await attempt("locations: [{ table: nope, column: x, kind: id, key: [id] }]\n"), [
      2,
      /there is no table nope/
    ])
    assertMatches(await attempt("locations: []\nlocation: 1\n"), [2, /has location, which is not known/])
    writeFileSync(wrong, "")
    assert.strictEqual(
      (await run(["migrate", "dry-run", "--mapping", wrong, "--config", config], { env, cwd })).code,
      2
    )
    for (const address of ["sqlite:nowhere", "nowhere", "pglite:nowhere"]) {
      const empty = temporaryFolder()
      const absent = await run(["migrate", "dry-run", "--mapping", mapping, "--config", config, "--json"], {
        env: { DATABASE_URL: address.replace("nowhere", join(empty, "nowhere")) },
        cwd
      })
      assertMatches([absent.code, errorOf(absent).message, readdirSync(empty)], [2, /There is no database/, []])
    }
    assert.deepStrictEqual(await read(), before)
  })
})

describe("migrate the account", () => {
  const bundleFile = (rows: object = {}) => {
    const folder = temporaryFolder()
    const bundle = join(folder, "bundle.json")
    writeFileSync(
      bundle,
      JSON.stringify({
        tools: [{ id: source(2), type: "endCall" }],
        assistants: [
          { id: source(1), name: "Desk", model: { provider: "openai", model: "gpt-4.1", toolIds: [source(2)] } }
        ],
        ...rows
      })
    )
    return { folder, bundle }
  }

  it("check says what will not work, without a runtime", async () => {
    assert.strictEqual((await run(["migrate", "check", bundleFile().bundle])).code, 0)
    const wrong = { assistants: [{ id: source(1), name: "A", model: { provider: "openai", toolIds: [source(9)] } }] }
    const result = await run(["migrate", "check", bundleFile(wrong).bundle])
    assert.deepStrictEqual([result.code, result.json.findings[0].code], [1, "dangling-reference"])
    const text = await run(["migrate", "check", bundleFile(wrong).bundle, "--no-json"])
    assert.match(text.stdout, /^(error|warning) .*assistant 00000001/m)
    assert.strictEqual((await run(["migrate", "check", "./nowhere.json"])).code, 2)
  })

  it("plan changes nothing, import twice is import once, compare agrees, mapping reads the ledger back", async () => {
    const { runtime, env } = await startRuntime()
    const { bundle, folder } = bundleFile()
    const counts = () => [runtime.count("assistants"), runtime.count("tools")]
    const planned = await run(["migrate", "plan", bundle], { env })
    assert.deepStrictEqual([planned.stderr, planned.json.counts.created, counts()], ["", 2, [0, 0]])
    const ledger = join(folder, "ledger.jsonl")
    const first = await run(["migrate", "import", bundle, "--mapping", ledger], { env })
    assert.deepStrictEqual([first.stderr, first.code, first.json.counts.created], ["", 0, 2])
    await run(["migrate", "import", bundle, "--mapping", ledger], { env })
    assert.deepStrictEqual(counts(), [1, 1])
    assertMatches((await run(["migrate", "plan", bundle], { env })).json.counts, { created: 0, unchanged: 2 })
    const same = await run(["migrate", "compare", bundle, "--mapping", ledger], { env })
    assert.deepStrictEqual([same.stderr, same.code, same.json.ok], ["", 0, true])
    const id = first.json.rows.find(({ resource }: { resource: string }) => resource === "assistant").runtimeId
    await run(["assistants", "update", id, "--set", "name=Other"], { env })
    const differs = await run(["migrate", "compare", bundle, "--mapping", ledger, "--no-json"], { env })
    assertMatches([differs.code, differs.stdout], [1, /FAIL {2}assistants/])

    const output = join(folder, "mapping.jsonl")
    const read = await run(["migrate", "mapping", "--output", output], { env })
    assert.deepStrictEqual([read.code, read.json.mappings], [0, 2])
    assert.include(readFileSync(output, "utf8"), `"sourceId":"${source(1)}"`)
    const csv = await run(["migrate", "mapping", "--format", "csv"], { env })
    assert.strictEqual(csv.stdout.split("\r\n")[0], "source,resource,sourceId,runtimeId")
    assert.lengthOf((await run(["migrate", "mapping"], { env })).json.items, 2)
    const other = { source: "vapi", resource: "assistant", sourceId: source(1), runtimeId: "another" }
    writeFileSync(output, `${JSON.stringify(other)}\n`)
    const conflict = await run(["migrate", "mapping", "--output", output, "--json"], { env })
    assert.deepStrictEqual([conflict.code, errorOf(conflict).code], [6, "MappingConflict"])
  })

  it("webhooks move, differences that are meant are accepted, targets that are gone are found and made again", async () => {
    const { runtime, env } = await startRuntime()
    const old = "https://old.example.test"
    const { bundle, folder } = bundleFile({
      assistants: [{ id: source(1), name: "Desk", server: { url: `${old}/events?a=b` } }]
    })
    const ledger = join(folder, "ledger.jsonl")
    const migrate = (step: string, ...more: ReadonlyArray<string>) =>
      run(["migrate", step, bundle, "--mapping", ledger, ...more], { env })
    const move = ["--set-server-url", `${old}=https://new.example.test`]
    const wrong = await migrate("import", "--set-server-url", "nothing", "--json")
    assertMatches([wrong.code, errorOf(wrong).message], [2, /is not OLD=NEW/])
    const first = await migrate("import", ...move)
    const runtimeId = first.json.rows.find(({ resource }: { resource: string }) => resource === "assistant").runtimeId
    assertMatches(runtime.rows("assistants")[0], { server: { url: "https://new.example.test/events?a=b" } })
    assert.deepStrictEqual([(await migrate("compare", ...move)).code, (await migrate("compare")).code], [0, 1])
    const accepted = join(folder, "accepted.json")
    writeFileSync(accepted, (await migrate("compare")).stdout)
    const meant = await migrate("compare", "--accept", accepted, "--no-json")
    assertMatches([meant.code, meant.stdout], [0, /1 differences accepted/])
    writeFileSync(accepted, '[{ "path": "server" }, { "path": "voice" }]')
    const unused = await migrate("compare", "--accept", accepted, "--no-json")
    assertMatches([unused.code, unused.stdout], [0, /no difference any more: voice/])
    writeFileSync(accepted, '{ "path": "server" }')
    assert.strictEqual((await migrate("compare", "--accept", accepted)).code, 2)

    const { config } = files()
    const { url } = await databases[0]!.open([])
    const verify = async (...more: ReadonlyArray<string>) => {
      const steps = ["--mapping", ledger, "--config", config, ...more]
      return run(["migrate", "verify", ...steps], { env: { ...env, DATABASE_URL: url }, cwd })
    }
    await run(["migrate", "dry-run", "--mapping", ledger, "--config", config], { env: { DATABASE_URL: url }, cwd })
    assertMatches((await verify("--api")).json, { ok: true, api: { ok: true, checked: 2 } })
    await run(["assistants", "delete", runtimeId, "--yes"], { env })
    assert.strictEqual((await verify()).code, 0)
    const gone = await verify("--api", "--no-json")
    assert.strictEqual(gone.code, 1)
    assert.include(gone.stdout, `- assistant ${runtimeId}, which was ${source(1)}`)
    assertMatches((await migrate("import", ...move, "--recreate")).json.counts, { created: 1 })
    assert.strictEqual(runtime.count("assistants"), 1)
  }, 60_000)

  it("import without an importer completes circles, and ends with 1 and a list where fields are refused", async () => {
    const { runtime, env } = await startRuntime()
    runtime.faults.add({ match: { path: "/imports" }, action: { type: "status", code: 404 } })
    const outputs = [{ id: source(3), name: "Booked", schema: { type: "boolean" }, assistantIds: [source(1)] }]
    const { bundle, folder } = bundleFile({ structuredOutputs: outputs })
    const ledger = join(folder, "rows.jsonl")
    const rule = runtime.faults.add({ match: { method: "PATCH" }, action: { type: "status", code: 400 } })
    const refused = await run(["migrate", "import", bundle, "--mapping", ledger], { env })
    assertMatches([refused.code, refused.json.refused], [1, [{ sourceId: source(3), fields: ["assistantIds"] }]])
    const text = await run(["migrate", "import", bundle, "--mapping", ledger, "--no-json"], { env })
    assertMatches([text.code, text.stdout], [1, /refused:\n- structured-output .*assistantIds:/])
    runtime.faults.remove(rule)
    const whole = await run(["migrate", "import", bundle, "--mapping", ledger], { env })
    assert.deepStrictEqual([whole.stderr, whole.code, whole.json.refused], ["", 0, []])
    const same = await run(["migrate", "compare", bundle, "--mapping", ledger], { env })
    assert.deepStrictEqual([same.code, same.json.ok], [0, true])
  })

  it("export reads the source with its own key, into what check and import read", async () => {
    const { env } = await startRuntime()
    await run(["assistants", "create", "--set", "name=Desk"], { env })
    // The local runtime answers the same list routes as the source.
    const output = join(temporaryFolder(), "bundle")
    const from = ["migrate", "export", "--from", env.AYWA_RUNTIME_BASE_URL, "--output", output, "--rate", "1000"]
    const exported = await run(from, { env: { SOURCE_API_KEY: env.AYWA_RUNTIME_API_KEY } })
    assert.deepStrictEqual([exported.stderr, exported.json.counts.assistants], ["", 1])
    assert.strictEqual((await run(["migrate", "check", output])).json.counts.assistants, 1)
    const file = join(temporaryFolder(), "hours.txt")
    writeFileSync(file, "9 to 5")
    await run(["files", "upload", file], { env })
    const all = await run([...from.slice(0, 4), "--output", `${output}-all`, "--rate", "1000", "--files", "--calls"], {
      env: { SOURCE_API_KEY: env.AYWA_RUNTIME_API_KEY }
    })
    assert.deepStrictEqual([all.stderr, all.code], ["", 0])
    assertMatches(all.json, { calls: { ok: true, calls: 0 }, files: { ok: true, files: [{ bytes: 6 }] } })
    const ledger = `${output}.jsonl`
    const uploaded = await run(["migrate", "files", `${output}-all`, "--mapping", ledger], { env })
    assertMatches([uploaded.code, uploaded.json.files], [0, [{ action: "uploaded", bytes: 6 }]])
    assert.include(readFileSync(ledger, "utf8"), uploaded.json.files[0].runtimeId)
    const missing = await run(["migrate", "files", output, "--mapping", `${ledger}.other`], { env })
    assert.deepStrictEqual([missing.code, missing.json.files], [0, []])
    const elsewhere = [...from.slice(0, 4), "--output", join(output, "..", "other")]
    const refused = await run(elsewhere, { env: { SOURCE_API_KEY: "wrong-key-1234" } })
    assert.deepStrictEqual([refused.code, refused.stderr.includes("wrong-key-1234")], [8, false])
    assert.strictEqual((await run(from)).code, 2)
  })
})

describe("migrate numbers", () => {
  const account = `AC${"0123456789abcdef".repeat(2)}`
  const number = "+14155550100"
  const old = "https://source.example.test/in?key=s3cr3t"

  /** A carrier with one number, as Twilio documents its API. */
  const startCarrier = async () => {
    const row: Record<string, string | null> = { sid: "PN1", phone_number: number, voice_url: old, trunk_sid: null }
    const writes: Array<string> = []
    const server = createServer(async (request, response) => {
      const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString())
      if (request.method === "POST") {
        writes.push(form.toString())
        row["voice_url"] = form.get("VoiceUrl") ?? row["voice_url"] ?? null
        row["voice_method"] = form.get("VoiceMethod") ?? row["voice_method"] ?? null
        row["voice_fallback_method"] = form.get("VoiceFallbackMethod") ?? row["voice_fallback_method"] ?? null
      }
      response.writeHead(200, { "content-type": "application/json" })
      response.end(JSON.stringify(request.method === "POST" ? row : { incoming_phone_numbers: [row] }))
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    return { row, writes, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}` }
  }

  it("plans, asks, switches, verifies and goes back; nothing is written without a yes, and no secret is printed", async () => {
    const { env } = await startRuntime()
    const carrier = await startCarrier()
    const file = join(temporaryFolder(), "numbers.json")
    const token = "auth-token-4711"
    const access = { ...env, TWILIO_API_URL: carrier.url, TWILIO_ACCOUNT_SID: account, TWILIO_AUTH_TOKEN: token }
    const numbers = (step: string, ...more: ReadonlyArray<string>) =>
      run(["migrate", "numbers", step, "--table", file, ...more], { env: access })
    const desk = await run(["assistants", "create", "--set", "name=Desk"], { env })
    await run(
      [
        "phone-numbers",
        "create",
        ...[
          "provider=twilio",
          `number=${number}`,
          `twilioAccountSid=${account}`,
          `twilioAuthToken=${token}`,
          `assistantId=${desk.json.id}`
        ].flatMap((set) => ["--set", set])
      ],
      { env }
    )
    assert.strictEqual((await numbers("plan")).code, 2)
    assert.strictEqual((await numbers("switch", "--yes")).code, 6)
    const planned = await numbers("plan", "--to-url", "https://runtime.example.test/in", "--no-json")
    assertMatches([planned.stderr, planned.code, planned.stdout], ["", 0, /source\.example\.test\/in\?…/])
    assert.strictEqual((await numbers("verify")).code, 1)
    const asked = await numbers("switch")
    assert.deepStrictEqual([asked.code, carrier.writes], [2, []])
    const switched = await numbers("switch", "--yes")
    assert.deepStrictEqual(
      [switched.code, switched.json.ok, carrier.row["voice_url"]],
      [0, true, "https://runtime.example.test/in"]
    )
    assertMatches((await numbers("verify")).json, { ok: true, numbers: [{ number, state: "target" }] })
    const unasked = await numbers("back")
    assert.deepStrictEqual([unasked.code, carrier.writes.length], [2, 1])
    const back = await numbers("back", "--yes", "--debug")
    assert.deepStrictEqual([back.code, carrier.row["voice_url"]], [0, old])
    for (const { stdout, stderr } of [planned, asked, switched, unasked, back]) {
      assert.notMatch(stdout + stderr, /s3cr3t|auth-token-4711/)
    }
  }, 60_000)
})
