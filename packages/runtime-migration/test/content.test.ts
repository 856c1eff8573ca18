/** Files and calls by content: from a source over real sockets into a folder, and into the local runtime. */
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { createHash } from "node:crypto"
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import type { ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import {
  type Bundle,
  type CallsReport,
  compareAccounts,
  fetchBundle,
  fetchCalls,
  fetchFiles,
  isMigrationError,
  readBundle,
  readLedgerFile,
  runImport,
  uploadFiles
} from "../src/index.ts"
import { json, serve } from "../../runtime-sdk/test/support/server.ts"

const top = mkdtempSync(join(tmpdir(), "aywa-content-"))
afterAll(() => rmSync(top, { recursive: true, force: true }))
const folderOf = (name: string) => join(top, name)
const sha256 = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex")
const bytes = (response: ServerResponse, body: Uint8Array, type = "audio/wav") => {
  response.writeHead(200, { "content-type": type, "content-length": body.length })
  response.end(body)
}

const key = "source-key-1"

describe("files", () => {
  const pdf = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 7919) % 251))
  const text = Buffer.from("Opening hours: 9 to 5")
  /** The bucket is another origin than the API. */
  const bucket = (broken: () => boolean = () => false) =>
    serve((seen, response) => {
      if (broken()) return json(response, 503, {}, { "retry-after": "0" })
      if (seen.url.startsWith("/policies.pdf")) return bytes(response, pdf, "application/pdf")
      if (seen.url === "/hours") return bytes(response, text, "text/plain")
      return json(response, 404, {})
    })
  const bundleOf = (at: string): Bundle => ({
    files: [
      {
        id: "f1",
        name: "policies.pdf",
        url: `${at}/policies.pdf?signature=x`,
        bytes: pdf.length,
        mimetype: "application/pdf",
        purpose: "assistant"
      },
      { id: "f2", name: "hours", url: `${at}/hours`, metadata: { kept: true } }
    ],
    tools: [
      {
        id: "t1",
        type: "query",
        function: { name: "look" },
        knowledgeBases: [{ name: "kb", description: "d", provider: "google", fileIds: ["f1", "f2"] }]
      }
    ]
  })

  for (const mode of ["importer", "rows"] as const) {
    it(`${mode}: downloaded, uploaded, compared by digest, and tools lead to the new ones; again changes nothing`, async () => {
      await using source = await bucket()
      await using runtime = await startLocalRuntime()
      await using aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
      const folder = folderOf(`files-${mode}`)
      const ledger = join(top, `files-${mode}.jsonl`)
      const bundle = bundleOf(source.baseUrl)
      const from = { baseUrl: "http://127.0.0.1:1/api", apiKey: key, folder }
      const early = await uploadFiles(aywa, bundle, { folder, ledger })
      assert.deepStrictEqual([early.ok, early.files.map(({ action }) => action)], [false, ["missing", "missing"]])
      const fetched = await fetchFiles(bundle, from)
      assert.deepStrictEqual(
        [fetched.ok, fetched.files.map(({ digest }) => digest)],
        [true, [sha256(pdf), sha256(text)]]
      )
      // The key is the API's: the bucket never sees it.
      assert.deepStrictEqual(
        source.seen.map(({ headers }) => headers.authorization),
        [undefined, undefined]
      )
      const uploaded = await uploadFiles(aywa, bundle, { folder, ledger })
      assert.deepStrictEqual([uploaded.ok, runtime.count("files")], [true, 2])
      const ids = uploaded.files.map(({ runtimeId }) => runtimeId ?? "")
      assert.deepStrictEqual(Buffer.from(await aywa.files.content(ids[0] ?? "")), pdf)
      assert.deepInclude(await aywa.files.get(ids[1] ?? ""), { metadata: { kept: true } })
      const report = await runImport(aywa, bundle, { mode, ledger })
      assert.deepStrictEqual([report.counts.created, report.counts.unchanged, report.counts.skipped], [1, 2, 0])
      assert.deepStrictEqual(
        report.rows.flatMap(({ warnings }) => warnings),
        []
      )
      const tool = await aywa.tools.get(report.mappings.find(({ sourceId }) => sourceId === "t1")?.runtimeId ?? "")
      assert.deepStrictEqual(tool.knowledgeBases?.[0]?.fileIds, ids)
      assert.isTrue((await compareAccounts(aywa, bundle, { mappings: readLedgerFile(ledger) })).ok)

      const requests = source.seen.length
      assert.deepStrictEqual(
        (await fetchFiles(bundle, from)).files.map(({ action }) => action),
        ["unchanged", "unchanged"]
      )
      const again = await uploadFiles(aywa, bundle, { folder, ledger })
      assert.deepStrictEqual(
        again.files.map(({ action }) => action),
        ["unchanged", "unchanged"]
      )
      assert.deepStrictEqual([source.seen.length, runtime.count("files")], [requests, 2])
      // Deleted there, it comes again under a new id.
      await aywa.tools.delete(tool.id)
      await aywa.files.delete(ids[1] ?? "")
      const third = await uploadFiles(aywa, bundle, { folder, ledger })
      assert.deepStrictEqual(
        third.files.map(({ action }) => action),
        ["unchanged", "uploaded"]
      )
      assert.strictEqual(readLedgerFile(ledger).filter(({ sourceId }) => sourceId === "f2").length, 1)
    })
  }

  it("content that is cut, gone, of another size, or changed in the folder is told, and never uploaded", async () => {
    let broken = true
    await using source = await bucket(() => broken)
    await using runtime = await startLocalRuntime()
    await using aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
    const folder = folderOf("odd")
    const options = { folder, ledger: join(top, "odd.jsonl") }
    const from = { baseUrl: source.baseUrl, apiKey: key, folder }
    const [first, second] = bundleOf(source.baseUrl).files ?? []
    const failed = await fetchFiles({ files: [second ?? {}] }, from)
    assert.deepInclude(failed.files[0], { action: "failed", detail: "it answered 503" })
    broken = false
    const odd: Bundle = {
      files: [
        { ...first, id: "size", bytes: 1 },
        { ...first, id: "gone", url: `${source.baseUrl}/nothing` },
        { ...first, id: "plain", url: "ftp://bucket.test/x" },
        // Behind the API then, which does not have it either.
        { ...first, id: "none", url: null },
        second ?? {}
      ]
    }
    const { ok, files } = await fetchFiles(odd, from)
    assert.deepStrictEqual(
      [ok, files.map(({ action }) => action)],
      [false, ["failed", "missing", "missing", "missing", "downloaded"]]
    )
    appendFileSync(
      join(folder, "content", readdirSync(join(folder, "content")).find((name) => name.startsWith(sha256(text))) ?? ""),
      "!"
    )
    const refused = await uploadFiles(aywa, odd, options)
    assert.deepStrictEqual(
      refused.files.map(({ action }) => action),
      ["missing", "missing", "missing", "missing", "failed"]
    )
    assert.strictEqual(runtime.count("files"), 0)
    assert.isEmpty(readdirSync(join(folder, "content")).filter((name) => name.endsWith(".partial")))
  }, 60_000)
})

