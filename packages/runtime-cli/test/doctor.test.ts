import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { LocalRuntimeOptions } from "@aywa-ai/runtime-local"
import { isWebhookVerificationError, verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import { describe, expect, it } from "vitest"
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
  expect(result.json, result.stderr).toBeDefined()
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
    expect(Object.entries(found).filter(([, { status }]) => status !== "ok" && status !== "skip")).toEqual([])
    expect([code, json.status, json.exitCode]).toEqual([0, "ok", 0])
    for (const { meaning, detail } of Object.values(found))
      expect([meaning, detail].every((text) => text.length >= 5)).toBe(true)
    expect(json.summary.ok).toBeGreaterThan(18)
  })

  it("exits with 1 for warnings and with 2 for failures", async () => {
    const { env } = await healthy()
    const warned = await doctor({ ...env, AYWA_RUNTIME_ORGANIZATION_ID: undefined })
    expect([warned.code, warned.json.status]).toEqual([1, "warn"])
    const failed = await doctor({ ...env, AYWA_RUNTIME_API_KEY: "wrong" })
    expect([failed.code, failed.json.status]).toEqual([2, "fail"])
  })

  it("skips what needs a check that failed, and sends nothing when the address is refused", async () => {
    const { runtime, env } = await healthy()
    const before = runtime.requests().length
    const { found, code } = await doctor({ ...env, AYWA_RUNTIME_BASE_URL: "runtime.internal" })
    expect([code, found["config.base-url"]?.status]).toEqual([2, "fail"])
    expect(found["auth.key"]).toMatchObject({ status: "skip", detail: "because config.base-url failed" })
    expect(runtime.requests().length).toBe(before)
  })

  it("writes nothing without --write, and takes back with it what it made", async () => {
    const { runtime, env } = await healthy()
    await doctor(env)
    expect(runtime.requests({ committed: true }).filter(({ method }) => method === "POST").length).toBe(3)
    const counts = () => ["assistants", "webhookEndpoints"].map((name) => runtime.count(name))
    const before = counts()
    const { status, code } = await doctor({ ...env, AYWA_RUNTIME_CONTROL_TOKEN: runtime.controlToken }, ["--write"])
    expect([status("idempotency.honoured"), status("webhook.roundtrip"), code]).toEqual(["ok", "ok", 0])
    expect(counts()).toEqual(before)
  })

  it("takes back what it made also when it is stopped in the middle", async () => {
    const { runtime, env } = await healthy()
    runtime.faults.add({
      action: { type: "latency", ms: 1000 },
      match: { method: "POST", path: "/assistant" },
      when: "after"
    })
    const running = launch(["doctor", "--write", "--only", "idempotency"], { env })
    await expect.poll(() => runtime.count("assistants"), { timeout: 15_000 }).toBe(2)
    await expect
      .poll(() => runtime.requests().filter(({ path, method }) => path === "/assistant" && method === "POST").length, {
        timeout: 15_000
      })
      .toBe(3)
    running.child.kill("SIGINT")
    expect((await running.done).code).toBe(130)
    expect(runtime.count("assistants")).toBe(1)
  })

  it("runs a part with --only, with what that part needs, and refuses what is no check", async () => {
    const { env } = await healthy()
    const { found } = await doctor(env, ["--only", "auth.negative,time"])
    expect(Object.keys(found)).toEqual([
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
    expect([wrong.code, errorOf(wrong).message]).toEqual([2, "There is no check nett."])
  })

  it("shows neither key nor secret, whatever fails", async () => {
    const { env } = await healthy()
    const key = "sk_live_9d8c7b6a5f4e"
    const secret = "whsec_not-base64-but-secret"
    const { stdout, stderr } = await run(["doctor", "--debug"], {
      env: { ...env, AYWA_RUNTIME_API_KEY: key, AYWA_RUNTIME_WEBHOOK_SECRET: secret, NEXT_PUBLIC_KEY: key }
    })
    expect(stdout + stderr).not.toContain(key)
    expect(stdout + stderr).not.toContain("not-base64")
  })

  it("is readable as text", async () => {
    const { env } = await healthy()
    const { stdout } = await run(["doctor", "--no-json", "--only", "config"], {
      env: { ...env, AYWA_RUNTIME_ORGANIZATION_ID: undefined }
    })
    expect(stdout).toMatch(/^ok {4}config\.base-url {6}http:/m)
    expect(stdout).toMatch(/^warn {2}config\.organization {2}No organization is given/m)
    expect(stdout).toMatch(/fix {2}Set AYWA_RUNTIME_ORGANIZATION_ID/)
    expect(stdout).toMatch(/\n2 ok, 1 warnings, 0 failed, 0 skipped\n$/)
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
    expect(found["config.base-url"]?.status).toBe("fail")
    expect(found["config.base-url"]?.detail.replace("baseUrl is missing: ", "missing. ")).toContain(
      url === "" ? "no default" : text
    )
    expect(code).toBe(2)
  })

  it("takes https anywhere and http on this machine, and warns of http that was allowed", async () => {
    expect((await address("https://10.0.0.1/base")).status("config.base-url")).toBe("ok")
    expect((await address("http://127.0.0.1:1")).status("config.base-url")).toBe("ok")
    expect((await address("http://10.0.0.1", ["--allow-http"])).status("config.base-url")).toBe("warn")
  })

  it("looks at the key: there, whole, private", async () => {
    const key = (env: Env, args?: ReadonlyArray<string>) => finding("config.key", env, args)
    expect(await key({})).toMatchObject({ status: "fail" })
    expect(await key({ AYWA_RUNTIME_API_KEY: "with space" })).toMatchObject({ status: "fail" })
    expect(await key({ AYWA_RUNTIME_API_KEY: "k" })).toMatchObject({ status: "ok" })
    expect(await key({}, ["--api-key", "k"])).toMatchObject({
      status: "warn",
      detail: expect.stringContaining("argument")
    })
    const file = join(temporaryFolder(), ".env")
    writeFileSync(file, "AYWA_RUNTIME_API_KEY=k\n")
    chmodSync(file, 0o644)
    expect(await key({}, ["--env-file", file])).toMatchObject({ status: "warn", fix: `chmod 600 ${file}` })
    chmodSync(file, 0o600)
    expect(await key({}, ["--env-file", file])).toMatchObject({ status: "ok" })
  })

  it("finds leftovers of the old platform, and keys with a public prefix", async () => {
    const env = (extra: Env) => doctor({ AYWA_RUNTIME_API_KEY: "k-1234", ...extra }, ["--only", "env"])
    const clean = await env({})
    expect([clean.status("env.leftovers"), clean.status("env.public")]).toEqual(["ok", "ok"])
    const left = await env({ VAPI_API_KEY: "x", NEXT_PUBLIC_TOKEN: "k-1234" })
    expect(left.detail("env.leftovers")).toContain("VAPI_API_KEY")
    expect([left.status("env.leftovers"), left.status("env.public")]).toEqual(["warn", "fail"])
    expect((await env({ VITE_AYWA_RUNTIME_API_KEY: "other" })).status("env.public")).toBe("fail")
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
    expect(await at(0)).toMatchObject({ status: "ok" })
    expect(await at(20)).toMatchObject({ status: "warn", detail: expect.stringContaining("behind") })
    expect(await at(-400)).toMatchObject({ status: "fail", detail: expect.stringContaining("ahead") })
  })

  it("finds an address that is no runtime, one that redirects, a port that is closed, a name that leads nowhere", async () => {
    const page = await behind({
      request: () => ({ status: 200, headers: { "content-type": "text/html" }, body: "<html>" })
    })
    expect((await doctor(page.env)).found["runtime.health"]).toMatchObject({
      status: "fail",
      fix: expect.stringContaining("base path")
    })
    const elsewhere = await behind({
      request: () => ({ status: 308, headers: { location: "https://10.0.0.9/health" }, body: "" })
    })
    const redirected = await doctor(elsewhere.env)
    expect(redirected.found["net.redirect"]).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("https://10.0.0.9")
    })
    expect(redirected.found["auth.key"]).toMatchObject({ status: "skip" })
    const { env } = await healthy()
    const closed = await doctor({ ...env, AYWA_RUNTIME_BASE_URL: "http://127.0.0.1:9" })
    expect(closed.detail("net.tcp")).toContain("ECONNREFUSED")
    const nowhere = await doctor({ ...env, AYWA_RUNTIME_BASE_URL: "https://runtime.invalid" })
    expect(nowhere.found["net.dns"]).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("cannot be resolved")
    })
  })

  it("finds a runtime that is not ready, and what it still needs", async () => {
    const { env } = await behind({
      request: (request) =>
        request.path === "/readyz"
          ? { status: 503, headers: {}, body: '{"message":"The store does not work"}' }
          : request
    })
    expect(await finding("runtime.ready", env)).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("The store does not work")
    })
    const empty = await startRuntime()
    expect(await finding("runtime.setup", empty.env)).toMatchObject({
      status: "warn",
      detail: expect.stringContaining("assistants")
    })
  })
})

