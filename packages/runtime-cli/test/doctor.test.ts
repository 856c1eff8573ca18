import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { LocalRuntimeOptions } from "@aywa-ai/runtime-local"
import { isWebhookVerificationError, verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import { assert, describe, it } from "vitest"
import { assertMatches, eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { proxy, type ProxyOptions } from "./proxy.ts"
import {
  clientOf,
  closedPort,
  createPinned,
  envOf,
  errorOf,
  launch,
  run,
  sets,
  startHandler,
  startRuntime,
  temporaryFolder
} from "./support.ts"

interface Found {
  readonly status: string
  readonly detail: string
  readonly fix?: string
  readonly meaning: string
}

type Env = Readonly<Record<string, string | undefined>>

/** Runs the checklist and gives the findings by id. */
const doctor = async (env: Env, args: ReadonlyArray<string> = []) => {
  const result = await run(["doctor", ...args], { env })
  assert.isDefined(result.json, result.stderr)
  const found: Record<string, Found> = {}
  for (const { id, ...finding } of result.json.findings) found[id] = finding
  return {
    ...result,
    found,
    status: (id: string) => found[id]?.status,
    detail: (id: string) => found[id]?.detail ?? ""
  }
}

/** What one check finds. */
const finding = async (id: string, env: Env, args: ReadonlyArray<string> = []) =>
  (await doctor(env, ["--only", id, ...args])).found[id]

/** A runtime that has everything. */
const healthy = async (options: LocalRuntimeOptions = {}) => {
  const { runtime } = await startRuntime({ rateLimit: { limit: 10_000 }, webhookSchedule: "instant", ...options })
  const env = { ...envOf(runtime), AYWA_RUNTIME_WEBHOOK_SECRET: runtime.webhookSecret }
  await createPinned(env)
  await clientOf(env).webhookEndpoints.create({ url: "http://127.0.0.1:9/", scope: "account" })
  return { runtime, env }
}

const behind = async (options: ProxyOptions) => {
  const { runtime, env } = await healthy()
  return { runtime, env: { ...env, AYWA_RUNTIME_BASE_URL: await proxy(runtime.baseUrl, options) } }
}

/** Takes a header off, as some proxies do. */
const without =
  (name: string): NonNullable<ProxyOptions["request"]> =>
  (request) => ({
    ...request,
    headers: Object.fromEntries(Object.entries(request.headers).filter(([key]) => key !== name))
  })

describe("doctor as a whole", () => {
  it("exits with 0 when all is well, and says what every check is for", async () => {
    const { env } = await healthy()
    const { code, json, found } = await doctor(env)
    assert.deepStrictEqual(
      Object.entries(found).filter(([, { status }]) => status !== "ok" && status !== "skip"),
      []
    )
    assert.deepStrictEqual([code, json.status, json.exitCode], [0, "ok", 0])
    for (const { meaning, detail } of Object.values(found))
      assert.isTrue([meaning, detail].every((text) => text.length >= 5))
    assert.isAbove(json.summary.ok, 18)
  })

  it("exits with 1 for warnings and with 2 for failures", async () => {
    const { env } = await healthy()
    const warned = await doctor({ ...env, AYWA_RUNTIME_ORGANIZATION_ID: undefined })
    assert.deepStrictEqual([warned.code, warned.json.status], [1, "warn"])
    const failed = await doctor({ ...env, AYWA_RUNTIME_API_KEY: "wrong" })
    assert.deepStrictEqual([failed.code, failed.json.status], [2, "fail"])
  })

  it("skips what needs a check that failed, and sends nothing when the address is refused", async () => {
    const { runtime, env } = await healthy()
    const before = runtime.requests().length
    const { found, code } = await doctor({ ...env, AYWA_RUNTIME_BASE_URL: "runtime.internal" })
    assert.deepStrictEqual([code, found["config.base-url"]?.status], [2, "fail"])
    assertMatches(found["auth.key"], { status: "skip", detail: "because config.base-url failed" })
    assert.strictEqual(runtime.requests().length, before)
  })

  it("writes nothing without --write, and takes back with it what it made", async () => {
    const { runtime, env } = await healthy()
    await doctor(env)
    assert.strictEqual(runtime.requests({ committed: true }).filter(({ method }) => method === "POST").length, 3)
    const counts = () => ["assistants", "webhookEndpoints"].map((name) => runtime.count(name))
    const before = counts()
    const { status, code } = await doctor({ ...env, AYWA_RUNTIME_CONTROL_TOKEN: runtime.controlToken }, ["--write"])
    assert.deepStrictEqual([status("idempotency.honoured"), status("webhook.roundtrip"), code], ["ok", "ok", 0])
    assert.deepStrictEqual(counts(), before)
  })

  it("takes back what it made also when it is stopped in the middle", async () => {
    const { runtime, env } = await healthy()
    runtime.faults.add({
      action: { type: "latency", ms: 1000 },
      match: { method: "POST", path: "/assistant" },
      when: "after"
    })
    const running = launch(["doctor", "--write", "--only", "idempotency"], { env })
    await eventually(() => assert.strictEqual(runtime.count("assistants"), 2), 15_000)
    await eventually(
      () =>
        assert.strictEqual(
          runtime.requests().filter(({ path, method }) => path === "/assistant" && method === "POST").length,
          3
        ),
      15_000
    )
    running.child.kill("SIGINT")
    assert.strictEqual((await running.done).code, 130)
    assert.strictEqual(runtime.count("assistants"), 1)
  })

  it("runs a part with --only, with what that part needs, and refuses what is no check", async () => {
    const { env } = await healthy()
    const { found } = await doctor(env, ["--only", "auth.negative,time"])
    assert.deepStrictEqual(Object.keys(found), [
      "config.base-url",
      "config.key",
      "net.dns",
      "net.tcp",
      "net.tls",
      "net.redirect",
      "time.skew",
      "runtime.health",
      "auth.key",
      "auth.negative"
    ])
    const wrong = await run(["doctor", "--only", "nett", "--json"], { env })
    assert.deepStrictEqual([wrong.code, errorOf(wrong).message], [2, "There is no check nett."])
  })

  it("shows neither key nor secret, whatever fails", async () => {
    const { env } = await healthy()
    const key = "sk_live_9d8c7b6a5f4e"
    const secret = "whsec_not-base64-but-secret"
    const { stdout, stderr } = await run(["doctor", "--debug"], {
      env: { ...env, AYWA_RUNTIME_API_KEY: key, AYWA_RUNTIME_WEBHOOK_SECRET: secret, NEXT_PUBLIC_KEY: key }
    })
    assert.notInclude(stdout + stderr, key)
    assert.notInclude(stdout + stderr, "not-base64")
  })

  it("is readable as text", async () => {
    const { env } = await healthy()
    const { stdout } = await run(["doctor", "--no-json", "--only", "config"], {
      env: { ...env, AYWA_RUNTIME_ORGANIZATION_ID: undefined }
    })
    assert.match(stdout, /^ok {4}config\.base-url {6}http:/m)
    assert.match(stdout, /^warn {2}config\.organization {2}No organization is given/m)
    assert.match(stdout, /fix {2}Set AYWA_RUNTIME_ORGANIZATION_ID/)
    assert.match(stdout, /\n2 ok, 1 warnings, 0 failed, 0 skipped\n$/)
  })
})

describe("config", () => {
  const address = (url: string | undefined, args: ReadonlyArray<string> = []) =>
    doctor({ AYWA_RUNTIME_BASE_URL: url, AYWA_RUNTIME_API_KEY: "k" }, ["--only", "config.base-url", ...args])

  it.each([
    [undefined, "missing"],
    ["", "There is no address"],
    ["https://user:pw@127.0.0.1", "user name"],
    ["https://127.0.0.1?x=1", "query"],
    ["http://10.0.0.1", "plain http"],
    [`https://api.${["aywaruntime", "com"].join(".")}`, "control plane"]
  ])("refuses the address %s", async (url, text) => {
    const { found, code } = await address(url)
    assert.strictEqual(found["config.base-url"]?.status, "fail")
    assert.include(
      found["config.base-url"]?.detail.replace("baseUrl is missing: ", "missing. "),
      url === "" ? "no default" : text
    )
    assert.strictEqual(code, 2)
  })

  it("takes https anywhere and http on this machine, and warns of http that was allowed", async () => {
    assert.strictEqual((await address("https://10.0.0.1/base")).status("config.base-url"), "ok")
    assert.strictEqual((await address("http://127.0.0.1:1")).status("config.base-url"), "ok")
    assert.strictEqual((await address("http://10.0.0.1", ["--allow-http"])).status("config.base-url"), "warn")
  })

  it("looks at the key: there, whole, private", async () => {
    const key = (env: Env, args?: ReadonlyArray<string>) => finding("config.key", env, args)
    assertMatches(await key({}), { status: "fail" })
    assertMatches(await key({ AYWA_RUNTIME_API_KEY: "with space" }), { status: "fail" })
    assertMatches(await key({ AYWA_RUNTIME_API_KEY: "k" }), { status: "ok" })
    assertMatches(await key({}, ["--api-key", "k"]), {
      status: "warn",
      detail: /argument/
    })
    const file = join(temporaryFolder(), ".env")
    writeFileSync(file, "AYWA_RUNTIME_API_KEY=k\n")
    chmodSync(file, 0o644)
    assertMatches(await key({}, ["--env-file", file]), { status: "warn", fix: `chmod 600 ${file}` })
    chmodSync(file, 0o600)
    assertMatches(await key({}, ["--env-file", file]), { status: "ok" })
  })

  it("finds leftovers of the old platform, and keys with a public prefix", async () => {
    const env = (extra: Env) => doctor({ AYWA_RUNTIME_API_KEY: "k-1234", ...extra }, ["--only", "env"])
    const clean = await env({})
    assert.deepStrictEqual([clean.status("env.leftovers"), clean.status("env.public")], ["ok", "ok"])
    const left = await env({ VAPI_API_KEY: "x", NEXT_PUBLIC_TOKEN: "k-1234" })
    assert.include(left.detail("env.leftovers"), "VAPI_API_KEY")
    assert.deepStrictEqual([left.status("env.leftovers"), left.status("env.public")], ["warn", "fail"])
    assert.strictEqual((await env({ VITE_AYWA_RUNTIME_API_KEY: "other" })).status("env.public"), "fail")
  })
})

describe("runtime and time", () => {
  it("finds a clock that is off", async () => {
    const at = async (seconds: number) => {
      const { env } = await behind({
        answer: (answer) => ({
          ...answer,
          headers: { ...answer.headers, date: new Date(Date.now() + seconds * 1000).toUTCString() }
        })
      })
      return await finding("time.skew", env)
    }
    assertMatches(await at(0), { status: "ok" })
    assertMatches(await at(20), { status: "warn", detail: /behind/ })
    assertMatches(await at(-400), { status: "fail", detail: /ahead/ })
  })

  it("finds an address that is no runtime, one that redirects, a port that is closed, a name that leads nowhere", async () => {
    const page = await behind({
      request: () => ({ status: 200, headers: { "content-type": "text/html" }, body: "<html>" })
    })
    assertMatches((await doctor(page.env)).found["runtime.health"], {
      status: "fail",
      fix: /base path/
    })
    const elsewhere = await behind({
      request: () => ({ status: 308, headers: { location: "https://10.0.0.9/health" }, body: "" })
    })
    const redirected = await doctor(elsewhere.env)
    assertMatches(redirected.found["net.redirect"], {
      status: "fail",
      detail: /https:\/\/10\.0\.0\.9/
    })
    assertMatches(redirected.found["auth.key"], { status: "skip" })
    const { env } = await healthy()
    const closed = await doctor({ ...env, AYWA_RUNTIME_BASE_URL: "http://127.0.0.1:9" })
    assert.include(closed.detail("net.tcp"), "ECONNREFUSED")
    const nowhere = await doctor({ ...env, AYWA_RUNTIME_BASE_URL: "https://runtime.invalid" })
    assertMatches(nowhere.found["net.dns"], {
      status: "fail",
      detail: /cannot be resolved/
    })
  })

  it("finds a runtime that is not ready, and what it still needs", async () => {
    const { env } = await behind({
      request: (request) =>
        request.path === "/readyz"
          ? { status: 503, headers: {}, body: '{"message":"The store does not work"}' }
          : request
    })
    assertMatches(await finding("runtime.ready", env), {
      status: "fail",
      detail: /The store does not work/
    })
    const empty = await startRuntime()
    assertMatches(await finding("runtime.setup", empty.env), {
      status: "warn",
      detail: /assistants/
    })
  })
})

describe("key and organization", () => {
  it("tells a wrong key from one that is fine", async () => {
    const { env } = await healthy()
    const { found } = await doctor({ ...env, AYWA_RUNTIME_API_KEY: "wrong" }, ["--only", "auth"])
    assertMatches(found["auth.key"], { status: "fail", detail: "GET /assistant: status 401." })
    assert.strictEqual(found["auth.negative"]?.status, "skip")
  })

  it("finds a runtime that takes any key, or none", async () => {
    const { runtime, env } = await healthy()
    for (const condition of [(headers: Record<string, string>) => headers["authorization"] !== undefined, () => true]) {
      const base = await proxy(runtime.baseUrl, {
        request: (request) =>
          condition(request.headers)
            ? { ...request, headers: { ...request.headers, authorization: `Bearer ${runtime.apiKey}` } }
            : request
      })
      assertMatches(await finding("auth.negative", { ...env, AYWA_RUNTIME_BASE_URL: base }), { status: "fail" })
    }
  })

  it("does not take silence for an answer", async () => {
    const { runtime, env } = await healthy()
    const base = await proxy(runtime.baseUrl, {
      request: (request) => {
        const { authorization = `Bearer ${runtime.apiKey}`, "x-organization-id": id = runtime.organizationId } =
          request.headers
        const isOwn = authorization === `Bearer ${runtime.apiKey}` && id === runtime.organizationId
        return isOwn ? request : "silence"
      }
    })
    const { found } = await doctor({ ...env, AYWA_RUNTIME_BASE_URL: base }, ["--only", "auth.negative,org"])
    assert.deepStrictEqual([found["auth.negative"]?.status, found["org.scope"]?.status], ["warn", "skip"])
    const mute = await proxy(runtime.baseUrl, { request: () => "silence" })
    assertMatches(await finding("net.redirect", { ...env, AYWA_RUNTIME_BASE_URL: mute }), { status: "skip" })
  })

  it("finds a proxy that takes X-API-Key off", async () => {
    const { env } = await behind({
      request: without("x-api-key")
    })
    assertMatches(await finding("auth.header", env), { status: "warn" })
  })

  it("says what the key may do", async () => {
    const { runtime, env } = await healthy()
    const reader = runtime.addKey({ role: "read" })
    assert.strictEqual((await finding("auth.rights", env))?.detail, "the key reads and writes")
    assert.strictEqual(
      (await finding("auth.rights", { ...env, AYWA_RUNTIME_API_KEY: reader.key }))?.detail,
      "the key only reads"
    )
  })

  it("finds a key of another organization, and a runtime that does not keep them apart", async () => {
    const { env } = await healthy()
    const other = await doctor({ ...env, AYWA_RUNTIME_ORGANIZATION_ID: "another" }, ["--only", "auth,org"])
    assertMatches(other.found["auth.key"], { status: "fail", fix: /organization/ })
    const open = await behind({
      request: without("x-organization-id")
    })
    assertMatches(await finding("org.scope", open.env), { status: "fail" })
    const mixed = await behind({
      answer: (answer, { path, method }) =>
        method === "GET" && path.startsWith("/tool") && answer.status === 200
          ? { ...answer, body: JSON.stringify([{ id: "t", orgId: "somebody-else" }]) }
          : answer
    })
    assertMatches(await finding("org.scope", mixed.env), {
      status: "fail",
      detail: /other organizations/
    })
  })

  it("sees rate limits, and that there are none, and that they are used up", async () => {
    const { env } = await healthy()
    assertMatches(await finding("limits.seen", env), {
      status: "ok",
      detail: /^\d+ of 10000/
    })
    const none = await startRuntime()
    assert.strictEqual((await finding("limits.seen", none.env))?.status, "warn")
    const few = await behind({
      answer: (answer) => ({ ...answer, headers: { ...answer.headers, "x-ratelimit-remaining": "3" } })
    })
    assert.include((await finding("limits.seen", few.env))?.detail, "less than a tenth")
  })
})

describe("client.bundle", () => {
  const key = "sk_live_1234567890abcdef"
  const bundle = async (files: Readonly<Record<string, string | Buffer>>) => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, "assets/deep"), { recursive: true })
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    return (await doctor({ AYWA_RUNTIME_API_KEY: key }, ["--only", "client", "--client-dir", folder])).found[
      "client.bundle"
    ]
  }

  it("finds the key as text, in base64, over the seam of two pieces, and the SDK", async () => {
    assertMatches(await bundle({ "index.js": "console.log(1)" }), {
      status: "ok",
      detail: "1 files have neither"
    })
    for (const content of [
      `const k="${key}"`,
      Buffer.from(key).toString("base64"),
      "x".repeat(65_536 - 10) + key,
      'Symbol.for("@aywa-ai/runtime-sdk/RuntimeError")'
    ]) {
      const found = await bundle({ "ok.js": "1", "assets/deep/app.js": content })
      assertMatches(found, { status: "fail", detail: /assets\/deep\/app\.js/ })
      assert.notInclude(JSON.stringify(found), key)
    }
  })

  it("finds the SDK in what a bundler makes of it", async () => {
    const { build } = await import("esbuild")
    const { outputFiles } = await build({
      stdin: { contents: 'export { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"', resolveDir: import.meta.dirname },
      bundle: true,
      minify: true,
      format: "esm",
      platform: "node",
      write: false
    })
    assertMatches(await bundle({ "app.js": Buffer.from(outputFiles[0]?.contents ?? []) }), {
      status: "fail",
      detail: /the SDK/
    })
  })

  it("does not call an empty or a missing folder clean", async () => {
    assertMatches(await bundle({}), { status: "fail", detail: /has no files/ })
    const missing = await doctor({ AYWA_RUNTIME_API_KEY: key }, ["--only", "client", "--client-dir", "/nowhere/at/all"])
    assert.strictEqual(missing.status("client.bundle"), "fail")
  })
})

