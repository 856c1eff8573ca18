import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { once } from "node:events"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { assertMatches, eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { errorOf, launch, run, temporaryFolder, until } from "./support.ts"

const start = async (...args: ReadonlyArray<string>) => {
  const running = launch(["local", ...args])
  await until(running, "stdout", "\n")
  return { running, ready: JSON.parse(running.output.stdout) }
}

describe("local", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "says in one line where it is, serves, and ends with 0 on %s",
    async (signal) => {
      const { running, ready } = await start("--api-key", "sk_local_1", "--organization", "org_1")
      assertMatches(ready, { apiKey: "sk_local_1", organizationId: "org_1", pid: running.child.pid })
      const env = { AYWA_RUNTIME_BASE_URL: ready.baseUrl, AYWA_RUNTIME_API_KEY: "sk_local_1" }
      assert.deepStrictEqual((await run(["assistants", "list"], { env })).json, { items: [], nextCursor: null })
      running.child.kill(signal)
      const { code, stdout } = await running.done
      assert.deepStrictEqual([code, stdout.split("\n").length], [0, 2])
    }
  )

  it("serves the inspector from the bundle, opens it, and has none when told so", async () => {
    const folder = temporaryFolder()
    const opened = join(folder, "opened")
    const browser = join(folder, "browser")
    writeFileSync(browser, `#!/bin/sh\nprintf %s "$1" > ${opened}\n`, { mode: 0o755 })
    const running = launch(["local", "--open"], { env: { BROWSER: browser } })
    await until(running, "stdout", "\n")
    const ready = JSON.parse(running.output.stdout)
    assert.strictEqual(ready.inspectorUrl, `${ready.baseUrl}/__aywa/#${ready.controlToken}`)
    await until(running, "stderr", ready.inspectorUrl)
    await eventually(() => assert.include(existsSync(opened) && readFileSync(opened, "utf8"), "#ticket="))
    // Whoever reads the list of processes sees what the browser was started with: it is good once, and no token.
    const [, ticket] = readFileSync(opened, "utf8").split("#ticket=")
    const redeem = () =>
      fetch(`${ready.baseUrl}/__aywa/ticket`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ticket })
      })
    assert.deepStrictEqual(await (await redeem()).json(), { token: ready.controlToken })
    assert.strictEqual((await redeem()).status, 401)
    const page = await fetch(`${ready.baseUrl}/__aywa/page.js`)
    assert.deepStrictEqual([page.status, (await page.text()).length > 10_000], [200, true])
    running.child.kill("SIGTERM")
    await running.done
    const without = await start("--no-inspector")
    assert.notProperty(without.ready, "inspectorUrl")
    assert.strictEqual((await fetch(`${without.ready.baseUrl}/__aywa/page.js`)).status, 401)
    without.running.child.kill("SIGTERM")
    await without.running.done
  })

  it("keeps its rows in --db, begins with those of --seed, and injects the faults of --scenario", async () => {
    const folder = temporaryFolder()
    const seed = join(folder, "rows.json")
    writeFileSync(seed, JSON.stringify({ assistants: [{ name: "Seeded" }] }))
    const db = join(folder, "runtime.sqlite")
    const first = await start("--db", db, "--api-key", "k", "--seed", seed)
    const env = (ready: { baseUrl: string }) => ({ AYWA_RUNTIME_BASE_URL: ready.baseUrl, AYWA_RUNTIME_API_KEY: "k" })
    const list = async (ready: { baseUrl: string }) =>
      (await run(["assistants", "list"], { env: env(ready) })).json.items.map((row: { name: string }) => row.name)
    assert.deepStrictEqual(await list(first.ready), ["Seeded"])
    await run(["assistants", "create", "--set", "name=Mine"], { env: env(first.ready) })
    first.running.child.kill("SIGTERM")
    await first.running.done
    const second = await start("--db", db, "--api-key", "k", "--scenario", "lost-response")
    assert.isTrue((await list(second.ready)).includes("Mine"))
    const created = await run(["assistants", "create", "--set", "name=Once", "--debug"], { env: env(second.ready) })
    // Its answer was lost, it was sent again with the same key, and there is one.
    assert.match(created.stderr, /assistants\.create .* \(2 attempts/)
    assert.lengthOf(
      (await list(second.ready)).filter((name: string) => name === "Once"),
      1
    )
  })

  it("writes an env file that only its owner reads, and takes it away again", async () => {
    const file = join(temporaryFolder(), ".env.local")
    const { running, ready } = await start("--write-env", file)
    assert.strictEqual(statSync(file).mode & 0o777, 0o600)
    assert.include(readFileSync(file, "utf8"), `AYWA_RUNTIME_API_KEY=${ready.apiKey}\n`)
    assert.deepStrictEqual((await run(["assistants", "list", "--env-file", file])).json.items, [])
    running.child.kill("SIGINT")
    assert.deepStrictEqual([(await running.done).code, existsSync(file)], [0, false])
  })

  it("does not write its env file over one of yours, nor over that of a runtime that runs", async () => {
    const file = join(temporaryFolder(), ".env.local")
    writeFileSync(file, "DATABASE_URL=mine\n")
    const refused = await run(["local", "--write-env", file])
    assert.deepStrictEqual([refused.code, readFileSync(file, "utf8")], [2, "DATABASE_URL=mine\n"])
    writeFileSync(file, "")
    const first = await start("--write-env", file)
    const { port } = new URL(first.ready.baseUrl)
    const taken = await run(["local", "--port", port, "--write-env", file, "--json"])
    assert.include(errorOf(taken).hint, `kill ${first.ready.pid} stops it`)
    assert.include(errorOf(await run(["local", "--port", port, "--json"])).hint, "A local runtime answers there")
    const other = await run(["local", "--port", "0", "--write-env", file, "--json"])
    assert.strictEqual(other.code, 2)
    assert.include(errorOf(other).message, `process ${first.ready.pid}`)
    assert.include(readFileSync(file, "utf8"), first.ready.apiKey)
    // One that was killed leaves its file to the next.
    first.running.child.kill("SIGKILL")
    await first.running.done
    const second = await start("--write-env", file)
    assert.include(readFileSync(file, "utf8"), second.ready.apiKey)
  })

  it.each([
    [["--port", "70000"], "--port takes a whole number"],
    [["--host", "0.0.0.0"], "not loopback"],
    [["--scenario", "nonsense"], "nonsense"],
    [["--seed", "nowhere.json"], "nowhere.json"]
  ])("refuses %j with exit code 2", async (args, message) => {
    const result = await run(["local", ...args, "--json"])
    assert.strictEqual(result.code, 2)
    assert.include(errorOf(result).message, message)
  })

  it("says so when its port is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const result = await run(["local", "--port", String(port), "--json"])
    server.close()
    assert.strictEqual(result.code, 1)
    assert.include(errorOf(result).message, "choose another --port")
  })
})
