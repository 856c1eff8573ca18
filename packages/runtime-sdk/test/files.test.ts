/** Files over real sockets and both transports: uploads from every source, downloads whole and piece by piece. */
import { randomBytes } from "node:crypto"
import { getEventListeners } from "node:events"
import {
  appendFileSync,
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { createServer, type RequestListener } from "node:http"
import { createServer as createSocketServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { stat } from "node:fs/promises"
import { join } from "node:path"
import { Readable } from "node:stream"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { assert, describe, it, onTestFinished } from "@effect/vitest"
import * as AywaRuntime from "../src/effect/AywaRuntime.ts"
import { AywaRuntimeClient, type FileSource } from "../src/index.ts"
import * as Files from "../src/effect/Files.ts"
import { closedPort, tagOf } from "./support/server.ts"
import { eventually } from "./support/assertions.ts"

const transports = ["auto", "fetch"] as const

const start = async (options: Partial<ConstructorParameters<typeof AywaRuntimeClient>[0]> = {}) => {
  const runtime = await startLocalRuntime()
  onTestFinished(() => runtime.close())
  const aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey, ...options })
  onTestFinished(() => aywa.close())
  return { runtime, aywa }
}

/** A server that is given the raw request. */
const listen = async (handler: RequestListener) => {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const temporary = (name: string, content: Uint8Array | string): string => {
  const directory = mkdtempSync(join(tmpdir(), "aywa-files-"))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

/** How often this process has a file open. */
const timesOpen = (path: string): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path
    } catch {
      return false
    }
  }).length

const concat = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const parts: Array<Uint8Array> = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

const row = { id: "f", orgId: "o", createdAt: "c", updatedAt: "u" }

