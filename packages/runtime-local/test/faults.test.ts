import { assert, describe, it } from "vitest"
import { assertMatches, eventually, rejection } from "../../runtime-sdk/test/support/assertions.ts"
import { type BareAction, type FaultAction, type FaultInput, startLocalRuntime } from "../src/index.ts"
import { type Client, failure, start } from "./support.ts"

const create = ({ call }: Client, fault?: string, key = "k") =>
  call(
    "POST",
    "/assistant",
    { name: "A", model: { provider: "openai", model: "gpt-4o" } },
    fault === undefined ? { key } : { key, fault }
  )

/** How Node's fetch sees an answer that never arrives whole. */
const lost: ReadonlyArray<[BareAction, RegExp]> = [
  ["reset", /^fetch failed: ECONNRESET$/],
  ["close", /^fetch failed: UND_ERR_SOCKET$/],
  ["truncate", /^terminated: UND_ERR_SOCKET$/],
  ["chunk-cut", /^terminated: UND_ERR_SOCKET$/],
  ["malformed-chunk", /^terminated: .*does not match the HTTP\/1\.1 protocol/],
  ["bad-gzip", /^terminated: Z_DATA_ERROR$/]
]

describe("an answer that is lost", () => {
  it.each(lost)("%s before: nothing was done", async (action, expected) => {
    const client = await start()
    assert.match(await failure(create(client, `${action};when=before`)), expected)
    assert.strictEqual(client.runtime.count("assistants"), 0)
    assertMatches(client.runtime.requests().at(-1), { committed: false, fault: `${action} before` })
    assert.strictEqual((await create(client)).status, 201)
  })

  it.each(lost)("%s after: it was done, and a retry gives the answer that was lost", async (action, expected) => {
    const client = await start()
    assert.match(await failure(create(client, `${action};when=after`)), expected)
    assert.strictEqual(client.runtime.count("assistants"), 1)
    assertMatches(client.runtime.requests().at(-1), { committed: true, status: 201, fault: `${action} after` })
    const retry = await create(client)
    assert.deepStrictEqual([retry.status, retry.headers.get("idempotency-replayed")], [201, "true"])
    assert.deepStrictEqual(client.runtime.rows("assistants"), [retry.body])
  })

  it.each(["truncate", "chunk-cut", "malformed-chunk", "bad-gzip"])("%s shows the status first", async (action) => {
    const { runtime } = await start()
    const headers = { authorization: `Bearer ${runtime.apiKey}`, "aywa-fault": action }
    const response = await fetch(`${runtime.baseUrl}/assistant`, { headers })
    assert.strictEqual(response.status, 200)
    assert.match(await failure(response.text()), /^terminated/)
  })

  it.each(["before", "after"] as const)("stall %s: headers, then nothing", async (when) => {
    const { runtime } = await start()
    const abort = new AbortController()
    const response = await fetch(`${runtime.baseUrl}/assistant`, {
      method: "POST",
      signal: abort.signal,
      headers: {
        authorization: `Bearer ${runtime.apiKey}`,
        "content-type": "application/json",
        "aywa-fault": `stall;when=${when}`
      },
      body: "{}"
    })
    assert.strictEqual(response.status, 201)
    // From the headers on: until they are there a loaded machine takes its time.
    setTimeout(() => abort.abort(new Error("nothing came")), 150)
    assert.match((await rejection(response.text())).message, /nothing came/)
    assert.strictEqual(runtime.count("assistants"), when === "after" ? 1 : 0)
  })

  it("a stalled answer does not keep the runtime from closing", async () => {
    const client = await start()
    const stalled = failure(create(client, "stall"))
    await eventually(() => assert.strictEqual(client.runtime.requests().at(0)?.status, 201))
    await client.runtime.close()
    assert.match(await stalled, /^terminated/)
  })
})

