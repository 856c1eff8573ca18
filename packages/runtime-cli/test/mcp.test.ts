import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { assert, inject, onTestFinished, test } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { errorOf, launch, run, startRuntime, temporaryFolder, until } from "./support.ts"

const open = async (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>, cwd = temporaryFolder()) => {
  const client = new Client({ name: "test", version: "1.0.0" })
  onTestFinished(() => client.close())
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [inject("bin"), "mcp", ...args],
      env: { PATH: process.env["PATH"] ?? "", ...env },
      cwd,
      stderr: "ignore"
    })
  )
  return client
}

// oxlint-disable-next-line typescript/no-explicit-any -- tests look into JSON that they provoke
const call = async (client: Client, name: string, args: object = {}): Promise<any> =>
  (await client.callTool({ name, arguments: { ...args } })).structuredContent

test("mcp serves the runtime of the settings, and reads by default", async () => {
  const { runtime, env } = await startRuntime()
  const client = await open([], env)
  const { tools } = await client.listTools()
  assert.include(
    tools.map(({ name }) => name),
    "read"
  )
  assert.notInclude(
    tools.map(({ name }) => name),
    "write"
  )
  assertMatches(await call(client, "runtime_overview"), {
    health: "ok",
    server: { allow: "read", calls: false }
  })
  const { resources } = await client.listResources()
  assert.include(
    resources.map(({ uri }) => uri),
    "aywa://docs/retries"
  )
  const { contents } = await client.readResource({ uri: "aywa://docs/mcp" })
  assert.match(Reflect.get(contents[0] ?? {}, "text"), /^# /)
  assert.isTrue(runtime.requests().every(({ method }) => method === "GET"))
})

test("mcp --local brings a runtime of its own, and keeps its ids out of the state of another one", async () => {
  const folder = temporaryFolder()
  assert.strictEqual((await run(["config", "init"], { cwd: folder })).code, 0)
  const client = await open(["--local", "--allow", "write"], {}, folder)
  const names = (await client.listTools()).tools.map(({ name }) => name)
  assert.include(names, "local_script_call")
  assert.notInclude(names, "config_plan")
  const { row } = await call(client, "write", {
    operation: "assistants.create",
    body: { name: "Desk", firstMessage: "Hello" },
    idempotencyKey: "desk"
  })
  const report = await call(client, "local_script_call", { assistant: row.id, steps: [{ user: "Where is my order?" }] })
  assertMatches(report, { status: "ended", transcript: /Where is my order\?/ })
})

test("mcp with a folder of configuration plans and pushes it", async () => {
  const { runtime, env } = await startRuntime()
  const folder = temporaryFolder()
  assert.strictEqual((await run(["config", "init"], { cwd: folder, env })).code, 0)
  writeFileSync(
    join(folder, "aywa/assistants/desk.md"),
    "---\nname: Desk\nmodel: { provider: openai, model: gpt-4.1-mini }\n---\n\nYou are the desk.\n"
  )
  const client = await open(["--allow", "write"], env, folder)
  const plan = await call(client, "config_plan")
  assert.strictEqual(plan.counts.create, 1)
  assertMatches(await call(client, "config_push", { plan: plan.plan }), { done: true })
  assert.deepStrictEqual(
    runtime.rows("assistants").map(({ name }) => name),
    ["Desk"]
  )
})

test("mcp --http prints its address and token once, and ends when it is told to", async () => {
  const { env } = await startRuntime()
  const server = launch(["mcp", "--http", "0"], { env })
  await until(server, "stdout", /\n/)
  const { url, token } = JSON.parse(server.output.stdout)
  const client = new Client({ name: "test", version: "1.0.0" })
  onTestFinished(() => client.close())
  await client.connect(
    // Its own types are not written for exactOptionalPropertyTypes.
    new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: { authorization: `Bearer ${token}` } }
    }) as unknown as Transport
  )
  assertMatches(await call(client, "runtime_overview"), { health: "ok" })
  server.child.kill("SIGTERM")
  assert.lengthOf((await server.done).stdout.trim().split("\n"), 1)
})

const wrong: ReadonlyArray<readonly [args: ReadonlyArray<string>, words: string]> = [
  [["mcp", "--resources", "assistant"], "Did you mean assistants?"],
  [["mcp", "--db", "x.sqlite"], "--db is for --local"],
  [["mcp", "--token", "x"], "--token is for --http"],
  [["mcp", "--http", "0", "--token", "short"], "16 to 512"],
  [["mcp"], "AYWA_RUNTIME_BASE_URL"]
]

