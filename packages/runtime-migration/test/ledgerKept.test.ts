/** What a row-by-row import writes into its ledger: never less than what was made, whatever happens. */
import { type LocalRuntimeHandle, startLocalRuntime } from "@aywa-ai/runtime-local"
import { appendFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import {
  type Bundle,
  isMigrationError,
  mappingsToJsonLines,
  readLedgerFile,
  runImport,
  type RunImportOptions
} from "../src/index.ts"

const folder = mkdtempSync(join(tmpdir(), "aywa-kept-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const clientOf = ({ baseUrl, apiKey }: LocalRuntimeHandle) => new AywaRuntimeClient({ baseUrl, apiKey })
const desks = (...ids: ReadonlyArray<string>): Bundle => ({ assistants: ids.map((id) => ({ id, name: `Desk ${id}` })) })

describe("the ledger of an import row by row", () => {
  it("keeps a row whose id the bundle has twice: it is skipped the second time, and not made again", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const options: RunImportOptions = { mode: "rows", ledger: join(folder, "twice.jsonl") }
    const bundle = desks("a1", "a1")
    const first = await runImport(aywa, bundle, options)
    assert.deepStrictEqual(
      first.rows.map(({ action }) => action),
      ["created", "skipped"]
    )
    assert.deepStrictEqual(
      first.mappings.map(({ sourceId }) => sourceId),
      ["a1"]
    )
    assert.deepStrictEqual(readLedgerFile(options.ledger ?? ""), first.mappings)
    await runImport(aywa, bundle, { ...options, idempotencyKey: "a day later" })
    assert.strictEqual(runtime.count("assistants"), 1)
  })

  it("goes on where a row that was gone was made again, and the run was killed then", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const options: RunImportOptions = { mode: "rows", ledger: join(folder, "gone.jsonl"), recreate: true }
    const { mappings } = await runImport(aywa, desks("a1", "a2"), options)
    for (const { runtimeId } of mappings) await aywa.assistants.delete(runtimeId)
    const controller = new AbortController()
    const onEvent = () => runtime.count("assistants") === 1 && controller.abort()
    const stopped = await runImport(aywa, desks("a1", "a2"), { ...options, onEvent, signal: controller.signal }).then(
      () => "went through",
      () => "stopped"
    )
    assert.strictEqual(stopped, "stopped")
    const between = readLedgerFile(options.ledger ?? "")
    assert.deepStrictEqual(between.map(({ sourceId }) => sourceId).toSorted(), ["a1", "a2"])
    const { counts } = await runImport(aywa, desks("a1", "a2"), { ...options, idempotencyKey: "a day later" })
    assert.deepStrictEqual([counts.created, counts.unchanged, runtime.count("assistants")], [1, 1, 2])
  })

  it("keeps what another process wrote into it meanwhile", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const ledger = join(folder, "shared.jsonl")
    const other = { source: "vapi", resource: "tool", sourceId: "t1", runtimeId: "tool-1" }
    const { mappings } = await runImport(aywa, desks("a1"), {
      mode: "rows",
      ledger,
      onEvent: ({ type }) => type === "row" && appendFileSync(ledger, mappingsToJsonLines([other]))
    })
    assert.deepInclude(readLedgerFile(ledger), other)
    assert.deepStrictEqual(readLedgerFile(ledger), mappings)
  })

  it("has to be JSON Lines: CSV cannot be added to safely, and a run that is killed would lose what it made", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const error: unknown = await runImport(aywa, desks("a1"), { mode: "rows", ledger: join(folder, "x.csv") }).catch(
      (error: unknown) => error
    )
    assert(isMigrationError(error) && error.reason._tag === "InvalidConfig", String(error))
    assert.strictEqual(runtime.count("assistants"), 0)
  })
})

it("a reference to a row that could not be imported is told, not only kept", async () => {
  await using runtime = await startLocalRuntime()
  await using aywa = clientOf(runtime)
  const bundle: Bundle = {
    credentials: [{ id: "c1", provider: "openai", name: "Key" }],
    assistants: [{ id: "a1", name: "Desk", credentialIds: ["c1"] }]
  }
  const { rows, warnings } = await runImport(aywa, bundle, { mode: "rows" })
  assert.strictEqual(rows[0]?.action, "skipped")
  assert.match(rows[1]?.warnings.join() ?? "", /credentialIds\[0\]: c1 was not imported/)
  assert.match(warnings.join(), /1 rows have references that lead nowhere/)
})