describe("another answer", () => {
  it("status: the body of every error, with the code injected_fault", async () => {
    const client = await start()
    const { status, body, headers } = await create(client, "status;code=503;retryAfter=7")
    assert.deepStrictEqual([status, headers.get("retry-after")], [503, "7"])
    assert.deepStrictEqual(body, {
      statusCode: 503,
      message: "Injected 503",
      error: "Service Unavailable",
      code: "injected_fault",
      requestId: headers.get("x-request-id")
    })
    assert.strictEqual(client.runtime.count("assistants"), 0)
  })

  it("status after: the work is done and its record kept", async () => {
    const client = await start()
    assert.strictEqual((await create(client, "status;code=500;when=after")).status, 500)
    const retry = await create(client)
    assert.deepStrictEqual([retry.status, retry.headers.get("idempotency-replayed")], [201, "true"])
    assert.strictEqual(client.runtime.count("assistants"), 1)
  })

  it("429 before looks like the limiter's own, 429 after does not", async () => {
    const client = await start({ rateLimit: { limit: 50 } })
    const before = await create(client, "status;code=429;retryAfter=3")
    assert.deepStrictEqual(
      [before.status, before.body.code, before.headers.get("retry-after")],
      [429, "rate_limited", "3"]
    )
    assert.strictEqual(before.headers.get("ratelimit-policy"), '"default";q=50;w=60')
    const after = await create(client, "status;code=429;when=after")
    assert.deepStrictEqual([after.status, after.body.code], [429, "injected_fault"])
    assert.strictEqual(client.runtime.count("assistants"), 1)
  })

  it("status takes a body and headers of its own from a rule", async () => {
    const client = await start()
    client.runtime.faults.next({ type: "status", code: 418, body: { a: 1 }, headers: { "x-should-retry": "false" } })
    const { status, body, headers } = await create(client)
    assert.deepStrictEqual([status, body, headers.get("x-should-retry")], [418, { a: 1 }, "false"])
  })

  it("html: a gateway's page", async () => {
    const client = await start()
    const { status, text, headers } = await create(client, "html;code=504;when=after")
    assert.deepStrictEqual([status, headers.get("content-type")], [504, "text/html; charset=utf-8"])
    assert.include(text, "<html>")
    assert.strictEqual(client.runtime.count("assistants"), 1)
  })

  it("redirect: 307 to where it is told", async () => {
    const { call } = await start()
    const { status, headers } = await call("GET", "/assistant", undefined, {
      fault: "redirect;to=http://127.0.0.1:9/x"
    })
    assert.deepStrictEqual([status, headers.get("location")], [307, "http://127.0.0.1:9/x"])
  })

  it("empty: 200 and no body", async () => {
    const { call } = await start()
    const { status, text } = await call("GET", "/assistant", undefined, { fault: "empty" })
    assert.deepStrictEqual([status, text], [200, ""])
  })

  it("invalid-json, missing-field, extra-fields, unknown-enum change rows and lists in any shape", async () => {
    for (const listShape of [1, 2, 3, 4] as const) {
      const client = await start({ listShape })
      const { body: row } = await create(client)
      const rows = (body: { results?: unknown; items?: unknown }) => body.results ?? body.items ?? body
      const list = async (fault: string) => rows((await client.call("GET", "/assistant", undefined, { fault })).body)
      const read = (fault: string) => client.call("GET", `/assistant/${row.id}`, undefined, { fault })
      assert.isUndefined((await read("invalid-json")).body)
      assert.isUndefined((await read("missing-field")).body.id)
      assert.notProperty((await read("missing-field;field=name")).body, "name")
      assertMatches((await read("extra-fields")).body, { ...row, aywaUnknownField: { nested: [1, null, "x"] } })
      assert.strictEqual((await read("unknown-enum")).body.model.provider, "aywa-unknown")
      const missing = await list("missing-field;field=orgId")
      assertMatches(missing, [{}])
      assert.notInclude(JSON.stringify(missing), "orgId")
      assertMatches(await list("extra-fields"), [{ id: row.id, "x-unknown": null }])
    }
  })

  it("duplicate-headers: fetch joins them", async () => {
    const { call } = await start()
    const { headers, body } = await call("GET", "/assistant", undefined, { fault: "duplicate-headers" })
    assert.match(headers.get("x-request-id") ?? "", /^(\S+), \1$/)
    assert.deepStrictEqual(body, [])
  })
})

describe("answers that are not rows", () => {
  it("are changed only by what can change them, and cut as any other", async () => {
    const client = await start()
    const { apiKey, baseUrl } = client.runtime
    const headers = { authorization: `Bearer ${apiKey}` }
    const form = new FormData()
    form.append("file", new File(["x".repeat(1000)], "a.json", { type: "application/json" }))
    const uploaded = await fetch(`${baseUrl}/file`, { method: "POST", headers, body: form })
    const path = `/file/${((await uploaded.json()) as { id: string }).id}/content`
    for (const fault of ["extra-fields", "unknown-enum", "missing-field"]) {
      const { status, text } = await client.call("GET", path, undefined, { fault })
      assert.deepStrictEqual([fault, status, text.length], [fault, 200, 1000])
      assert.strictEqual((await client.call("GET", "/metrics", undefined, { fault })).status, 200)
    }
    const body = async (fault: string) => {
      const response = await fetch(baseUrl + path, { headers: { ...headers, "aywa-fault": fault } })
      return `${response.status} ${await response.text().then(({ length }) => length, String)}`
    }
    assert.strictEqual(await body("duplicate-headers"), "200 1000")
    for (const fault of ["truncate", "chunk-cut"]) assert.strictEqual(await body(fault), "200 TypeError: terminated")
  })
})

