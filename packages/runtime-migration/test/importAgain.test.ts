/** Imports that are run again, under changes on either side: against the local runtime, over real sockets. */
import { type LocalRuntimeHandle, startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import {
  type Bundle,
  checkTargets,
  compareAccounts,
  type ImportReport,
  isMigrationError,
  planImport,
  readLedgerFile,
  runImport,
  setServerUrls
} from "../src/index.ts"

const folder = mkdtempSync(join(tmpdir(), "aywa-again-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const model = { provider: "openai", model: "gpt-4.1-mini" }
const account: Bundle = {
  structuredOutputs: [{ id: "s1", name: "Booked", schema: { type: "boolean" }, assistantIds: ["a1"] }],
  tools: [
    { id: "t1", type: "handoff", destinations: [{ type: "assistant", assistantId: "a2" }] },
    { id: "t2", type: "function", function: { name: "look" }, server: { url: "https://old.example.test/tools?x=1=2" } }
  ],
  assistants: [
    {
      id: "a1",
      name: "Desk",
      model: { ...model, toolIds: ["t1", "t2"] },
      server: { url: "https://old.example.test" },
      transcriber: { provider: "custom-transcriber", server: { url: "wss://old.example.test/stt" } }
    },
    { id: "a2", name: "Claims", model, serverUrl: "https://old.example.test.evil.test/" }
  ]
}

const clientOf = (runtime: LocalRuntimeHandle) =>
  new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })

const idIn = ({ mappings }: Pick<ImportReport, "mappings">, id: string) =>
  mappings.find(({ sourceId }) => sourceId === id)?.runtimeId ?? ""

describe("import again", () => {
  it("row by row, a row that was deleted in the runtime is made again when asked, and the ledger has its new id", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const ledger = join(folder, "gone.jsonl")
    const old = idIn(await runImport(aywa, account, { mode: "rows", ledger }), "a2")
    await aywa.assistants.delete(old)
    const unasked = await runImport(aywa, account, { mode: "rows", ledger })
    assert.deepStrictEqual(unasked.counts, { created: 0, updated: 0, unchanged: 4, skipped: 1 })
    assert.match(unasked.rows.find(({ sourceId }) => sourceId === "a2")?.warnings.join() ?? "", /--recreate/)
    assert.strictEqual(runtime.count("assistants"), 1)
    const asked = await runImport(aywa, account, { mode: "rows", ledger, recreate: true })
    assert.deepStrictEqual(asked.counts, { created: 1, updated: 1, unchanged: 3, skipped: 0 })
    assert.notStrictEqual(idIn(asked, "a2"), old)
    assert.deepStrictEqual(readLedgerFile(ledger), asked.mappings)
    assert.isTrue((await checkTargets(aywa, asked.mappings)).ok)
  })

  it("by the importer as well, and no earlier answer takes the new id back", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const ledger = join(folder, "importer.jsonl")
    const first = await runImport(aywa, account, { ledger })
    await aywa.assistants.delete(idIn(first, "a2"))
    const unasked = await runImport(aywa, account, { ledger })
    assert.match(unasked.warnings.join(), /earlier run/)
    assert.strictEqual(runtime.count("assistants"), 1)
    assert.match((await planImport(aywa, account)).rows.at(-1)?.warnings.join() ?? "", /is gone/)
    const asked = await runImport(aywa, account, { ledger, recreate: true })
    assert.deepStrictEqual([asked.counts.created, runtime.count("assistants")], [1, 2])
    assert.notStrictEqual(idIn(asked, "a2"), idIn(first, "a2"))
    // Answered from the very first run, which knew another id.
    const replayed = await runImport(aywa, account, { ledger })
    assert.deepStrictEqual([replayed.mappings, readLedgerFile(ledger)], [asked.mappings, asked.mappings])
    await runImport(aywa, account, { ledger, recreate: true })
    assert.deepStrictEqual([runtime.count("assistants"), readLedgerFile(ledger)], [2, asked.mappings])
  })

  it("an update whose answer is lost is sent again, and is never answered from an earlier run", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const ledger = join(folder, "patch.jsonl")
    const path = "/structured-output/*"
    runtime.faults.add({ match: { method: "PATCH", path }, action: "reset", when: "after", times: 1 })
    runtime.faults.add({ match: { method: "PATCH", path }, action: { type: "status", code: 503 }, times: 1 })
    const first = await runImport(aywa, account, { mode: "rows", ledger })
    assert.deepStrictEqual(first.refused, [])
    assert.isAtLeast(runtime.requests({ method: "PATCH" }).length, 2)
    const { assistantIds } = await aywa.structuredOutputs.get(idIn(first, "s1"))
    assert.deepStrictEqual(assistantIds, [idIn(first, "a1")])
    // Somebody changes it, and the same import wants the same again.
    await aywa.structuredOutputs.update(idIn(first, "s1"), { assistantIds: [] })
    assert.strictEqual((await runImport(aywa, account, { mode: "rows", ledger })).counts.updated, 1)
    assert.deepStrictEqual((await aywa.structuredOutputs.get(idIn(first, "s1"))).assistantIds, assistantIds)
  })
})

