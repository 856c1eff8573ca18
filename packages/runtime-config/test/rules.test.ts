/** The rules of a push and a plan, one by one, against one local runtime. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { dirname, join } from "node:path"
import { type LocalRuntimeHandle, startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import {
  adoptRow,
  applyPlan,
  type ApplyEvent,
  findDrift,
  formatPlan,
  type Paint,
  planConfig,
  pullConfig,
  pushConfig,
  validateConfig
} from "../src/index.ts"
import { clientOf, desk, lookupOrder, makeFolder, only, open, problemsOf, read, reasonOf, write } from "./support.ts"

let runtime: LocalRuntimeHandle
let aywa: AywaRuntimeClient

beforeAll(async () => {
  runtime = await startLocalRuntime({ rateLimit: { limit: 1_000_000 } })
  aywa = clientOf(runtime)
})
beforeEach(() => runtime.reset())
afterAll(async () => {
  await aywa.close()
  await runtime.close()
})

const files = { "assistants/desk.md": desk, "tools/lookup-order.yaml": lookupOrder }

describe("one process at a time", () => {
  const lock = (folder: string, text: string) => {
    const file = join(folder, "../.aywa/test/lock")
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }

  it("holds a folder; one that is dead, or died while it took it, is taken over", async () => {
    const folder = makeFolder(files)
    for (const alive of [`${process.pid} ${hostname()}\n`, "1 another-machine\n"]) {
      lock(folder, alive)
      assert.strictEqual((await reasonOf(pushConfig(aywa, open(folder))))._tag, "Locked")
    }
    assert.deepStrictEqual(runtime.requests(), [])
    for (const dead of ["", "12", `4194303 ${hostname()}\n`]) {
      lock(folder, dead)
      await pushConfig(aywa, open(folder))
    }
    assert.strictEqual(runtime.count("assistants"), 1)
  })
})

describe("where a runtime has no ETags, or ignores them", () => {
  /** The same runtime, seen through something that takes ETags away; `meanwhile` runs before a PATCH is sent. */
  const without = (meanwhile: () => Promise<unknown> = async () => undefined) =>
    new AywaRuntimeClient({
      baseUrl: runtime.baseUrl,
      apiKey: runtime.apiKey,
      retries: 0,
      fetch: async (url, init) => {
        if (init?.method === "GET" && /assistant\/[0-9a-f-]{36}$/.test(url)) await meanwhile()
        const response = await fetch(url, init)
        const headers = new Headers(response.headers)
        headers.delete("etag")
        return new Response(await response.text(), { status: response.status, headers })
      }
    })

  it("the row is read again before it is written, and one line says that the guard is weaker", async () => {
    const folder = makeFolder(files)
    await pushConfig(aywa, open(folder))
    write(folder, { "assistants/desk.md": desk.replace("Be brief", "Be kind") })
    const events: Array<ApplyEvent["type"]> = []
    await pushConfig(without(), open(folder), { onEvent: ({ type }) => void events.push(type) })
    assert.deepStrictEqual(events, ["backup", "weak-guard", "row"])
    assert.isUndefined(only(runtime.requests({ method: "PATCH" })).headers["if-match"])
    const { id } = only(runtime.rows("assistants"))
    write(folder, { "assistants/desk.md": desk.replace("Be brief", "Be quick") })
    const reason = await reasonOf(
      pushConfig(
        without(() => aywa.assistants.update(id, { firstMessage: "Theirs" })),
        open(folder)
      )
    )
    assert.deepStrictEqual([reason._tag, (await aywa.assistants.get(id)).firstMessage], ["Conflict", "Theirs"])
  })

  it("a profile that says so is believed: no If-Match is relied on", async () => {
    const folder = makeFolder(files)
    await pushConfig(aywa, open(folder))
    write(folder, { "assistants/desk.md": desk.replace("Be brief", "Be kind") })
    const events: Array<ApplyEvent["type"]> = []
    const known = new AywaRuntimeClient({
      baseUrl: runtime.baseUrl,
      apiKey: runtime.apiKey,
      runtimeProfile: {
        formatVersion: 1,
        createdAt: new Date().toISOString(),
        idempotencyKeys: "honoured",
        ifMatch: "ignored",
        webhookSignature: "unknown",
        lists: {}
      }
    })
    await pushConfig(known, open(folder), { onEvent: ({ type }) => void events.push(type) })
    await known.close()
    assert.include(events, "weak-guard")
  })
})