describe("slow answers", () => {
  it("latency before and after wait, and answer truly", async () => {
    for (const when of ["before", "after"]) {
      const client = await start()
      const begin = performance.now()
      assert.strictEqual((await create(client, `latency;ms=120;when=${when}`)).status, 201)
      assert.isAbove(performance.now() - begin, 115)
    }
  })

  it("a request whose client gave up during the latency is still worked on", async () => {
    const client = await start()
    const given = client.call("POST", "/assistant", {}, { fault: "latency;ms=1000", signal: AbortSignal.timeout(400) })
    assert.match(await failure(given), /timeout/)
    assert.strictEqual(client.runtime.count("assistants"), 0)
    await eventually(() => assert.strictEqual(client.runtime.count("assistants"), 1))
  })

  it("latency after is time in which the work is already done", async () => {
    const client = await start()
    const slow = create(client, "latency;ms=300;when=after")
    await eventually(() => assert.strictEqual(client.runtime.count("assistants"), 1))
    assert.strictEqual((await create(client)).headers.get("idempotency-replayed"), "true")
    assert.strictEqual((await slow).status, 201)
  })

  it("dribble sends all bytes, slowly", async () => {
    const client = await start()
    const { text } = await create(client)
    const begin = performance.now()
    const { text: dribbled } = await create(client, `dribble;bytesPerSecond=${text.length * 4}`)
    assert.strictEqual(dribbled, text)
    assert.isAbove(performance.now() - begin, 200)
  })
})

describe("refuse", () => {
  it("closes the listener for a while, and opens it on the same port", async () => {
    const client = await start()
    assert.match(await failure(create(client, "refuse;ms=200")), /fetch failed: (ECONNRESET|UND_ERR_SOCKET)/)
    assert.strictEqual(await failure(create(client)), "fetch failed: ECONNREFUSED")
    await eventually(async () => assert.strictEqual(await failure(create(client)), "no failure"), 2000)
    assert.strictEqual(client.runtime.count("assistants"), 1)
  })

  it("after: the work is done", async () => {
    const client = await start()
    assert.match(await failure(create(client, "refuse;ms=50;when=after")), /fetch failed/)
    await eventually(async () => assert.strictEqual(await failure(create(client)), "no failure"), 2000)
    assert.lengthOf(client.runtime.requests({ committed: true }), 1)
  })

  it("a runtime that is closed just when it opens again stays closed", async () => {
    const open: Array<string> = []
    for (let i = 0; i < 20; i++) {
      const runtime = await startLocalRuntime({ host: "localhost" })
      runtime.faults.refuse(1)
      await new Promise((resolve) => setTimeout(resolve, 1))
      await runtime.close()
      await new Promise((resolve) => setTimeout(resolve, 5))
      const outcome = await failure(fetch(`${runtime.baseUrl}/health`))
      if (outcome !== "fetch failed: ECONNREFUSED") open.push(outcome)
    }
    assert.deepStrictEqual(open, [])
  })

  it("at once, from the handle; a restart ends it", async () => {
    const client = await start()
    client.runtime.faults.refuse(60_000)
    assert.strictEqual(await failure(create(client)), "fetch failed: ECONNREFUSED")
    await client.runtime.restart()
    assert.strictEqual((await create(client)).status, 201)
  })
})

