import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { errorOf, run, startRuntime, temporaryFolder } from "./support.ts"

describe("where settings come from", () => {
  it("flags win over the environment, the environment over the env file", async () => {
    const { env } = await startRuntime()
    const file = join(temporaryFolder(), ".env")
    const write = (baseUrl: string, key: string) =>
      writeFileSync(file, `AYWA_RUNTIME_BASE_URL="${baseUrl}"\nAYWA_RUNTIME_API_KEY='${key}'\n`)
    const list = async (args: ReadonlyArray<string>, given: Readonly<Record<string, string>>) =>
      (await run(["assistants", "list", ...args], { env: given })).code
    const [url, key] = [env.AYWA_RUNTIME_BASE_URL, env.AYWA_RUNTIME_API_KEY]
    const wrong = { AYWA_RUNTIME_BASE_URL: "http://127.0.0.1:9", AYWA_RUNTIME_API_KEY: "wrong" }
    write(url, key)
    assert.strictEqual(await list(["--env-file", file], {}), 0)
    assert.strictEqual(await list(["--env-file", file], { AYWA_RUNTIME_API_KEY: "wrong" }), 4)
    assert.strictEqual(await list(["--env-file", file], { AYWA_RUNTIME_API_KEY: "" }), 0)
    assert.strictEqual(await list(["--base-url", url, "--api-key", key], wrong), 0)
    write("http://127.0.0.1:9", "wrong")
    assert.strictEqual(await list(["--env-file", file], { AYWA_RUNTIME_BASE_URL: url, AYWA_RUNTIME_API_KEY: key }), 0)
    assert.strictEqual(await list(["-u", url, "--api-key", key, "--org", "another"], {}), 4)
  })

  it.each(["nope", "https://user:pw@127.0.0.1", "http://10.0.0.1"])(
    "%s is refused wherever it stands",
    async (address) => {
      const file = join(temporaryFolder(), ".env")
      writeFileSync(file, `AYWA_RUNTIME_BASE_URL=${address}\n`)
      const key = { AYWA_RUNTIME_API_KEY: "k" }
      for (const [args, env] of [
        [["--base-url", address], key],
        [[], { ...key, AYWA_RUNTIME_BASE_URL: address }],
        [["--env-file", file], key]
      ] as const) {
        const result = await run(["assistants", "list", ...args, "--json"], { env })
        assert.deepStrictEqual([result.code, errorOf(result).code], [2, "AywaConfigError"])
      }
    }
  )

  it("an env file that is not there, and a timeout that is none, are wrong arguments", async () => {
    // Node looks for --env-file among a script's arguments too, and ends before the script begins.
    const missing = await run(["assistants", "list", "--env-file", "./nowhere.env"])
    assertMatches([missing.code === 0, missing.stdout, missing.stderr], [false, "", /\.\/nowhere\.env/])
    // --env is ours alone.
    const named = await run(["assistants", "list", "--env", "./nowhere.env"])
    assertMatches([named.code, named.stderr], [2, /\.\/nowhere\.env cannot be read \(ENOENT\)/])
    for (const timeout of ["0", "soon"]) {
      assert.strictEqual((await run(["assistants", "list", "--timeout", timeout])).code, 2)
    }
  })

  it("a flag that is given twice is refused, a list may repeat", async () => {
    const { env } = await startRuntime()
    assert.strictEqual((await run(["assistants", "list", "--limit", "1", "--limit", "2"], { env })).code, 2)
    const made = await run(["assistants", "create", "--set", "name=A", "--set", "firstMessage=B"], { env })
    assertMatches(made.json, { name: "A", firstMessage: "B" })
  })
})
