/** Push and pull against a real local runtime. */
import { assert, describe, it } from "vitest"
import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { adoptRow, applyPlan, findDrift, planConfig, planRollback, pullConfig, pushConfig } from "../src/index.ts"
import {
  desk,
  lookupOrder,
  makeFolder,
  only,
  open,
  problemsOf,
  read,
  reasonOf,
  snapshot,
  start,
  write
} from "./support.ts"

const files = { "assistants/desk.md": desk, "tools/lookup-order.yaml": lookupOrder }

describe("push", () => {
  it("makes rows, slugs as ids, and a second one has nothing to do", async () => {
    const { aywa } = await start()
    const folder = makeFolder(files)
    const first = await pushConfig(aywa, open(folder))
    assert.deepStrictEqual(
      first.applied.map(({ action, address }) => [action, address]),
      [
        ["create", "tools/lookup-order"],
        ["create", "assistants/desk"]
      ]
    )
    const [tool] = (await aywa.tools.list()).items
    const [assistant] = (await aywa.assistants.list()).items
    assert.deepStrictEqual(assistant?.model?.toolIds, [tool?.id ?? "no tool"])
    assert.deepStrictEqual(assistant?.model?.messages, [
      { role: "system", content: "# You are the desk\n\nAsk for the order.\nBe brief." }
    ])
    const again = await pushConfig(aywa, open(folder))
    assert.deepStrictEqual([again.applied, again.plan.counts.unchanged], [[], 2])
  })

  it("sends what changed alone, and null for a key that is gone", async () => {
    const { aywa, runtime } = await start()
    const folder = makeFolder(files)
    await pushConfig(aywa, open(folder))
    write(folder, { "assistants/desk.md": desk.replace(/firstMessage.*\n/, "").replace("gpt-4o", "gpt-5") })
    const plan = await planConfig(aywa, open(folder))
    const step = plan.steps.find(({ action }) => action === "update")
    assert.deepStrictEqual(
      [step?.address, Object.keys(step?.set ?? {}), step?.set?.["firstMessage"]],
      ["assistants/desk", ["firstMessage", "model"], null]
    )
    const before = runtime.requests().length
    await applyPlan(aywa, open(folder), plan)
    const writes = runtime
      .requests()
      .slice(before)
      .filter(({ method }) => method !== "GET")
    assert.deepStrictEqual(
      writes.map(({ method }) => method),
      ["PATCH"]
    )
    const assistant = (await aywa.assistants.list()).items[0]
    assert.deepStrictEqual(
      [assistant?.firstMessage ?? null, assistant?.model?.model, assistant?.name],
      [null, "gpt-5", "Desk"]
    )
    assert.deepStrictEqual((await pushConfig(aywa, open(folder))).applied, [])
  })

  it("refuses a row that somebody changed, and loses nobody's change after a pull", async () => {
    const { aywa } = await start()
    const folder = makeFolder(files)
    await pushConfig(aywa, open(folder))
    const { id, model } = only((await aywa.assistants.list()).items)
    const messages = [{ role: "system" as const, content: "# You are the front desk\n\nAsk for the order.\nBe brief." }]
    await aywa.assistants.update(id, { model: { ...model, provider: "openai", messages } })
    write(folder, { "assistants/desk.md": desk.replace("Be brief.", "Be very brief.") })
    const reason = await reasonOf(pushConfig(aywa, open(folder)))
    assert.deepStrictEqual([reason._tag, problemsOf(reason)[0]?.file], ["Conflict", "assistants/desk"])
    const pulled = await pullConfig(aywa, open(folder))
    assert.deepStrictEqual(pulled.written, [
      { address: "assistants/desk", file: "assistants/desk.md", change: "merged" }
    ])
    assert.strictEqual(
      read(folder, "assistants/desk.md"),
      desk.replace("Be brief.", "Be very brief.").replace("the desk\n", "the front desk\n")
    )
    await pushConfig(aywa, open(folder))
    const after = (await aywa.assistants.get(id)).model?.messages?.[0]?.content
    assert.strictEqual(after, "# You are the front desk\n\nAsk for the order.\nBe very brief.")
  })

  it("puts rows back with a rollback, and refuses to when somebody changed them since", async () => {
    const { aywa } = await start()
    const folder = makeFolder(files)
    await pushConfig(aywa, open(folder))
    write(folder, { "assistants/desk.md": desk.replace("name: Desk", "name: Front desk") })
    const { backup } = await pushConfig(aywa, open(folder))
    const plan = await planRollback(aywa, open(folder))
    await applyPlan(aywa, open(folder), plan)
    const row = only((await aywa.assistants.list()).items)
    assert.strictEqual(row.name, "Desk")
    const later = await planRollback(aywa, open(folder), { time: backup })
    assertMatches(later.counts, { unchanged: 1, update: 0 })
    await aywa.assistants.update(row.id, { name: "Somebody's" })
    assertMatches((await planRollback(aywa, open(folder), { time: backup })).counts, { conflict: 1, update: 0 })
    await aywa.assistants.update(row.id, { name: "Desk" })
    assert.strictEqual((await pullConfig(aywa, open(folder))).written.length, 1)
    assert.strictEqual(read(folder, "assistants/desk.md"), desk)
  })
})