describe("rules", () => {
  it("hit what they match, the first one wins", async () => {
    const client = await start()
    const { faults } = client.runtime
    const status = (code: number): FaultAction => ({ type: "status", code })
    faults.add({ action: status(501), match: { method: "DELETE" } })
    faults.add({ action: status(502), match: { path: "/assistant/:id" } })
    faults.add({ action: status(503), match: { path: "/pho*" } })
    faults.add({ action: status(504), match: { key: "special" } })
    faults.add({ action: status(505), match: { bodyPath: "model.provider=xai" } })
    faults.add({ action: status(506), match: { bodyPath: "metadata" } })
    faults.add({ action: status(507), match: { attempt: 1 } })
    const post = async (body: object, options = {}) => (await client.call("POST", "/assistant", body, options)).status
    assert.strictEqual((await client.call("DELETE", "/assistant/x")).status, 501)
    assert.strictEqual((await client.call("GET", "/assistant/x")).status, 502)
    assert.strictEqual((await client.call("GET", "/phone-number")).status, 503)
    assert.strictEqual(await post({}, { key: '"special"' }), 504)
    assert.strictEqual(await post({ model: { provider: "xai", model: "grok-3" } }), 505)
    assert.strictEqual(await post({ metadata: {} }), 506)
    assert.strictEqual(await post({}, { headers: { "x-aywa-attempt": "1" } }), 507)
    assert.strictEqual(
      await post({ model: { provider: "openai", model: "gpt-4o" } }, { headers: { "x-aywa-attempt": "0" } }),
      201
    )
    assert.deepStrictEqual(
      faults.list().map(({ hits }) => hits),
      [1, 1, 1, 1, 1, 1, 1]
    )
  })

  it("skip, times, remove, clear", async () => {
    const client = await start()
    const { faults } = client.runtime
    const statuses = async (count: number) => {
      const result: Array<number> = []
      for (let n = 0; n < count; n++) result.push((await client.call("GET", "/assistant")).status)
      return result
    }
    const id = faults.add({ action: { type: "status", code: 500 }, skip: 1, times: 2 })
    assert.deepStrictEqual(await statuses(5), [200, 500, 500, 200, 200])
    assert.deepStrictEqual([faults.remove(id), faults.remove(id)], [true, false])
    faults.next({ type: "status", code: 501 })
    faults.next({ type: "status", code: 502 }, { match: { method: "GET" }, when: "after" })
    assert.deepStrictEqual(await statuses(3), [501, 502, 200])
    faults.add({ action: "reset" })
    faults.clear()
    assert.deepStrictEqual(await statuses(1), [200])
  })

  it("probability repeats itself with the same seed", async () => {
    const run = async (seed: number) => {
      const client = await start()
      client.runtime.faults.add({ action: { type: "status", code: 500 }, probability: 0.5, seed })
      const result: Array<number> = []
      for (let n = 0; n < 40; n++) result.push((await client.call("GET", "/assistant")).status)
      return result
    }
    const first = await run(3)
    assert.deepStrictEqual(await run(3), first)
    assert.notDeepEqual(await run(4), first)
    assert.deepStrictEqual(new Set(first), new Set([200, 500]))
  })

  it("from a header can be for one attempt only", async () => {
    const client = await start()
    const attempt = (n: number) =>
      client.call("GET", "/assistant", undefined, {
        fault: "status;code=500;attempt=0",
        headers: { "x-aywa-attempt": String(n) }
      })
    assert.deepStrictEqual([(await attempt(0)).status, (await attempt(1)).status], [500, 200])
  })

  it("turn /readyz to 503", async () => {
    const { call, runtime } = await start()
    runtime.faults.add({ match: { path: "/readyz" }, action: { type: "status", code: 503 } })
    assert.strictEqual((await call("GET", "/readyz")).status, 503)
    assert.strictEqual((await call("GET", "/health")).status, 200)
  })

  it("last no longer than a timer can: more would be nothing at all", async () => {
    const { call, runtime } = await start()
    for (const type of ["latency", "hold", "delay", "reorder"] as const) {
      assert.throws(() => runtime.faults.add({ action: { type, ms: 2_147_483_648 } }), "2147483647")
    }
    assert.strictEqual((await call("GET", "/assistant", undefined, { fault: "latency;ms=3000000000" })).status, 400)
  })

  it("that make no sense are refused, with the names that there are", async () => {
    const { call, runtime } = await start()
    const { faults } = runtime
    // @ts-expect-error there is no such action
    const wrong: FaultInput = "explode"
    assert.throws(() => faults.add({ action: wrong }), /no fault "explode"; there are latency, hold, stall/)
    assert.throws(() => faults.add({ action: "reset", probability: 2 }), /probability/)
    assert.throws(() => faults.add({ action: { type: "status", code: 99 } }), /code/)
    for (const fault of ["explode", "status", "status;code=abc", "latency", "reset;whne=after"]) {
      const { status, body } = await call("GET", "/assistant", undefined, { fault })
      assertMatches([fault, status, body.message], [fault, 400, /^Aywa-Fault: /])
    }
  })
})