test("mcp says what is wrong with its flags, and nothing on stdout", async () => {
  const { env } = await startRuntime()
  const check = async ([args, words]: (typeof wrong)[number]) => {
    const result = await run([...args, "--json"], { env: args.length === 1 ? {} : env })
    assert.strictEqual(result.code, 2)
    assert.strictEqual(result.stdout, "")
    assert.include(errorOf(result).message, words)
  }
  await Promise.all(wrong.map(check))
})

interface Started {
  readonly command: string
  readonly args: ReadonlyArray<string>
}

const serverOf: Readonly<Record<string, (text: string) => Started>> = {
  claude: (text) => JSON.parse(text).mcpServers["aywa-runtime"],
  cursor: (text) => JSON.parse(text).mcpServers["aywa-runtime"],
  vscode: (text) => JSON.parse(text).servers["aywa-runtime"],
  codex: (text) => ({
    command: JSON.parse(/^command = (.*)$/m.exec(text)?.[1] ?? "null"),
    args: JSON.parse(/^args = (.*)$/m.exec(text)?.[1] ?? "null")
  })
}

test("what mcp config prints starts the server with the same flags", async () => {
  const { env } = await startRuntime()
  const flags = ["--allow", "write", "--resources", "assistants,calls", "--allow-calls"]
  const check = async (name: string) => {
    const printed = await run(["mcp", "config", name, ...flags])
    assert.strictEqual(printed.code, 0)
    const { command, args } = serverOf[name]!(printed.stdout)
    assert.deepStrictEqual([command, ...args.slice(0, 3)], ["npx", "-y", "@aywa-ai/runtime-cli", "mcp"])
    assert.deepStrictEqual(args.slice(3).toSorted(), flags.toSorted())
    return args.slice(3)
  }
  const [args = []] = await Promise.all(Object.keys(serverOf).map(check))
  const client = await open(args, env)
  assert.deepStrictEqual(
    (await client.listTools()).tools.map((tool) => tool.name),
    ["runtime_overview", "search_operations", "describe_operation", "read", "write", "call_place", "call_report"]
  )
})

test("a client's file that lies outside of the project names other files by their whole path", async () => {
  const cwd = temporaryFolder()
  const flags = ["--env", ".env.aywa", "--local", "--db", "x.sqlite"]
  writeFileSync(join(cwd, ".env.aywa"), "")
  const argsFor = async (name: string) =>
    serverOf[name]!((await run(["mcp", "config", name, ...flags], { cwd })).stdout).args.slice(3)
  assert.deepStrictEqual(await argsFor("claude"), ["--db", "x.sqlite", "--env", ".env.aywa", "--local"])
  const [, db = "", , env = ""] = await argsFor("codex")
  assert.deepStrictEqual(
    [db, env].map((file) => realpathSync(dirname(file))),
    [realpathSync(cwd), realpathSync(cwd)]
  )
})

test("the commands of the skill run; nothing of somebody else is overwritten", async () => {
  const { env } = await startRuntime()
  const folder = temporaryFolder()
  assert.strictEqual((await run(["mcp", "skill"], { cwd: folder })).code, 0)
  const file = join(folder, ".claude/skills/aywa-runtime/SKILL.md")
  const text = readFileSync(file, "utf8")
  assert.match(text, /^---\nname: aywa-runtime\ndescription: .{40,1024}\n---\n/)
  await run(["config", "init"], { cwd: folder, env })
  const block = /```sh\n([^]*?)```/.exec(text)?.[1] ?? ""
  const commands = block.split("\n").filter((line) => line.startsWith("aywa-runtime "))
  assert.isAbove(commands.length, 6)
  const assistant = await run(["assistants", "create", "--set", "name=First"], { env })
  const check = async (command: string) => {
    const args = command.slice("aywa-runtime ".length).replace('"$ASSISTANT"', assistant.json.id).split(" ")
    const result = await run(args, { cwd: folder, env })
    // The doctor has opinions about a runtime that is a local one.
    assert.include(command.includes("doctor") ? [0, 1] : [0], result.code, `${command}: ${result.stderr}`)
    assert.isDefined(result.json, command)
  }
  await Promise.all(commands.map(check))
  assert.strictEqual((await run(["mcp", "skill"], { cwd: folder })).code, 0)
  writeFileSync(file, "mine")
  assert.strictEqual((await run(["mcp", "skill"], { cwd: folder })).code, 2)
  assert.strictEqual(readFileSync(file, "utf8"), "mine")
  assert.isTrue(existsSync(file))
})
