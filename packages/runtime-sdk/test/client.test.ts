/** The promise client: every option on the wire, aborting, leaks, and a process that ends. */
import { execFile } from "node:child_process"
import { getEventListeners } from "node:events"
import { inspect } from "node:util"
import { afterEach, assert, describe, it } from "vitest"
import { Aborted, AywaRuntimeClient, ConfigError, type AywaRuntimeClientOptions } from "../src/index.ts"
import { assistant, closedPort, json, serve, tagOf } from "./support/server.ts"
import { eventually } from "./support/assertions.ts"

const open: Array<AsyncDisposable> = []
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})
type Handler = Parameters<typeof serve>[0]
const start = async (handler: Handler, options: Partial<AywaRuntimeClientOptions> = {}) => {
  const server = await serve(handler)
  const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", ...options })
  open.push(server, aywa)
  return { server, aywa }
}
const rows: Handler = (_, response) => json(response, 200, [])

describe("options, each seen on the wire", () => {
  it("idempotencyKey, headers, organizationId", async () => {
    const { server, aywa } = await start((_, r) => json(r, 201, assistant("a")), {
      organizationId: "org_1",
      headers: { "x-team": "t" }
    })
    await aywa.assistants.create({}, { idempotencyKey: "k1", headers: { "x-trace": "1" }, organizationId: "org_2" })
    await aywa.assistants.create({})
    assert.deepInclude(server.seen[0]?.headers, {
      "idempotency-key": "k1",
      "x-trace": "1",
      "x-team": "t",
      "x-organization-id": "org_2",
      authorization: "Bearer k"
    })
    assert.strictEqual(server.seen[1]?.headers["x-organization-id"], "org_1")
  })
  it("retries", async () => {
    const { server, aywa } = await start((_, r) => json(r, 503, {}, { "retry-after": "0" }))
    await tagOf(aywa.assistants.list({}, { retries: 0 }))
    assert.strictEqual(server.seen.length, 1)
    await tagOf(aywa.assistants.list({}, { retries: 1 }))
    assert.strictEqual(server.seen.length, 3)
  })
  it("timeout and deadline", async () => {
    const { aywa } = await start(() => undefined)
    assert.deepInclude(
      { ...Object(await tagOf(aywa.assistants.list({}, { timeout: 50, retries: 0 }))) },
      { scope: "attempt", timeoutMillis: 50 }
    )
    assert.deepInclude(
      { ...Object(await tagOf(aywa.assistants.list({}, { deadline: 60 }))) },
      { scope: "deadline", timeoutMillis: 60 }
    )
  })
  it("an api key that is asked for before every attempt", async () => {
    let asked = 0
    const { server, aywa } = await start(
      (_, r, i) => (i === 0 ? json(r, 503, {}, { "retry-after": "0" }) : json(r, 200, [])),
      {
        apiKey: () => `key-${asked++}`
      }
    )
    await aywa.assistants.list()
    assert.deepStrictEqual(
      server.seen.map((seen) => seen.headers.authorization),
      ["Bearer key-0", "Bearer key-1"]
    )
  })
  it("a key that an earlier call sent is known again in a later answer", async () => {
    let asked = 0
    const keys = ["sk-earlier-4711-abcdef", "sk-later-4712-ghijkl"]
    const { aywa } = await start(
      (_, r, i) => (i === 0 ? json(r, 200, []) : json(r, 400, { message: `${keys[0]} was replaced` })),
      { apiKey: () => keys[asked++] ?? "none", retries: 0 }
    )
    await aywa.assistants.list()
    const error = await tagOf(aywa.assistants.list())
    assert.notInclude(inspect(error, { depth: 10 }), "4711")
  })
  it("a key supplier that throws, rejects, or gives nonsense is a ConfigError, and the call settles (behaviour 23)", async () => {
    for (const apiKey of [
      () => {
        throw new Error("canary")
      },
      () => Promise.reject(new Error("canary")),
      () => "ca\nnary",
      () => undefined as unknown as string
    ]) {
      const { server, aywa } = await start(rows, { apiKey })
      const error = await tagOf(aywa.assistants.list())
      assert.instanceOf(error, ConfigError)
      assert.notInclude(inspect(error, { depth: 10 }), "canary")
      assert.strictEqual(server.seen.length, 0)
    }
  })
  it("a key supplier that fails before a retry leaves what the attempt before it was, with its key", async () => {
    for (const second of [() => Promise.reject(new Error("vault is down")), () => ""]) {
      let asked = 0
      const apiKey = () => (asked++ === 0 ? "a-key" : second())
      const { server, aywa } = await start((_, response) => json(response, 500, { message: "too late" }), { apiKey })
      const error = await tagOf(aywa.assistants.create({ name: "A" }))
      assert.include(error, { _tag: "ServerError", outcome: "maybe-applied", attempts: 1, isRetryable: false })
      assert.strictEqual(Reflect.get(Object(error), "idempotencyKey"), server.seen[0]?.headers["idempotency-key"])
      assert.match(String(error), /It was not sent again: apiKey/)
      assert.strictEqual(server.seen.length, 1)
    }
  })
  it("a secret of the body that comes back as the request's id is nowhere", async () => {
    const secret = "server-secret-777"
    const lines: Array<string> = []
    const { aywa } = await start((_, r) => json(r, 422, { message: "no" }, { "x-request-id": secret }), {
      log: (line) => lines.push(line)
    })
    const error = await tagOf(aywa.assistants.create({ name: "A", server: { url: "https://agents.example", secret } }))
    assert.notInclude(inspect(error) + JSON.stringify(error) + lines.join(), secret)
  })
  it("headers of a call replace those of the client, and either may name another user agent", async () => {
    const { server, aywa } = await start(rows, { headers: { "x-team": "a", "X-Other": "b", "User-Agent": "mine/1" } })
    await aywa.assistants.list({}, { headers: { "X-Team": "c" } })
    await aywa.assistants.list({}, { headers: { "user-agent": "this/2" } })
    assert.include(server.seen[0]?.headers, { "x-team": "c", "x-other": "b", "user-agent": "mine/1" })
    assert.include(server.seen[1]?.headers, { "x-team": "a", "user-agent": "this/2" })
  })
  it("a key supplier that never answers: nothing was sent, and the error says so", async () => {
    const { server, aywa } = await start(rows, { apiKey: () => new Promise<string>(() => {}), retries: 0 })
    for (const options of [{ timeout: 50 }, { deadline: 50 }]) {
      const error = Object(await tagOf(aywa.assistants.create({}, options)))
      assert.include({ ...error }, { _tag: "AywaTimeoutError", outcome: "not-sent" })
      assert.match(error.message, /function that supplies the API key/)
    }
    assert.lengthOf(server.seen, 0)
  })
  it.each([{ trace: {} }, { log: true }, { log: "debug" }])("refuses hooks that are no functions: %j", (hooks) => {
    const options: object = { baseUrl: "http://127.0.0.1:1", apiKey: "k", ...hooks }
    const [name = ""] = Object.keys(hooks)
    assert.throws(() => Reflect.construct(AywaRuntimeClient, [options]), ConfigError, `${name} must be a function`)
    const aywa = new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:1", apiKey: "k" })
    assert.throws(() => aywa.withOptions(hooks as never), ConfigError, `${name} must be a function`)
  })

  it.each([-1, 0, 1.5, Number.NaN, Infinity])("refuses connections: %d", (connections) => {
    assert.throws(() => new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:1", apiKey: "k", connections }), ConfigError)
  })
  it.each([
    ["a key in the place of options", "k1", "options"],
    ["a controller in the place of its signal", { signal: new AbortController() }, "signal"],
    ["a time as text", { timeout: "soon" }, "timeout"]
  ])("refuses %s, unsent", async (_, options, path) => {
    const { server, aywa } = await start(rows)
    const error = Object(await tagOf(aywa.assistants.list({}, options as object)))
    assert.strictEqual(error._tag, "InvalidRequest")
    assert.deepStrictEqual(error.issues[0].path, [path])
    assert.lengthOf(server.seen, 0)
  })
  it("takes null for an option that is absent", async () => {
    const { server, aywa } = await start(rows)
    await aywa.assistants.list({}, null as never)
    await aywa.assistants.list({}, { signal: null, headers: null, organizationId: null } as never)
    assert.lengthOf(server.seen, 2)
  })
  for (const option of [{ timeout: 0 }, { timeout: Number.NaN }, { deadline: -1 }, { retries: 1.5 }]) {
    it(`refuses ${inspect(option)} at the client and at the call`, async () => {
      const { server, aywa } = await start(rows)
      assert.throws(() => new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", ...option }), ConfigError)
      assert.strictEqual(Reflect.get(Object(await tagOf(aywa.assistants.list({}, option))), "_tag"), "InvalidRequest")
      assert.strictEqual(server.seen.length, 0)
    })
  }
})

describe("answers", () => {
  it("withResponse tells status, request id, attempts, headers and replay, with one request", async () => {
    const { server, aywa } = await start((_, r) =>
      json(r, 201, assistant("a"), { "idempotency-replayed": "true", "x-extra": "1" })
    )
    const { value, response } = await aywa.assistants.create({}, { idempotencyKey: "k1" }).withResponse()
    assert.strictEqual(value.id, "a")
    assert.deepInclude(
      { ...response },
      { status: 201, requestId: "req_test", attempts: 1, replayed: true, idempotencyKey: "k1" }
    )
    assert.strictEqual(response.headers["x-extra"], "1")
    assert.strictEqual(server.seen.length, 1)
  })
  it("errors have the caller's frames (behaviour 45)", async () => {
    const { aywa } = await start((_, r) => json(r, 404, {}))
    const theCallerOfThis = async () => await aywa.assistants.get("a")
    const error = await tagOf(theCallerOfThis())
    assert.match(Object(error).stack, /theCallerOfThis/)
    assert.match(Object(error).stack, /^NotFound: assistants\.get:/)
  })
  it("a client is cheap: under 1 ms (behaviour 56), and its resources are made when used", () => {
    const made = Array.from({ length: 200 }, () => {
      const begin = process.cpuUsage()
      void new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:1", apiKey: "k" })
      const { user, system } = process.cpuUsage(begin)
      return user + system
    })
    assert.isBelow(made.toSorted((a, b) => a - b)[100] ?? Infinity, 1000)
    const aywa = new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:1", apiKey: "k" })
    assert.deepStrictEqual(Object.keys(aywa), [])
    for (const name of ["assistants", "calls", "files", "operations"] as const) {
      assert.isFunction(Object.getOwnPropertyDescriptor(AywaRuntimeClient.prototype, name)?.get)
      assert.strictEqual(aywa[name], aywa[name])
    }
  })
  it("await using closes connections, and the client can be used again", async () => {
    const { server } = await start(rows)
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k" })
    await aywa.assistants.list()
    assert.strictEqual(server.sockets.open.size, 1)
    await aywa.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.strictEqual(server.sockets.open.size, 0)
    await aywa.assistants.list()
    await aywa[Symbol.asyncDispose]()
  })
})

describe("aborting", () => {
  it("before the call sends nothing (behaviour 19)", async () => {
    const { server, aywa } = await start(rows)
    const reason = new Error("mine")
    const error = await tagOf(aywa.assistants.create({}, { signal: AbortSignal.abort(reason) }))
    assert.instanceOf(error, Aborted)
    assert.strictEqual(error.reason, reason)
    assert.strictEqual(error.outcome, "not-sent")
    assert.strictEqual(server.seen.length, 0)
  })
  it("during an attempt, keeps the reason and closes the connection (behaviour 19)", async () => {
    const { server, aywa } = await start(() => undefined)
    const controller = new AbortController()
    setTimeout(() => controller.abort("stop"), 50)
    const error = await tagOf(aywa.assistants.create({}, { signal: controller.signal, idempotencyKey: "k1" }))
    assert.instanceOf(error, Aborted)
    assert.strictEqual(error.reason, "stop")
    assert.deepInclude({ ...error }, { outcome: "maybe-applied", attempts: 1, idempotencyKey: "k1" })
    await eventually(() => assert.strictEqual(server.sockets.open.size, 0))
  })
  it("takes a signal that another library made", async () => {
    const { aywa } = await start(() => undefined)
    class Signal extends EventTarget {
      aborted = false
      reason: unknown
    }
    const signal = new Signal()
    const call = tagOf(aywa.assistants.list({}, { signal: signal as AbortSignal }))
    Object.assign(signal, { aborted: true, reason: "enough" }).dispatchEvent(new Event("abort"))
    const error = await call
    assert.instanceOf(error, Aborted)
    assert.strictEqual(error.reason, "enough")
  })
  it("during a pause, says what the attempts before it came to", async () => {
    const limited = await serve((_, r) => json(r, 429, {}, { "retry-after": "30" }))
    const failing = await serve((_, r) => json(r, 503, {}, { "retry-after": "30" }))
    open.push(limited, failing)
    for (const [baseUrl, outcome] of [
      [await closedPort(), "not-sent"],
      [limited.baseUrl, "rejected"],
      [failing.baseUrl, "maybe-applied"]
    ] as const) {
      const controller = new AbortController()
      const aywa = new AywaRuntimeClient({
        baseUrl,
        apiKey: "k",
        trace: () => ({ attempt: () => ({ end: () => void setImmediate(() => controller.abort()) }) })
      })
      const error = await tagOf(aywa.assistants.create({}, { signal: controller.signal }))
      assert.instanceOf(error, Aborted)
      assert.include({ ...error }, { outcome, attempts: 1 })
    }
  })
  it("cuts the wait before a retry (behaviour 18)", async () => {
    const { server, aywa } = await start((_, r) => json(r, 429, {}, { "retry-after": "3" }))
    const begin = performance.now()
    const error = await tagOf(aywa.assistants.list({}, { signal: AbortSignal.timeout(200) }))
    assert.instanceOf(error, Aborted)
    assert.strictEqual(Object(error.reason).name, "TimeoutError")
    assert.isBelow(performance.now() - begin, 1500)
    assert.strictEqual(server.seen.length, 1)
  })
  it("leaves no listener on the signal after 1,000 calls, good and bad (behaviour 20)", async () => {
    const { aywa } = await start((seen, r) => json(r, seen.url.includes("bad") ? 404 : 200, assistant("a")))
    const controller = new AbortController()
    const call = (i: number) => aywa.assistants.get(i % 2 ? "bad" : "good", { signal: controller.signal })
    for (let i = 0; i < 1000; i += 50) await Promise.allSettled(Array.from({ length: 50 }, (_, j) => call(i + j)))
    assert.strictEqual(getEventListeners(controller.signal, "abort").length, 0)
  })
})

describe("processes", () => {
  const run = (code: string, flag = "--unhandled-rejections=strict") =>
    new Promise<{ readonly code: number | null; readonly out: string; readonly ms: number }>((resolve) => {
      const begin = performance.now()
      const entry = new URL("../src/index.ts", import.meta.url).href
      execFile(
        process.execPath,
        [flag, "--input-type=module", "-e", `import { AywaRuntimeClient } from ${JSON.stringify(entry)}\n${code}`],
        { timeout: 20_000 },
        (error, stdout, stderr) =>
          resolve({
            code: error === null ? 0 : Number(error.code ?? 1),
            out: stdout + stderr,
            ms: performance.now() - begin
          })
      )
    })

  it("end when a call failed, whatever its timeout was (behaviour 21)", async () => {
    const { code, out } = await run(`
      const begin = performance.now()
      const aywa = new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:9", apiKey: "k", timeout: 60000, retries: 0 })
      await aywa.assistants.list().catch((error) => console.log(error._tag))
      process.on("exit", () => console.log(performance.now() - begin < 3000 ? "soon" : "late"))`)
    assert.strictEqual(code, 0, out)
    assert.match(out, /ConnectionError\s+soon/)
  })
  it("may forbid code that is made from text: answers are checked all the same", async () => {
    const { server } = await start((seen, r) => json(r, 200, seen.url.endsWith("good") ? assistant("a") : { id: 7 }))
    const { code, out } = await run(
      `
      const aywa = new AywaRuntimeClient({ baseUrl: ${JSON.stringify(server.baseUrl)}, apiKey: "k" })
      console.log((await aywa.assistants.get("good")).id)
      await aywa.assistants.get("bad").catch((error) => console.log(error._tag))`,
      "--disallow-code-generation-from-strings"
    )
    assert.strictEqual(code, 0, out)
    assert.match(out, /^a\s+UnexpectedResponse/)
  })
  it("end after a call that succeeded, without close()", async () => {
    const { server } = await start(rows)
    const { code, out } = await run(`
      const aywa = new AywaRuntimeClient({ baseUrl: ${JSON.stringify(server.baseUrl)}, apiKey: "k", timeout: 60000 })
      console.log((await aywa.assistants.list()).items.length)
      const begin = performance.now()
      process.on("exit", () => console.log(performance.now() - begin < 3000 ? "soon" : "late"))`)
    assert.strictEqual(code, 0, out)
    assert.match(out, /0\s+soon/)
  })
  it("see no unhandled rejection from a failure that is awaited late (behaviour 24)", async () => {
    const { code, out } = await run(`
      const aywa = new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:9", apiKey: "k", retries: 0 })
      const tags = []
      for (const call of [() => aywa.assistants.list(), () => aywa.assistants.get(""), () => aywa.assistants.create({}).withResponse(),
        async () => { for await (const _ of aywa.assistants.list()) {} },
        async () => { for await (const _ of aywa.assistants.stream()) {} }]) {
        try { await call() } catch (error) { tags.push(error._tag) }
      }
      console.log(tags.join())`)
    assert.strictEqual(code, 0, out)
    assert.match(out, /ConnectionError,InvalidRequest,ConnectionError,ConnectionError,ConnectionError/)
  })
})

describe("withOptions", () => {
  it("changes who asks, over the same connection", async () => {
    const { server, aywa } = await start(rows, { organizationId: "org_a", retries: 0 })
    await aywa.assistants.list()
    const other = aywa.withOptions({ organizationId: "org_b", apiKey: "key-b" })
    await other.assistants.list()
    await aywa.assistants.list()
    assert.deepStrictEqual(
      server.seen.slice(0, 3).map(({ headers }) => [headers["x-organization-id"], headers["authorization"]]),
      [
        ["org_a", "Bearer k"],
        ["org_b", "Bearer key-b"],
        ["org_a", "Bearer k"]
      ]
    )
    for (let i = 0; i < 20; i++) await aywa.withOptions({ organizationId: `org_${i}` }).assistants.list()
    // Two, where the first is not free yet when the second call begins.
    assert.isAtMost(server.sockets.opened, 2)
  })

  it("never sends a key to an address that it was not given for", async () => {
    const { server, aywa } = await start(rows)
    assert.throws(() => aywa.withOptions({ baseUrl: "http://127.0.0.1:1" }), /apiKey is missing/)
    // A tenant's row without an address or a key must not become this client's.
    for (const nothing of [undefined, null]) {
      const address: object = { baseUrl: nothing, apiKey: "tenant-key" }
      assert.throws(() => aywa.withOptions(address), /baseUrl is (undefined|null)\. Leave it out/)
      const key: object = { organizationId: "tenant", apiKey: nothing }
      assert.throws(() => aywa.withOptions(key), /apiKey is (undefined|null)\. Leave it out/)
    }
    assert.instanceOf(aywa.withOptions({ baseUrl: server.baseUrl }), AywaRuntimeClient)
  })

  it("another address gets neither headers nor the organization of this one; undefined clears", async () => {
    const { server, aywa } = await start(rows, { organizationId: "org_a", headers: { "x-gateway": "secret-of-a" } })
    await using other = await serve(rows)
    await aywa.withOptions({ baseUrl: other.baseUrl, apiKey: "key-of-other" }).assistants.list()
    assert.notProperty(other.seen[0]?.headers, "x-gateway")
    assert.notProperty(other.seen[0]?.headers, "x-organization-id")
    await aywa.withOptions({ organizationId: undefined }).assistants.list()
    assert.notProperty(server.seen[0]?.headers, "x-organization-id")
    assert.strictEqual(server.seen[0]?.headers["x-gateway"], "secret-of-a")
  })

  it.each(["connections", "transport"])("refuses %s, which clients share", async (field) => {
    const { aywa } = await start(rows)
    const options = { [field]: field === "connections" ? 2 : "fetch" }
    assert.throws(() => aywa.withOptions(options), new RegExp(`${field} cannot be changed`))
  })
})