for (const transport of transports) {
  describe(`files, transport ${transport}`, () => {
    it("types and names are what the source knows of them", async () => {
      const { aywa } = await start({ transport })
      const wav = temporary("a.wav", "RIFF")
      const bytes = new TextEncoder().encode("0123456789")
      const cases: ReadonlyArray<readonly [Parameters<typeof aywa.files.upload>[0], name: string, type: string]> = [
        [{ file: { path: temporary("policies.pdf", "%PDF") } }, "policies.pdf", "application/pdf"],
        [{ file: { path: temporary("a.b\\c.MD", "#") } }, "a.b\\c.MD", "text/markdown"],
        [{ file: { path: temporary("README", "#") } }, "README", "application/octet-stream"],
        [{ file: createReadStream(wav) }, "a.wav", "audio/wav"],
        [{ file: createReadStream(Buffer.from(wav)) }, "a.wav", "audio/wav"],
        [{ file: createReadStream(wav), name: "b.mp3" }, "b.mp3", "audio/mpeg"],
        [{ file: new Blob(["a"], { type: "text/csv" }), name: "a.txt" }, "a.txt", "text/csv"],
        [{ file: new Blob(["a"]), name: "a.txt" }, "a.txt", "text/plain"],
        [{ file: new File(["a"], "a.json", { type: "application/ld+json" }) }, "a.json", "application/ld+json"],
        [{ file: bytes, name: "a.txt", contentType: "text/x-own" }, "a.txt", "text/x-own"],
        [{ file: bytes.buffer, name: "constructor" }, "constructor", "application/octet-stream"]
      ]
      for (const [body, name, type] of cases) {
        const row = await aywa.files.upload(body)
        assert.deepStrictEqual([row.originalName, row.mimetype], [name, type])
      }
    })

    it("a file that grows meanwhile is what it was, and one that says nothing of its size is all of it", async () => {
      const { aywa } = await start({ transport, retries: 0 })
      const log = temporary("grows.log", Buffer.alloc(8_000_000, "x"))
      let done = false
      const grow = () => {
        if (done) return
        appendFileSync(log, "more")
        setImmediate(grow)
      }
      grow()
      const size = statSync(log).size
      const row = await aywa.files.upload({ file: { path: log } }).finally(() => (done = true))
      assert.isAtLeast(row.bytes ?? 0, size)
      assert.isBelow(row.bytes ?? 0, statSync(log).size)
      assert.strictEqual((await aywa.files.upload({ file: { path: temporary("empty", "") } })).bytes, 0)
      if (!existsSync("/proc/self/cmdline")) return
      const made = await aywa.files.upload({ file: { path: "/proc/self/cmdline" } })
      assert.strictEqual(made.bytes, readFileSync("/proc/self/cmdline").length)
    })

    it("a function that gives no stream is a wrong request, and what it opens is closed", async () => {
      const { aywa, runtime } = await start({ transport, retries: 0 })
      for (const nothing of [() => undefined, () => "text", async () => [1]]) {
        const error = await tagOf(aywa.files.upload({ file: nothing as never }))
        assert.deepInclude({ ...Object(error) }, { _tag: "InvalidRequest", outcome: "not-sent" })
        assert.match(String(error), /gave no stream/)
      }
      assert.lengthOf(runtime.requests({ method: "POST" }), 0)
      const path = temporary("left.txt", "x")
      await using nobody = new AywaRuntimeClient({ baseUrl: await closedPort(), apiKey: "k", retries: 0 })
      await tagOf(nobody.files.upload({ file: () => createReadStream(path) }))
      await eventually(() => assert.strictEqual(timesOpen(path), 0))
    })

    const content = randomBytes(700_000)
    const sources: ReadonlyArray<readonly [string, () => FileSource, string]> = [
      ["a path", () => ({ path: temporary("policies.pdf", content) }), "policies.pdf"],
      ["a Blob", () => new Blob([content], { type: "text/plain" }), "file"],
      ["a File", () => new File([content], "prices.csv"), "prices.csv"],
      ["a Buffer", () => content, "file"],
      ["an ArrayBuffer", () => new Uint8Array(content).buffer, "file"],
      ["a DataView", () => new DataView(content.buffer, content.byteOffset, content.length), "file"],
      ["a web stream", () => new Blob([content]).stream(), "file"],
      ["a Node stream", () => createReadStream(temporary("x", content)), "x"],
      ["a function", () => () => Readable.from([content.subarray(0, 9), content.subarray(9)]), "file"]
    ]
    for (const [what, make, name] of sources) {
      it(`uploads ${what} and downloads the same bytes`, async () => {
        const { aywa } = await start({ transport })
        const file = await aywa.files.upload({ file: make(), purpose: "assistant", metadata: { source: "erp" } })
        assert.include(file, { name, originalName: name, bytes: content.length, status: "done", purpose: "assistant" })
        assert.deepStrictEqual(file.metadata, { source: "erp" })
        assert.deepStrictEqual(await aywa.files.get(file.id), file)
        assert.isTrue(Buffer.from(await aywa.files.content(file.id)).equals(content))
        assert.isTrue((await concat(aywa.files.contentStream(file.id))).equals(content))
      })
    }

    it("lists, renames and deletes; content of what is gone is NotFound", async () => {
      const { aywa } = await start({ transport })
      const file = await aywa.files.upload({ file: Buffer.from("a"), name: "a.txt", purpose: "assistant" })
      assert.deepStrictEqual((await aywa.files.list({ purpose: "assistant" })).items, [file])
      assert.deepStrictEqual((await aywa.files.list({ purpose: "other" })).items, [])
      assert.strictEqual((await aywa.files.update(file.id, { name: "b.txt" })).name, "b.txt")
      assert.strictEqual((await aywa.files.delete(file.id))?.id, file.id)
      assert.strictEqual(Object(await tagOf(aywa.files.content(file.id)))._tag, "NotFound")
      assert.strictEqual(Object(await tagOf(concat(aywa.files.contentStream(file.id))))._tag, "NotFound")
    })

    it("an empty file is a file", async () => {
      const { aywa } = await start({ transport })
      const file = await aywa.files.upload({ file: new Uint8Array() })
      assert.strictEqual(file.bytes, 0)
      assert.strictEqual((await aywa.files.content(file.id)).length, 0)
      assert.strictEqual((await concat(aywa.files.contentStream(file.id))).length, 0)
    })

    it("repeats an upload whose answer was lost: same key, same bytes, one file", async () => {
      const { runtime, aywa } = await start({ transport })
      runtime.faults.next({ type: "reset" }, { when: "after" })
      const { value, response } = await aywa.files.upload({ file: { path: temporary("x", content) } }).withResponse()
      assert.strictEqual(response.attempts, 2)
      assert.isTrue(response.replayed)
      assert.strictEqual(runtime.count("files"), 1)
      assert.isTrue(Buffer.from(await aywa.files.content(value.id)).equals(content))
      const keys = runtime.requests({ path: "/file", method: "POST" }).map(({ idempotencyKey }) => idempotencyKey)
      assert.strictEqual(keys.length, 2)
      assert.isDefined(keys[0])
      assert.strictEqual(keys[0], keys[1])
    })

    it("sends a stream once, without a key, and says why it was not repeated", async () => {
      const { runtime, aywa } = await start({ transport })
      runtime.faults.next({ type: "status", code: 503 })
      const error = Object(await tagOf(aywa.files.upload({ file: new Blob([content]).stream() })))
      assert.strictEqual(error._tag, "ServerError")
      assert.strictEqual(error.attempts, 1)
      assert.match(error.message, /from a stream, which can be read only once, so it was not sent again/)
      const seen = runtime.requests({ path: "/file" })
      assert.deepStrictEqual(
        seen.map(({ idempotencyKey }) => idempotencyKey),
        [undefined]
      )
    })

    it("a stream that was read is never sent again as nothing: not by a caller's loop, a function or a second call", async () => {
      const { runtime, aywa } = await start({ transport })
      const generator = async function* () {
        yield content
      }
      const streams: ReadonlyArray<() => Parameters<typeof aywa.files.upload>[0]["file"]> = [
        () => new Blob([content]).stream(),
        () => Readable.from([content]),
        () => createReadStream(temporary("again", content)),
        generator
      ]
      for (const make of streams) {
        for (const isFunction of [false, true]) {
          runtime.faults.next({ type: "status", code: 429 })
          const stream = make()
          const file = isFunction ? () => stream as never : stream
          const error = Object(await tagOf(aywa.files.upload({ file })))
          assert.isFalse(error.isRetryable, error.message)
          const again = Object(await tagOf(aywa.files.upload({ file })))
          assert.deepInclude({ ...again }, { _tag: "InvalidRequest", outcome: "not-sent", isRetryable: false })
          assert.match(again.message, /stream (that )?has been read already, or was closed/)
        }
      }
      const read = new Blob([content]).stream()
      await new Response(read).arrayBuffer()
      const locked = new Blob([content]).stream()
      locked.getReader()
      const destroyed = Readable.from([content])
      destroyed.destroy()
      for (const file of [read, locked, destroyed]) {
        assert.include(
          { ...Object(await tagOf(aywa.files.upload({ file }))) },
          { _tag: "InvalidRequest", outcome: "not-sent" }
        )
      }
      assert.strictEqual(runtime.count("files"), 0)
    })

    it("a source that stalls is closed when the call is over", async () => {
      const { aywa } = await start({ transport, retries: 0 })
      let cancelled = 0
      const web = () =>
        new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(content),
          cancel: () => void cancelled++
        })
      const node = () => {
        const stream = new Readable({ read: () => undefined })
        stream.push(content)
        return stream
      }
      const [direct, opened] = [node(), node()]
      const files: ReadonlyArray<Parameters<typeof aywa.files.upload>[0]["file"]> = [
        web(),
        () => web(),
        direct,
        () => opened
      ]
      for (const file of files) {
        const error = Object(await tagOf(aywa.files.upload({ file }, { timeout: 200 })))
        assert.strictEqual(error._tag, "AywaTimeoutError", error.message)
      }
      await eventually(() => assert.deepStrictEqual([cancelled, direct.destroyed, opened.destroyed], [2, true, true]))
    })

    it("a success that comes before the whole file was sent is none, and content in part is none", async () => {
      const hasty = createServer((request, response) => {
        request.once("data", () => {
          response.writeHead(201, { "content-type": "application/json", connection: "close" }).end(JSON.stringify(row))
          request.pause()
        })
      })
      hasty.on("request", (request, response) => {
        if (request.method === "GET") response.writeHead(206, { "content-range": "bytes 0-2/1000" }).end("abc")
      })
      await new Promise<void>((resolve) => hasty.listen(0, "127.0.0.1", resolve))
      onTestFinished(() => void hasty.close())
      const baseUrl = `http://127.0.0.1:${(hasty.address() as AddressInfo).port}`
      await using aywa = new AywaRuntimeClient({ baseUrl, apiKey: "k", retries: 0, transport })
      const large = async function* () {
        for (let i = 0; i < 400; i++) yield Buffer.alloc(100_000)
      }
      const error = Object(await tagOf(aywa.files.upload({ file: large() })))
      assert.include({ ...error }, { _tag: "UnexpectedResponse", outcome: "maybe-applied" }, error.message)
      assert.match(error.message, /before the whole file was sent/)
      const part = Object(await tagOf(aywa.files.content("f")))
      assert.include({ ...part }, { _tag: "UnexpectedResponse", status: 206 })
    })

    it("a stream that was not touched is sent again: nothing listened the first time", async () => {
      const { runtime, aywa } = await start({ transport, retries: 5 })
      runtime.faults.refuse(150)
      const file = await aywa.files.upload({ file: new Blob([content]).stream() })
      assert.strictEqual(file.bytes, content.length)
      assert.strictEqual(runtime.count("files"), 1)
    })

    it("sends the length where it is known", async () => {
      const lengths: Array<string | undefined> = []
      const baseUrl = await listen((request, response) => {
        lengths.push(request.headers["content-length"])
        request.resume()
        request.on("end", () =>
          response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(row))
        )
      })
      const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport })
      await aywa.files.upload({ file: content })
      await aywa.files.upload({ file: new Blob([content]).stream() })
      if (transport === "auto") assert.isAbove(Number(lengths[0]), content.length)
      assert.isUndefined(lengths[1])
    })

    it("a source that fails is told as such, and nothing of it is repeated", async () => {
      const { runtime, aywa } = await start({ transport })
      const missing = Object(await tagOf(aywa.files.upload({ file: { path: "/nowhere/at-all" } })))
      assert.strictEqual(missing._tag, "InvalidRequest")
      assert.strictEqual(missing.outcome, "not-sent")
      assert.deepStrictEqual(missing.issues[0].path, ["file"])
      assert.match(missing.message, /file: It cannot be read \(ENOENT\)\. Check the path\./)
      async function* broken() {
        yield Buffer.from("a")
        throw new Error("the disk is gone")
      }
      const error = Object(await tagOf(aywa.files.upload({ file: broken() })))
      assert.strictEqual(error._tag, "ConnectionError")
      assert.strictEqual(error.attempts, 1)
      assert.strictEqual(error.cause.message, "the disk is gone")
      assert.strictEqual(runtime.count("files"), 0)
    })

    it("no code of a file is taken for one of the connection", async () => {
      const { runtime, aywa } = await start({ transport })
      const opened = () => new Readable({ read: (): never => assert.fail("unused") })
      for (const code of ["EACCES", "EISDIR", "EIO", undefined]) {
        const file = () => {
          const stream = opened()
          stream.destroy(Object.assign(new Error("unreadable"), { code }))
          return stream
        }
        const error = Object(await tagOf(aywa.files.upload({ file })))
        assert.include(
          { ...error },
          { _tag: "ConnectionError", code: "UPLOAD_SOURCE", attempts: 1, isRetryable: false }
        )
        assert.match(error.message, /what was to be uploaded could not be read/)
        assert.strictEqual(error.cause.message, "unreadable")
      }
      assert.strictEqual(runtime.count("files"), 0)
    })

    it("a directory is not sent at all", async () => {
      const { runtime, aywa } = await start({ transport })
      const directory = Object(await tagOf(aywa.files.upload({ file: { path: tmpdir() } })))
      assert.include({ ...directory }, { _tag: "InvalidRequest", outcome: "not-sent", attempts: 1 })
      assert.match(directory.cause.message, /directory/)
      assert.lengthOf(runtime.requests(), 0)
    })

    it.skipIf(!existsSync("/proc/self/fd"))("a file that was never sent is not left open", async () => {
      const path = temporary("x", content)
      const aywa = new AywaRuntimeClient({ baseUrl: await closedPort(), apiKey: "a-key", transport, retries: 0 })
      for (let i = 0; i < 5; i++) {
        for (const file of [{ path }, () => createReadStream(path)]) {
          assert.strictEqual(Object(await tagOf(aywa.files.upload({ file }))).code, "ECONNREFUSED")
        }
      }
      // What was opened is open by then: the pool that opens files works through its queue.
      for (let i = 0; i < 50; i++) await stat(path)
      assert.strictEqual(timesOpen(path), 0)
    })

    it.skipIf(!existsSync("/proc/self/fd"))("a file is closed when the answer does not wait for its end", async () => {
      const path = temporary("x", Buffer.alloc(20_000_000))
      const baseUrl = await listen((_, response) => response.writeHead(413, { connection: "close" }).end())
      const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport, retries: 0 })
      for (let i = 0; i < 5; i++) await tagOf(aywa.files.upload({ file: { path } }))
      for (let i = 0; i < 1000 && timesOpen(path) > 0; i++) await stat(path)
      assert.strictEqual(timesOpen(path), 0)
    })

    it("a stream that was not touched is not said to be used up", async () => {
      const aywa = new AywaRuntimeClient({ baseUrl: await closedPort(), apiKey: "a-key", transport, retries: 1 })
      const error = Object(await tagOf(aywa.files.upload({ file: new Blob([content]).stream() })))
      assert.include({ ...error }, { outcome: "not-sent", attempts: 2 })
      assert.notInclude(error.message, "read only once")
    })

    it("parallel next() of a download gives every piece once, and after return there are none", async () => {
      const baseUrl = await listen((_, response) => {
        response.writeHead(200)
        const pieces = ["a", "b", "c"]
        const write = () => {
          const piece = pieces.shift()
          if (piece === undefined) response.end()
          else response.write(piece, () => setTimeout(write, 5))
        }
        write()
      })
      const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport })
      const iterator = aywa.files.contentStream("an-id")[Symbol.asyncIterator]()
      const all = await Promise.all(Array.from({ length: 6 }, () => iterator.next()))
      const pieces = all.flatMap(({ done, value }) => (done === true ? [] : [value as Uint8Array]))
      assert.strictEqual(Buffer.concat(pieces).toString(), "abc")
      const left = aywa.files.contentStream("an-id")[Symbol.asyncIterator]()
      await left.return?.()
      assert.isTrue((await left.next()).done)
    })

    it("a reader that leaves before the first byte ends the request, and nothing is asked again", async () => {
      let requests = 0
      const asked = Promise.withResolvers<void>()
      const closed = Promise.withResolvers<void>()
      const baseUrl = await listen((_, response) => {
        requests++
        asked.resolve()
        response.on("close", () => closed.resolve())
      })
      await using aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport, timeout: 200 })
      const iterator = aywa.files.contentStream("an-id")[Symbol.asyncIterator]()
      const first = iterator.next()
      await asked.promise
      await iterator.return?.()
      assert.isTrue((await first).done)
      await closed.promise
      await new Promise((resolve) => setTimeout(resolve, 600))
      assert.strictEqual(requests, 1)
    })

    it("a timeout longer than any timer does not fire at once", async () => {
      const baseUrl = await listen((_, response) => {
        response.writeHead(200)
        response.flushHeaders()
        setTimeout(() => response.end("late"), 20)
      })
      const long = { timeout: Number.MAX_SAFE_INTEGER, deadline: Number.MAX_SAFE_INTEGER }
      const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport, ...long })
      assert.strictEqual((await concat(aywa.files.contentStream("an-id"))).toString(), "late")
      assert.strictEqual(Buffer.from(await aywa.files.content("an-id")).toString(), "late")
    })

    it("leaving a download closes its connection", async () => {
      let closed: () => void
      const gone = new Promise<void>((resolve) => (closed = resolve))
      const baseUrl = await listen((_, response) => {
        response.on("close", () => closed())
        const piece = Buffer.alloc(65_536)
        const write = () => {
          while (response.writable && response.write(piece)) {}
        }
        response.on("drain", write)
        write()
      })
      const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport })
      for await (const chunk of aywa.files.contentStream("an-id")) {
        assert.isAbove(chunk.length, 0)
        break
      }
      await gone
    })

    it("a reader that pauses holds the sender back, and gets everything afterwards", async () => {
      const total = 268_435_456
      let written = 0
      const baseUrl = await listen((_, response) => {
        const piece = Buffer.alloc(65_536)
        response.writeHead(200, { "content-length": total })
        const write = () => {
          while (written < total) {
            written += piece.length
            if (!response.write(piece)) return
          }
          response.end()
        }
        response.on("drain", () => written < total && write())
        write()
      })
      const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport })
      let read = 0
      let paused = false
      for await (const chunk of aywa.files.contentStream("an-id")) {
        read += chunk.length
        if (paused) continue
        paused = true
        // Quiet is when nothing moved over many turns of the event loop.
        for (let before = -1, quiet = 0; quiet < 200;) {
          await new Promise((resolve) => setTimeout(resolve, 1))
          quiet = before === written ? quiet + 1 : 0
          before = written
        }
        assert.isBelow(written, total / 4)
      }
      assert.strictEqual(read, total)
    })

    it("aborting a whole download closes its connection", async () => {
      const controller = new AbortController()
      let closed: () => void
      const gone = new Promise<void>((resolve) => (closed = resolve))
      const baseUrl = await listen((_, response) => {
        response.on("close", () => closed())
        response.writeHead(200, { "content-length": 1_000_000_000 })
        const piece = Buffer.alloc(65_536)
        let written = 0
        const write = () => {
          // By then more is gone than sockets hold: the body is being read.
          if (written > 67_108_864) return controller.abort("enough")
          do written += piece.length
          while (response.write(piece))
        }
        response.on("drain", write)
        write()
      })
      const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport })
      const error = Object(await tagOf(aywa.files.content("an-id", { signal: controller.signal })))
      assert.strictEqual(error._tag, "Aborted")
      await gone
    })

    it("aborting a download ends it with Aborted, and however it ends it leaves no listener", async () => {
      let whole = true
      const baseUrl = await listen((_, response) => {
        response.writeHead(200, { "content-length": whole ? "4" : "1000" })
        response.write("some")
        if (whole) response.end()
      })
      const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport })
      const controller = new AbortController()
      const { signal } = controller
      let listening = 0
      const read = async (then: (() => void) | "break" | "go on") => {
        for await (const _ of aywa.files.contentStream("an-id", { signal })) {
          listening += getEventListeners(signal, "abort").length
          if (then === "break") break
          if (then !== "go on") then()
        }
      }
      await read("go on")
      assert.lengthOf(getEventListeners(signal, "abort"), 0)
      whole = false
      await read("break")
      assert.lengthOf(getEventListeners(signal, "abort"), 0)
      const error = Object(await tagOf(read(() => controller.abort("enough"))))
      assert.strictEqual(error._tag, "Aborted")
      assert.strictEqual(error.reason, "enough")
      assert.lengthOf(getEventListeners(signal, "abort"), 0)
      assert.isAbove(listening, 2)
    })

    it("content that breaks off or stalls is a typed error", async () => {
      let mode = "cut"
      const baseUrl = await listen((_, response) => {
        response.writeHead(200, { "content-length": "1000" })
        response.write("some", () => {
          if (mode === "cut") response.destroy()
        })
      })
      const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport, retries: 0, timeout: 300 })
      const cut = Object(await tagOf(concat(aywa.files.contentStream("an-id"))))
      assert.include({ ...cut }, { _tag: "ConnectionError", outcome: "rejected" })
      assert.strictEqual(Object(await tagOf(aywa.files.content("an-id")))._tag, "ConnectionError")
      mode = "stall"
      const stalled = Object(await tagOf(concat(aywa.files.contentStream("an-id"))))
      assert.include({ ...stalled }, { _tag: "AywaTimeoutError", scope: "attempt" })
      assert.strictEqual(Object(await tagOf(aywa.files.content("an-id")))._tag, "AywaTimeoutError")
    })

    const head = "HTTP/1.1 200 OK\r\n"
    it.each([
      ["short of its length, then closed", `${head}content-length: 100\r\n\r\nshort`, "end"],
      ["short of its length, then reset", `${head}content-length: 100\r\n\r\nshort`, "resetAndDestroy"],
      ["between two chunks", `${head}transfer-encoding: chunked\r\n\r\n5\r\nshort\r\n`, "end"],
      ["within a chunk", `${head}transfer-encoding: chunked\r\n\r\n50\r\nshort`, "end"],
      ["within a chunk's size", `${head}transfer-encoding: chunked\r\n\r\n5\r\nshort\r\n5`, "end"]
    ] as const)("content that is cut %s is never a short file", async (_, answer, close) => {
      const server = createSocketServer((socket) => {
        socket.on("error", () => undefined)
        socket.once("data", () => socket.write(answer, () => socket[close]()))
      })
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      onTestFinished(() => void server.close())
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport, retries: 0 })
      for (const read of [() => aywa.files.content("an-id"), () => concat(aywa.files.contentStream("an-id"))]) {
        const error = Object(await tagOf(read()))
        assert.include({ ...error }, { _tag: "ConnectionError", outcome: "rejected" })
      }
    })

    it("content is asked for uncompressed", async () => {
      const asked: Array<unknown> = []
      const baseUrl = await listen((request, response) => {
        asked.push(request.headers["accept-encoding"])
        response.end("content")
      })
      const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport })
      await aywa.files.content("an-id")
      await concat(aywa.files.contentStream("an-id"))
      assert.deepStrictEqual(asked, ["identity", "identity"])
    })

    it("a redirect of a download is refused", async () => {
      let reached = 0
      const elsewhere = await listen((_, response) => {
        reached++
        response.end("other")
      })
      const baseUrl = await listen((_, response) => response.writeHead(302, { location: elsewhere }).end())
      const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport })
      assert.strictEqual(Object(await tagOf(aywa.files.content("an-id")))._tag, "UnexpectedResponse")
      assert.strictEqual(reached, 0)
    })
  })
}