describe("calls", () => {
  const wav = (n: number) => Buffer.from(`RIFF ${n % 3} ${"x".repeat(1000)}`)
  const count = 57

  /** The list route as documented, and recordings behind addresses that are signed. */
  const source = () => {
    const state = {
      running: true,
      expired: new Set<number>(),
      signature: "s1",
      fail: undefined as ((path: string) => number | undefined) | undefined
    }
    const rowOf = (at: string, n: number, signature: string) => ({
      id: `call-${n}`,
      // Seven of the same instant: more than a page has.
      createdAt: `2026-01-01T00:${String(Math.floor(n / 7)).padStart(2, "0")}:00.000Z`,
      status: n === 40 && state.running ? "in-progress" : "ended",
      artifact: {
        transcript: `AI: Hello ${n}`,
        recordingUrl: `${at}/recording/${n}.wav?signature=${signature}`,
        recording: { mono: { combinedUrl: `${at}/recording/${n}.wav?signature=${signature}` } }
      }
    })
    const handler: Parameters<typeof serve>[0] = (seen, response) => {
      const url = new URL(seen.url, "http://x")
      const at = `http://${seen.headers.host ?? ""}`
      const status = state.fail?.(url.pathname)
      if (status !== undefined) return json(response, status, {}, { "retry-after": "0" })
      const recording = /^\/recording\/(\d+)\.wav$/.exec(url.pathname)?.[1]
      if (recording !== undefined) {
        const n = Number(recording)
        if (state.expired.has(n) || url.searchParams.get("signature") !== state.signature)
          return json(response, 403, {})
        return bytes(response, wav(n))
      }
      if (seen.headers.authorization !== `Bearer ${key}`) return json(response, 401, {})
      const one = /^\/call\/call-(\d+)$/.exec(url.pathname)?.[1]
      if (one !== undefined) return json(response, 200, rowOf(at, Number(one), state.signature))
      const limit = Number(url.searchParams.get("limit"))
      const [le, ge] = [url.searchParams.get("createdAtLe") ?? "9", url.searchParams.get("createdAtGe") ?? ""]
      // Rows that were listed carry the signature of then.
      const rows = Array.from({ length: count }, (_, n) => rowOf(at, n, "s1")).toReversed()
      return json(response, 200, rows.filter(({ createdAt }) => createdAt <= le && createdAt >= ge).slice(0, limit))
    }
    return { state, handler }
  }

  const lines = (file: string) =>
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>)

  it("come with transcripts and recordings by digest; stopped anywhere it goes on, and later takes what has ended since", async () => {
    const { state, handler } = source()
    await using server = await serve(handler)
    const folder = folderOf("calls")
    const options = { baseUrl: server.baseUrl, apiKey: key, folder, pageSize: 5, requestsPerSecond: 1000 }
    let report: CallsReport | undefined
    let stops = 0
    for (let run = 0; report === undefined && run < 60; run++) {
      const controller = new AbortController()
      let told = 0
      // Each run gets a little further.
      const onProgress = () => {
        if (++told === 9) controller.abort()
      }
      report = await fetchCalls({ ...options, signal: controller.signal, onProgress }).catch((error: unknown) => {
        stops++
        const tag: unknown = isMigrationError(error) ? error.reason._tag : error
        assert.strictEqual(tag, "Aborted")
        // As a crash leaves it: a line that broke off.
        if (stops % 2 === 0) appendFileSync(join(folder, "calls", "calls.jsonl"), '{"id":"call-9')
        return undefined
      })
    }
    assert.isAtLeast(stops, 5)
    assert.deepInclude(report, {
      ok: true,
      calls: count - 1,
      transcripts: count - 1,
      recordings: 2 * (count - 1),
      gone: [],
      failed: []
    })
    const rows = lines(join(folder, "calls", "calls.jsonl"))
    assert.strictEqual(new Set(rows.map(({ id }) => id)).size, count - 1)
    assert.strictEqual(rows.length, count - 1)
    const contents = lines(join(folder, "calls", "contents.jsonl"))
    const of7 = contents.filter(({ callId }) => callId === "call-7")
    assert.sameMembers(
      of7.map(({ digest }) => digest),
      [sha256("AI: Hello 7"), sha256(wav(7)), sha256(wav(7))]
    )
    for (const { file, digest } of contents)
      assert.strictEqual(sha256(readFileSync(join(folder, "calls", "content", String(file)))), digest)
    // The same content is kept once, and no signature of an address is in the index.
    assert.strictEqual(readdirSync(join(folder, "calls", "content")).length, count - 1 + 3)
    assert.notInclude(readFileSync(join(folder, "calls", "contents.jsonl"), "utf8"), "signature")
    assert.strictEqual(statSync(join(folder, "calls", "calls.jsonl")).mode & 0o077, 0)

    state.running = false
    const before = server.seen.length
    const later = await fetchCalls(options)
    assert.deepInclude(later, { calls: count, added: 1, open: 0, transcripts: count })
    assert.isBelow(server.seen.length - before, 10)
    assert.deepInclude(await fetchCalls(options), { added: 0, calls: count })
  }, 60_000)

  it("recordings that have expired are asked for anew, told when they are gone, and tried again when they only failed", async () => {
    const { state, handler } = source()
    await using server = await serve(handler)
    const folder = folderOf("expired")
    const options = { baseUrl: server.baseUrl, apiKey: key, folder, requestsPerSecond: 1000 }
    state.signature = "s2"
    state.expired.add(3)
    state.fail = (path) => (path === "/recording/4.wav" ? 500 : undefined)
    const report = await fetchCalls(options)
    assert.deepInclude(report, { ok: false, open: 1, recordings: 2 * (count - 3) })
    const paths = ["artifact.recordingUrl", "artifact.recording.mono.combinedUrl"]
    assert.sameDeepMembers(
      [...report.gone],
      paths.map((path) => ({ callId: "call-3", path, detail: "it answered 403" }))
    )
    assert.sameDeepMembers(
      [...report.failed],
      paths.map((path) => ({ callId: "call-4", path, detail: "it answered 500" }))
    )
    state.fail = undefined
    const asked = server.seen.filter(({ url }) => url.startsWith("/recording/3")).length
    const again = await fetchCalls(options)
    assert.deepInclude(again, { ok: true, recordings: 2 * (count - 2), failed: [] })
    // What is gone stays told, and is not asked for again.
    assert.deepStrictEqual(
      [again.gone.length, server.seen.filter(({ url }) => url.startsWith("/recording/3")).length],
      [2, asked]
    )
  }, 60_000)
})

