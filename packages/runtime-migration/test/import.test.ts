/** Bundle and import against the local runtime: real sockets, real faults. */
import { type LocalRuntimeHandle, startLocalRuntime } from "@aywa-ai/runtime-local"
import * as fc from "fast-check"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import {
  type Bundle,
  checkBundle,
  compareAccounts,
  fetchBundle,
  type ImportEvent,
  type ImportReport,
  isMigrationError,
  planImport,
  readBundle,
  readLedgerFile,
  readRuntimeMappings,
  runImport,
  type RunImportOptions
} from "../src/index.ts"
import { json, serve } from "../../runtime-sdk/test/support/server.ts"
import { runs } from "../../runtime-sdk/test/support/runs.ts"

const folder = mkdtempSync(join(tmpdir(), "aywa-import-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const fixture = (name: string): Bundle =>
  readBundle(new URL(`../../runtime-sdk/test/fixtures/contract/${name}`, import.meta.url).pathname)

const frame = (n: number) => ({
  orgId: "o",
  createdAt: `2026-01-01T00:00:00.${String(n % 1000).padStart(3, "0")}Z`,
  updatedAt: "2026-01-01T00:00:00.000Z"
})

/** A small account whose rows refer to each other in a circle. */
const account: Bundle = {
  credentials: [{ id: "c1", ...frame(1), provider: "byo-sip-trunk", name: "Trunk", gateways: [{ ip: "203.0.113.9" }] }],
  tools: [
    { id: "t1", ...frame(2), type: "handoff", destinations: [{ type: "assistant", assistantId: "a2" }] },
    { id: "t2", ...frame(3), type: "endCall" }
  ],
  structuredOutputs: [{ id: "s1", ...frame(4), name: "Booked", schema: { type: "boolean" }, assistantIds: ["a1"] }],
  assistants: [
    {
      id: "a1",
      ...frame(5),
      name: "Desk",
      model: { provider: "openai", model: "gpt-4.1-mini", toolIds: ["t1", "t2"] },
      artifactPlan: { structuredOutputIds: ["s1"] },
      server: { url: "https://hooks.example.test/desk" },
      metadata: { token: "is data" }
    },
    { id: "a2", ...frame(6), name: "Claims", model: { provider: "openai", model: "gpt-4.1-mini" } }
  ],
  phoneNumbers: [
    {
      id: "p1",
      ...frame(7),
      provider: "byo-phone-number",
      number: "+14155550100",
      credentialId: "c1",
      assistantId: "a1"
    }
  ]
}

const clientOf = (runtime: LocalRuntimeHandle, more: object = {}) =>
  new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey, ...more })

/** All that a runtime stores, by ids of the source: comparable between two runs. */
const stateOf = (runtime: LocalRuntimeHandle, { mappings }: Pick<ImportReport, "mappings">) => {
  const kinds = ["credentials", "tools", "structuredOutputs", "assistants", "phoneNumbers"]
  let text = JSON.stringify(
    Object.fromEntries(
      kinds.map((kind) => [
        kind,
        runtime.rows(kind).map((row) =>
          Object.fromEntries(
            Object.entries(row)
              .filter(([key]) => !/^(orgId|createdAt|updatedAt)$/.test(key))
              .sort(([a], [b]) => (a < b ? -1 : 1))
          )
        )
      ])
    )
  )
  for (const { sourceId, runtimeId } of mappings) text = text.replaceAll(runtimeId, `runtime-${sourceId}`)
  const parsed = JSON.parse(text) as Record<string, Array<{ id: string }>>
  for (const rows of Object.values(parsed)) rows.sort((a, b) => (a.id < b.id ? -1 : 1))
  return parsed
}