describe("idempotency.honoured", () => {
  it("finds a runtime that makes a second row, and leaves none behind", async () => {
    const { runtime, env } = await behind({
      request: without("idempotency-key")
    })
    assertMatches(await finding("idempotency.honoured", env, ["--write"]), {
      status: "fail",
      detail: "The same key made a second row."
    })
    assert.strictEqual(runtime.count("assistants"), 1)
  })

  it("warns when another body goes through, and fails when the key may not write", async () => {
    const { env } = await behind({ answer: (answer) => (answer.status === 422 ? { ...answer, status: 409 } : answer) })
    assert.strictEqual((await finding("idempotency.honoured", env, ["--write"]))?.status, "warn")
    const plain = await healthy()
    const reader = plain.runtime.addKey({ role: "read" })
    const readOnly = { ...plain.env, AYWA_RUNTIME_API_KEY: reader.key }
    assertMatches(await finding("idempotency.honoured", readOnly, ["--write"]), {
      status: "fail",
      fix: "This needs a key that may write."
    })
  })
})

describe("webhook.secret", () => {
  it.each([
    [undefined, "warn"],
    ["whsec_YXl3YS1ydW50aW1lLXRlc3Qtc2VjcmV0LTMyYnl0ZXM=", "ok"],
    ["whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", "warn"],
    ["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "fail"],
    ['"whsec_YXl3YS1ydW50aW1lLXRlc3Qtc2VjcmV0LTMyYnl0ZXM="', "fail"],
    ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "warn"],
    ["passwordpassword", "warn"],
    ["3f1c9a7be2d84056a1b7c3d9e5f60718293a4b5c6d7e8f90", "ok"],
    ["too-short-secret".slice(0, 15), "fail"],
    ["whsec_%%%%", "fail"],
    [" whsec_YXl3YS1ydW50aW1lLXRlc3Qtc2VjcmV0LTMyYnl0ZXM=", "fail"]
  ])("judges %s: %s", async (secret, status) => {
    const { found, stdout } = await doctor({ AYWA_RUNTIME_WEBHOOK_SECRET: secret }, ["--only", "webhook.secret"])
    assert.strictEqual(found["webhook.secret"]?.status, status)
    assert.notInclude(stdout, secret?.trim() ?? "no secret")
  })

  it("never warns of a generated one", async () => {
    for (let n = 0; n < 5; n++) {
      const { stdout } = await run(["webhooks", "secret", "generate"])
      const { status } = await doctor({ AYWA_RUNTIME_WEBHOOK_SECRET: stdout.trim() }, ["--only", "webhook.secret"])
      assert.strictEqual(status("webhook.secret"), "ok")
    }
  })
})

