/** Imports that were interrupted: at any request, by the caller or by the network, of any account. */
import { type LocalRuntimeHandle, startLocalRuntime } from "@aywa-ai/runtime-local"
import * as fc from "fast-check"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { type Bundle, compareAccounts, type Mapping, runImport, type RunImportOptions } from "../src/index.ts"
import { runs } from "../../runtime-sdk/test/support/runs.ts"

const folder = mkdtempSync(join(tmpdir(), "aywa-interrupted-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const kinds = ["tools", "structuredOutputs", "assistants", "phoneNumbers"] as const

/** What is stored, by ids of the source; an id of the runtime that no mapping knows stays and makes a difference. */
const stateOf = (runtime: LocalRuntimeHandle, mappings: ReadonlyArray<Mapping>) =>
  kinds.flatMap((kind) =>
    runtime
      .rows(kind)
      .map((row) => {
        const kept = Object.entries(row).filter(([key]) => !/^(orgId|createdAt|updatedAt)$/.test(key))
        let text = JSON.stringify(Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1))))
        for (const { sourceId, runtimeId } of mappings) text = text.replaceAll(runtimeId, `runtime of ${sourceId}`)
        return `${kind} ${text}`
      })
      .sort()
  )

/** Accounts in which anything may refer to anything, itself included. */
const accounts: fc.Arbitrary<Bundle> = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
  .chain(([assistants, tools]) => {
    const assistant = fc.nat(assistants - 1).map((n) => `source-assistant-${n}`)
    const tool = fc.nat(tools - 1).map((n) => `source-tool-${n}`)
    const output = fc.constantFrom("source-output-0", "source-output-1")
    return fc.record({
      assistants: fc
        .array(fc.record({ toolIds: fc.array(tool, { maxLength: 3 }), outputs: fc.array(output, { maxLength: 2 }) }), {
          minLength: assistants,
          maxLength: assistants
        })
        .map((rows) =>
          rows.map(({ toolIds, outputs }, n) => ({
            id: `source-assistant-${n}`,
            name: `Assistant ${n}`,
            model: { provider: "openai", model: "gpt-4.1-mini", toolIds },
            artifactPlan: { structuredOutputIds: outputs }
          }))
        ),
      tools: fc
        .array(fc.array(assistant, { minLength: 1, maxLength: 2 }), { minLength: tools, maxLength: tools })
        .map((rows) =>
          rows.map((to, n) => ({
            id: `source-tool-${n}`,
            type: "handoff",
            destinations: to.map((assistantId) => ({ type: "assistant", assistantId }))
          }))
        ),
      structuredOutputs: fc
        .tuple(fc.array(assistant, { maxLength: 2 }), fc.array(assistant, { maxLength: 2 }))
        .map((rows) =>
          rows.map((assistantIds, n) => ({
            id: `source-output-${n}`,
            name: `Output ${n}`,
            schema: { type: "boolean" },
            assistantIds
          }))
        ),
      phoneNumbers: assistant.map((assistantId) => [
        { id: "source-number-0", provider: "vapi", sipUri: "sip:desk@sip.example.test", assistantId }
      ])
    })
  })

const ways = fc.constantFrom<RunImportOptions>(
  { mode: "importer" },
  { mode: "importer", batch: 1 },
  { mode: "importer", batch: 3 },
  { mode: "rows" }
)

/** One run that does not get through. */
const interruptions = fc.array(
  fc.record({
    /** The request at which it happens. */
    at: fc.nat(14),
    how: fc.constantFrom("abort while it runs", "abort after it", "lose the request", "lose the answer")
  }),
  { minLength: 1, maxLength: 4 }
)

