import { randomInt } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { proxy } from "./proxy.ts"
import { closedPort, errorOf, launch, run, sets, startRuntime, temporaryFolder } from "./support.ts"

const fast = ["--rate", "5000"]
const moments = Number(process.env["AYWA_INTERRUPTS"] ?? 1)

describe("conformance", () => {
  it("reads only, prints what holds, and exits with 0; a profile is saved, and doctor reads it", async () => {
    const { runtime, env } = await startRuntime()
    const cwd = temporaryFolder()
    const file = join(cwd, "profile.json")
    const read = await run(["conformance", ...fast], { env })
    assert.deepStrictEqual([read.code, read.json.summary.fail], [0, 0], read.stderr)
    assert.deepStrictEqual(runtime.requests({ method: "POST" }), [])
    const only = ["--only", "idempotency,rows.etag,rows.if-match", "--write", "--yes", "--save", file]
    const written = await run(["conformance", ...fast, ...only, "--no-json", "--no-color"], { env })
    assert.strictEqual(written.code, 0, written.stdout)
    assert.include(written.stdout, "retries of creates:  a create that is repeated with its key makes one row.")
    assert.include(written.stderr, "rows named aywa-conformance-<run>-…")
    const profile = JSON.parse(readFileSync(file, "utf8"))
    assertMatches(profile, { formatVersion: 1, idempotencyKeys: "honoured", ifMatch: "honoured" })
    const doctor = async (changes: object) => {
      writeFileSync(file, JSON.stringify({ ...profile, ...changes }))
      const { json } = await run(["doctor", "--only", "profile", "--profile", file], { env })
      const all: ReadonlyArray<{ id: string; status: string; detail: string }> = json.findings
      return all.filter(({ id }) => id.startsWith("profile.")).map(({ status, detail }) => `${status}: ${detail}`)
    }
    assertMatches(await doctor({ webhookSignature: "standard" }), [
      /^ok: of .*, version \d/,
      "ok: nothing is known to be unsafe"
    ])
    const warned = await doctor({ runtimeVersion: "0.0.1", idempotencyKeys: "ignored" })
    assert.match(warned[0] ?? "", /^warn: The profile is of version 0\.0\.1, and the runtime has /)
    assert.include(warned[1], "creates are not repeated after a lost answer")
  }, 120_000)

  it("gives the profile of AYWA_RUNTIME_PROFILE to the client of every command", async () => {
    const { runtime, env } = await startRuntime()
    const file = join(temporaryFolder(), "profile.json")
    const unknown = { ifMatch: "unknown", webhookSignature: "unknown", lists: {}, createdAt: new Date().toISOString() }
    writeFileSync(file, JSON.stringify({ formatVersion: 1, idempotencyKeys: "ignored", ...unknown }))
    runtime.faults.next("reset", { when: "after", match: { method: "POST" } })
    const create = ["assistants", "create", ...sets({ name: "Desk" })]
    const lost = await run([...create, "--json"], { env: { ...env, AYWA_RUNTIME_PROFILE: file } })
    assert.deepStrictEqual(
      [lost.code, errorOf(lost).outcome, runtime.requests({ method: "POST" }).length],
      [8, "maybe-applied", 1]
    )
    writeFileSync(file, "{}")
    const wrong = await run([...create, "--json"], { env: { ...env, AYWA_RUNTIME_PROFILE: file } })
    assertMatches([wrong.code, errorOf(wrong).message], [2, /formatVersion 1/])
  })

  it("exits with 3 for a MUST, with 1 for a SHOULD that counts, with 2 for wrong arguments, with 8 where nothing answers", async () => {
    const { runtime, env } = await startRuntime()
    const broken = async (changes: Parameters<typeof proxy>[1], ...args: ReadonlyArray<string>) => {
      const url = await proxy(runtime.baseUrl, changes)
      return run(["conformance", ...fast, ...args], { env: { ...env, AYWA_RUNTIME_BASE_URL: url } })
    }
    const letIn = {
      request: (request: { method: string; path: string; headers: Record<string, string> }) => ({
        ...request,
        headers: { ...request.headers, authorization: `Bearer ${runtime.apiKey}` }
      })
    }
    const must = await broken(letIn, "--only", "auth.none", "--format", "junit")
    assertMatches([must.code, must.stdout], [3, /<failure message="status 200" type="MUST">/])
    const quiet = {
      answer: (answer: { status: number; headers: Record<string, string>; body: string }) => ({
        ...answer,
        headers: Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name !== "x-request-id"))
      })
    }
    const only = ["--only", "transport.request-id", "--format", "markdown"]
    const should = await broken(quiet, ...only, "--strict")
    assertMatches([should.code, should.stdout], [1, /\| `transport\.request-id` \| SHOULD \| fail \|/])
    assert.strictEqual((await broken(quiet, ...only)).code, 0)
    const usage = [["--only", "atuh"], ["--write"], ["--baseline", "nowhere.json"]]
    for (const args of usage)
      assert.deepStrictEqual([args, (await run(["conformance", ...args], { env })).code], [args, 2])
    assert.deepStrictEqual(runtime.requests({ method: "POST" }), [])
    const nobody = { ...env, AYWA_RUNTIME_BASE_URL: `http://127.0.0.1:${await closedPort()}` }
    const gone = await run(["conformance", ...fast, "--json"], { env: nobody })
    assert.deepStrictEqual([gone.code, errorOf(gone).code], [8, "unreachable"])
  }, 120_000)

  it("says what changed since an earlier run", async () => {
    const { runtime, env } = await startRuntime()
    const file = join(temporaryFolder(), "before.json")
    const only = [...fast, "--only", "auth,errors"]
    writeFileSync(file, (await run(["conformance", ...only, "--format", "json"], { env })).stdout)
    const same = await run(["conformance", ...only, "--baseline", file, "--format", "text"], { env })
    assertMatches([same.code, same.stdout], [0, /has nothing new\./])
    runtime.faults.add({ match: { path: "/assistant/aywa-none" }, action: { type: "html", code: 404 } })
    const worse = await run(["conformance", ...only, "--baseline", file, "--format", "text"], { env })
    assertMatches([worse.code, worse.stdout], [3, /errors\.body \(MUST\): pass -> fail/])
  }, 120_000)

  it(
    `leaves no row when it is stopped, at ${moments} random moments; clean finds none`,
    async () => {
      const { runtime, env } = await startRuntime()
      for (let moment = 0; moment < moments; moment++) {
        // The journal keeps so many requests, and no more: each moment counts from its beginning.
        runtime.reset()
        const stopAt = randomInt(1, 300)
        const running = launch(["conformance", ...fast, "--write", "--calls", "--yes"], { env })
        const state = { over: false }
        void running.done.then(() => (state.over = true))
        while (!state.over && runtime.requests().length < stopAt) await sleep(1)
        running.child.kill("SIGINT")
        const { code, stderr } = await running.done
        assert.deepStrictEqual([code, stopAt], [130, stopAt], stderr)
        const rows = [
          "assistants",
          "tools",
          "calls",
          "credentials",
          "phoneNumbers",
          "webhookEndpoints",
          "structuredOutputs"
        ]
        assert.deepStrictEqual(
          rows.map((name) => runtime.count(name)),
          rows.map(() => 0),
          `stopped at request ${stopAt}`
        )
      }
      await run(
        [
          "assistants",
          "create",
          "--set",
          "name=aywa-conformance-abcd1234-x",
          "--set",
          "metadata.aywaConformance=abcd1234"
        ],
        { env }
      )
      await run(["assistants", "create", "--set", "name=aywa-conformance-abcd1234-x"], { env })
      const cleaned = await run(["conformance", "clean"], { env })
      assert.deepStrictEqual([cleaned.code, cleaned.json.removed.length, runtime.count("assistants")], [0, 1, 1])
    },
    120_000 + moments * 30_000
  )
})