describe("pull", () => {
  it("after a push writes the very same bytes, and a push after it sends nothing", async () => {
    const { aywa } = await start()
    const folder = makeFolder(files)
    await pushConfig(aywa, open(folder))
    const before = snapshot(folder)
    const pulled = await pullConfig(aywa, open(folder))
    assert.deepStrictEqual([pulled.written, pulled.conflicts, snapshot(folder)], [[], [], before])
    assert.deepStrictEqual((await pushConfig(aywa, open(folder))).applied, [])
  })

  it("into an empty folder writes files that push to an empty runtime as the same rows", async () => {
    const [first, second] = [await start(), await start()]
    await pushConfig(first.aywa, open(makeFolder(files)))
    const folder = makeFolder()
    const pulled = await pullConfig(first.aywa, open(folder))
    assert.deepStrictEqual(
      pulled.written.map(({ file }) => file),
      ["tools/lookup-order.yaml", "assistants/desk.md"]
    )
    assertMatches((await planConfig(first.aywa, open(folder))).counts, { unchanged: 2, update: 0, create: 0 })
    const copy = makeFolder(
      Object.fromEntries(Object.entries(snapshot(folder)).filter(([name]) => !name.startsWith("environments")))
    )
    await pushConfig(second.aywa, open(copy))
    const before = snapshot(copy)
    await pullConfig(second.aywa, open(copy))
    assert.deepStrictEqual(snapshot(copy), before)
  })

  it("leaves a file alone whose change meets another one at the same place", async () => {
    const { aywa } = await start()
    const folder = makeFolder(files)
    await pushConfig(aywa, open(folder))
    const { id } = only((await aywa.assistants.list()).items)
    await aywa.assistants.update(id, { firstMessage: "Theirs" })
    const ours = desk.replace('"Hello, this is the desk."', "Ours")
    write(folder, { "assistants/desk.md": ours })
    const pulled = await pullConfig(aywa, open(folder))
    assert.deepStrictEqual(
      pulled.conflicts.map(({ file, detail }) => [file, /firstMessage/.test(detail)]),
      [["assistants/desk.md", true]]
    )
    assert.strictEqual(read(folder, "assistants/desk.md"), ours)
    assert.include(read(folder, "assistants/desk.theirs.md"), "firstMessage: Theirs")
    assert.strictEqual((await reasonOf(pushConfig(aywa, open(folder))))._tag, "Conflict")
    await adoptRow(aywa, open(folder), "assistants/desk", id)
    assert.isFalse(Object.keys(snapshot(folder)).some((name) => name.includes("theirs")))
    await pushConfig(aywa, open(folder))
    assert.strictEqual((await aywa.assistants.get(id)).firstMessage, "Ours")
  })
})

