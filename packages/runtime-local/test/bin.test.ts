import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import * as path from "node:path"
import { assert, describe, inject, it, onTestFinished } from "vitest"
import { assertMatches, eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { readOptions } from "../src/commandLine.ts"
import { receive } from "./receiver.ts"
import { failure, start, temporaryFile } from "./support.ts"

const bin = inject("localBin")
const source = new URL("../src/bin.ts", import.meta.url)

interface Ready {
  baseUrl: string
  readonly apiKey: string
  readonly organizationId: string
  readonly controlToken: string
  readonly pid: number
}

const spawnBin = (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "pipe", "pipe"] })
  onTestFinished(() => void child.kill("SIGKILL"))
  const output = { stdout: "", stderr: "" }
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()))
  return { child, output }
}

const exit = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, "close")
  return child.exitCode
}

const ready = async (...args: ReadonlyArray<string>) => {
  const { child, output } = spawnBin(...args)
  await eventually(() => assert.include(output.stdout, "\n"), 60_000)
  const info: Ready = JSON.parse(output.stdout)
  return { child, output, info }
}

/** A Node on the path that is older than this package needs. */
const oldNode = (): string | undefined =>
  (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .map((folder) => path.join(folder, "node"))
    .find((file) => {
      const version = /^v(\d+)\.(\d+)/.exec(spawnSync(file, ["--version"], { encoding: "utf8" }).stdout ?? "")
      return version !== null && Number(version[1]) * 100 + Number(version[2]) < 2219
    })

describe("an old Node", () => {
  it("is told what is needed", () => {
    const node = oldNode()
    if (node === undefined) return console.log("skipped: no Node older than 22.19 is on the path")
    // What is published has no types.
    const file = `${temporaryFile()}.mjs`
    fs.writeFileSync(file, stripTypeScriptTypes(fs.readFileSync(source, "utf8")))
    const version = spawnSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).stdout.trim()
    const manifest = JSON.parse(fs.readFileSync(new URL("../package.json", import.meta.url), "utf8"))
    const { status, stderr } = spawnSync(node, [file, "--help"], { encoding: "utf8" })
    const needed = manifest.engines.node.slice(">=".length)
    assert.deepStrictEqual(
      [status, stderr],
      [2, `The local runtime needs Node ${needed} or later, this is ${version}.\n`]
    )
  })
})

describe("output that cannot be written", () => {
  const inShell = (script: string) => {
    const args = ["-c", `set -o pipefail; ${script}`, process.execPath, bin, temporaryFile()]
    const { status, stderr } = spawnSync("bash", args, {
      encoding: "utf8",
      timeout: 20_000
    })
    return { status, stderr }
  }

  it.each([
    ["help on a full disk", '"$0" "$1" --help > /dev/full', "ENOSPC"],
    ["help over the limit of a file", 'ulimit -f 1; "$0" "$1" --help > "$2"', "EFBIG"],
    ["a runtime that nobody can find", '"$0" "$1" > /dev/full', "ENOSPC"]
  ])("ends with 1 and a line: %s", (_, script, code) => {
    assert.deepStrictEqual(inShell(script), {
      status: 1,
      stderr: `stdout could not be written whole (${code}): check the space on the disk and the limit on file sizes\n`
    })
  })

  it("a runtime whose reader went away before it was ready ends quietly", () => {
    assert.deepStrictEqual(inShell('"$0" "$1" | true'), { status: 0, stderr: "" })
  })
})

