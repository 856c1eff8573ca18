import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { createServer } from "node:http"
import { describe, expect, it, onTestFinished } from "vitest"
import { openDatabase } from "@aywa-ai/runtime-migration"
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
      expect([early.code, errorOf(early).code]).toEqual([6, "OutOfOrder"])
      const dry = await migrate("dry-run")
      expect([dry.stderr, dry.code]).toEqual(["", 0])
      expect(dry.json.locations.map(({ rows }: { rows: number }) => rows)).toEqual([3, 3])
      expect(await read()).toEqual(before)
      const asked = await migrate("apply")
      expect([asked.code, await read()]).toEqual([2, before])
      const applied = await migrate("apply", "--yes")
      // The fourth row's settings name an assistant that the mapping does not have: that is left as it is.
      expect([applied.code, applied.json.changed, await read()]).toEqual([0, 6, after])
      expect((await migrate("verify")).json.ok).toBe(true)
      expect((await migrate("apply", "--yes")).json.changed).toBe(0)
      expect((await migrate("rollback", "--yes")).json.changed).toBe(6)
      expect(await read()).toEqual(before)
      expect((await migrate("verify")).code).toBe(1)
      expect((await migrate("cleanup", "--yes")).code).toBe(0)
      expect((await migrate("rollback", "--yes")).code).toBe(6)
    }, 120_000)

    it("detect proposes the columns, in a form that the other steps read", async () => {
      const { folder, mapping } = files()
      const { url, read } = await open(calls)
      const migrate = (step: string, ...more: ReadonlyArray<string>) =>
        run(["migrate", step, "--mapping", mapping, ...more], { env: { DATABASE_URL: url }, cwd })
      const found = await migrate("detect")
      expect(found.json.locations).toMatchObject([
        { table: "calls", column: "assistant_id", kind: "id", resource: "assistant" },
        { table: "calls", column: "settings", kind: "json-path", path: ["assistant", "id"] }
      ])
      const config = join(folder, "found.json")
      writeFileSync(config, found.stdout)
      expect((await migrate("apply", "--config", config, "--yes")).code).toBe(0)
      expect(await read()).toEqual(after)
      expect((await migrate("detect", "--no-json")).stdout).toBe("No column has a source id.\n")
      // A later mapping is taken into the run; what is written meanwhile is caught up with until it is quiet.
      const more = { source: "vapi", resource: "assistant", sourceId: source(4), runtimeId: target(4) }
      writeFileSync(mapping, [...mappings, more].map((one) => `${JSON.stringify(one)}\n`).join(""))
      expect((await migrate("apply", "--config", config, "--yes")).code).toBe(6)
      expect((await migrate("extend", "--config", config)).json.added).toBeGreaterThan(0)
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
      expect([watched.code, watched.json.changed, watched.json.passes]).toEqual([0, 1, 1])
      const back = await migrate("rollback", "--config", config, "--yes", "--reverse")
      expect([back.code, back.json.changed, back.json.reversed]).toEqual([0, 7, 0])
      expect(await read()).toEqual(before)
      expect((await migrate("cleanup", "--config", config, "--yes", "--values")).json.dropped).toBe("values")
    }, 60_000)

    it("sql writes scripts that the database's own client runs, and that the other steps go on from", async () => {
      const { folder, args, config } = files()
      // It takes a file as one query, in which a loop cannot commit.
      if (name === "PGlite") writeFileSync(config, `${readFileSync(config, "utf8")}transaction: single\n`)
      const { url, read, runFile } = await open(calls)
      const output = join(folder, "migration")
      const { code, json } = await run(["migrate", "sql", ...args, "--dialect", dialect, "--output", output])
      expect([code, json.files.length]).toEqual([0, 5])
      for (const file of ["1-prepare.sql", "2-apply.sql"]) await runFile(join(output, file))
      expect(await read()).toEqual(after)
      const verified = await run(["migrate", "verify", ...args], { env: { DATABASE_URL: url }, cwd })
      expect([verified.code, verified.json.ok]).toEqual([0, true])
      for (const file of ["3-verify.sql", "4-rollback.sql"]) await runFile(join(output, file))
      expect(await read()).toEqual(before)
      await runFile(join(output, "5-cleanup.sql"))
      expect((await run(["migrate", "verify", ...args], { env: { DATABASE_URL: url }, cwd })).code).toBe(6)
    }, 60_000)
  })
}