describe("import", () => {
  for (const mode of ["importer", "rows"] as const) {
    it(`${mode}: references lead to ids of the runtime, circles included; a second run changes nothing`, async () => {
      await using runtime = await startLocalRuntime()
      await using aywa = clientOf(runtime)
      const ledger = join(folder, `${mode}.jsonl`)
      const events: Array<ImportEvent> = []
      const plan = await planImport(aywa, account)
      assert.deepStrictEqual(plan.counts, { created: 7, updated: 0, unchanged: 0, skipped: 0 })
      assert.strictEqual(runtime.count("assistants"), 0)
      const report = await runImport(aywa, account, { mode, ledger, onEvent: (event) => events.push(event) })
      assert.deepStrictEqual([report.mode, report.counts.created, report.counts.skipped], [mode, 7, 0])
      const to = new Map(report.mappings.map(({ sourceId, runtimeId }) => [sourceId, runtimeId]))
      const assistant = await aywa.assistants.get(to.get("a1") ?? "")
      assert.deepStrictEqual(assistant.model?.toolIds, [to.get("t1") ?? "", to.get("t2") ?? ""])
      assert.deepStrictEqual(assistant.metadata, { token: "is data" })
      assert.deepStrictEqual((await aywa.tools.get(to.get("t1") ?? "")).destinations?.[0]?.assistantId, to.get("a2"))
      const output = await aywa.structuredOutputs.get(to.get("s1") ?? "")
      assert.deepStrictEqual(output.assistantIds, [to.get("a1") ?? ""])
      assert.deepStrictEqual(readLedgerFile(ledger).length, 7)
      assert.strictEqual(events[0]?.type, "started")
      assert.strictEqual(events.at(-1)?.type, "finished")
      const before = stateOf(runtime, report)
      const again = await runImport(aywa, account, { mode, ledger, idempotencyKey: "again" })
      assert.deepStrictEqual(again.counts, { created: 0, updated: 0, unchanged: 7, skipped: 0 })
      assert.deepStrictEqual(stateOf(runtime, again), before)
      assert.deepStrictEqual((await planImport(aywa, account, { mappings: again.mappings })).counts.unchanged, 7)
      const changed = {
        ...account,
        assistants: account.assistants?.map((row) => ({ ...row, firstMessage: "Hello" })) ?? []
      }
      const next = await planImport(aywa, changed, { mappings: again.mappings })
      assert.deepStrictEqual(
        next.rows.filter(({ action }) => action === "updated").map(({ changes }) => changes),
        [["firstMessage"], ["firstMessage"]]
      )
      assert.strictEqual((await runImport(aywa, changed, { mode, ledger })).counts.updated, 2)
      // No row was ever written with an id that the runtime does not know.
      const written = runtime.requests({ method: "POST" }).filter(({ path }) => !path.startsWith("/import"))
      for (const { body } of written) assert.notMatch(JSON.stringify(body), /"(a1|a2|t1|t2|s1|c1)\\?"/)
      if (mode === "importer") {
        const known = await readRuntimeMappings(aywa, { source: "vapi" })
        assert.sameDeepMembers([...known], [...report.mappings])
      }
      const compared = await compareAccounts(aywa, changed, { mappings: again.mappings })
      assert.deepStrictEqual(
        compared.checks.filter(({ ok }) => !ok).map(({ differences }) => differences.map(({ message }) => message)),
        mode === "importer" ? [["it is disabled: supply its secrets, and enable it"]] : []
      )
    })
  }

  it("a runtime without importer gets row by row; what it refuses is told and left out", async () => {
    await using runtime = await startLocalRuntime()
    const { port } = new URL(runtime.baseUrl)
    await using proxy = await serve((seen, response) => {
      if (seen.url.startsWith("/imports")) return json(response, 404, { message: "Not Found", statusCode: 404 })
      void fetch(`http://127.0.0.1:${port}${seen.url}`, {
        method: seen.method,
        headers: Object.fromEntries(
          Object.entries(seen.headers).filter(([name]) =>
            ["authorization", "content-type", "idempotency-key"].includes(name)
          )
        ) as Record<string, string>,
        ...(seen.body === "" ? {} : { body: seen.body })
      }).then(async (answer) => json(response, answer.status, await answer.json()))
    })
    await using aywa = new AywaRuntimeClient({ baseUrl: proxy.baseUrl, apiKey: runtime.apiKey })
    const bundle: Bundle = {
      ...account,
      credentials: [...(account.credentials ?? []), { id: "c2", ...frame(9), provider: "openai", name: "Key" }],
      assistants: [...(account.assistants ?? []), { id: "a3", ...frame(9), name: "x".repeat(41) }],
      squads: [{ id: "q1", members: [] }]
    }
    assert.strictEqual((await planImport(aywa, bundle)).counts.created, 9)
    const report = await runImport(aywa, bundle)
    assert.deepStrictEqual([report.mode, report.counts], ["rows", { created: 7, updated: 0, unchanged: 0, skipped: 3 }])
    const why = Object.fromEntries(report.rows.map(({ sourceId, warnings }) => [sourceId, warnings.join()]))
    assert.match(why["c2"] ?? "", /supply apiKey/)
    assert.match(why["a3"] ?? "", /40/)
    assert.match(why["q1"] ?? "", /no such resource/)
    const secret = "sk-not-a-real-secret"
    const supplied = await runImport(aywa, bundle, { secrets: { c2: { apiKey: secret } } })
    assert.strictEqual(supplied.rows.find(({ sourceId }) => sourceId === "c2")?.action, "created")
    assert.notInclude(JSON.stringify(supplied), secret)
  })

  it("a bundle that is too large goes in parts, and ends the same", async () => {
    await using one = await startLocalRuntime()
    await using two = await startLocalRuntime()
    await using a = clientOf(one)
    await using b = clientOf(two)
    const whole = await runImport(a, account)
    const parts = await runImport(b, account, { batch: 1 })
    assert.deepStrictEqual(parts.counts, whole.counts)
    assert.deepStrictEqual(stateOf(two, parts), stateOf(one, whole))
  })

  it("interrupted by any faults, run again, it ends in the same state", async () => {
    await using calm = await startLocalRuntime()
    await using quiet = clientOf(calm)
    const reference = { importer: stateOf(calm, await runImport(quiet, account)), rows: {} as object }
    calm.reset()
    reference.rows = stateOf(calm, await runImport(quiet, account, { mode: "rows" }))
    const fault = fc.record({
      action: fc.constantFrom("reset", "close", "truncate", "html", "invalid-json", "empty", "malformed-chunk"),
      when: fc.constantFrom<"before" | "after">("before", "after"),
      skip: fc.nat(12)
    })
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime, { retries: 0 })
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<"importer" | "rows">("importer", "rows"),
        fc.array(fault, { minLength: 1, maxLength: 6 }),
        async (mode, faults) => {
          runtime.reset()
          for (const { action, when, skip } of faults) {
            runtime.faults.add({ action: action as "reset", when, skip, times: 1 })
          }
          const options: RunImportOptions = {
            mode,
            ledger: join(folder, `run-${run++}.jsonl`),
            ...(mode === "importer" ? { batch: 2 } : {})
          }
          let report: ImportReport | undefined
          for (let attempt = 0; report === undefined && attempt < 10; attempt++) {
            report = await runImport(aywa, account, options).catch(() => undefined)
          }
          assert.isDefined(report)
          runtime.faults.clear()
          const last = await runImport(aywa, account, { ...options, idempotencyKey: "last" })
          assert.deepStrictEqual(last.counts, { created: 0, updated: 0, unchanged: 7, skipped: 0 })
          assert.deepStrictEqual(stateOf(runtime, last), reference[mode])
        }
      ),
      { numRuns: runs(15) }
    )
  }, 120_000)

  it("row by row, a structured output in a circle is completed under a signal, as the command line gives one", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const { signal } = new AbortController()
    const report = await runImport(aywa, account, { mode: "rows", signal })
    assert.deepStrictEqual([report.refused, report.warnings], [[], []])
    const to = (id: string) => report.mappings.find(({ sourceId }) => sourceId === id)?.runtimeId ?? ""
    assert.deepStrictEqual((await aywa.structuredOutputs.get(to("s1"))).assistantIds, [to("a1")])
    assert.isTrue((await compareAccounts(aywa, account, { mappings: report.mappings })).ok)
  })

  it("row by row, fields and rows that the runtime refuses are listed", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    runtime.faults.add({
      match: { method: "PATCH", path: "/structured-output/*" },
      action: { type: "status", code: 400 }
    })
    runtime.faults.add({ match: { method: "POST", path: "/phone-number" }, action: { type: "status", code: 400 } })
    const report = await runImport(aywa, account, { mode: "rows" })
    assert.deepStrictEqual(
      report.refused.map(({ resource, sourceId, fields }) => [resource, sourceId, fields]),
      [
        ["phone-number", "p1", []],
        ["structured-output", "s1", ["assistantIds"]]
      ]
    )
  })

  it("stops at the caller's signal, and goes on from the ledger", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const ledger = join(folder, "aborted.jsonl")
    const controller = new AbortController()
    const stopped = runImport(aywa, account, {
      mode: "rows",
      ledger,
      signal: controller.signal,
      onEvent: (event) => event.type === "row" && event.done === 3 && controller.abort()
    })
    const error: unknown = await stopped.catch((error: unknown) => error)
    assert.oneOf(Reflect.get(Object(error), "_tag"), ["MigrationError", "Aborted"])
    assert.strictEqual(readLedgerFile(ledger).length, 3)
    // A line that the writer could not finish.
    writeFileSync(ledger, `${readFileSync(ledger, "utf8")}{"source":"vapi","resour`)
    const report = await runImport(aywa, account, { mode: "rows", ledger })
    assert.deepStrictEqual([report.counts.created, runtime.count("assistants"), runtime.count("tools")], [4, 2, 2])
  })

  it("looks at each row of a bundle a few times, however many there are", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const count = 400
    let looks = 0
    const row = (fields: object, id: string) =>
      Object.defineProperty({ ...fields }, "id", { enumerable: true, get: () => (looks++, id) })
    const assistants = Array.from({ length: count }, (_, n) =>
      row({ name: `A ${n}`, model: { provider: "openai", model: "gpt-4.1-mini", toolIds: [`t${n}`] } }, `a${n}`)
    )
    const tools = Array.from({ length: count }, (_, n) =>
      row({ type: "handoff", destinations: [{ type: "assistant", assistantId: `a${n}` }] }, `t${n}`)
    )
    const bundle = { assistants, tools } as unknown as Bundle
    assert.strictEqual((await planImport(aywa, bundle)).counts.created, 2 * count)
    const { mappings } = await runImport(aywa, bundle, { mode: "rows" })
    assert.isTrue((await compareAccounts(aywa, bundle, { mappings })).ok)
    assert.isBelow(looks, 2 * count * 60)
  }, 60_000)

  it("imports ten thousand rows", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const tools = Array.from({ length: 5000 }, (_, n) => ({ id: `t${n}`, ...frame(n), type: "endCall" }))
    const assistants = Array.from({ length: 5000 }, (_, n) => ({
      id: `a${n}`,
      ...frame(n),
      name: `A ${n}`,
      model: { provider: "openai", model: "gpt-4.1-mini", toolIds: [`t${n}`, `t${(n * 7) % 5000}`] }
    }))
    const begin = performance.now()
    const report = await runImport(aywa, { assistants, tools })
    console.log(`10,000 rows imported in ${((performance.now() - begin) / 1000).toFixed(1)} s`)
    assert.strictEqual(report.counts.created, 10_000)
    assert.strictEqual((await planImport(aywa, { assistants, tools })).counts.unchanged, 10_000)
  }, 120_000)
})

