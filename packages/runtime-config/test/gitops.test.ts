/** A folder of the source platform's tool, made from its public description, becomes a configuration of ours. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { assert, describe, it, onTestFinished } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { adoptRow, fromGitops, planConfig, pullConfig, pushConfig } from "../src/index.ts"
import { makeFolder, only, open, problemsOf, read, reasonOf, snapshot, start } from "./support.ts"

const uuid = (n: number) => `${String(n).padStart(8, "0")}-aaaa-4aaa-8aaa-000000000000`

/** Ten assistants, six tools, a structured output; credentials by name, notes behind references, comments. */
const source = (): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    Array.from({ length: 9 }, (_, n) => [
      `resources/acme/assistants/agent-${n}.md`,
      `---
# Agent ${n}, kept by the team of the shop.
name: Agent ${n}
firstMessage: "Hello from ${n}"   # said first
model:
  provider: openai
  model: gpt-4o
  toolIds:
    - lookup-order ## the one of the shop
    - shared/transfer-call
    - tool-${n % 4}
artifactPlan:
  structuredOutputIds: [call-summary]
server:
  url: https://shop.example/calls
  credentialId: shop-backend
---

# Who you are
You are agent ${n}.

# Rules
- Be brief.
`
    ])
  ),
  "resources/acme/assistants/plain.yml":
    "# No prompt of its own.\nname: Plain\nmodel: { provider: openai, model: gpt-4o-mini }\n",
  "resources/acme/tools/lookup-order.yml": `type: function
function:
  name: lookup_order
  description: >-
    Looks an order up;
    needs its number.
server:
  url: https://shop.example/tools
  credentialId: ${uuid(900)}
`,
  "resources/acme/tools/shared/transfer-call.yml": `type: handoff
function: { name: transfer_call }
destinations:
  - type: assistant
    assistantId: agent-0 # and nobody else
`,
  ...Object.fromEntries(
    Array.from({ length: 4 }, (_, n) => [
      `resources/acme/tools/tool-${n}.yml`,
      `type: function\nfunction: { name: tool_${n} }\n`
    ])
  ),
  "resources/acme/structuredOutputs/call-summary.yml":
    "name: Call Summary\ntype: ai\nschema:\n  type: object\n  properties: { summary: { type: string } }\nassistant_ids:\n  - agent-1\n",
  "resources/acme/squads/support.yml": "name: Support\nmembers:\n  - assistantId: agent-0\n",
  "resources/acme/simulations/tests/one.yml": "name: One\n",
  ".vapi-state.acme.json": JSON.stringify({
    credentials: { "shop-backend": uuid(900) },
    assistants: { "agent-0": uuid(1), plain: { uuid: uuid(2), hash: "x" } },
    tools: { "lookup-order": uuid(3) }
  })
})

const makeSource = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-gitops-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(source())) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const credential = {
  provider: "webhook",
  name: "shop-backend",
  authenticationPlan: { type: "bearer", token: "t" }
} as const