describe("migrate and its inputs", () => {
  it.each(["postgres", "mariadb"])("a password in the address never shows: %s", async (protocol) => {
    const { args } = files()
    const url = `${protocol}://app:hunter2pw@127.0.0.1:${await closedPort()}/app`
    const closed = await run(["migrate", "dry-run", ...args, "--debug"], { env: { DATABASE_URL: url }, cwd })
    expect([closed.code, closed.stderr]).toEqual([8, expect.stringContaining("Check DATABASE_URL")])
    const mistyped = await run(["migrate", "dry-run", ...args, "--debug"], {
      env: { DATABASE_URL: url.replace("://", ":/") },
      cwd
    })
    expect([mistyped.code, mistyped.stderr]).toEqual([2, expect.stringContaining("There is no database")])
    expect(closed.stderr + closed.stdout + mistyped.stderr + mistyped.stdout).not.toContain("hunter2pw")
  })

  it("says that ledgers hold copies of rows, and rollback what it could not put back", async () => {
    const { args } = files()
    const { url } = await databases[0]!.open(calls)
    const migrate = (step: string, ...more: ReadonlyArray<string>) =>
      run(["migrate", step, ...args, ...more], { env: { DATABASE_URL: url }, cwd })
    expect((await migrate("dry-run", "--no-json")).stdout).toMatch(/info {2}ledgers: they hold copies of .* rows/)
    expect((await migrate("apply", "--yes")).code).toBe(0)
    const driver = await openDatabase(url)
    await driver.run("UPDATE calls SET assistant_id = NULL WHERE id = 1")
    await driver.run("DELETE FROM calls WHERE id = 2")
    await driver.close()
    const back = await migrate("rollback", "--yes", "--no-json")
    expect([back.code, back.stdout]).toEqual([
      1,
      "3 rows put back.\nNot as they were:\n- calls.assistant_id: 1 rows have no value any more\n- calls.assistant_id: 1 rows are not there any more\n- calls.settings: 1 rows are not there any more\n"
    ])
    expect((await migrate("rollback", "--yes")).json.notRestored).toHaveLength(3)
  }, 60_000)

  it("runbook rehearses on a copy when it is told that it may, and writes what it found", async () => {
    const { folder, args } = files()
    const { url, read } = await databases[0]!.open(calls)
    const output = join(folder, "runbook.md")
    const runbook = (...more: ReadonlyArray<string>) =>
      run(["migrate", "runbook", ...args, ...more], { env: { DATABASE_URL: url }, cwd })
    const blank = await runbook()
    expect([blank.code, blank.stdout]).toEqual([0, expect.stringContaining("**Not rehearsed.**")])
    expect((await runbook("--rehearse")).code).toBe(2)
    const rehearsed = await runbook("--rehearse", "--yes", "--output", output, "--bundle", "./bundle")
    expect([rehearsed.stderr, rehearsed.code, rehearsed.json.rehearsal.changed]).toEqual(["", 0, 6])
    expect(await read()).toEqual(before)
    const text = readFileSync(output, "utf8")
    expect(text).toContain(`npx aywa-runtime migrate apply ${args.join(" ")} --yes`)
    expect(text).toContain("migrate check ./bundle")
    expect(text).not.toContain(url)
  }, 60_000)

  it("apply does not ask about what it will refuse", async () => {
    const { args, config } = files()
    const { url, read } = await databases[0]!.open(calls)
    writeFileSync(config, readFileSync(config, "utf8").replace("kind: id,", "kind: id, expect: { max: 2 },"))
    const refused = await run(["migrate", "apply", ...args, "--json"], { env: { DATABASE_URL: url }, cwd })
    expect([errorOf(refused).code, errorOf(refused).message]).toEqual([
      "Refused",
      expect.stringContaining("3 rows would change, expected 0 to 2")
    ])
    expect(await read()).toEqual(before)
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
    expect(await attempt("locations: []\n")).toEqual([2, expect.stringContaining("name at least one column")])
    expect(await attempt("tables: []\n")).toEqual([2, expect.stringContaining("has no locations")])
    expect(await attempt("locations: [{ table: nope, column: x, kind: id, key: [id] }]\n")).toEqual([
      2,
      expect.stringContaining("there is no table nope")
    ])
    expect(await attempt("locations: []\nlocation: 1\n")).toEqual([
      2,
      expect.stringContaining("has location, which is not known")
    ])
    writeFileSync(wrong, "")
    expect((await run(["migrate", "dry-run", "--mapping", wrong, "--config", config], { env, cwd })).code).toBe(2)
    for (const address of ["sqlite:nowhere", "nowhere", "pglite:nowhere"]) {
      const empty = temporaryFolder()
      const absent = await run(["migrate", "dry-run", "--mapping", mapping, "--config", config, "--json"], {
        env: { DATABASE_URL: address.replace("nowhere", join(empty, "nowhere")) },
        cwd
      })
      expect([absent.code, errorOf(absent).message, readdirSync(empty)]).toEqual([
        2,
        expect.stringContaining("There is no database"),
        []
      ])
    }
    expect(await read()).toEqual(before)
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
    expect((await run(["migrate", "check", bundleFile().bundle])).code).toBe(0)
    const wrong = { assistants: [{ id: source(1), name: "A", model: { provider: "openai", toolIds: [source(9)] } }] }
    const result = await run(["migrate", "check", bundleFile(wrong).bundle])
    expect([result.code, result.json.findings[0].code]).toEqual([1, "dangling-reference"])
    const text = await run(["migrate", "check", bundleFile(wrong).bundle, "--no-json"])
    expect(text.stdout).toMatch(/^(error|warning) .*assistant 00000001/m)
    expect((await run(["migrate", "check", "./nowhere.json"])).code).toBe(2)
  })

  it("plan changes nothing, import twice is import once, compare agrees, mapping reads the ledger back", async () => {
    const { runtime, env } = await startRuntime()
    const { bundle, folder } = bundleFile()
    const counts = () => [runtime.count("assistants"), runtime.count("tools")]
    const planned = await run(["migrate", "plan", bundle], { env })
    expect([planned.stderr, planned.json.counts.created, counts()]).toEqual(["", 2, [0, 0]])
    const ledger = join(folder, "ledger.jsonl")
    const first = await run(["migrate", "import", bundle, "--mapping", ledger], { env })
    expect([first.stderr, first.code, first.json.counts.created]).toEqual(["", 0, 2])
    await run(["migrate", "import", bundle, "--mapping", ledger], { env })
    expect(counts()).toEqual([1, 1])
    expect((await run(["migrate", "plan", bundle], { env })).json.counts).toMatchObject({ created: 0, unchanged: 2 })
    const same = await run(["migrate", "compare", bundle, "--mapping", ledger], { env })
    expect([same.stderr, same.code, same.json.ok]).toEqual(["", 0, true])
    const id = first.json.rows.find(({ resource }: { resource: string }) => resource === "assistant").runtimeId
    await run(["assistants", "update", id, "--set", "name=Other"], { env })
    const differs = await run(["migrate", "compare", bundle, "--mapping", ledger, "--no-json"], { env })
    expect([differs.code, differs.stdout]).toEqual([1, expect.stringMatching(/FAIL {2}assistants/)])

    const output = join(folder, "mapping.jsonl")
    const read = await run(["migrate", "mapping", "--output", output], { env })
    expect([read.code, read.json.mappings]).toEqual([0, 2])
    expect(readFileSync(output, "utf8")).toContain(`"sourceId":"${source(1)}"`)
    const csv = await run(["migrate", "mapping", "--format", "csv"], { env })
    expect(csv.stdout.split("\r\n")[0]).toBe("source,resource,sourceId,runtimeId")
    expect((await run(["migrate", "mapping"], { env })).json.items).toHaveLength(2)
    const other = { source: "vapi", resource: "assistant", sourceId: source(1), runtimeId: "another" }
    writeFileSync(output, `${JSON.stringify(other)}\n`)
    const conflict = await run(["migrate", "mapping", "--output", output, "--json"], { env })
    expect([conflict.code, errorOf(conflict).code]).toEqual([6, "MappingConflict"])
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
    expect([wrong.code, errorOf(wrong).message]).toEqual([2, expect.stringContaining("is not OLD=NEW")])
    const first = await migrate("import", ...move)
    const runtimeId = first.json.rows.find(({ resource }: { resource: string }) => resource === "assistant").runtimeId
    expect(runtime.rows("assistants")[0]).toMatchObject({ server: { url: "https://new.example.test/events?a=b" } })
    expect([(await migrate("compare", ...move)).code, (await migrate("compare")).code]).toEqual([0, 1])
    const accepted = join(folder, "accepted.json")
    writeFileSync(accepted, (await migrate("compare")).stdout)
    const meant = await migrate("compare", "--accept", accepted, "--no-json")
    expect([meant.code, meant.stdout]).toEqual([0, expect.stringContaining("1 differences accepted")])
    writeFileSync(accepted, '[{ "path": "server" }, { "path": "voice" }]')
    const unused = await migrate("compare", "--accept", accepted, "--no-json")
    expect([unused.code, unused.stdout]).toEqual([0, expect.stringContaining("no difference any more: voice")])
    writeFileSync(accepted, '{ "path": "server" }')
    expect((await migrate("compare", "--accept", accepted)).code).toBe(2)

    const { config } = files()
    const { url } = await databases[0]!.open([])
    const verify = async (...more: ReadonlyArray<string>) => {
      const steps = ["--mapping", ledger, "--config", config, ...more]
      return run(["migrate", "verify", ...steps], { env: { ...env, DATABASE_URL: url }, cwd })
    }
    await run(["migrate", "dry-run", "--mapping", ledger, "--config", config], { env: { DATABASE_URL: url }, cwd })
    expect((await verify("--api")).json).toMatchObject({ ok: true, api: { ok: true, checked: 2 } })
    await run(["assistants", "delete", runtimeId, "--yes"], { env })
    expect((await verify()).code).toBe(0)
    const gone = await verify("--api", "--no-json")
    expect([gone.code, gone.stdout]).toEqual([
      1,
      expect.stringContaining(`- assistant ${runtimeId}, which was ${source(1)}`)
    ])
    expect((await migrate("import", ...move, "--recreate")).json.counts).toMatchObject({ created: 1 })
    expect(runtime.count("assistants")).toBe(1)
  }, 60_000)

  it("import without an importer completes circles, and ends with 1 and a list where fields are refused", async () => {
    const { runtime, env } = await startRuntime()
    runtime.faults.add({ match: { path: "/imports" }, action: { type: "status", code: 404 } })
    const outputs = [{ id: source(3), name: "Booked", schema: { type: "boolean" }, assistantIds: [source(1)] }]
    const { bundle, folder } = bundleFile({ structuredOutputs: outputs })
    const ledger = join(folder, "rows.jsonl")
    const rule = runtime.faults.add({ match: { method: "PATCH" }, action: { type: "status", code: 400 } })
    const refused = await run(["migrate", "import", bundle, "--mapping", ledger], { env })
    expect([refused.code, refused.json.refused]).toMatchObject([1, [{ sourceId: source(3), fields: ["assistantIds"] }]])
    const text = await run(["migrate", "import", bundle, "--mapping", ledger, "--no-json"], { env })
    expect([text.code, text.stdout]).toEqual([
      1,
      expect.stringMatching(/refused:\n- structured-output .*assistantIds:/)
    ])
    runtime.faults.remove(rule)
    const whole = await run(["migrate", "import", bundle, "--mapping", ledger], { env })
    expect([whole.stderr, whole.code, whole.json.refused]).toEqual(["", 0, []])
    const same = await run(["migrate", "compare", bundle, "--mapping", ledger], { env })
    expect([same.code, same.json.ok]).toEqual([0, true])
  })

  it("export reads the source with its own key, into what check and import read", async () => {
    const { env } = await startRuntime()
    await run(["assistants", "create", "--set", "name=Desk"], { env })
    // The local runtime answers the same list routes as the source.
    const output = join(temporaryFolder(), "bundle")
    const from = ["migrate", "export", "--from", env.AYWA_RUNTIME_BASE_URL, "--output", output, "--rate", "1000"]
    const exported = await run(from, { env: { SOURCE_API_KEY: env.AYWA_RUNTIME_API_KEY } })
    expect([exported.stderr, exported.json.counts.assistants]).toEqual(["", 1])
    expect((await run(["migrate", "check", output])).json.counts.assistants).toBe(1)
    const file = join(temporaryFolder(), "hours.txt")
    writeFileSync(file, "9 to 5")
    await run(["files", "upload", file], { env })
    const all = await run([...from.slice(0, 4), "--output", `${output}-all`, "--rate", "1000", "--files", "--calls"], {
      env: { SOURCE_API_KEY: env.AYWA_RUNTIME_API_KEY }
    })
    expect([all.stderr, all.code]).toEqual(["", 0])
    expect(all.json).toMatchObject({ calls: { ok: true, calls: 0 }, files: { ok: true, files: [{ bytes: 6 }] } })
    const ledger = `${output}.jsonl`
    const uploaded = await run(["migrate", "files", `${output}-all`, "--mapping", ledger], { env })
    expect([uploaded.code, uploaded.json.files]).toMatchObject([0, [{ action: "uploaded", bytes: 6 }]])
    expect(readFileSync(ledger, "utf8")).toContain(uploaded.json.files[0].runtimeId)
    const missing = await run(["migrate", "files", output, "--mapping", `${ledger}.other`], { env })
    expect([missing.code, missing.json.files]).toEqual([0, []])
    const elsewhere = [...from.slice(0, 4), "--output", join(output, "..", "other")]
    const refused = await run(elsewhere, { env: { SOURCE_API_KEY: "wrong-key-1234" } })
    expect([refused.code, refused.stderr.includes("wrong-key-1234")]).toEqual([8, false])
    expect((await run(from)).code).toBe(2)
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
    expect((await numbers("plan")).code).toBe(2)
    expect((await numbers("switch", "--yes")).code).toBe(6)
    const planned = await numbers("plan", "--to-url", "https://runtime.example.test/in", "--no-json")
    expect([planned.stderr, planned.code, planned.stdout]).toEqual([
      "",
      0,
      expect.stringContaining("source.example.test/in?…")
    ])
    expect((await numbers("verify")).code).toBe(1)
    const asked = await numbers("switch")
    expect([asked.code, carrier.writes]).toEqual([2, []])
    const switched = await numbers("switch", "--yes")
    expect([switched.code, switched.json.ok, carrier.row["voice_url"]]).toEqual([
      0,
      true,
      "https://runtime.example.test/in"
    ])
    expect((await numbers("verify")).json).toMatchObject({ ok: true, numbers: [{ number, state: "target" }] })
    const unasked = await numbers("back")
    expect([unasked.code, carrier.writes.length]).toEqual([2, 1])
    const back = await numbers("back", "--yes", "--debug")
    expect([back.code, carrier.row["voice_url"]]).toEqual([0, old])
    for (const { stdout, stderr } of [planned, asked, switched, unasked, back]) {
      expect(stdout + stderr).not.toMatch(/s3cr3t|auth-token-4711/)
    }
  }, 60_000)
})