describe("comparison", () => {
  it("wss is as secure as https, ws is not", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    for (const [protocol, ok] of [
      ["wss", true],
      ["ws", false]
    ] as const) {
      const model = { provider: "openai", model: "gpt-4.1-mini" }
      const transcriber = { provider: "custom-transcriber", server: { url: `${protocol}://stt.example.test/in` } }
      const bundle: Bundle = { assistants: [{ id: `a-${protocol}`, name: protocol, model, transcriber }] }
      const { mappings } = await runImport(aywa, bundle, { mode: "rows" })
      const report = await compareAccounts(aywa, bundle, { mappings })
      const webhooks = report.checks.find(({ id }) => id === "webhooks")
      assert.deepStrictEqual([webhooks?.ok, webhooks?.compared], [ok, 1], protocol)
    }
  })

  it("finds what differs, what is missing, webhooks that go elsewhere, ids of the source that are left", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    const { mappings } = await runImport(aywa, account, { mode: "rows" })
    const to = (id: string) => mappings.find(({ sourceId }) => sourceId === id)?.runtimeId ?? ""
    await aywa.assistants.update(to("a1"), {
      firstMessage: "See 2f24e927-9407 or handoff-a2",
      server: { url: "http://hooks.example.test/other" }
    })
    await aywa.phoneNumbers.update(to("p1"), { assistantId: to("a2"), name: "calls a1 or a-source-id-0001" })
    const bundle: Bundle = {
      ...account,
      tools: [...(account.tools ?? []), { id: "a-source-id-0001", type: "endCall" }]
    }
    const report = await compareAccounts(aywa, bundle, { mappings })
    const check = (id: string) => report.checks.find((check) => check.id === id)?.differences ?? []
    assert.isFalse(report.ok)
    assert.deepStrictEqual(
      check("assistants").map(({ path }) => path),
      ["server.url"]
    )
    assert.deepInclude(check("telephony")[0], { path: "assistantId", source: to("a1"), runtime: to("a2") })
    assert.deepInclude(check("tools")[0], {
      sourceId: "a-source-id-0001",
      message: "it is in no ledger: it was not imported"
    })
    assert.deepInclude(check("webhooks")[0], { path: "server.url", runtime: "http://hooks.example.test/other" })
    assert.deepStrictEqual(
      check("leftovers").map(({ message }) => message),
      ["an id of the source is left: a-source-id-0001"]
    )
  })
})