describe("a folder of the source platform's tool", () => {
  it("goes in, is pushed to an empty runtime, and is pulled back the same, with its comments", async () => {
    const { aywa, runtime } = await start({ rateLimit: { limit: 1_000_000 } })
    await aywa.credentials.create(credential)
    const folder = makeFolder()
    const report = fromGitops(folder, { from: makeSource(), environment: "test" })
    assert.deepStrictEqual([report.written.length, report.linked], [17, 0])
    assert.deepStrictEqual(
      report.skipped.map(({ file }) => file),
      ["simulations/tests/one.yml", "squads/support.yml"]
    )
    const text = read(folder, "assistants/agent-3.md")
    assert.include(text, "# Agent 3, kept by the team of the shop.")
    assert.include(text, 'firstMessage: "Hello from 3"   # said first')
    assert.include(text, "credentialId:\n    credential: shop-backend")
    assert.include(read(folder, "tools/transfer-call.yaml"), "assistantId: agent-0 # and nobody else")
    assert.notInclude(read(folder, "structured-outputs/call-summary.yaml"), "assistant_ids")
    await pushConfig(aywa, open(folder))
    assert.strictEqual(runtime.count("assistants") + runtime.count("tools"), 16)
    const agent = runtime.rows("assistants").find(({ name }) => name === "Agent 3")
    const ids = ["lookup_order", "transfer_call", "tool_3"].map(
      (name) => runtime.rows("tools").find((tool) => Reflect.get(Object(tool["function"]), "name") === name)?.id
    )
    assert.deepStrictEqual(Reflect.get(Object(agent?.["model"]), "toolIds"), ids)
    const before = snapshot(folder)
    assertMatches(await pullConfig(aywa, open(folder)), { written: [], conflicts: [] })
    assert.deepStrictEqual(snapshot(folder), before)
    assertMatches((await planConfig(aywa, open(folder))).counts, { unchanged: 17, update: 0, create: 0 })
    // Once more: nothing is overwritten.
    assert.deepStrictEqual(fromGitops(folder, { from: makeSource(), environment: "test" }).written, [])
  })

  it("takes ids over through a ledger, and says nothing is known of the rows yet", async () => {
    const { aywa } = await start()
    await aywa.credentials.create(credential)
    const { id } = await aywa.assistants.create({
      name: "Plain, moved",
      model: { provider: "openai", model: "gpt-4o-mini" }
    })
    const folder = makeFolder()
    const mappings = [{ sourceId: uuid(2), runtimeId: id }]
    assert.strictEqual(fromGitops(folder, { from: makeSource(), environment: "test", mappings }).linked, 1)
    const plan = await planConfig(aywa, open(folder), { only: ["assistants/plain"] })
    assertMatches(only(plan.steps), { action: "conflict", id })
    await adoptRow(aywa, open(folder), "assistants/plain", id)
    await pushConfig(aywa, open(folder), { plan: { only: ["assistants/plain"] } })
    assert.strictEqual((await aywa.assistants.get(id)).name, "Plain")
  })

  it("has its state at its root, also when the folder of one organization is named", async () => {
    const from = makeSource()
    writeFileSync(join(from, ".vapi-state.aaa.json"), JSON.stringify({ assistants: { plain: uuid(7) } }))
    const folder = makeFolder()
    const mappings = [{ sourceId: uuid(2), runtimeId: "the-id" }]
    const report = fromGitops(folder, { from: join(from, "resources/acme"), environment: "test", mappings })
    assert.deepStrictEqual([report.written.length, report.linked], [17, 1])
    assert.include(read(folder, "tools/lookup-order.yaml"), "credential: shop-backend")
  })

  it("may have Markdown with more messages, and without a prompt: those become YAML, with their comments", () => {
    const from = makeSource()
    const put = (name: string, text: string) => writeFileSync(join(from, "resources/acme/assistants", name), text)
    const front = "---\n# Ours.\nname: More\nmodel:\n  provider: openai # theirs\n"
    put(
      "more.md",
      `${front}  messages:\n    - role: system\n      content: old\n    - role: user # asks\n      content: Hi\n---\n\n\nBe brief.\n\n`
    )
    put("bare.md", `${front}---\n\n`)
    put("wide.md", `${front}---\n\n\nBe brief.\n\n\n`)
    const folder = makeFolder()
    fromGitops(folder, { from, environment: "test" })
    const row = (address: string) => open(folder).rows.find((each) => each.address === address)?.row
    assert.deepStrictEqual(row("assistants/more")?.["model"], {
      provider: "openai",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hi" }
      ]
    })
    assert.match(
      read(folder, "assistants/more.yaml"),
      /^# Ours\.\nname: More\nmodel:\n {2}provider: openai # theirs\n[^]*# asks/
    )
    assert.deepStrictEqual(row("assistants/bare")?.["model"], { provider: "openai" })
    assert.include(read(folder, "assistants/bare.yaml"), "# Ours.")
    assert.strictEqual(read(folder, "assistants/wide.md"), `${front}---\n\nBe brief.\n`)
  })

  it("is asked for by its organization when there are several", async () => {
    const from = makeSource()
    mkdirSync(join(from, "resources/other/tools"), { recursive: true })
    assertMatches(problemsOf(await reasonOf(() => fromGitops(makeFolder(), { from }))), [{ detail: /acme, other/ }])
  })
})