describe("forms", () => {
  it("no name can leave its quotes or its line: the file arrives under exactly one part", async () => {
    let seen: { readonly type: string; readonly body: Buffer } | undefined
    const baseUrl = await listen((request, response) => {
      const parts: Array<Buffer> = []
      request.on("data", (part: Buffer) => parts.push(part))
      request.on("end", () => {
        seen = { type: request.headers["content-type"] ?? "", body: Buffer.concat(parts) }
        response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(row))
      })
    })
    const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key" })
    const name = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
      fc.constantFrom(
        '"; name="purpose',
        "a\r\ncontent-type: text/html\r\n\r\n<script>",
        "\r\n--aywa-\r\n",
        'x"\n',
        "\ud800"
      )
    )
    await fc.assert(
      fc.asyncProperty(name, fc.uint8Array({ maxLength: 200 }), async (name, content) => {
        await aywa.files.upload({ file: content, name, purpose: "assistant" })
        const form = await new Response(Uint8Array.from(seen?.body ?? []), {
          headers: { "content-type": seen?.type ?? "" }
        }).formData()
        assert.deepStrictEqual([...form.keys()], ["purpose", "file"])
        const file = form.get("file")
        assert.instanceOf(file, File)
        assert.deepStrictEqual(new Uint8Array(await file.arrayBuffer()), Uint8Array.from(content))
      }),
      { numRuns: 200 }
    )
  })

  it.each([
    ["a bare path", { file: "a/path" }, "file"],
    ["no file", {}, "file"],
    ["an empty name", { file: Buffer.from("a"), name: "" }, "name"],
    ["a type with a line break", { file: Buffer.from("a"), contentType: "text/plain\r\nx: y" }, "contentType"],
    ["a purpose that is a number", { file: Buffer.from("a"), purpose: 3 }, "purpose"],
    ["metadata beyond the limit", { file: Buffer.from("a"), metadata: { text: "x".repeat(5000) } }, "metadata"]
  ])("refuses %s before anything is sent", async (_, body, path) => {
    const { runtime, aywa } = await start()
    // @ts-expect-error what plain JavaScript may pass
    const error = Object(await tagOf(aywa.files.upload(body)))
    assert.strictEqual(error._tag, "InvalidRequest")
    assert.deepStrictEqual(
      error.issues.map((issue: { path: ReadonlyArray<string> }) => issue.path.join(".")),
      [path]
    )
    assert.lengthOf(runtime.requests(), 0)
  })

  it("two forms never share a boundary", async () => {
    const boundaries = new Set<string>()
    const baseUrl = await listen((request, response) => {
      boundaries.add(/boundary=(.+)$/.exec(request.headers["content-type"] ?? "")?.[1] ?? "")
      request.resume()
      request.on("end", () => response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(row)))
    })
    const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key" })
    for (let i = 0; i < 20; i++) await aywa.files.upload({ file: Buffer.from("a") })
    assert.strictEqual(boundaries.size, 20)
    for (const boundary of boundaries) assert.match(boundary, /^aywa-[0-9a-f]{48}$/)
  })
})