describe("bundle", () => {
  it("the sample bundle is clean, and imports as it is", async () => {
    const bundle = fixture("bundle.minimal.json")
    assert.deepStrictEqual(checkBundle(bundle).findings, [])
    await using runtime = await startLocalRuntime()
    await using aywa = clientOf(runtime)
    assert.strictEqual((await runImport(aywa, bundle)).counts.created, 2)
  })

  it("the check names every flaw, what will happen and what to supply", () => {
    const report = checkBundle(fixture("drift.bundle.dangling-refs.json"))
    const codes = new Set(report.findings.map(({ code }) => code))
    for (const code of ["dangling-reference", "duplicate-name", "duplicate-number", "secret-needed"] as const) {
      assert.isTrue(codes.has(code), code)
    }
    const flawed = checkBundle({
      assistants: [
        { id: "a", name: "x".repeat(50) },
        { id: "a", name: "y" },
        { name: "z" },
        { id: "n1", name: "Same" },
        { id: "n2", name: "Same" }
      ],
      tools: [
        {
          id: "t",
          type: "transferCall",
          destinations: [
            { type: "assistant", assistantName: "Same" },
            { type: "assistant", assistantName: "y" },
            { type: "assistant", assistantName: "Nobody" }
          ]
        }
      ],
      credentials: [{ id: "c", provider: "openai", apiKey: "sk-secret-by-accident" }],
      squads: [{ id: "s", members: [] }],
      workflows: [{ id: "w" }]
    } as Bundle)
    const found = (code: string) =>
      flawed.findings.filter((finding) => finding.code === code).map(({ sourceId }) => sourceId)
    assert.deepStrictEqual(found("limit"), ["a"])
    assert.deepStrictEqual(found("duplicate-id"), ["a"])
    assert.deepStrictEqual(found("missing-id"), ["assistants[2]"])
    assert.deepStrictEqual(found("ambiguous-name"), ["t"])
    assert.deepStrictEqual(found("reference-by-name"), ["t"])
    assert.deepStrictEqual(found("dangling-reference"), ["t"])
    assert.deepStrictEqual(found("duplicate-name"), ["n1", "n2"])
    assert.deepStrictEqual(found("secret-needed"), ["c"])
    assert.deepStrictEqual(found("not-imported"), ["s"])
    assert.deepStrictEqual(found("unknown-list"), [""])
    assert.notInclude(JSON.stringify(flawed), "sk-secret")
    for (const { what } of [...flawed.findings, ...report.findings]) assert.notStrictEqual(what, "")
  })

  it("is read from a file, a folder of lists, a folder of rows, and answers of list routes", () => {
    const file = join(folder, "bundle.json")
    for (const mark of ["", "\uFEFF"]) {
      writeFileSync(file, mark + JSON.stringify(account))
      assert.deepStrictEqual(readBundle(file), account)
    }
    const lists = join(folder, "lists")
    mkdirSync(lists)
    writeFileSync(join(lists, "assistants.json"), JSON.stringify(account.assistants))
    writeFileSync(join(lists, "phone-number.json"), JSON.stringify({ results: account.phoneNumbers, metadata: {} }))
    mkdirSync(join(lists, "tools"))
    for (const [at, tool] of (account.tools ?? []).entries())
      writeFileSync(join(lists, "tools", `${at}.json`), JSON.stringify(tool))
    const { assistants = [], phoneNumbers = [], tools = [] } = account
    assert.deepStrictEqual(readBundle(lists), { assistants, phoneNumbers, tools })
    for (const [name, text] of [
      ["torn.json", '{"assistants": [{"id"'],
      ["text.json", '"hello"'],
      ["wrong.json", '{"assistants": [1]}']
    ] as const) {
      writeFileSync(join(folder, name), text)
      try {
        readBundle(join(folder, name))
        assert.fail(name)
      } catch (error) {
        assert(isMigrationError(error) && error.reason._tag === "UnreadableFile", name)
      }
    }
  })
})