const secret = "whsec_YXl3YS1ydW50aW1lLXRlc3Qtc2VjcmV0LTMyYnl0ZXM="

/** A handler that verifies what it gets. */
const verifying = async ({
  refusal,
  ...options
}: {
  readonly secret?: string
  readonly toleranceSeconds?: number | "disabled"
  readonly refusal?: number
} = {}) => {
  const { url } = await startHandler(({ body, headers }) => {
    try {
      verifyAywaRuntimeWebhook({ body, headers, secret, ...options })
      return [204]
    } catch (error) {
      return [refusal ?? (isWebhookVerificationError(error) ? error.httpStatus : 500)]
    }
  })
  return `${url}/webhooks`
}

describe("webhook.handler", () => {
  const check = async (url: string) => {
    const checks = ["--only", "webhook.handler,webhook.replies"]
    return (await doctor({ AYWA_RUNTIME_WEBHOOK_SECRET: secret }, [...checks, "--webhook-url", url])).found
  }

  it("passes one that verifies", async () => {
    const found = await check(await verifying())
    assert.deepStrictEqual([found["webhook.handler"]?.status, found["webhook.replies"]?.status], ["ok", "ok"])
  })

  it("finds one that takes everything, one that ignores the time, one with another secret, one that answers 500, one that is not there", async () => {
    const open = await check((await startHandler(() => [200])).url)
    assertMatches(open["webhook.handler"], {
      status: "fail",
      detail: /without signature headers, and signed with another secret/
    })
    const timeless = await check(await verifying({ toleranceSeconds: "disabled" }))
    assert.strictEqual(timeless["webhook.handler"]?.detail, "The handler takes events signed an hour ago.")
    const wrong = await check((await startHandler(() => [401])).url)
    assertMatches(wrong["webhook.handler"], { status: "fail", fix: /same secret/ })
    assert.strictEqual(wrong["webhook.replies"]?.status, "skip")
    const noisy = await check(await verifying({ refusal: 500 }))
    assert.strictEqual(noisy["webhook.handler"]?.status, "warn")
    const gone = await check(`http://127.0.0.1:${await closedPort()}/`)
    assert.include(gone["webhook.handler"]?.detail, "ECONNREFUSED")
  })
})