describe("Effect", () => {
  it.live("a download that breaks off tells how many attempts were made", () =>
    Effect.gen(function* () {
      let asked = 0
      const baseUrl = yield* Effect.promise(() =>
        listen((_, response) => {
          if (asked++ === 0) {
            response.writeHead(503, { "retry-after": "0" }).end()
          } else {
            response.writeHead(200, { "content-length": "1000" })
            response.write("some", () => response.destroy())
          }
        })
      )
      const drain = Effect.flatMap(Files.Files, (files) => Effect.flip(Stream.runDrain(files.contentStream("an-id"))))
      const error = yield* Effect.provide(drain, AywaRuntime.layer({ baseUrl, apiKey: "a-key" }))
      assert.include({ ...error }, { _tag: "ConnectionError", attempts: 2, outcome: "rejected" })
    })
  )

  it.live("uploads, and downloads as a Stream", () =>
    Effect.gen(function* () {
      const { runtime } = yield* Effect.promise(() => start())
      yield* Effect.gen(function* () {
        const files = yield* Files.Files
        const file = yield* files.upload({ file: Buffer.from("0123456789".repeat(100_000)), name: "digits.txt" })
        const length = yield* Stream.runFold(
          files.contentStream(file.id),
          () => 0,
          (sum, chunk) => sum + chunk.length
        )
        assert.strictEqual(length, 1_000_000)
        assert.lengthOf(yield* Stream.runCollect(Stream.take(files.contentStream(file.id), 1)), 1)
        const missing = yield* Effect.flip(Stream.runDrain(files.contentStream("nobody")))
        assert.strictEqual(missing._tag, "NotFound")
      }).pipe(Effect.provide(AywaRuntime.layer({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })))
    })
  )
})
