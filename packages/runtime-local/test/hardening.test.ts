/** What a client must not be able to do to the process: it answers or refuses, and goes on. */
import { once } from "node:events"
import { connect } from "node:net"
import { assert, describe, it } from "vitest"
import { eventually, rejection } from "../../runtime-sdk/test/support/assertions.ts"
import { makeJournal, type OpenEntry } from "../src/http/journal.ts"
import { type Client, start } from "./support.ts"

/** Requests that come together; more of them before a release. */
const burst = Number(process.env["AYWA_BURST"] ?? 1000)

const alive = async ({ call }: Client) => assert.strictEqual((await call("GET", "/health")).status, 200)

/** Sends bytes as they are, and gives what comes back until the server ends the connection. */
const raw = async (baseUrl: string, ...parts: ReadonlyArray<string>): Promise<string> => {
  const socket = connect({ port: Number(new URL(baseUrl).port), host: "127.0.0.1" })
  await once(socket, "connect")
  for (const part of parts) socket.write(part)
  let text = ""
  socket.on("data", (data: Buffer) => (text += data.toString("latin1")))
  socket.on("error", () => {})
  await new Promise((resolve) => socket.once("close", resolve))
  return text
}

describe("slow clients", () => {
  it("headers that never end are cut off", async () => {
    const client = await start({ limits: { headersTimeout: 500, requestTimeout: 2000 } })
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        raw(client.runtime.baseUrl, "GET /assistant HTTP/1.1\r\n", "Host: 127.0.0.1\r\nX-A: ")
      )
    )
    for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 408 /)
    await alive(client)
    assert.isBelow(client.runtime.connections().open, 5)
  })

  it("a body that never ends is cut off, and nothing is written", async () => {
    const client = await start({ limits: { headersTimeout: 500, requestTimeout: 2000 } })
    const { baseUrl, apiKey } = client.runtime
    const head = `POST /assistant HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${apiKey}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"name":`
    await Promise.all(Array.from({ length: 20 }, () => raw(baseUrl, head)))
    await alive(client)
    assert.strictEqual(client.runtime.count("assistants"), 0)
  })
})