describe("key and organization", () => {
  it("tells a wrong key from one that is fine", async () => {
    const { env } = await healthy()
    const { found } = await doctor({ ...env, AYWA_RUNTIME_API_KEY: "wrong" }, ["--only", "auth"])
    expect(found["auth.key"]).toMatchObject({ status: "fail", detail: "GET /assistant: status 401." })
    expect(found["auth.negative"]?.status).toBe("skip")
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
      expect(await finding("auth.negative", { ...env, AYWA_RUNTIME_BASE_URL: base })).toMatchObject({ status: "fail" })
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
    expect([found["auth.negative"]?.status, found["org.scope"]?.status]).toEqual(["warn", "skip"])
    const mute = await proxy(runtime.baseUrl, { request: () => "silence" })
    expect(await finding("net.redirect", { ...env, AYWA_RUNTIME_BASE_URL: mute })).toMatchObject({ status: "skip" })
  })

  it("finds a proxy that takes X-API-Key off", async () => {
    const { env } = await behind({
      request: without("x-api-key")
    })
    expect(await finding("auth.header", env)).toMatchObject({ status: "warn" })
  })

  it("says what the key may do", async () => {
    const { runtime, env } = await healthy()
    const reader = runtime.addKey({ role: "read" })
    expect((await finding("auth.rights", env))?.detail).toBe("the key reads and writes")
    expect((await finding("auth.rights", { ...env, AYWA_RUNTIME_API_KEY: reader.key }))?.detail).toBe(
      "the key only reads"
    )
  })

  it("finds a key of another organization, and a runtime that does not keep them apart", async () => {
    const { env } = await healthy()
    const other = await doctor({ ...env, AYWA_RUNTIME_ORGANIZATION_ID: "another" }, ["--only", "auth,org"])
    expect(other.found["auth.key"]).toMatchObject({ status: "fail", fix: expect.stringContaining("organization") })
    const open = await behind({
      request: without("x-organization-id")
    })
    expect(await finding("org.scope", open.env)).toMatchObject({ status: "fail" })
    const mixed = await behind({
      answer: (answer, { path, method }) =>
        method === "GET" && path.startsWith("/tool") && answer.status === 200
          ? { ...answer, body: JSON.stringify([{ id: "t", orgId: "somebody-else" }]) }
          : answer
    })
    expect(await finding("org.scope", mixed.env)).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("other organizations")
    })
  })

  it("sees rate limits, and that there are none, and that they are used up", async () => {
    const { env } = await healthy()
    expect(await finding("limits.seen", env)).toMatchObject({
      status: "ok",
      detail: expect.stringMatching(/^\d+ of 10000/)
    })
    const none = await startRuntime()
    expect((await finding("limits.seen", none.env))?.status).toBe("warn")
    const few = await behind({
      answer: (answer) => ({ ...answer, headers: { ...answer.headers, "x-ratelimit-remaining": "3" } })
    })
    expect((await finding("limits.seen", few.env))?.detail).toContain("less than a tenth")
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
    expect(await bundle({ "index.js": "console.log(1)" })).toMatchObject({
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
      expect(found).toMatchObject({ status: "fail", detail: expect.stringContaining("assets/deep/app.js") })
      expect(JSON.stringify(found)).not.toContain(key)
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
    expect(await bundle({ "app.js": Buffer.from(outputFiles[0]?.contents ?? []) })).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("the SDK")
    })
  })

  it("does not call an empty or a missing folder clean", async () => {
    expect(await bundle({})).toMatchObject({ status: "fail", detail: expect.stringContaining("has no files") })
    const missing = await doctor({ AYWA_RUNTIME_API_KEY: key }, ["--only", "client", "--client-dir", "/nowhere/at/all"])
    expect(missing.status("client.bundle")).toBe("fail")
  })
})