describe("an import that was interrupted", () => {
  it("any account, either way, at any request: run again, it ends in the same state", async () => {
    await using calm = await startLocalRuntime()
    await using undisturbed = new AywaRuntimeClient({ baseUrl: calm.baseUrl, apiKey: calm.apiKey })
    await using runtime = await startLocalRuntime()
    const { baseUrl, apiKey } = runtime
    await using aywa = new AywaRuntimeClient({ baseUrl, apiKey })
    let run = 0
    let interrupted = 0
    await fc.assert(
      fc.asyncProperty(accounts, ways, fc.boolean(), interruptions, async (bundle, way, withLedger, stops) => {
        calm.reset()
        runtime.reset()
        const options = withLedger ? { ...way, ledger: join(folder, `${run++}.jsonl`) } : way
        const expected = stateOf(calm, (await runImport(undisturbed, bundle, way)).mappings)
        for (const { at, how } of stops) {
          const controller = new AbortController()
          let requests = 0
          await using client = new AywaRuntimeClient({
            baseUrl,
            apiKey,
            retries: 0,
            trace: () => ({
              attempt: () => {
                const mine = requests++ === at
                if (mine && how === "abort while it runs") controller.abort()
                return { end: () => mine && how === "abort after it" && controller.abort() }
              }
            })
          })
          if (how.startsWith("lose")) {
            const when = how === "lose the answer" ? "after" : "before"
            runtime.faults.add({ action: "reset", when, skip: at, times: 1 })
          }
          const error: unknown = await runImport(client, bundle, { ...options, signal: controller.signal }).then(
            () => undefined,
            (error: unknown) => error
          )
          if (error !== undefined) {
            interrupted++
            assert.oneOf(Reflect.get(Object(error), "_tag"), ["MigrationError", "Aborted", "ConnectionError"])
          }
          runtime.faults.clear()
        }
        const { mappings } = await runImport(aywa, bundle, options)
        assert.deepStrictEqual(stateOf(runtime, mappings), expected)
        const report = await compareAccounts(aywa, bundle, { mappings })
        assert.deepStrictEqual(
          report.checks.flatMap(({ differences }) => differences),
          []
        )
        if (way.mode === "rows" && !withLedger) return
        const again = await runImport(aywa, bundle, { ...options, idempotencyKey: "again" })
        assert.strictEqual(again.counts.unchanged, again.rows.length)
        assert.deepStrictEqual(stateOf(runtime, mappings), expected)
      }),
      { numRuns: runs(15) }
    )
    // Otherwise nothing was tested.
    assert.isAbove(interrupted, 10)
  }, 120_000)

  const desk = (firstMessage: string): Bundle => ({ assistants: [{ id: "a1", name: "Desk", firstMessage }] })

  it("says so when the importer answers from an earlier run", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
    assert.deepStrictEqual((await runImport(aywa, desk("one"))).warnings, [])
    await runImport(aywa, desk("two"))
    const replayed = await runImport(aywa, desk("one"))
    assert.match(replayed.warnings.join(), /earlier run.*idempotencyKey/)
    assert.strictEqual(runtime.rows("assistants")[0]?.["firstMessage"], "two")
    const anew = await runImport(aywa, desk("one"), { idempotencyKey: "back" })
    assert.deepStrictEqual([anew.counts.updated, anew.warnings], [1, []])
    assert.strictEqual(runtime.rows("assistants")[0]?.["firstMessage"], "one")
  })

  it("row by row: a row that changed after its answer was lost is not made twice, and the way out works", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey, retries: 0 })
    const options: RunImportOptions = { mode: "rows", ledger: join(folder, "lost.jsonl") }
    runtime.faults.add({ action: "reset", when: "after", times: 1 })
    const error: unknown = await runImport(aywa, desk("one"), options).catch((error: unknown) => error)
    assert.strictEqual(Reflect.get(Object(error), "_tag"), "ConnectionError")
    const changed = await runImport(aywa, desk("two"), options)
    assert.deepStrictEqual([changed.counts.skipped, runtime.count("assistants")], [1, 1])
    assert.match(changed.rows[0]?.warnings.join() ?? "", /Import the bundle as it was then/)
    await runImport(aywa, desk("one"), options)
    assert.strictEqual((await runImport(aywa, desk("two"), options)).counts.updated, 1)
    assert.deepStrictEqual(
      runtime.rows("assistants").map(({ firstMessage }) => firstMessage),
      ["two"]
    )
  })
})