describe("source API", () => {
  const rows = Array.from({ length: 23 }, (_, n) => ({
    id: `a${n}`,
    createdAt: `2026-01-01T00:00:0${n < 9 ? 1 : n < 15 ? 2 : 3}.000Z`
  }))

  /** The list routes as documented: bare arrays by time, envelopes by page, no credentials. */
  const source = (fail: (index: number) => number | undefined = () => undefined) =>
    serve((seen, response, index) => {
      const url = new URL(seen.url, "http://x")
      const status = fail(index)
      if (seen.headers.authorization !== "Bearer key-1") return json(response, 401, { message: "no" })
      if (status !== undefined) return json(response, status, { message: "later" }, { "retry-after": "0" })
      const limit = Number(url.searchParams.get("limit"))
      const le = url.searchParams.get("createdAtLe") ?? "9"
      if (url.pathname === "/base/assistant") {
        const page = rows.filter(({ createdAt }) => createdAt <= le).toReversed()
        return json(response, 200, page.slice(0, limit))
      }
      if (url.pathname === "/base/structured-output") {
        const page = Number(url.searchParams.get("page") ?? 1)
        const all = rows.map(({ id, createdAt }) => ({ id: `s-${id}`, createdAt }))
        const metadata = { currentPage: page, itemsPerPage: limit, totalItems: all.length }
        return json(response, 200, { results: all.slice((page - 1) * limit, page * limit), metadata })
      }
      if (url.pathname === "/base/credential") return json(response, 404, { message: "Not Found", statusCode: 404 })
      return json(response, 200, [])
    })

  it("reads every row of every list shape, once, with GET only", async () => {
    await using server = await source()
    const bundle = await fetchBundle({
      baseUrl: `${server.baseUrl}/base`,
      apiKey: "key-1",
      pageSize: 4,
      requestsPerSecond: 1000
    })
    assert.deepStrictEqual(
      bundle.assistants?.map(({ id }) => id),
      rows.map(({ id }) => id).toReversed()
    )
    assert.deepStrictEqual(bundle.structuredOutputs?.length, 23)
    assert.deepStrictEqual([bundle.credentials, bundle.tools], [[], []])
    assert.deepStrictEqual(new Set(server.seen.map(({ method }) => method)), new Set(["GET"]))
  })

  it("goes on where a run that failed left off, and waits where it is told to", async () => {
    let broken = true
    await using server = await source((index) => (broken && index >= 4 ? 503 : index % 5 === 2 ? 429 : undefined))
    const options = {
      baseUrl: `${server.baseUrl}/base`,
      apiKey: "key-1",
      pageSize: 4,
      requestsPerSecond: 1000,
      folder: join(folder, "source")
    }
    const error: unknown = await fetchBundle(options).catch((error: unknown) => error)
    assert(isMigrationError(error) && error.reason._tag === "SourceFailed")
    assert.notInclude(error.message, "key-1")
    broken = false
    const before = server.seen.length
    const bundle = await fetchBundle(options)
    assert.deepStrictEqual(bundle.assistants?.length, 23)
    const [first] = server.seen.slice(before)
    assert.match(first?.url ?? "", /page=\d|createdAtLe=/, "not from the beginning")
    assert.deepStrictEqual(readBundle(options.folder).assistants, bundle.assistants)
    const again = server.seen.length
    assert.deepStrictEqual(await fetchBundle(options), bundle)
    assert.strictEqual(server.seen.length, again)
  })

  it("does not take another page for the one that it asked for, nor a wrong address for an empty account", async () => {
    const options = { apiKey: "key-1", pageSize: 2, requestsPerSecond: 1000, kinds: ["assistants"] as const }
    const fetchFrom = async (answer: (query: URLSearchParams) => object | undefined) => {
      await using server = await serve((seen, response) => {
        const body = answer(new URL(seen.url, "http://x").searchParams)
        return body === undefined ? json(response, 404, { message: "Not Found" }) : json(response, 200, body)
      })
      const result = await fetchBundle({ ...options, baseUrl: server.baseUrl }).catch((error: unknown) => error)
      assert.isBelow(server.seen.length, 10)
      return result
    }
    const results = (from: number) => rows.slice(from, from + 2)
    const stuck = await fetchFrom(() => ({ results: results(0), metadata: { currentPage: 1, totalItems: 23 } }))
    assert(isMigrationError(stuck) && stuck.reason._tag === "SourceFailed", String(stuck))
    let next = 0
    const circle = await fetchFrom(() => ({ results: results(0), metadata: { nextCursor: `c${next++ % 2}` } }))
    assert(isMigrationError(circle) && circle.reason._tag === "SourceFailed", String(circle))
    const unnamed = await fetchFrom((query) => {
      const page = Number(query.get("page") ?? 1)
      return { results: results(2 * page - 2), metadata: { totalItems: 6 } }
    })
    assert.deepStrictEqual(unnamed, { assistants: rows.slice(0, 6) })
    const elsewhere = await fetchFrom(() => undefined)
    assert(isMigrationError(elsewhere) && elsewhere.reason._tag === "SourceFailed", String(elsewhere))
    assert.match(elsewhere.message, /baseUrl/)
  })

  it("an export that is not finished is no bundle", async () => {
    await using server = await source((index) => (index >= 9 ? 503 : undefined))
    const options = {
      baseUrl: `${server.baseUrl}/base`,
      apiKey: "key-1",
      pageSize: 4,
      requestsPerSecond: 1000,
      folder: join(folder, "unfinished")
    }
    const error: unknown = await fetchBundle(options).catch((error: unknown) => error)
    assert(isMigrationError(error) && error.reason._tag === "SourceFailed")
    assert.throws(() => readBundle(options.folder), /not finished/)
  }, 60_000)

  it("refuses a missing address, plain http elsewhere, a missing key, a wrong key", async () => {
    await using server = await source()
    const tag = async (options: object) => {
      const error: unknown = await fetchBundle({ baseUrl: server.baseUrl, apiKey: "key-1", ...options }).catch(
        (error: unknown) => error
      )
      return isMigrationError(error) ? error.reason._tag : error
    }
    assert.strictEqual(await tag({ baseUrl: undefined }), "InvalidConfig")
    assert.strictEqual(await tag({ baseUrl: "http://source.test" }), "InvalidConfig")
    assert.strictEqual(await tag({ baseUrl: "https://u:p@source.test" }), "InvalidConfig")
    assert.strictEqual(await tag({ apiKey: undefined }), "InvalidConfig")
    assert.strictEqual(await tag({ apiKey: "a b" }), "InvalidConfig")
    assert.strictEqual(server.seen.length, 0)
    assert.strictEqual(await tag({ apiKey: "key-2" }), "SourceFailed")
    assert.strictEqual(server.seen.length, 1)
  })
})