describe("what is refused", () => {
  it("stops a push; with keepGoing it stops only the rows that depend on it", async () => {
    const tool = (name: string) => `type: function\nfunction: { name: ${name}, description: Ours }\n`
    const folder = makeFolder({
      "tools/free.yaml": tool("free"),
      "tools/taken.yaml": tool("taken"),
      "assistants/one.yaml": "name: One\nmodel: { provider: openai, model: gpt-4o, toolIds: [free] }\n",
      "assistants/two.yaml": "name: Two\nmodel: { provider: openai, model: gpt-4o, toolIds: [taken] }\n"
    })
    await aywa.tools.create({ type: "function", function: { name: "taken", description: "Somebody else's" } })
    const reason = await reasonOf(pushConfig(aywa, open(folder)))
    assertMatches(problemsOf(reason), [{ file: "tools/taken", detail: /config adopt tools\/taken / }])
    assert.strictEqual(runtime.count("assistants"), 0)
    const { applied, refused } = await pushConfig(aywa, open(folder), { keepGoing: true })
    assert.deepStrictEqual(
      applied.map(({ address }) => address),
      ["tools/free", "assistants/one"]
    )
    assert.deepStrictEqual(
      refused.map(({ file }) => file),
      ["tools/taken", "assistants/two"]
    )
  })

  it("is another organization, another runtime, and a plan that the rows have left behind", async () => {
    const folder = makeFolder({ ...files, "environments/test.yaml": "organizationId: another\n" })
    await aywa.assistants.create({ name: "Somebody's" })
    assert.strictEqual((await reasonOf(planConfig(aywa, open(folder))))._tag, "Conflict")
    write(folder, { "environments/test.yaml": "{}\n" })
    const plan = await planConfig(aywa, open(folder), { baseUrl: "https://other.example" })
    const moved = await reasonOf(applyPlan(aywa, open(folder), plan, { baseUrl: runtime.baseUrl }))
    assertMatches(problemsOf(moved), [{ path: "baseUrl" }])
    await applyPlan(aywa, open(folder), plan)
    write(folder, { "assistants/desk.md": desk.replace("Be brief", "Be kind") })
    const stale = await planConfig(aywa, open(folder))
    const id = open(folder).state.ids["assistants/desk"] ?? ""
    await aywa.assistants.update(id, { firstMessage: "Theirs" })
    assertMatches(problemsOf(await reasonOf(applyPlan(aywa, open(folder), stale))), [{ file: "assistants/desk" }])
  })

  it("is a delete of what is in use, by its name; what only the state knows is deleted with prune alone", async () => {
    const folder = makeFolder(files)
    await pushConfig(aywa, open(folder))
    const away = join(folder, "../lookup-order.yaml")
    renameSync(join(folder, "tools/lookup-order.yaml"), away)
    assertMatches((await planConfig(aywa, open(folder))).counts, { left: 1, delete: 0 })
    const reason = await reasonOf(pushConfig(aywa, open(folder), { plan: { prune: true } }))
    const id = open(folder).state.ids["assistants/desk"] ?? ""
    assertMatches(problemsOf(reason), [{ file: "tools/lookup-order", detail: new RegExp(`in use.*${id}`) }])
    write(folder, { "assistants/desk.md": desk.replace(/ *toolIds.*\n/, "") })
    const { applied } = await pushConfig(aywa, open(folder), { plan: { prune: true } })
    assert.deepStrictEqual(
      applied.map(({ action, address }) => `${action} ${address}`),
      ["update assistants/desk", "delete tools/lookup-order"]
    )
  })
})