describe("webhook.endpoints and webhook.delivery", () => {
  it("finds endpoints that are plain http or turned off", async () => {
    const { env } = await healthy()
    assert.strictEqual((await finding("webhook.endpoints", env))?.status, "ok")
    const endpoint = ["webhook-endpoints", "create", ...sets({ scope: "account" })]
    await run([...endpoint, ...sets({ url: "https://10.0.0.1/", enabled: false })], { env })
    assert.strictEqual((await finding("webhook.endpoints", env))?.status, "warn")
    await run([...endpoint, ...sets({ url: "http://10.0.0.1/" })], { env })
    assert.strictEqual((await finding("webhook.endpoints", env))?.status, "fail")
  })

  it("finds events that were given up on", async () => {
    const { runtime, env } = await healthy()
    assert.strictEqual((await finding("webhook.delivery", env))?.detail, "no event was sent yet")
    await runtime.trigger({ type: "hang" })
    await runtime.webhooks.idle()
    assertMatches(await finding("webhook.delivery", env), {
      status: "fail",
      detail: "1 of the last 1 events were given up on."
    })
  })

  it("webhook.roundtrip reads in a deployed runtime's log whether real events arrive", async () => {
    const { runtime, env } = await healthy()
    // Without the control token it is a runtime like any other: nothing makes it send.
    const check = (env: Env, ...args: ReadonlyArray<string>) => finding("webhook.roundtrip", env, args)
    const send = async (url: string) => {
      await runtime.trigger({ type: "hang", to: url })
      await runtime.webhooks.idle()
    }
    assertMatches(await check(env), { status: "skip", detail: /give --webhook-url/ })
    const good = await verifying({ secret: runtime.webhookSecret })
    assertMatches(await check(env, "--webhook-url", good), {
      status: "skip",
      detail: /place a call/
    })
    await send(good)
    assertMatches(await check(env, "--webhook-url", good), {
      status: "ok",
      detail: /^the hang of \S+ got status 204 there/
    })
    // The handler and this machine have one secret, the runtime another.
    const other = await verifying()
    await send(other)
    assertMatches(await check({ ...env, AYWA_RUNTIME_WEBHOOK_SECRET: secret }, "--webhook-url", other), {
      status: "fail",
      detail: /got status 401/,
      fix: /set the same one in the runtime/
    })
    assert.strictEqual(runtime.count("webhookEndpoints"), 1)
  })

  it("webhook.roundtrip fails with the secret of another runtime", async () => {
    const { runtime, env } = await healthy()
    const other = {
      ...env,
      AYWA_RUNTIME_CONTROL_TOKEN: runtime.controlToken,
      AYWA_RUNTIME_WEBHOOK_SECRET: secret
    }
    assertMatches(await finding("webhook.roundtrip", other, ["--write"]), {
      status: "fail",
      detail: /SignatureMismatch/
    })
    assert.strictEqual(runtime.count("webhookEndpoints"), 1)
  })
})