describe("hostile requests", () => {
  it("what is not HTTP, and headers without end, are refused", async () => {
    const client = await start()
    const { baseUrl } = client.runtime
    assert.match(await raw(baseUrl, "\x16\x03\x01\x02\x00 not http\r\n\r\n"), /^HTTP\/1\.1 400 /)
    assert.match(
      await raw(baseUrl, `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ${"a".repeat(100_000)}\r\n\r\n`),
      /^(HTTP\/1\.1 431 |$)/
    )
    await alive(client)
  })

  it("bodies of every kind get an answer, and the next request its own", async () => {
    const client = await start()
    const { baseUrl, apiKey } = client.runtime
    const bodies = [
      "",
      "{",
      "null",
      "[]",
      '"x"',
      "\u0000",
      "\uFEFF{}",
      "[".repeat(200_000),
      `{"a":${"[".repeat(500)}${"]".repeat(500)}}`,
      `{"name":"${"\\u0000".repeat(10)}"}`,
      '{"__proto__":{"polluted":true}}',
      '{"constructor":{"prototype":{"polluted":true}}}',
      `{"metadata":{"n":1e400}}`
    ]
    for (const body of bodies) {
      const response = await fetch(`${baseUrl}/assistant`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body
      })
      assert.oneOf(response.status, [201, 400], body.slice(0, 40))
      await response.text()
    }
    assert.isFalse(Object.hasOwn(Object.prototype, "polluted"))
    await alive(client)
  })

  it("JSON that is too deep, and bodies that are too large, are refused by name", async () => {
    const limits = { bodyBytes: 1000, importBytes: 5000, jsonDepth: 10 }
    const { call } = await start({ limits })
    const deep = (levels: number) =>
      `{"metadata":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`.replace("[", '{"a":').replace(/\]\}$/, "}}")
    assert.strictEqual((await call("POST", "/assistant", deep(10))).status, 201)
    const tooDeep = await call("POST", "/assistant", deep(11))
    assert.deepStrictEqual([tooDeep.status, tooDeep.body.code], [400, "json_too_deep"])
    // Brackets in text are text.
    assert.strictEqual((await call("POST", "/assistant", { name: `"\\"${"[{".repeat(12)}` })).status, 201)
    const large = { assistants: [{ id: "a", firstMessage: "x".repeat(2000) }] }
    assert.strictEqual((await call("POST", "/imports/vapi", large)).status, 201)
    for (const [path, body] of [
      ["/assistant", { firstMessage: "x".repeat(2000) }],
      ["/imports/vapi", { assistants: [{ id: "a", firstMessage: "x".repeat(6000) }] }]
    ] as const) {
      const { status, body: answer } = await call("POST", path, body)
      assert.deepStrictEqual([path, status, answer.code], [path, 413, "body_too_large"])
    }
  })

  it("all bodies together are bounded: who comes too late hears 503, and later has room", async () => {
    const { call, runtime } = await start({ limits: { heldBytes: 100_000 } })
    const { apiKey, baseUrl } = runtime
    const head = (length: number) =>
      `POST /assistant HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${apiKey}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`
    const socket = connect({ port: Number(new URL(baseUrl).port), host: "127.0.0.1" })
    await once(socket, "connect")
    socket.on("error", () => {})
    // It has sent most of its body, and takes its time with the rest.
    socket.write(`${head(95_000)}{"firstMessage":"${"x".repeat(90_000)}`)
    const body = { firstMessage: "x".repeat(20_000) }
    await eventually(async () => assert.strictEqual((await call("POST", "/assistant", body)).status, 503))
    const refused = await call("POST", "/assistant", body, { key: "k" })
    assert.deepStrictEqual([refused.body.code, refused.headers.get("retry-after")], ["overloaded", "1"])
    assert.strictEqual((await call("GET", "/assistant")).status, 200)
    socket.destroy()
    await eventually(async () => assert.strictEqual((await call("POST", "/assistant", body, { key: "k" })).status, 201))
  })

  it("the journal keeps the newest requests only, when their heads are large", () => {
    const journal = makeJournal({ limit: 1000, bodyBytes: 1000, headBytes: 10_000 })
    const text = "x".repeat(90)
    for (let i = 0; i < 500; i++) {
      journal.add({ requestId: String(i), path: "/a", query: "", headers: { "x-a": text } } as unknown as OpenEntry)
    }
    const kept = journal.list().map(({ requestId }) => Number(requestId))
    assert.isAtLeast(kept.length, 50)
    assert.isAtMost(kept.length, 110)
    assert.deepStrictEqual(
      kept,
      kept.map((_, i) => 500 - kept.length + i)
    )
    journal.add({ requestId: "huge", path: "/a", query: text.repeat(1000), headers: {} } as unknown as OpenEntry)
    assert.deepStrictEqual(
      journal.list().map(({ requestId }) => requestId),
      ["huge"]
    )
  })

  it("the journal keeps the newest bodies only, when they are large", () => {
    const journal = makeJournal({ limit: 100, bodyBytes: 1000 })
    const head = { path: "/a", query: "", headers: {} }
    const entries = Array.from({ length: 30 }, (_, i) => ({ ...head, requestId: String(i) }) as OpenEntry)
    for (const [i, entry] of entries.entries()) {
      journal.add(entry)
      entry.body = Buffer.from(JSON.stringify({ i }).padEnd(100))
      journal.settle(entry)
    }
    const kept = journal.list().flatMap(({ body }, i) => (body === undefined ? [] : [i]))
    assert.isAtMost(kept.length, 10)
    assert.deepStrictEqual(
      kept,
      kept.map((_, i) => 30 - kept.length + i)
    )
    entries[0]!.body = Buffer.from(JSON.stringify("x".repeat(1_000_000)))
    journal.settle(entries[0]!)
    assert.lengthOf(
      journal.list().filter(({ body }) => body !== undefined),
      1
    )
  })

  it(`${burst} requests at once: each is answered or refused, and what was acknowledged is there`, async () => {
    const client = await start()
    const { baseUrl, apiKey } = client.runtime
    const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" }
    const statuses = await Promise.all(
      Array.from({ length: burst }, async (_, i) => {
        try {
          const response = await fetch(`${baseUrl}/assistant`, {
            method: "POST",
            headers,
            body: JSON.stringify({ name: `A ${i}` })
          })
          await response.text()
          return response.status
        } catch {
          return 0
        }
      })
    )
    const created = statuses.filter((status) => status === 201).length
    assert.deepStrictEqual(
      statuses.filter((status) => ![0, 201, 429, 503].includes(status)),
      []
    )
    assert.isAbove(created, burst / 5)
    // A connection that broke may have written its row all the same; an acknowledged one has.
    assert.isAtLeast(client.runtime.count("assistants"), created)
    assert.isAtMost(client.runtime.count("assistants"), created + statuses.filter((s) => s === 0).length)
    await alive(client)
  }, 60_000)
})

it("a download whose file is deleted ends with an error, and does not hang", async () => {
  const { call, runtime } = await start()
  const { apiKey, baseUrl } = runtime
  const form = new FormData()
  // More than the connection's buffers hold.
  form.append("file", new File([new Uint8Array(24 * 1024 * 1024)], "a.bin"))
  const headers = { authorization: `Bearer ${apiKey}` }
  const { id } = (await (await fetch(`${baseUrl}/file`, { method: "POST", headers, body: form })).json()) as {
    id: string
  }
  const response = await fetch(`${baseUrl}/file/${id}/content`, { headers })
  assert.strictEqual((await call("DELETE", `/file/${id}`)).status, 200)
  assert.include((await rejection(response.arrayBuffer())).message, "terminated")
})
