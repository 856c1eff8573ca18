import * as http from "node:http"
import * as net from "node:net"
import { assert, describe, it } from "vitest"
import { assertMatches, eventually, rejection } from "../../runtime-sdk/test/support/assertions.ts"
import { type LocalRuntimeHandle, startLocalRuntime } from "../src/index.ts"
import { failure, start, temporaryFile } from "./support.ts"

/** A request that fetch would not make. */
const raw = (runtime: LocalRuntimeHandle, options: http.RequestOptions, body?: string | Buffer) =>
  new Promise<{ status: number; body: string; headers: http.IncomingHttpHeaders }>((resolve, reject) => {
    const { hostname, port } = new URL(runtime.baseUrl)
    const request = http.request({ hostname, port, ...options, agent: false }, (response) => {
      let text = ""
      response.on("data", (chunk: Buffer) => (text += chunk.toString()))
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }))
    })
    request.on("error", reject)
    request.end(body)
  })

describe("answers", () => {
  it("probes need no key", async () => {
    const { runtime } = await start()
    assert.strictEqual((await fetch(`${runtime.baseUrl}/health`)).status, 200)
    assert.deepStrictEqual(await (await fetch(`${runtime.baseUrl}/readyz`)).json(), { status: "ready" })
    assert.strictEqual((await fetch(`${runtime.baseUrl}/readyz`, { method: "POST" })).status, 405)
  })

  it("take a request id, or make one", async () => {
    const { call } = await start()
    const given = await call("GET", "/nothing", undefined, { headers: { "x-request-id": "mine-1" } })
    assert.deepStrictEqual([given.headers.get("x-request-id"), given.body.requestId], ["mine-1", "mine-1"])
    const made = await call("GET", "/assistant", undefined, { headers: { "x-request-id": "not ok" } })
    assert.match(made.headers.get("x-request-id") ?? "", /^req_[a-z2-7]{20}$/)
  })

  it("404 for a path that is not there, 405 with Allow for a method that is not", async () => {
    const { call } = await start()
    for (const path of ["/nothing", "/assistant/", "/assistant/x/y", "/Assistant"]) {
      assert.deepStrictEqual([path, (await call("GET", path)).status], [path, 404])
    }
    const wrong = await call("PUT", "/assistant/x")
    assert.deepStrictEqual(
      [wrong.status, wrong.body.error, wrong.headers.get("allow")],
      [405, "Method Not Allowed", "GET, PATCH, DELETE, HEAD"]
    )
    assert.strictEqual((await call("DELETE", "/assistant")).headers.get("allow"), "GET, POST, HEAD")
  })

  it("the contract as OpenAPI, without a key", async () => {
    const { runtime } = await start()
    const response = await fetch(`${runtime.baseUrl}/openapi.json`)
    assertMatches(await response.json(), { openapi: "3.1.0", paths: { "/assistant": { post: {} } } })
  })

  it("an id may have any characters", async () => {
    const { call } = await start()
    for (const id of ["a%2Fb", "%E0%A4%A", "..%2f", "%00", "'--"]) {
      assert.deepStrictEqual([id, (await call("GET", `/assistant/${id}`)).status], [id, 404])
    }
  })

  it("415 for a body that is not JSON by its type, 400 invalid_json for one that is not JSON", async () => {
    const { call, runtime } = await start()
    const post = (body: string, type: string) => call("POST", "/assistant", body, { headers: { "content-type": type } })
    assert.strictEqual((await post("{}", "text/plain")).status, 415)
    assert.strictEqual((await post("{}", "application/jsonx")).status, 415)
    assert.strictEqual((await post("{}", "application/json; charset=utf-8")).status, 201)
    assert.strictEqual((await post("{}", "application/merge-patch+json")).status, 201)
    for (const body of ["{", "", "{'a':1}", "NaN"]) {
      const answer = await post(body, "application/json")
      assert.deepStrictEqual([body, answer.status, answer.body.code], [body, 400, "invalid_json"])
    }
    const bytes = Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])
    const headers = { authorization: `Bearer ${runtime.apiKey}`, "content-type": "application/json" }
    assert.strictEqual((await raw(runtime, { method: "POST", path: "/assistant", headers }, bytes)).status, 400)
  })

  it("413 beyond 10 MiB, announced or not, and the next request is fine", async () => {
    const { call, runtime } = await start()
    const big = JSON.stringify({ firstMessage: "x".repeat(10 * 1024 * 1024) })
    assert.strictEqual((await call("POST", "/assistant", big)).status, 413)
    const headers = {
      authorization: `Bearer ${runtime.apiKey}`,
      "content-type": "application/json",
      "transfer-encoding": "chunked"
    }
    assert.strictEqual((await raw(runtime, { method: "POST", path: "/assistant", headers }, big)).status, 413)
    assert.strictEqual((await call("POST", "/assistant", { firstMessage: "x".repeat(9 * 1024 * 1024) })).status, 201)
    assert.strictEqual(runtime.count("assistants"), 1)
  })

  it("421 for a Host that is not loopback: a page may point its own name here", async () => {
    const { runtime } = await start()
    const ask = (host: string) => raw(runtime, { path: "/health", headers: { host } })
    for (const host of ["localhost", "localhost:4010", "127.0.0.1", "127.1.2.3:80", "[::1]:9", "LOCALHOST"]) {
      assert.deepStrictEqual([host, (await ask(host)).status], [host, 200])
    }
    for (const host of [
      "attacker.example",
      "localhost.attacker.example",
      "127.0.0.1.attacker.example",
      "10.0.0.1",
      "x:1"
    ]) {
      assert.deepStrictEqual([host, (await ask(host)).status], [host, 421])
    }
  })

  it("no CORS", async () => {
    const { call } = await start()
    const { headers } = await call("GET", "/assistant", undefined, { headers: { origin: "http://localhost:3000" } })
    assert.isNull(headers.get("access-control-allow-origin"))
  })

  it("errors as RFC 9457 on request, with the same members", async () => {
    const { call } = await start()
    const headers = { accept: "application/problem+json" }
    const { body, headers: answered } = await call("POST", "/assistant", { name: 1 }, { headers })
    assert.strictEqual(answered.get("content-type"), "application/problem+json")
    assertMatches(body, { type: "about:blank", title: "Bad Request", status: 400, statusCode: 400 })
    assert.lengthOf(body.message, 1)
  })

  it("survives bytes that are not HTTP, and clients that vanish", async () => {
    const { call, runtime } = await start()
    const { hostname, port } = new URL(runtime.baseUrl)
    const talk = (text: string) =>
      new Promise<void>((resolve) => {
        const socket = net.connect(Number(port), hostname, () => {
          socket.write(text)
          setTimeout(() => socket.resetAndDestroy(), 20)
        })
        socket.on("close", () => resolve())
        socket.on("error", () => {})
      })
    await talk("\u0016\u0003\u0001 hello\r\n\r\n")
    const head = `POST /assistant HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${runtime.apiKey}\r\n`
    await talk(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"name":`)
    await talk(`${head}Content-`)
    assert.deepStrictEqual((await call("GET", "/assistant")).body, [])
    await eventually(() => assert.isAtMost(runtime.connections().open, 1))
  })
})

describe("rate limit", () => {
  it("is off unless asked for", async () => {
    const { call } = await start()
    assert.isNull((await call("GET", "/assistant")).headers.get("ratelimit"))
  })

  it("counts per key, refills with the clock, and does not use up an idempotency key", async () => {
    const { call, runtime } = await start({ clock: "manual", rateLimit: { limit: 2, windowSeconds: 60 } })
    const first = await call("GET", "/assistant")
    assert.strictEqual(first.headers.get("ratelimit"), '"default";r=1;t=30')
    assert.strictEqual(first.headers.get("ratelimit-policy"), '"default";q=2;w=60')
    await call("GET", "/assistant")
    const refused = await call("POST", "/assistant", { name: "A" }, { key: "k" })
    assert.deepStrictEqual(
      [refused.status, refused.body.code, refused.headers.get("retry-after")],
      [429, "rate_limited", "30"]
    )
    assert.strictEqual(refused.headers.get("x-ratelimit-remaining"), "0")
    const other = runtime.addKey()
    assert.strictEqual((await call("GET", "/assistant", undefined, { apiKey: other.key })).status, 200)
    assert.strictEqual((await call("GET", "/health")).status, 200)
    runtime.clock.advance(30_000)
    assert.strictEqual((await call("POST", "/assistant", { name: "B" }, { key: "k" })).status, 201)
  })

  it("can write Retry-After as a date", async () => {
    const { call } = await start({ rateLimit: { limit: 1, retryAfterFormat: "date" } })
    await call("GET", "/assistant")
    const { headers } = await call("GET", "/assistant")
    assert.isAbove(Date.parse(headers.get("retry-after") ?? ""), Date.now())
  })
})

describe("the handle", () => {
  it("keeps a journal without secrets", async () => {
    const { call, runtime } = await start()
    await call("POST", "/assistant?x=1", { name: "A" }, { key: "k", headers: { "x-aywa-attempt": "2" } })
    await call("POST", "/assistant", { name: "A" }, { key: "k", headers: { "x-aywa-attempt": "2" } })
    const [refused, entry] = runtime.requests({ method: "POST" })
    assertMatches(refused, { path: "/assistant", query: "x=1", committed: true })
    assertMatches(entry, {
      method: "POST",
      path: "/assistant",
      attempt: 2,
      idempotencyKey: "k",
      body: { name: "A" },
      fault: undefined
    })
    assert.strictEqual(entry?.headers["authorization"], "Bearer ***")
    assert.notInclude(JSON.stringify(runtime.requests()), runtime.apiKey)
    assert.deepStrictEqual(runtime.requests({ path: /^\/phone/ }), [])
    assert.lengthOf(runtime.requests({ idempotencyKey: "k" }), 2)
  })

  it("counts connections", async () => {
    const { runtime } = await start()
    assert.deepStrictEqual(runtime.connections(), { open: 0, total: 0 })
    await raw(runtime, { path: "/health" })
    await raw(runtime, { path: "/health" })
    await eventually(() => assert.deepStrictEqual(runtime.connections(), { open: 0, total: 2 }))
  })

  it("restarts on the same port, with the same rows and keys", async () => {
    for (const store of ["memory", { file: temporaryFile() }] as const) {
      const { call, runtime } = await start({ store })
      const { body: row } = await call("POST", "/assistant", { name: "A" })
      const before = runtime.baseUrl
      await runtime.restart()
      await runtime.restart()
      assert.strictEqual(runtime.baseUrl, before)
      assert.deepStrictEqual((await call("GET", "/assistant")).body, [row])
    }
  })

  it("moves the clock that stamps rows", async () => {
    const { call, runtime } = await start({ clock: "manual" })
    runtime.clock.set("2030-05-05T05:05:05.005Z")
    const { body: row } = await call("POST", "/assistant", {})
    assert.strictEqual(row.createdAt, "2030-05-05T05:05:05.005Z")
    runtime.clock.advance(1500)
    const { body: patched } = await call("PATCH", `/assistant/${row.id}`, { name: "B" })
    assert.deepStrictEqual(
      [patched.createdAt, patched.updatedAt],
      ["2030-05-05T05:05:05.005Z", "2030-05-05T05:05:06.505Z"]
    )
    assert.throws(() => runtime.clock.set("never"), /Not a time/)
    assert.throws(() => runtime.clock.set(8.64e15), /from 1970 to 9999/)
    assert.throws(() => runtime.clock.advance(-1), /0 or more/)
  })

  it("takes fractions of milliseconds wherever it takes milliseconds", async () => {
    const { call, runtime } = await start({ clock: "manual", callPace: { turn: 33.3 }, idempotencyTtl: 1000.5 })
    runtime.clock.set(Date.UTC(2030) + 0.25)
    await runtime.clock.advance(100 / 3)
    runtime.webhooks.rotateSecret({ overlap: 0.5 })
    runtime.calls.script({}, [{ wait: 1.5 }, { user: "Hi" }])
    const body = { assistant: { firstMessage: "Hello" }, customer: { number: "+14155550188" } }
    const { body: call1, status } = await call("POST", "/call", body, { key: "k" })
    assert.deepStrictEqual([status, call1.createdAt], [201, "2030-01-01T00:00:00.033Z"])
    await runtime.clock.advance(60_000)
    assert.strictEqual((await call("GET", `/call/${call1.id}`)).body.status, "ended")
  })

  it("resets to nothing, keys apart", async () => {
    const { call, runtime } = await start()
    await call("POST", "/assistant", {}, { key: "k" })
    runtime.faults.add({ action: "reset" })
    runtime.reset()
    assert.deepStrictEqual(runtime.requests(), [])
    assert.strictEqual((await call("POST", "/assistant", { name: "B" }, { key: "k" })).status, 201)
    assert.strictEqual(runtime.count("assistants"), 1)
  })

  it("closes once, with await using too, and leaves the port", async () => {
    let baseUrl = ""
    {
      await using runtime = await startLocalRuntime()
      baseUrl = runtime.baseUrl
      await fetch(`${baseUrl}/health`)
      await runtime.close()
    }
    assert.strictEqual(await failure(fetch(`${baseUrl}/health`)), "fetch failed: ECONNREFUSED")
  })

  it("binds to loopback only, unless told loudly", async () => {
    assert.match((await rejection(startLocalRuntime({ host: "0.0.0.0" }))).message, /unsafeExpose/)
    const runtime = await startLocalRuntime({ host: "0.0.0.0", unsafeExpose: true })
    await runtime.close()
  })

  it("says which port is taken, and leaves nothing open", async () => {
    const { runtime } = await start()
    assert.match(
      (await rejection(startLocalRuntime({ port: Number(new URL(runtime.baseUrl).port) }))).message,
      /EADDRINUSE/
    )
  })
})