describe("the process", () => {
  it("prints one line when it is ready, serves, and stops cleanly", async () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const { child, output, info } = await ready("--api-key", "sk_local_1", "--organization", "org_1")
      assertMatches(info, { apiKey: "sk_local_1", organizationId: "org_1", pid: child.pid })
      const headers = { authorization: "Bearer sk_local_1" }
      const response = await fetch(`${info.baseUrl}/assistant`, { headers })
      assert.deepStrictEqual(
        [response.status, response.headers.get("ratelimit-policy")],
        [200, '"default";q=10000;w=60']
      )
      await response.text()
      const controlled = await fetch(`${info.baseUrl}/__aywa/requests`, {
        headers: { authorization: `Bearer ${info.controlToken}` }
      })
      const requests: unknown = await controlled.json()
      assertMatches(requests, { items: [{}], nextCursor: null })
      child.kill(signal)
      assert.strictEqual(await exit(child), 0)
      assert.lengthOf(output.stdout.trim().split("\n"), 1)
      assert.strictEqual(output.stderr, "")
      assert.strictEqual(await failure(fetch(`${info.baseUrl}/health`)), "fetch failed: ECONNREFUSED")
    }
  })

  it("stops at once whatever is under way; what was acknowledged is there, the rest can be repeated, once", async () => {
    const args = ["--db", temporaryFile(), "--api-key", "sk_1", "--rate-limit", "0"]
    const receiver = await receive((delivery) => (delivery.type === "tool-calls" ? {} : { hang: true }))
    const tools = [{ type: "function", function: { name: "f" } }]
    const assistant = { server: { url: receiver.url }, model: { provider: "openai", model: "m", tools } }
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const { child, output, info } = await ready(...args)
      const ask = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
        const key = path.startsWith("/__aywa/") ? info.controlToken : "sk_1"
        const response = await fetch(info.baseUrl + path, {
          method,
          headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
          ...(body === undefined ? {} : { body: JSON.stringify(body) })
        })
        return { status: response.status, text: await response.text() }
      }
      // A call whose tool waits for what was sent before, somebody who waits for an event, a trigger, an answer held back.
      await ask("POST", "/__aywa/calls/script", { steps: [{ tool: "f" }] })
      await ask("POST", "/call", { assistant, customer: { number: "+14155550188" } })
      const waiting = [
        ask("GET", "/__aywa/events?type=never&wait=60000"),
        ask("POST", "/__aywa/trigger", { type: "call.completed" }),
        ask("POST", "/__aywa/trigger", { type: "tool-calls", to: `${receiver.url}/` }),
        ask(
          "POST",
          "/assistant",
          { name: "held" },
          { "idempotency-key": `held ${signal}`, "aywa-fault": "hold;ms=60000" }
        )
      ].map((promise) => promise.catch(() => undefined))
      const acknowledged: Array<string> = []
      const sent = new Set<string>()
      const load = Array.from({ length: 8 }, async (_, worker) => {
        for (let i = 0; ; i++) {
          const name = `${signal}-${worker}-${i}`
          sent.add(name)
          const { status } = await ask("POST", "/assistant", { name }, { "idempotency-key": name })
          if (status === 201) acknowledged.push(name)
          if (acknowledged.length === 200) child.kill(signal)
        }
      }).map((promise: Promise<unknown>) => promise.catch(() => undefined))
      assert.strictEqual(await exit(child), 0)
      await Promise.all([...load, ...waiting])
      assert.strictEqual(output.stderr, "")
      const again = await ready(...args)
      info.baseUrl = again.info.baseUrl
      const names = async () => {
        const { text } = await ask("GET", "/assistant?limit=1000")
        return (JSON.parse(text) as ReadonlyArray<{ name: string }>).map(({ name }) => name)
      }
      assert.includeDeepMembers(await names(), acknowledged)
      for (const name of sent) {
        assert.strictEqual((await ask("POST", "/assistant", { name }, { "idempotency-key": name })).status, 201)
      }
      assert.deepStrictEqual((await names()).filter((name) => name.startsWith(signal)).toSorted(), [...sent].toSorted())
      again.child.kill(signal)
      assert.strictEqual(await exit(again.child), 0)
    }
  })

  it("keeps rows and idempotency records in its file when it is killed", async () => {
    const args = ["--db", temporaryFile(), "--api-key", "sk_1"]
    const post = async (info: Ready) => {
      const response = await fetch(`${info.baseUrl}/assistant`, {
        method: "POST",
        headers: { authorization: "Bearer sk_1", "content-type": "application/json", "idempotency-key": "k" },
        body: JSON.stringify({ name: "A" })
      })
      return { text: await response.text(), replayed: response.headers.get("idempotency-replayed") }
    }
    const first = await ready(...args)
    const { text } = await post(first.info)
    first.child.kill("SIGKILL")
    await exit(first.child)
    const second = await ready(...args)
    assert.strictEqual(second.info.organizationId, first.info.organizationId)
    assert.deepStrictEqual(await post(second.info), { text, replayed: "true" })
  })

  it("says in one line that its port is taken, exit code 1", async () => {
    const { runtime } = await start()
    const { child, output } = spawnBin("--port", new URL(runtime.baseUrl).port)
    assert.strictEqual(await exit(child), 1)
    assert.match(output.stderr, /^127\.0\.0\.1:\d+ is in use[^\n]*\n$/)
    assert.strictEqual(output.stdout, "")
  })

  it("says in one line that its file cannot be opened, exit code 1", async () => {
    const { child, output } = spawnBin("--db", `${temporaryFile()}/no/such/directory.sqlite`)
    assert.strictEqual(await exit(child), 1)
    assert.match(output.stderr, /^Cannot open the database [^\n]*: look whether its directory exists[^\n]*\n$/)
  })

  it("refuses what it does not know, exit code 2", async () => {
    const wrong: ReadonlyArray<readonly [args: ReadonlyArray<string>, says: string]> = [
      [["--prot", "1"], "--prot"],
      [["--port", "70000"], "--port"],
      [["--list-shape", "5"], "--list-shape"],
      [["serve"], "serve"],
      [["--api-key", ""], "--api-key"],
      [["--seed", "nowhere.json"], "nowhere.json"],
      [["--scenario", "none"], "none"],
      [["--host", "0.0.0.0"], "--unsafe-expose"]
    ]
    for (const [args, says] of wrong) assert.throws(() => readOptions(args), says)
    const [args, says] = wrong.at(-1)!
    const { child, output } = spawnBin(...args)
    assert.strictEqual(await exit(child), 2)
    assert.include(output.stderr.split("\n")[0], says)
    assert.strictEqual(output.stdout, "")
  })

  it("takes its mode and its hosts from flags and the environment", async () => {
    const child = spawn(process.execPath, [bin, "--mode", "production", "--webhook-secret", "a-secret-of-16-or-more"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, TOOL_API_REQUEST_ALLOWED_HOSTS: "10.0.0.1" }
    })
    onTestFinished(() => void child.kill("SIGKILL"))
    const [line] = await once(child.stdout, "data")
    const info: Ready & { readonly webhookSecret: string } = JSON.parse(String(line))
    assert.strictEqual(info.webhookSecret, "a-secret-of-16-or-more")
    const post = async (path: string, key: string, body: object) => {
      const response = await fetch(info.baseUrl + path, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(body)
      })
      return JSON.parse(await response.text())
    }
    await post("/__aywa/calls/script", info.controlToken, {
      steps: ["10.0.0.1", "10.0.0.2"].map((host) => ({ tool: "t", arguments: { host } }))
    })
    const tools = [{ type: "apiRequest", name: "t", method: "GET", url: "http://{{host}}/" }]
    await post("/call", info.apiKey, {
      assistant: { model: { provider: "openai", model: "m", tools } },
      customer: { number: "+14155550188" }
    })
    const events = await fetch(`${info.baseUrl}/__aywa/events?type=end-of-call-report&wait=20000`, {
      headers: { authorization: `Bearer ${info.controlToken}` }
    })
    const {
      items: [report]
    } = JSON.parse(await events.text())
    const results = report.message.artifact.messages.filter(({ role }: { role: string }) => role === "tool_call_result")
    // Listed, and still private; not listed.
    assertMatches(
      results.map(({ result }: { result: string }) => result),
      [/closed range \(private\)/, /TOOL_API_REQUEST_ALLOWED_HOSTS/]
    )
    const asked = await post("/__aywa/trigger", info.controlToken, { type: "tool-calls", to: "http://127.0.0.1:1/" })
    assert.include(asked.issues.join(), "closed range (loopback)")
  })

  it("takes rows and a scenario from files, by flag", async () => {
    const folder = path.dirname(temporaryFile())
    const [rows, scenario] = [path.join(folder, "rows.json"), path.join(folder, "scenario.json")]
    fs.writeFileSync(rows, JSON.stringify({ assistants: [{ id: "support", name: "Support" }] }))
    fs.writeFileSync(
      scenario,
      JSON.stringify({ name: "mine", rules: [{ sequence: ["pass", { type: "status", code: 418 }] }] })
    )
    const args = ["--api-key", "sk_1", "--seed", "7", "--seed", rows, "--scenario", scenario]
    const { info } = await ready(...args)
    const get = () => fetch(`${info.baseUrl}/assistant/support`, { headers: { authorization: "Bearer sk_1" } })
    const first = await get()
    assert.deepStrictEqual([first.status, ((await first.json()) as { name: string }).name], [200, "Support"])
    assert.strictEqual((await get()).status, 418)
    const again = await ready(...args)
    assert.strictEqual(again.info.organizationId, info.organizationId)
  })

  it("explains itself", async () => {
    const { child, output } = spawnBin("--help")
    assert.strictEqual(await exit(child), 0)
    assert.include(output.stdout, "--idempotency-ttl")
  })
})