describe("what is taken out of a file", () => {
  const bare = desk.replace(/ *toolIds.*\n/, "")
  const idsOf = async (aywa: AywaRuntimeClient) => only((await aywa.assistants.list()).items).model?.toolIds ?? []

  it("goes, also after a conflict that was settled by hand, and nobody's new field goes with it", async () => {
    const { aywa } = await start()
    const folder = makeFolder(files)
    await pushConfig(aywa, open(folder))
    const { id } = only((await aywa.assistants.list()).items)
    await aywa.assistants.update(id, { firstMessage: "Theirs", endCallMessage: "Bye" })
    write(folder, { "assistants/desk.md": bare.replace('"Hello, this is the desk."', "Ours") })
    assert.strictEqual((await pullConfig(aywa, open(folder))).conflicts.length, 1)
    assert.strictEqual((await adoptRow(aywa, open(folder), "assistants/desk", id)).differences, 2)
    await pushConfig(aywa, open(folder))
    const row = await aywa.assistants.get(id)
    assert.deepStrictEqual([row.firstMessage, row.endCallMessage, await idsOf(aywa)], ["Ours", "Bye", []])
  })

  it("goes after a pull, or an adopt, on a clean checkout, too", async () => {
    const steps = {
      pull: async (aywa: AywaRuntimeClient, folder: string) => (await pullConfig(aywa, open(folder))).written.length,
      adopt: async (aywa: AywaRuntimeClient, folder: string, id: string) =>
        (await adoptRow(aywa, open(folder), "assistants/desk", id)).differences
    }
    for (const [step, changes] of [
      ["pull", 0],
      ["adopt", 1]
    ] as const) {
      const { aywa } = await start()
      const first = makeFolder(files)
      await pushConfig(aywa, open(first))
      const folder = makeFolder({ ...snapshot(first, /^\.schema\//), "assistants/desk.md": bare })
      const { id } = only((await aywa.assistants.list()).items)
      assert.deepStrictEqual([step, await steps[step](aywa, folder, id)], [step, changes])
      await pushConfig(aywa, open(folder))
      assert.deepStrictEqual([step, await idsOf(aywa)], [step, []])
    }
  })
})

describe("on a clean checkout, without the rows as they were seen", () => {
  const cleanCheckout = (folder: string) =>
    makeFolder(Object.fromEntries(Object.entries(snapshot(folder, /^\.schema\//))))

  it("what the runtime filled in is no difference, a change of the file is one, and theirs is refused", async () => {
    const { aywa } = await start()
    const folder = makeFolder({ ...files, "structured-outputs/mood.yaml": "name: Mood\nschema: { type: object }\n" })
    await pushConfig(aywa, open(folder))
    const other = cleanCheckout(folder)
    assertMatches((await planConfig(aywa, open(other))).counts, { unchanged: 3, update: 0, conflict: 0 })
    write(other, { "structured-outputs/mood.yaml": "name: Mood\nschema: { type: string }\n" })
    const plan = await planConfig(aywa, open(other))
    assert.deepStrictEqual(
      plan.steps.flatMap(({ set }) => (set === undefined ? [] : [set])),
      [{ schema: { type: "string" } }]
    )
    const { id } = only((await aywa.structuredOutputs.list()).items)
    await aywa.structuredOutputs.update(id, { description: "Theirs" })
    assertMatches((await planConfig(aywa, open(other))).counts, { conflict: 1, update: 0 })
    assert.strictEqual((await pullConfig(aywa, open(other))).conflicts.length, 1)
    const third = cleanCheckout(folder)
    assert.strictEqual((await pullConfig(aywa, open(third))).written.length, 1)
    assert.include(read(third, "structured-outputs/mood.yaml"), "description: Theirs")
    assert.deepStrictEqual((await pushConfig(aywa, open(third))).applied, [])
  })
})

describe("drift", () => {
  it("names rows that changed, that no file has, that are gone, and that are there twice", async () => {
    const { aywa } = await start()
    const folder = makeFolder(files)
    await pushConfig(aywa, open(folder))
    assert.isTrue((await findDrift(aywa, open(folder))).ok)
    const { id } = only((await aywa.assistants.list()).items)
    await aywa.assistants.update(id, { firstMessage: "Theirs" })
    for (const _ of [1, 2]) await aywa.structuredOutputs.create({ name: "Mood", schema: { type: "object" } })
    await aywa.assistants.update(id, { model: { provider: "openai", model: "gpt-4o" } })
    const tool = (await aywa.tools.list()).items[0]
    await aywa.tools.delete(tool?.id ?? "")
    const report = await findDrift(aywa, open(folder))
    assert.deepStrictEqual(
      report.drifted.map(({ address }) => address),
      ["assistants/desk"]
    )
    assert.deepStrictEqual(
      [report.orphans.length, report.ghosts.length, report.twins.map(({ ids }) => ids.length)],
      [2, 1, [2]]
    )
  })
})
