import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { closedPort, createPinned, errorOf, run, startRuntime, temporaryFolder } from "./support.ts"

describe("exit codes", () => {
  it.each([
    ["2 without an address", ["assistants", "list"], {}, 2, "AywaConfigError"],
    ["2 for a flag that is not a number", ["assistants", "list", "--limit", "many"], {}, 2, "usage"],
    ["2 for arguments that are missing", ["assistants", "get"], {}, 2, "usage"],
    [
      "2 for a body that the contract refuses",
      ["assistants", "create", "--set", `name=${"x".repeat(41)}`],
      {},
      2,
      "InvalidRequest"
    ],
    ["4 for a wrong key", ["assistants", "list"], { AYWA_RUNTIME_API_KEY: "wrong" }, 4, "AuthError"],
    ["5 for a row that is not there", ["assistants", "get", "nobody"], {}, 5, "NotFound"]
  ])("%s", async (name, args, env, code, tag) => {
    const runtime = await startRuntime()
    const result = await run([...args, "--json"], { env: name.includes("address") ? env : { ...runtime.env, ...env } })
    assert.deepStrictEqual([result.code, result.stdout, errorOf(result).code], [code, "", tag])
    assert.strictEqual(errorOf(result).exitCode, code)
  })

  it("6 for a conflict, with the runtime's code", async () => {
    const { runtime, env } = await startRuntime()
    const id = await createPinned(env)
    const result = await run(["assistants", "delete", id, "--yes", "--json"], { env })
    assert.deepStrictEqual([result.code, errorOf(result).code, runtime.count("assistants")], [6, "assistant_pinned", 1])
  })

  it("7 when the rate limit is reached, 8 when nobody answers", async () => {
    const { runtime, env } = await startRuntime()
    runtime.faults.add({ action: { type: "status", code: 429, retryAfter: 3600 } })
    assert.strictEqual((await run(["assistants", "list"], { env })).code, 7)
    const refused = await run(["assistants", "list", "--json"], {
      env: { ...env, AYWA_RUNTIME_BASE_URL: `http://127.0.0.1:${await closedPort()}` }
    })
    assert.deepStrictEqual([refused.code, errorOf(refused).code], [8, "ECONNREFUSED"])
    assert.include(errorOf(refused).hint, "doctor")
  })

  it("8 when --timeout is over", async () => {
    const { runtime, env } = await startRuntime()
    runtime.faults.add({ action: { type: "latency", ms: 60_000 } })
    const result = await run(["assistants", "get", "x", "--timeout", "0.05", "--json"], { env })
    assert.deepStrictEqual([result.code, errorOf(result).code], [8, "AywaTimeoutError"])
  })
})

describe("errors", () => {
  it("are one paragraph for people, and have a stack only with --debug", async () => {
    const { env } = await startRuntime()
    const plain = await run(["assistants", "get", "nobody", "--no-json"], { env })
    assert.lengthOf(plain.stderr.trim().split("\n"), 1)
    assert.match(plain.stderr, /^error: assistants\.get/)
    const debug = await run(["assistants", "get", "nobody", "--no-json", "--debug"], { env })
    assert.match(debug.stderr, /assistants\.get GET \/assistant\/:id -> 404 NotFound/)
    assert.match(debug.stderr, /\n {4}at /)
  })

  it("never show the key, wherever it comes from", async () => {
    const { env } = await startRuntime()
    const key = "sk_live_4f9a8b7c6d5e"
    const file = join(temporaryFolder(), ".env")
    writeFileSync(file, `AYWA_RUNTIME_API_KEY=${key}\n`)
    const base = { AYWA_RUNTIME_BASE_URL: env.AYWA_RUNTIME_BASE_URL }
    for (const [args, given] of [
      [["--api-key", key], base],
      [["--env-file", file], base],
      [[], { ...base, AYWA_RUNTIME_API_KEY: key }],
      [["--api-key", `${key} with space`], base],
      [["--api-key", `${key}`, "--limit", "x"], base],
      [["--limit", key], base]
    ] as const) {
      const result = await run(["assistants", "list", "--debug", ...args], { env: given })
      assert.notStrictEqual(result.code, 0)
      assert.notInclude(result.stdout + result.stderr, key)
    }
  })

  it("never show what stands after a flag that is not known", async () => {
    const key = "sk_live_4f9a8b7c6d5e"
    for (const args of [
      ["--apikey", key, "assistants", "list"],
      ["assistants", "--apikey", key, "list"],
      ["assistants", "list", "--apikey", key],
      ["assistants", "list", `--apikey=${key}`]
    ]) {
      const result = await run([...args, "--json"])
      assert.include(errorOf(result).message, "Did you mean --api-key?")
      assert.notInclude(result.stderr, key)
    }
  })

  it("suggest the command and the flag that were meant", async () => {
    const suggestions: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
      [["asistants", "list"], "Did you mean assistants?"],
      [["assistants", "lst"], "Did you mean list?"],
      [["assistants", "list", "--limt", "2"], "Did you mean --limit?"],
      [["assistants", "list", "--jsn"], "Did you mean --json?"],
      [["assistants", "list", "--bse-url", "x"], "Did you mean --base-url?"],
      [["docter"], "Did you mean doctor?"]
    ]
    for (const [args, expected] of suggestions) {
      const result = await run([...args, "--json"])
      assert.deepStrictEqual([result.code, result.stdout], [2, ""])
      assert.include(errorOf(result).message, expected)
    }
  })
})