describe("idempotency.honoured", () => {
  it("finds a runtime that makes a second row, and leaves none behind", async () => {
    const { runtime, env } = await behind({
      request: without("idempotency-key")
    })
    expect(await finding("idempotency.honoured", env, ["--write"])).toMatchObject({
      status: "fail",
      detail: "The same key made a second row."
    })
    expect(runtime.count("assistants")).toBe(1)
  })

  it("warns when another body goes through, and fails when the key may not write", async () => {
    const { env } = await behind({ answer: (answer) => (answer.status === 422 ? { ...answer, status: 409 } : answer) })
    expect((await finding("idempotency.honoured", env, ["--write"]))?.status).toBe("warn")
    const plain = await healthy()
    const reader = plain.runtime.addKey({ role: "read" })
    const readOnly = { ...plain.env, AYWA_RUNTIME_API_KEY: reader.key }
    expect(await finding("idempotency.honoured", readOnly, ["--write"])).toMatchObject({
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
    expect(found["webhook.secret"]?.status).toBe(status)
    expect(stdout).not.toContain(secret?.trim() ?? "no secret")
  })

  it("never warns of a generated one", async () => {
    for (let n = 0; n < 5; n++) {
      const { stdout } = await run(["webhooks", "secret", "generate"])
      const { status } = await doctor({ AYWA_RUNTIME_WEBHOOK_SECRET: stdout.trim() }, ["--only", "webhook.secret"])
      expect(status("webhook.secret")).toBe("ok")
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
    expect([found["webhook.handler"]?.status, found["webhook.replies"]?.status]).toEqual(["ok", "ok"])
  })

  it("finds one that takes everything, one that ignores the time, one with another secret, one that answers 500, one that is not there", async () => {
    const open = await check((await startHandler(() => [200])).url)
    expect(open["webhook.handler"]).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("without signature headers, and signed with another secret")
    })
    const timeless = await check(await verifying({ toleranceSeconds: "disabled" }))
    expect(timeless["webhook.handler"]?.detail).toBe("The handler takes events signed an hour ago.")
    const wrong = await check((await startHandler(() => [401])).url)
    expect(wrong["webhook.handler"]).toMatchObject({ status: "fail", fix: expect.stringContaining("same secret") })
    expect(wrong["webhook.replies"]?.status).toBe("skip")
    const noisy = await check(await verifying({ refusal: 500 }))
    expect(noisy["webhook.handler"]?.status).toBe("warn")
    const gone = await check(`http://127.0.0.1:${await closedPort()}/`)
    expect(gone["webhook.handler"]?.detail).toContain("ECONNREFUSED")
  })
})

describe("webhook.endpoints and webhook.delivery", () => {
  it("finds endpoints that are plain http or turned off", async () => {
    const { env } = await healthy()
    expect((await finding("webhook.endpoints", env))?.status).toBe("ok")
    const endpoint = ["webhook-endpoints", "create", ...sets({ scope: "account" })]
    await run([...endpoint, ...sets({ url: "https://10.0.0.1/", enabled: false })], { env })
    expect((await finding("webhook.endpoints", env))?.status).toBe("warn")
    await run([...endpoint, ...sets({ url: "http://10.0.0.1/" })], { env })
    expect((await finding("webhook.endpoints", env))?.status).toBe("fail")
  })

  it("finds events that were given up on", async () => {
    const { runtime, env } = await healthy()
    expect((await finding("webhook.delivery", env))?.detail).toBe("no event was sent yet")
    await runtime.trigger({ type: "hang" })
    await runtime.webhooks.idle()
    expect(await finding("webhook.delivery", env)).toMatchObject({
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
    expect(await check(env)).toMatchObject({ status: "skip", detail: expect.stringContaining("give --webhook-url") })
    const good = await verifying({ secret: runtime.webhookSecret })
    expect(await check(env, "--webhook-url", good)).toMatchObject({
      status: "skip",
      detail: expect.stringContaining("place a call")
    })
    await send(good)
    expect(await check(env, "--webhook-url", good)).toMatchObject({
      status: "ok",
      detail: expect.stringMatching(/^the hang of \S+ got status 204 there/)
    })
    // The handler and this machine have one secret, the runtime another.
    const other = await verifying()
    await send(other)
    expect(await check({ ...env, AYWA_RUNTIME_WEBHOOK_SECRET: secret }, "--webhook-url", other)).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("got status 401"),
      fix: expect.stringContaining("set the same one in the runtime")
    })
    expect(runtime.count("webhookEndpoints")).toBe(1)
  })

  it("webhook.roundtrip fails with the secret of another runtime", async () => {
    const { runtime, env } = await healthy()
    const other = {
      ...env,
      AYWA_RUNTIME_CONTROL_TOKEN: runtime.controlToken,
      AYWA_RUNTIME_WEBHOOK_SECRET: secret
    }
    expect(await finding("webhook.roundtrip", other, ["--write"])).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("SignatureMismatch")
    })
    expect(runtime.count("webhookEndpoints")).toBe(1)
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
    expect((await check()).found["migration.leftovers"]).toMatchObject({
      status: "ok",
      detail: expect.stringContaining("none of 1 source ids")
    })
    // In a text: a reference to a row that is not there would be refused.
    await clientOf(env).assistants.create({ name: "A", firstMessage: "old-tool" })
    const { found } = await check()
    expect(found["migration.leftovers"]).toMatchObject({ status: "fail", detail: expect.stringContaining("old-tool") })
    writeFileSync(file, "[]")
    expect((await check()).detail("migration.leftovers")).toContain("is no mapping")
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
      expect(found).toMatchObject({ status, detail: expect.stringContaining(detail) })
    }
  })
})
