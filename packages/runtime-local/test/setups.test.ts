/** What test runners are given: one runtime a run, an organization a worker, a snapshot a test. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it, onTestFinished } from "vitest"
import { assertMatches, rejection } from "../../runtime-sdk/test/support/assertions.ts"
import setUpJest from "../src/jest.ts"
import tearDownJest from "../src/jestTeardown.ts"
import { joinTestRun, type TestRuntime } from "../src/testRuntime.ts"
import setUpVitest from "../src/vitest.ts"
import { temporaryFile } from "./support.ts"

const names = async ({ baseUrl, apiKey }: TestRuntime) => {
  const response = await fetch(`${baseUrl}/assistant`, { headers: { authorization: `Bearer ${apiKey}` } })
  const rows = (await response.json()) as ReadonlyArray<{ name: string }>
  return rows.map(({ name }) => name)
}

const create = ({ baseUrl, apiKey }: TestRuntime, name: string) =>
  fetch(`${baseUrl}/assistant`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ name })
  })

describe("a test run", () => {
  it("has one runtime; workers have an organization each, and go back to their snapshot alone", async () => {
    onTestFinished(await setUpVitest())
    const [a, b] = [await joinTestRun("1"), await joinTestRun("2")]
    assert.deepStrictEqual([a.baseUrl, a.organizationId === b.organizationId], [b.baseUrl, false])
    await create(a, "base of a")
    await a.snapshot()
    await create(a, "of a test")
    await create(b, "of b")
    await a.restore()
    assert.deepStrictEqual([await names(a), await names(b)], [["base of a"], ["of b"]])
    await b.restore()
    assert.deepStrictEqual([await names(a), await names(b)], [["base of a"], []])
  })

  it("of jest is set up and torn down by two modules", async () => {
    await setUpJest()
    const { baseUrl } = await joinTestRun("1")
    assert.strictEqual((await fetch(`${baseUrl}/health`)).status, 200)
    await tearDownJest()
    assert.include((await rejection(fetch(`${baseUrl}/health`))).message, "fetch failed")
    assert.include(
      (await rejection(joinTestRun("1"))).message,
      "name @aywa-ai/runtime-local/vitest (or /jest) as globalSetup"
    )
  })
})

it("node:test has a runtime for a file, and each test starts from the same rows", async () => {
  const file = path.join(path.dirname(temporaryFile()), "some.test.mjs")
  const helper = fileURLToPath(new URL("../src/nodeTest.ts", import.meta.url))
  const program = `
    import assert from "node:assert"
    import { test } from "node:test"
    import { useRuntime } from ${JSON.stringify(helper)}
    const create = (runtime, name) => fetch(runtime.baseUrl + "/assistant", {
      method: "POST",
      headers: { authorization: "Bearer " + runtime.apiKey, "content-type": "application/json" },
      body: JSON.stringify({ name })
    })
    const runtime = useRuntime({}, (runtime) => create(runtime, "base"))
    for (const n of [1, 2]) test("test " + n, async () => {
      assert.strictEqual(runtime().count("assistants"), 1)
      await create(runtime(), "of a test")
      assert.strictEqual(runtime().count("assistants"), 2)
    })`
  fs.writeFileSync(file, program)
  const child = spawn(process.execPath, ["--test", file], { env: { PATH: process.env["PATH"] } })
  let output = ""
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()))
  const [code] = await once(child, "close")
  assertMatches([code, output], [0, /pass 2/])
})
