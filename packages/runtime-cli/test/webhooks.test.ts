import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { signAywaRuntimeWebhook, verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import { assert, describe, it } from "vitest"
import { assertMatches, eventually } from "../../runtime-sdk/test/support/assertions.ts"
import {
  closedPort,
  errorOf,
  launch,
  run,
  sets,
  startHandler,
  startRuntime,
  temporaryFolder,
  until
} from "./support.ts"

const secret = "whsec_YXl3YS1ydW50aW1lLXRlc3Qtc2VjcmV0LTMyYnl0ZXM="
const env = { AYWA_RUNTIME_WEBHOOK_SECRET: secret }
const body = JSON.stringify({ message: { type: "status-update", status: "ended", call: { id: "call_1" } } })

describe("webhooks secret", () => {
  it("generate prints a secret and nothing else, also into a pipe; JSON when asked", async () => {
    const plain = await run(["webhooks", "secret", "generate"])
    assert.match(plain.stdout, /^whsec_[A-Za-z0-9+/]{43}=\n$/)
    assert.match((await run(["webhooks", "secret", "generate", "--json"])).json.secret, /^whsec_/)
  })

  it("convert gives the same key in the form of every library", async () => {
    const { stdout } = await run(["webhooks", "secret", "convert"], { stdin: "aywa-runtime-test-secret-32bytes\n" })
    assert.strictEqual(stdout, `${secret}\n`)
    const fromEnv = await run(["webhooks", "secret", "convert"], {
      env: { AYWA_RUNTIME_WEBHOOK_SECRET: "aywa-runtime-test-secret-32bytes" }
    })
    assert.strictEqual(fromEnv.stdout, stdout)
  })

  it("convert refuses what has no such form, without showing it", async () => {
    const result = await run(["webhooks", "secret", "convert"], { stdin: "hunter2hunter2hu" })
    assert.strictEqual(result.code, 1)
    assert.notInclude(result.stdout + result.stderr, "hunter2")
    assert.strictEqual((await run(["webhooks", "secret", "convert"])).code, 2)
  })
})

describe("webhooks sign and verify", () => {
  const files = () => {
    const folder = temporaryFolder()
    const event = join(folder, "event.json")
    writeFileSync(event, body)
    return { event, request: join(folder, "request.http"), folder }
  }

  it("sign what the verifier of the SDK accepts", async () => {
    const { event } = files()
    const { stdout } = await run(["webhooks", "sign", event, "--json"], { env })
    const { message } = verifyAywaRuntimeWebhook({ body, headers: JSON.parse(stdout), secret })
    assert.strictEqual(message.type, "status-update")
  })

  it("a request goes from sign to verify", async () => {
    const { event, request } = files()
    await run(["webhooks", "sign", event, "--output", request, "--id", "evt_1"], { env })
    const { code, json } = await run(["webhooks", "verify", request], { env })
    assertMatches([code, json], [0, { ok: true, id: "evt_1", type: "status-update" }])
  })

  it("an old request is refused for its age alone, and --at and --ignore-age say when", async () => {
    const { event, request } = files()
    await run(["webhooks", "sign", event, "--output", request, "--at", "2026-01-31T09:00:00Z"], { env })
    const old = await run(["webhooks", "verify", request], { env })
    assert.deepStrictEqual([old.code, old.json.reason, old.json.handlerStatus], [1, "TimestampTooOld", 401])
    for (const args of [["--ignore-age"], ["--at", "2026-01-31T09:04:59Z"], ["--at", "1769850300"]]) {
      assert.strictEqual((await run(["webhooks", "verify", request, ...args], { env })).code, 0)
    }
    assert.strictEqual((await run(["webhooks", "verify", request, "--at", "2026-01-31T09:05:01Z"], { env })).code, 1)
  })

  const changes: ReadonlyArray<readonly [string, (text: string) => string | Uint8Array, string]> = [
    ["a line break at the end", (text) => `${text}\n`, "a line break was added"],
    ["a BOM", (text) => `\uFEFF${text}`, "a byte order mark"],
    ["base64", (text) => Buffer.from(text).toString("base64"), "still base64"],
    ["another formatting", (text) => JSON.stringify(JSON.parse(text), null, 2), "parsed and written again"],
    ["CRLF", (text) => text.replaceAll("\n", "\r\n"), "changed to CRLF"]
  ]
  it.each(changes)("says that the body was changed by %s", async (name, change, finding) => {
    const { folder } = files()
    const original = name === "CRLF" ? body.replace("{", "{\n") : body
    const headers = signAywaRuntimeWebhook({ body: original, secret })
    const file = join(folder, "changed.json")
    writeFileSync(file, change(original))
    const given = Object.entries(headers).flatMap(([key, value]) => ["--header", `${key}: ${value}`])
    const { code, json } = await run(["webhooks", "verify", file, ...given], { env })
    assert.deepStrictEqual([code, json.reason], [1, "SignatureMismatch"])
    assert.include(json.finding, finding)
  })

  it("says nothing of the kind when a byte of the content differs", async () => {
    const { folder } = files()
    const headers = signAywaRuntimeWebhook({ body, secret })
    const file = join(folder, "request.json")
    writeFileSync(file, JSON.stringify({ headers, body: body.replace("ended", "ending") }))
    const { json } = await run(["webhooks", "verify", file], { env })
    assert.deepStrictEqual([json.reason, json.finding], ["SignatureMismatch", null])
  })

  it("names a secret that misses its prefix, and never shows it", async () => {
    const { event, request } = files()
    await run(["webhooks", "sign", event, "--output", request], { env })
    const bare = secret.slice(6)
    const result = await run(["webhooks", "verify", request], { env: { AYWA_RUNTIME_WEBHOOK_SECRET: bare } })
    assert.deepStrictEqual([result.code, result.json.finding], [1, "the secret is base64 and misses its prefix whsec_"])
    assert.notInclude(result.stdout + result.stderr, bare)
  })

  it("keeps every byte of a body that is not text", async () => {
    const { folder } = files()
    const bytes = Buffer.from([0xff, 0xfe, 0x0a, 0x0d, 0x0a, 0x00])
    const event = join(folder, "bytes.bin")
    writeFileSync(event, bytes)
    const request = join(folder, "bytes.http")
    await run(["webhooks", "sign", event, "--output", request], { env })
    assert.isTrue(readFileSync(request).subarray(-bytes.length).equals(bytes))
    const { json } = await run(["webhooks", "verify", request], { env })
    assert.strictEqual(json.reason, "MalformedPayload")
  })

  it("needs a secret, and a file that is a request", async () => {
    const { event } = files()
    assert.include(errorOf(await run(["webhooks", "verify", event, "--json"])).hint, "AYWA_RUNTIME_WEBHOOK_SECRET")
    assert.include(errorOf(await run(["webhooks", "verify", event, "--json"], { env })).message, "is no stored request")
  })
})

const withControl = async () => {
  const { runtime, env } = await startRuntime({ webhookSchedule: "instant" })
  return {
    runtime,
    env: {
      ...env,
      AYWA_RUNTIME_CONTROL_TOKEN: runtime.controlToken,
      AYWA_RUNTIME_WEBHOOK_SECRET: runtime.webhookSecret
    }
  }
}

describe("webhooks listen", () => {
  it("forwards raw bytes and headers untouched, shows each event, and takes its endpoint away", async () => {
    const { runtime, env } = await withControl()
    const { got, url } = await startHandler(() => [200, "{}"])
    const listening = launch(["webhooks", "listen", "--forward-to", `${url}/hooks?k=1`], { env })
    await until(listening, "stderr", "Listening on")
    const triggered = await run(["webhooks", "trigger", "status-update", "--set", "status=ended"], { env })
    assert.deepStrictEqual([triggered.code, triggered.json.jobs.length], [0, 1])
    await until(listening, "stdout", /\n/)
    const event = JSON.parse(listening.output.stdout)
    assertMatches(event, { type: "status-update", status: 200, signature: "good", id: triggered.json.eventId })
    assert.typeOf(event.ms, "number")
    assert.notInclude(listening.output.stdout, "payload")
    const [delivery] = got
    assert.strictEqual(delivery?.path, "/hooks?k=1")
    const verified = verifyAywaRuntimeWebhook({
      body: delivery?.body ?? "",
      headers: delivery?.headers ?? {},
      secret: runtime.webhookSecret
    })
    assertMatches(verified.message, { type: "status-update", status: "ended" })
    listening.child.kill("SIGINT")
    assert.strictEqual((await listening.done).code, 0)
    assert.strictEqual(runtime.count("webhookEndpoints"), 0)
  })

  it.each(["SIGINT", "SIGHUP", "a reader that has seen enough"] as const)(
    "takes its endpoint away after %s",
    async (end) => {
      const { runtime, env } = await withControl()
      const listening = launch(["webhooks", "listen", "--forward-to", "http://127.0.0.1:9"], { env })
      await until(listening, "stderr", "Listening on")
      if (end === "SIGINT" || end === "SIGHUP") listening.child.kill(end)
      else {
        listening.child.stdout?.destroy()
        await run(["webhooks", "trigger", "hang"], { env })
      }
      assert.deepStrictEqual([(await listening.done).code, runtime.count("webhookEndpoints")], [0, 0])
    }
  )

  it("takes its endpoint away also when it is stopped while it registers", async () => {
    const { runtime, env } = await withControl()
    runtime.faults.add({
      action: { type: "latency", ms: 1000 },
      match: { method: "POST", path: "/webhook-endpoint" },
      when: "after"
    })
    const listening = launch(["webhooks", "listen", "--forward-to", "http://127.0.0.1:9"], { env })
    await eventually(() => assert.strictEqual(runtime.count("webhookEndpoints"), 1), 15_000)
    listening.child.kill("SIGINT")
    await listening.done
    assert.strictEqual(runtime.count("webhookEndpoints"), 0)
  })

  it("ends also while the runtime does not answer its registration", async () => {
    const { runtime, env } = await withControl()
    runtime.faults.add({ action: "stall" })
    const listening = launch(["webhooks", "listen", "--forward-to", "http://127.0.0.1:9"], { env })
    await eventually(() => assert.strictEqual(runtime.requests().length, 1), 15_000)
    listening.child.kill("SIGINT")
    assert.strictEqual((await listening.done).code, 130)
  })

  it("passes the handler's answer back, so that a question gets its reply", async () => {
    const { env } = await withControl()
    const { url } = await startHandler(() => [200, '{"results":[{"toolCallId":"x","result":"sunny"}]}'])
    const listening = launch(["webhooks", "listen", "--forward-to", url], { env })
    await until(listening, "stderr", "Listening on")
    const { json } = await run(["webhooks", "trigger", "tool-calls"], { env })
    assertMatches([json.status, JSON.stringify(json.reply)], [200, /sunny/])
  })

  it("answers 502 while the handler is down, and shows why", async () => {
    const { env } = await withControl()
    const listening = launch(["webhooks", "listen", "--forward-to", "http://127.0.0.1:9"], { env })
    await until(listening, "stderr", "Listening on")
    await run(["webhooks", "trigger", "status-update"], { env })
    await until(listening, "stdout", /ECONNREFUSED/)
    const tail = await run(["webhooks", "tail", "--no-follow"], { env })
    assertMatches(tail.json, { type: "status-update", statusCode: 502 })
  })

  it("takes an address of yours that leads to its port", async () => {
    const { runtime, env } = await withControl()
    const { got, url } = await startHandler(() => [200, "{}"])
    const port = await closedPort()
    const way = ["--port", String(port), "--public-url", `http://localhost:${port}/from/outside`]
    const listening = launch(["webhooks", "listen", "--forward-to", `${url}/hooks`, ...way], { env })
    await until(listening, "stderr", "Listening on")
    assertMatches(runtime.rows("webhookEndpoints"), [{ url: `http://localhost:${port}/from/outside` }])
    await run(["webhooks", "trigger", "hang"], { env })
    await until(listening, "stdout", /"status":200/)
    assert.strictEqual(got[0]?.path, "/hooks/from/outside")
    listening.child.kill("SIGTERM")
    assert.strictEqual((await listening.done).code, 0)
  })

  it("does not pretend that there is a relay", async () => {
    const result = await run(["webhooks", "listen", "--forward-to", "http://127.0.0.1:9", "--json"], {
      env: { AYWA_RUNTIME_BASE_URL: "https://runtime.example", AYWA_RUNTIME_API_KEY: "k" }
    })
    assert.deepStrictEqual([result.code, errorOf(result).code], [2, "public_url"])
  })
})

describe("webhooks trigger, tail, replay and retry", () => {
  it("tail shows what is there, then each change; replay makes a new job, retry a new attempt", async () => {
    const { runtime, env } = await withControl()
    let status = 500
    const { got, url } = await startHandler(() => [status, status === 200 ? "{}" : '{"error":"Not today"}'])
    await run(["webhook-endpoints", "create", "--set", `url=${url}`, "--set", "scope=account"], { env })
    // Whoever watches uses up no fault that is meant for a program, and is in no list of requests.
    runtime.faults.add({ action: "stall", times: 1, match: { path: "/logs/webhooks" } })
    const tailing = launch(["webhooks", "tail", "--interval", "0.1"], { env })
    const triggered = await run(["webhooks", "trigger", "end-of-call-report"], { env })
    assertMatches([triggered.code, triggered.json.jobs], [1, [{ statusCode: 500, reason: "Not today" }]])
    await until(tailing, "stdout", /"status":"(retrying|dead)".*"reason":"Not today"/)
    await runtime.webhooks.idle()
    assert.notInclude(
      runtime.requests().map(({ path }) => path),
      "/logs/webhooks"
    )
    runtime.faults.clear()
    const [{ id }] = (await run(["webhook-logs", "list"], { env })).json.items
    status = 200
    const retried = await run(["webhooks", "retry", id], { env })
    assert.deepStrictEqual([retried.stderr, retried.code], ["", 0])
    await until(tailing, "stdout", /"status":"succeeded"/)
    const replayed = await run(["webhooks", "replay", id], { env })
    assertMatches(replayed.json, { replayOf: id })
    await eventually(() => assert.strictEqual(new Set(got.map(({ headers }) => headers["webhook-id"])).size, 2))
    tailing.child.kill("SIGINT")
    await tailing.done
    const again = await run(["webhooks", "retry", id, "--json"], { env })
    assert.deepStrictEqual([again.code, errorOf(again).code], [6, "job_succeeded"])
    assert.strictEqual((await run(["webhooks", "replay", "nothing"], { env })).code, 5)
  })

  it("tail shows a burst whole", async () => {
    const { runtime, env } = await withControl()
    const { url } = await startHandler(() => [200, "{}"])
    await run(["webhook-endpoints", "create", ...sets({ url, scope: "account" })], { env })
    const tailing = launch(["webhooks", "tail", "--interval", "2"], { env })
    const trigger = () =>
      fetch(`${runtime.baseUrl}/__aywa/trigger`, {
        method: "POST",
        headers: { authorization: `Bearer ${runtime.controlToken}`, "content-type": "application/json" },
        body: '{"type":"hang"}'
      })
    await trigger()
    await until(tailing, "stdout", "succeeded")
    for (let n = 0; n < 250; n++) await trigger()
    await runtime.webhooks.idle()
    const shown = () => new Set(tailing.output.stdout.match(/"eventId":"\w+"/g)).size
    await eventually(() => assert.strictEqual(shown(), 251))
  })

  it("trigger: --dry-run sends nothing, an unknown type and a wrong path are refused, a deployed runtime too", async () => {
    const { env } = await withControl()
    const dry = await run(["webhooks", "trigger", "status-update", "--dry-run", "--set", "status=ended"], { env })
    assertMatches(dry.json, { type: "status-update", message: { status: "ended" }, targets: [] })
    const type = await run(["webhooks", "trigger", "status-updat", "--json"], { env })
    assertMatches([type.code, errorOf(type).message], [2, /status-update/])
    const near = await run(["webhooks", "trigger", "end-of-cal-report", "--json"], { env })
    assert.include(errorOf(near).message, "Did you mean end-of-call-report?")
    const homeless = await run(["webhooks", "trigger", "hang", "--json"], { env: {} })
    assert.include(errorOf(homeless).hint, "--env-file .env.local")
    assert.strictEqual((await run(["webhooks", "trigger", "status-update", "--set", "no.such=1"], { env })).code, 2)
    const deployed = { ...env, AYWA_RUNTIME_BASE_URL: "https://runtime.example" }
    assert.include(
      errorOf(await run(["webhooks", "trigger", "hang", "--json"], { env: deployed })).message,
      "not on this machine"
    )
    const other = await run(["webhooks", "trigger", "hang", "--json"], {
      env: { ...env, AYWA_RUNTIME_CONTROL_TOKEN: "wrong" }
    })
    assert.deepStrictEqual([other.code, errorOf(other).code], [4, "control_token"])
  })

  it("trigger says why a delivery failed: no answer, another secret, another protocol", async () => {
    const { env } = await withControl()
    const to = async (url: string) => {
      const { code, json } = await run(["webhooks", "trigger", "hang", "--to", url], { env })
      return [code, json.jobs[0].statusCode, json.jobs[0].reason]
    }
    const { url } = await startHandler(() => [401, '{"statusCode":401,"message":["No secret signed this"]}'])
    assert.deepStrictEqual(await to(url), [1, 401, "No secret signed this"])
    assertMatches(await to("http://127.0.0.1:9"), [1, null, /ECONNREFUSED/])
    assertMatches(await to(url.replace("http:", "https:")), [1, null, /^This port does not speak TLS .* http:\/\//])
    assert.deepStrictEqual((await to((await startHandler(() => [204])).url)).slice(0, 2), [0, 204])
    const question = await run(["webhooks", "trigger", "tool-calls", "--to", url], { env })
    assert.deepStrictEqual([question.code, question.json.reason], [1, "No secret signed this"])
  })

  it("trigger warns when nobody receives the event", async () => {
    const { env } = await withControl()
    const { code, stderr } = await run(["webhooks", "trigger", "hang"], { env })
    assertMatches([code, stderr], [0, /Nobody is configured/])
  })
})