describe("answers that are none", () => {
  it("a web page instead of JSON is said to be one, by the API and in a file, without trying again", async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/html" })
      response.end("<!DOCTYPE html><html><title>Sign in</title></html>")
    })
    for (const work of [fetchBundle, fetchCalls]) {
      const before = server.seen.length
      const error: unknown = await work({
        baseUrl: server.baseUrl,
        apiKey: key,
        folder: folderOf("page"),
        requestsPerSecond: 1000
      }).catch((error: unknown) => error)
      assert(isMigrationError(error) && error.reason._tag === "SourceFailed")
      assert.match(error.message, /web page \(HTML\).*baseUrl/)
      assert.strictEqual(server.seen.length - before, 1)
    }
    const file = join(top, "page.json")
    writeFileSync(file, "\n<html><body>502 Bad Gateway</body></html>")
    assert.throws(() => readBundle(file), /web page \(HTML\)/)
  })

  it("a bundle of 550 MB is refused by its size, with what to do, before it is read", () => {
    const file = join(top, "large.json")
    writeFileSync(file, "{}")
    // Sparse: it takes no room.
    truncateSync(file, 550_000_000)
    assert.throws(() => readBundle(file), /550 MB.*536.*folder/)
    rmSync(file)
  })

  it("a bundle that is no one text is refused with the option that sends it in parts", async () => {
    await using runtime = await startLocalRuntime()
    await using aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
    const note = "x".repeat(4_000_000)
    const assistants = Array.from({ length: 150 }, (_, n) => ({ id: `a${n}`, name: `A ${n}`, metadata: { note } }))
    const error: unknown = await runImport(aywa, { assistants }).catch((error: unknown) => error)
    assert(isMigrationError(error) && error.reason._tag === "InvalidConfig")
    assert.match(error.message, /--batch/)
    assert.strictEqual(runtime.count("assistants"), 0)
  })
})