describe("migration.leftovers", () => {
  it("finds a source id that is left in a row", async () => {
    const { env } = await healthy()
    const file = join(temporaryFolder(), "mapping.json")
    writeFileSync(
      file,
      JSON.stringify({
        items: [
          { resource: "tool", sourceId: "old-tool", runtimeId: "new" },
          { resource: "tool", sourceId: "same", runtimeId: "same" }
        ]
      })
    )
    const check = () => doctor(env, ["--only", "migration", "--mapping", file])
    assertMatches((await check()).found["migration.leftovers"], {
      status: "ok",
      detail: /none of 1 source ids/
    })
    // In a text: a reference to a row that is not there would be refused.
    await clientOf(env).assistants.create({ name: "A", firstMessage: "old-tool" })
    const { found } = await check()
    assertMatches(found["migration.leftovers"], { status: "fail", detail: /old-tool/ })
    writeFileSync(file, "[]")
    assert.include((await check()).detail("migration.leftovers"), "is no mapping")
  })

  it("reads the ledger, and looks through every page", async () => {
    const rows = Array.from({ length: 1001 }, (_, n) => ({ name: `A${n}`, firstMessage: n === 0 ? "old-1" : "Hello" }))
    const { env } = await startRuntime({ rows: { assistants: rows } })
    const file = join(temporaryFolder(), "mapping.jsonl")
    const line = (n: number) =>
      JSON.stringify({ source: "vapi", resource: "tool", sourceId: `old-${n}`, runtimeId: `new-${n}` })
    for (const [ledger, status, detail] of [
      [[2], "ok", "none of 1 source ids in 1001 rows"],
      [[2, 3], "ok", "none of 2 source ids in 1001 rows"],
      [[2, 1], "fail", "(old-1)"]
    ] as const) {
      writeFileSync(file, `${ledger.map(line).join("\n")}\n`)
      const found = await finding("migration.leftovers", env, ["--mapping", file])
      assert.strictEqual(found?.status, status)
      assert.include(found?.detail, detail)
    }
  })
})
