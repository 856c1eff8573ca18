import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { signAywaRuntimeWebhook, verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import { describe, expect, it } from "vitest"
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
    expect(plain.stdout).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/)
    expect((await run(["webhooks", "secret", "generate", "--json"])).json.secret).toMatch(/^whsec_/)
  })

  it("convert gives the same key in the form of every library", async () => {
    const { stdout } = await run(["webhooks", "secret", "convert"], { stdin: "aywa-runtime-test-secret-32bytes\n" })
    expect(stdout).toBe(`${secret}\n`)
    const fromEnv = await run(["webhooks", "secret", "convert"], {
      env: { AYWA_RUNTIME_WEBHOOK_SECRET: "aywa-runtime-test-secret-32bytes" }
    })
    expect(fromEnv.stdout).toBe(stdout)
  })

  it("convert refuses what has no such form, without showing it", async () => {
    const result = await run(["webhooks", "secret", "convert"], { stdin: "hunter2hunter2hu" })
    expect(result.code).toBe(1)
    expect(result.stdout + result.stderr).not.toContain("hunter2")
    expect((await run(["webhooks", "secret", "convert"])).code).toBe(2)
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
    expect(message.type).toBe("status-update")
  })

  it("a request goes from sign to verify", async () => {
    const { event, request } = files()
    await run(["webhooks", "sign", event, "--output", request, "--id", "evt_1"], { env })
    const { code, json } = await run(["webhooks", "verify", request], { env })
    expect([code, json]).toMatchObject([0, { ok: true, id: "evt_1", type: "status-update" }])
  })

  it("an old request is refused for its age alone, and --at and --ignore-age say when", async () => {
    const { event, request } = files()
    await run(["webhooks", "sign", event, "--output", request, "--at", "2026-01-31T09:00:00Z"], { env })
    const old = await run(["webhooks", "verify", request], { env })
    expect([old.code, old.json.reason, old.json.handlerStatus]).toEqual([1, "TimestampTooOld", 401])
    for (const args of [["--ignore-age"], ["--at", "2026-01-31T09:04:59Z"], ["--at", "1769850300"]]) {
      expect((await run(["webhooks", "verify", request, ...args], { env })).code).toBe(0)
    }
    expect((await run(["webhooks", "verify", request, "--at", "2026-01-31T09:05:01Z"], { env })).code).toBe(1)
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
    expect([code, json.reason]).toEqual([1, "SignatureMismatch"])
    expect(json.finding).toContain(finding)
  })

  it("says nothing of the kind when a byte of the content differs", async () => {
    const { folder } = files()
    const headers = signAywaRuntimeWebhook({ body, secret })
    const file = join(folder, "request.json")
    writeFileSync(file, JSON.stringify({ headers, body: body.replace("ended", "ending") }))
    const { json } = await run(["webhooks", "verify", file], { env })
    expect([json.reason, json.finding]).toEqual(["SignatureMismatch", null])
  })

  it("names a secret that misses its prefix, and never shows it", async () => {
    const { event, request } = files()
    await run(["webhooks", "sign", event, "--output", request], { env })
    const bare = secret.slice(6)
    const result = await run(["webhooks", "verify", request], { env: { AYWA_RUNTIME_WEBHOOK_SECRET: bare } })
    expect([result.code, result.json.finding]).toEqual([1, "the secret is base64 and misses its prefix whsec_"])
    expect(result.stdout + result.stderr).not.toContain(bare)
  })

  it("keeps every byte of a body that is not text", async () => {
    const { folder } = files()
    const bytes = Buffer.from([0xff, 0xfe, 0x0a, 0x0d, 0x0a, 0x00])
    const event = join(folder, "bytes.bin")
    writeFileSync(event, bytes)
    const request = join(folder, "bytes.http")
    await run(["webhooks", "sign", event, "--output", request], { env })
    expect(readFileSync(request).subarray(-bytes.length).equals(bytes)).toBe(true)
    const { json } = await run(["webhooks", "verify", request], { env })
    expect(json.reason).toBe("MalformedPayload")
  })

  it("needs a secret, and a file that is a request", async () => {
    const { event } = files()
    expect(errorOf(await run(["webhooks", "verify", event, "--json"])).hint).toContain("AYWA_RUNTIME_WEBHOOK_SECRET")
    expect(errorOf(await run(["webhooks", "verify", event, "--json"], { env })).message).toContain(
      "is no stored request"
    )
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
    expect([triggered.code, triggered.json.jobs.length]).toEqual([0, 1])
    await until(listening, "stdout", /\n/)
    const event = JSON.parse(listening.output.stdout)
    expect(event).toMatchObject({ type: "status-update", status: 200, signature: "good", id: triggered.json.eventId })
    expect(event.ms).toBeTypeOf("number")
    expect(listening.output.stdout).not.toContain("payload")
    const [delivery] = got
    expect(delivery?.path).toBe("/hooks?k=1")
    const verified = verifyAywaRuntimeWebhook({
      body: delivery?.body ?? "",
      headers: delivery?.headers ?? {},
      secret: runtime.webhookSecret
    })
    expect(verified.message).toMatchObject({ type: "status-update", status: "ended" })
    listening.child.kill("SIGINT")
    expect((await listening.done).code).toBe(0)
    expect(runtime.count("webhookEndpoints")).toBe(0)
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
      expect([(await listening.done).code, runtime.count("webhookEndpoints")]).toEqual([0, 0])
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
    await expect.poll(() => runtime.count("webhookEndpoints"), { timeout: 15_000 }).toBe(1)
    listening.child.kill("SIGINT")
    await listening.done
    expect(runtime.count("webhookEndpoints")).toBe(0)
  })

  it("ends also while the runtime does not answer its registration", async () => {
    const { runtime, env } = await withControl()
    runtime.faults.add({ action: "stall" })
    const listening = launch(["webhooks", "listen", "--forward-to", "http://127.0.0.1:9"], { env })
    await expect.poll(() => runtime.requests().length, { timeout: 15_000 }).toBe(1)
    listening.child.kill("SIGINT")
    expect((await listening.done).code).toBe(130)
  })

  it("passes the handler's answer back, so that a question gets its reply", async () => {
    const { env } = await withControl()
    const { url } = await startHandler(() => [200, '{"results":[{"toolCallId":"x","result":"sunny"}]}'])
    const listening = launch(["webhooks", "listen", "--forward-to", url], { env })
    await until(listening, "stderr", "Listening on")
    const { json } = await run(["webhooks", "trigger", "tool-calls"], { env })
    expect([json.status, JSON.stringify(json.reply)]).toEqual([200, expect.stringContaining("sunny")])
  })

  it("answers 502 while the handler is down, and shows why", async () => {
    const { env } = await withControl()
    const listening = launch(["webhooks", "listen", "--forward-to", "http://127.0.0.1:9"], { env })
    await until(listening, "stderr", "Listening on")
    await run(["webhooks", "trigger", "status-update"], { env })
    await until(listening, "stdout", /ECONNREFUSED/)
    const tail = await run(["webhooks", "tail", "--no-follow"], { env })
    expect(tail.json).toMatchObject({ type: "status-update", statusCode: 502 })
  })

  it("takes an address of yours that leads to its port", async () => {
    const { runtime, env } = await withControl()
    const { got, url } = await startHandler(() => [200, "{}"])
    const port = await closedPort()
    const way = ["--port", String(port), "--public-url", `http://localhost:${port}/from/outside`]
    const listening = launch(["webhooks", "listen", "--forward-to", `${url}/hooks`, ...way], { env })
    await until(listening, "stderr", "Listening on")
    expect(runtime.rows("webhookEndpoints")).toMatchObject([{ url: `http://localhost:${port}/from/outside` }])
    await run(["webhooks", "trigger", "hang"], { env })
    await until(listening, "stdout", /"status":200/)
    expect(got[0]?.path).toBe("/hooks/from/outside")
    listening.child.kill("SIGTERM")
    expect((await listening.done).code).toBe(0)
  })

  it("does not pretend that there is a relay", async () => {
    const result = await run(["webhooks", "listen", "--forward-to", "http://127.0.0.1:9", "--json"], {
      env: { AYWA_RUNTIME_BASE_URL: "https://runtime.example", AYWA_RUNTIME_API_KEY: "k" }
    })
    expect([result.code, errorOf(result).code]).toEqual([2, "public_url"])
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
    expect([triggered.code, triggered.json.jobs]).toMatchObject([1, [{ statusCode: 500, reason: "Not today" }]])
    await until(tailing, "stdout", /"status":"(retrying|dead)".*"reason":"Not today"/)
    await runtime.webhooks.idle()
    expect(runtime.requests().map(({ path }) => path)).not.toContain("/logs/webhooks")
    runtime.faults.clear()
    const [{ id }] = (await run(["webhook-logs", "list"], { env })).json.items
    status = 200
    const retried = await run(["webhooks", "retry", id], { env })
    expect([retried.stderr, retried.code]).toEqual(["", 0])
    await until(tailing, "stdout", /"status":"succeeded"/)
    const replayed = await run(["webhooks", "replay", id], { env })
    expect(replayed.json).toMatchObject({ replayOf: id })
    await expect.poll(() => new Set(got.map(({ headers }) => headers["webhook-id"])).size).toBe(2)
    tailing.child.kill("SIGINT")
    await tailing.done
    const again = await run(["webhooks", "retry", id, "--json"], { env })
    expect([again.code, errorOf(again).code]).toEqual([6, "job_succeeded"])
    expect((await run(["webhooks", "replay", "nothing"], { env })).code).toBe(5)
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
    await expect.poll(shown, { timeout: 20_000 }).toBe(251)
  })

  it("trigger: --dry-run sends nothing, an unknown type and a wrong path are refused, a deployed runtime too", async () => {
    const { env } = await withControl()
    const dry = await run(["webhooks", "trigger", "status-update", "--dry-run", "--set", "status=ended"], { env })
    expect(dry.json).toMatchObject({ type: "status-update", message: { status: "ended" }, targets: [] })
    const type = await run(["webhooks", "trigger", "status-updat", "--json"], { env })
    expect([type.code, errorOf(type).message]).toEqual([2, expect.stringContaining("status-update")])
    const near = await run(["webhooks", "trigger", "end-of-cal-report", "--json"], { env })
    expect(errorOf(near).message).toContain("Did you mean end-of-call-report?")
    const homeless = await run(["webhooks", "trigger", "hang", "--json"], { env: {} })
    expect(errorOf(homeless).hint).toContain("--env-file .env.local")
    expect((await run(["webhooks", "trigger", "status-update", "--set", "no.such=1"], { env })).code).toBe(2)
    const deployed = { ...env, AYWA_RUNTIME_BASE_URL: "https://runtime.example" }
    expect(errorOf(await run(["webhooks", "trigger", "hang", "--json"], { env: deployed })).message).toContain(
      "not on this machine"
    )
    const other = await run(["webhooks", "trigger", "hang", "--json"], {
      env: { ...env, AYWA_RUNTIME_CONTROL_TOKEN: "wrong" }
    })
    expect([other.code, errorOf(other).code]).toEqual([4, "control_token"])
  })

  it("trigger says why a delivery failed: no answer, another secret, another protocol", async () => {
    const { env } = await withControl()
    const to = async (url: string) => {
      const { code, json } = await run(["webhooks", "trigger", "hang", "--to", url], { env })
      return [code, json.jobs[0].statusCode, json.jobs[0].reason]
    }
    const { url } = await startHandler(() => [401, '{"statusCode":401,"message":["No secret signed this"]}'])
    expect(await to(url)).toEqual([1, 401, "No secret signed this"])
    expect(await to("http://127.0.0.1:9")).toEqual([1, null, expect.stringContaining("ECONNREFUSED")])
    expect(await to(url.replace("http:", "https:"))).toEqual([
      1,
      null,
      expect.stringMatching(/^This port does not speak TLS .* http:\/\//)
    ])
    expect((await to((await startHandler(() => [204])).url)).slice(0, 2)).toEqual([0, 204])
    const question = await run(["webhooks", "trigger", "tool-calls", "--to", url], { env })
    expect([question.code, question.json.reason]).toEqual([1, "No secret signed this"])
  })

  it("trigger warns when nobody receives the event", async () => {
    const { env } = await withControl()
    const { code, stderr } = await run(["webhooks", "trigger", "hang"], { env })
    expect([code, stderr]).toEqual([0, expect.stringContaining("Nobody is configured")])
  })
})
