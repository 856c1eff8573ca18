import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { once } from "node:events"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
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
      expect(ready).toMatchObject({ apiKey: "sk_local_1", organizationId: "org_1", pid: running.child.pid })
      const env = { AYWA_RUNTIME_BASE_URL: ready.baseUrl, AYWA_RUNTIME_API_KEY: "sk_local_1" }
      expect((await run(["assistants", "list"], { env })).json).toEqual({ items: [], nextCursor: null })
      running.child.kill(signal)
      const { code, stdout } = await running.done
      expect([code, stdout.split("\n").length]).toEqual([0, 2])
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
    expect(ready.inspectorUrl).toBe(`${ready.baseUrl}/__aywa/#${ready.controlToken}`)
    await until(running, "stderr", ready.inspectorUrl)
    await expect
      .poll(() => existsSync(opened) && readFileSync(opened, "utf8"), { timeout: 20_000 })
      .toContain("#ticket=")
    // Whoever reads the list of processes sees what the browser was started with: it is good once, and no token.
    const [, ticket] = readFileSync(opened, "utf8").split("#ticket=")
    const redeem = () =>
      fetch(`${ready.baseUrl}/__aywa/ticket`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ticket })
      })
    expect(await (await redeem()).json()).toEqual({ token: ready.controlToken })
    expect((await redeem()).status).toBe(401)
    const page = await fetch(`${ready.baseUrl}/__aywa/page.js`)
    expect([page.status, (await page.text()).length > 10_000]).toEqual([200, true])
    running.child.kill("SIGTERM")
    await running.done
    const without = await start("--no-inspector")
    expect(without.ready).not.toHaveProperty("inspectorUrl")
    expect((await fetch(`${without.ready.baseUrl}/__aywa/page.js`)).status).toBe(401)
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
    expect(await list(first.ready)).toEqual(["Seeded"])
    await run(["assistants", "create", "--set", "name=Mine"], { env: env(first.ready) })
    first.running.child.kill("SIGTERM")
    await first.running.done
    const second = await start("--db", db, "--api-key", "k", "--scenario", "lost-response")
    expect((await list(second.ready)).includes("Mine")).toBe(true)
    const created = await run(["assistants", "create", "--set", "name=Once", "--debug"], { env: env(second.ready) })
    // Its answer was lost, it was sent again with the same key, and there is one.
    expect(created.stderr).toMatch(/assistants\.create .* \(2 attempts/)
    expect((await list(second.ready)).filter((name: string) => name === "Once")).toHaveLength(1)
  })

  it("writes an env file that only its owner reads, and takes it away again", async () => {
    const file = join(temporaryFolder(), ".env.local")
    const { running, ready } = await start("--write-env", file)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, "utf8")).toContain(`AYWA_RUNTIME_API_KEY=${ready.apiKey}\n`)
    expect((await run(["assistants", "list", "--env-file", file])).json.items).toEqual([])
    running.child.kill("SIGINT")
    expect([(await running.done).code, existsSync(file)]).toEqual([0, false])
  })

  it("does not write its env file over one of yours, nor over that of a runtime that runs", async () => {
    const file = join(temporaryFolder(), ".env.local")
    writeFileSync(file, "DATABASE_URL=mine\n")
    const refused = await run(["local", "--write-env", file])
    expect([refused.code, readFileSync(file, "utf8")]).toEqual([2, "DATABASE_URL=mine\n"])
    writeFileSync(file, "")
    const first = await start("--write-env", file)
    const { port } = new URL(first.ready.baseUrl)
    const taken = await run(["local", "--port", port, "--write-env", file, "--json"])
    expect(errorOf(taken).hint).toContain(`kill ${first.ready.pid} stops it`)
    expect(errorOf(await run(["local", "--port", port, "--json"])).hint).toContain("A local runtime answers there")
    const other = await run(["local", "--port", "0", "--write-env", file, "--json"])
    expect([other.code, errorOf(other).message]).toEqual([2, expect.stringContaining(`process ${first.ready.pid}`)])
    expect(readFileSync(file, "utf8")).toContain(first.ready.apiKey)
    // One that was killed leaves its file to the next.
    first.running.child.kill("SIGKILL")
    await first.running.done
    const second = await start("--write-env", file)
    expect(readFileSync(file, "utf8")).toContain(second.ready.apiKey)
  })

  it.each([
    [["--port", "70000"], "--port takes a whole number"],
    [["--host", "0.0.0.0"], "not loopback"],
    [["--scenario", "nonsense"], "nonsense"],
    [["--seed", "nowhere.json"], "nowhere.json"]
  ])("refuses %j with exit code 2", async (args, message) => {
    const result = await run(["local", ...args, "--json"])
    expect(result.code).toBe(2)
    expect(errorOf(result).message).toContain(message)
  })

  it("says so when its port is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const result = await run(["local", "--port", String(port), "--json"])
    server.close()
    expect(result.code).toBe(1)
    expect(errorOf(result).message).toContain("choose another --port")
  })
})