describe("names", () => {
  it("may change on the runtime: the file keeps its own; a file that is renamed says which row it is", async () => {
    const folder = makeFolder(files)
    await pushConfig(aywa, open(folder))
    const { id } = only(runtime.rows("assistants"))
    await aywa.assistants.update(id, { name: "Reception" })
    assertMatches((await pullConfig(aywa, open(folder))).written, [{ file: "assistants/desk.md" }])
    assert.include(read(folder, "assistants/desk.md"), "name: Reception")
    renameSync(join(folder, "assistants/desk.md"), join(folder, "assistants/reception.md"))
    // The same content under another name of a file is the same row; with a change of its own it has to be said.
    write(folder, { "assistants/reception.md": read(folder, "assistants/reception.md").replace("Be brief", "Be kind") })
    const problems = problemsOf(await reasonOf(pushConfig(aywa, open(folder))))
    assert.lengthOf(problems, 1)
    assert.include(problems[0]?.detail, `config adopt assistants/reception ${id}`)
    await adoptRow(aywa, open(folder), "assistants/reception", id)
    assertMatches((await pushConfig(aywa, open(folder))).applied, [{ action: "update", id }])
    renameSync(join(folder, "assistants/reception.md"), join(folder, "assistants/front.md"))
    assert.deepStrictEqual((await pushConfig(aywa, open(folder))).applied, [])
    assert.deepStrictEqual([runtime.count("assistants"), (await findDrift(aywa, open(folder))).ok], [1, true])
  })
})

describe("a check", () => {
  it("says what is wrong with prompts, names, references, keys and sizes, without a runtime", () => {
    const folder = makeFolder({
      "assistants/empty.md": "---\nname: Empty\nmodel: { provider: openai, model: gpt-4o }\n---\n\n",
      "assistants/few.yaml":
        "name: Few\nmodel: { provider: openai, model: gpt-4o, maxTokens: 20, toolIds: [nowhere], messages: [{ role: system, content: 'Hi {{who}}, it is {{now}}' }] }\n",
      "assistants/keys.yaml": `name: ${"x".repeat(41)}\nid: mine\nmood: calm\nmetadata: { text: ${"y".repeat(1_000_001)} }\n`
    })
    const { errors, warnings } = validateConfig(open(folder))
    const places = (list: typeof errors) => list.map(({ file, path }) => `${file} ${path ?? ""}`.trim()).toSorted()
    assert.deepStrictEqual(places(errors), [
      "assistants/few.yaml model.maxTokens",
      "assistants/keys.yaml",
      "assistants/keys.yaml id",
      "assistants/keys.yaml name"
    ])
    assert.deepStrictEqual(places(warnings), [
      "assistants/empty.md model.messages",
      "assistants/few.yaml model.maxTokens",
      "assistants/few.yaml model.messages[0].content",
      "assistants/few.yaml model.toolIds[0]",
      "assistants/keys.yaml model.messages",
      "assistants/keys.yaml mood",
      "assistants/keys.yaml name"
    ])
    assert.include(warnings.find(({ path }) => path === "model.messages[0].content")?.detail, "{{who}}")
    assert.deepStrictEqual(runtime.requests(), [])
  })
})

describe("a plan as text", () => {
  it("has a line a row, prompts as diffs with their context, long values folded, and a summary; colours add nothing", async () => {
    const prompt = Array.from({ length: 12 }, (_, n) => `Rule ${n}`).join("\n")
    const before = desk.replace("Ask for the order.\nBe brief.", prompt)
    const folder = makeFolder({ ...files, "assistants/desk.md": before })
    await pushConfig(aywa, open(folder))
    write(folder, {
      "assistants/desk.md": before
        .replace("Rule 6", "Rule six \u001b[31m")
        .replace("Hello, this is the desk.", "H".repeat(200)),
      "tools/new.yaml": "type: endCall\n"
    })
    const plan = await planConfig(aywa, open(folder))
    const text = formatPlan(plan)
    const lines = text.split("\n")
    assert.strictEqual(lines.at(-1), "test: 1 to create, 1 to update, 1 unchanged.")
    assert.strictEqual(lines.filter((line) => /^[+~]/.test(line)).length, 2)
    const at = lines.findIndex((line) => line.includes("@@"))
    assert.deepStrictEqual(
      lines.slice(at + 1, at + 9).map((line) => line.trim()),
      ["Rule 3", "Rule 4", "Rule 5", "-Rule 6", "+Rule six \\u001b[31m", "Rule 7", "Rule 8", "Rule 9"]
    )
    assert.include(text, "(200 characters)")
    assert.isFalse(text.includes("\u001b"))
    const paint: Paint = (style, words) => `<${style}>${words}</${style}>`
    assert.strictEqual(formatPlan(plan, { paint }).replaceAll(/<\/?\w+>/g, ""), text)
  })
})