describe("webhook addresses", () => {
  it("move to others at whole parts of an address, in the bundle that import and compare take", async () => {
    const moved = setServerUrls(account, {
      "https://old.example.test": "https://new.example.test/in",
      "https://old.example.test/tools": "https://tools.example.test/",
      "wss://old.example.test/": "wss://new.example.test/"
    })
    const [first, second] = moved.assistants ?? []
    assert.deepStrictEqual(first?.["server"], { url: "https://new.example.test/in" })
    assert.deepInclude(Object(first?.["transcriber"]), { server: { url: "wss://new.example.test/stt" } })
    assert.strictEqual(second?.["serverUrl"], "https://old.example.test.evil.test/")
    assert.deepStrictEqual(moved.tools?.[1]?.["server"], { url: "https://tools.example.test/?x=1=2" })
    assert.deepStrictEqual(moved.structuredOutputs, account.structuredOutputs)
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const { mappings } = await runImport(aywa, moved)
    assert.isTrue((await compareAccounts(aywa, moved, { mappings })).ok)
    assert.isFalse((await compareAccounts(aywa, account, { mappings })).ok)
  })

  it("that no row has, or that are none, are refused", () => {
    const reason = (changes: Readonly<Record<string, string>>) => {
      try {
        return setServerUrls(account, changes)
      } catch (error) {
        return Reflect.get(Object(error), "reason") as { readonly _tag: string; readonly detail: string }
      }
    }
    assert.include(
      Object(reason({ "https://old.example.tes": "https://n.test" })).detail,
      "begins with https://old.example.tes"
    )
    assert.include(Object(reason({ old: "https://n.test" })).detail, "no address")
    assert.include(Object(reason({ "https://old.example.test": "javascript:1" })).detail, "no address")
  })
})

describe("accepted differences", () => {
  it("do not count; other values of the same field, other rows and other fields do", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const { mappings } = await runImport(aywa, account, { mode: "rows" })
    const a1 = idIn({ mappings }, "a1")
    const a2 = idIn({ mappings }, "a2")
    await aywa.assistants.update(a1, { voice: { provider: "azure", voiceId: "andrew" }, firstMessage: "Hello" })
    await aywa.assistants.update(a2, { model: { ...model, model: "gpt-4.1" } })
    const compare = async (accept: ReadonlyArray<object>) => {
      const report = await compareAccounts(aywa, account, { mappings, accept })
      const { ok, differences, accepted } = report.checks.find(({ id }) => id === "assistants")!
      return { ok, left: differences.map(({ path }) => path), accepted: accepted.length, unused: report.unused, report }
    }
    const { report, left } = await compare([])
    // What only the runtime has at the top is its own business.
    assert.deepStrictEqual(left, ["model.model"])
    const differences = report.checks.flatMap(({ differences }) => differences)
    assert.deepInclude(await compare(differences), { ok: true, left: [], accepted: 1, unused: [] })
    assert.deepInclude(await compare([{ resource: "assistant", path: "model" }]), { ok: true, accepted: 1 })
    const others = [{ sourceId: "a1" }, { path: "model.mod" }, { sourceId: "a2", path: "", message: "gone" }]
    assert.deepInclude(await compare(others), { ok: false, accepted: 0, unused: others })
    await aywa.assistants.update(a2, { model: { ...model, model: "gpt-4o" } })
    assert.deepInclude(await compare(differences), { ok: false, left: ["model.model"], unused: differences })
  })

  it("that would accept everything, or have a misspelt field, are refused", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    for (const entry of [{}, { resource: "assistant" }, { path: "" }, { sourceid: "a1" }, { path: 1 }, "a1"]) {
      const accept = [entry as object]
      const error: unknown = await compareAccounts(aywa, account, { mappings: [], accept }).catch(
        (error: unknown) => error
      )
      assert(isMigrationError(error) && error.reason._tag === "InvalidConfig", JSON.stringify(entry))
    }
  })
})

describe("targets", () => {
  it("that the runtime does not have are named, by kind; files are looked for, others said", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const { mappings } = await runImport(aywa, account)
    assert.deepInclude(await checkTargets(aywa, mappings), { ok: true, checked: 5, missing: [], unchecked: [] })
    const file = await aywa.files.upload({ file: new Blob(["x"]), name: "x.txt" })
    const more = (resource: string, runtimeId: string) => ({
      source: "vapi",
      resource,
      sourceId: `of ${runtimeId}`,
      runtimeId
    })
    // A row of another kind is no target.
    const wrong = [more("tool", idIn({ mappings }, "a1")), more("assistant", "00000000-0000-4000-8000-00000000dead")]
    const report = await checkTargets(aywa, [...mappings, ...wrong, more("file", file.id), more("squad", "s")])
    assert.deepStrictEqual(report, {
      ok: false,
      checked: 8,
      missing: wrong,
      unchecked: [{ resource: "squad", mappings: 1 }]
    })
  })
})
