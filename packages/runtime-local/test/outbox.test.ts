/** Deliveries: what is sent, signed with what, tried again when, and what the log says about it. */
import { setTimeout as wait } from "node:timers/promises"
import { assert, describe, it } from "vitest"
import { assertMatches, eventually, rejection } from "../../runtime-sdk/test/support/assertions.ts"
import { retryAfterMillis } from "../src/outbox/schedule.ts"
import { receive } from "./receiver.ts"
import { type Client, start, temporaryFile } from "./support.ts"

const secret = "whsec_YXl3YS1ydW50aW1lLXRlc3Qtc2VjcmV0LTMyYnl0ZXM="

const endpoint = (client: Client, url: string, more: object = {}) =>
  client.call("POST", "/webhook-endpoint", { url, scope: "account", ...more })

const log = async (client: Client, query = "") => (await client.call("GET", `/logs/webhooks${query}`)).body.items
const row = async (client: Client, id: string) => (await client.call("GET", `/logs/webhooks/${id}`)).body

/** Sends an event, and gives its one job. */
const send = async (client: Client, input: { readonly type?: string; readonly to?: string } = {}) => {
  const { eventId, jobs } = await client.runtime.trigger({ type: "status-update", ...input })
  const [job] = jobs ?? []
  assert(job !== undefined && eventId !== undefined)
  return { eventId, id: job.id }
}

describe("a delivery", () => {
  it("is signed, verified by the SDK, and written down", async () => {
    const client = await start({ webhookSecret: secret })
    const receiver = await receive(() => ({ status: 202, body: { thanks: true }, headers: { "x-receiver": "r" } }))
    await endpoint(client, `${receiver.url}/hook?a=1`)
    const { eventId, id } = await send(client)
    const [delivery] = await receiver.count(1)
    assert(delivery !== undefined)
    const event = delivery.verify(secret)
    assertMatches(event, { id: eventId, message: { type: "status-update", status: "in-progress" } })
    assert.match(eventId, /^evt_[0-9A-HJKMNP-TV-Z]{26}$/)
    assert.deepStrictEqual(
      [delivery.path, delivery.headers["x-aywa-attempt"], delivery.headers["x-aywa-redelivered"]],
      ["/hook?a=1", "1", undefined]
    )
    await client.runtime.webhooks.idle()
    const job = await row(client, id)
    assertMatches(job, {
      id,
      eventId,
      type: "status-update",
      status: "succeeded",
      target: `${receiver.url}/hook?a=1`,
      level: "account",
      attemptCount: 1,
      statusCode: 202,
      nextAttemptAt: null,
      replayOf: null,
      attempts: [
        {
          attempt: 1,
          state: "answered",
          statusCode: 202,
          requestHeaders: { "webhook-id": eventId },
          responseHeaders: { "content-type": /^/, "x-receiver": "***" },
          responseBody: '{"thanks":true}',
          error: null,
          mayHaveArrived: true
        }
      ],
      payload: { message: { type: "status-update" } }
    })
    assert.isNumber(job.attempts[0].latencyMs)
  })

  it("is kept to 20,000 bytes of its answer, and any 2xx counts, whatever the body does", async () => {
    const client = await start()
    const receiver = await receive(() => ({ body: "x".repeat(500_000) }))
    const { id } = await send(client, { to: receiver.url })
    await client.runtime.webhooks.idle()
    const { status, attempts } = await row(client, id)
    assert.deepStrictEqual([status, attempts[0].responseBody.length], ["succeeded", 20_000])
  })

  it("follows no redirect", async () => {
    const client = await start({ webhookSchedule: [] })
    const other = await receive()
    const receiver = await receive(() => ({ status: 307, headers: { location: other.url } }))
    const { id } = await send(client, { to: receiver.url })
    await client.runtime.webhooks.idle()
    assertMatches(await row(client, id), {
      status: "dead",
      attempts: [{ statusCode: 307, error: "Answered 307: redirects are not followed" }]
    })
    assert.lengthOf(other.deliveries, 0)
  })

  it("carries the server's headers, but none that the signature stands in; secrets are masked in the log", async () => {
    const client = await start()
    const receiver = await receive()
    const { body: assistant } = await client.call("POST", "/assistant", {
      name: "A",
      server: {
        url: receiver.url,
        headers: {
          "X-Tenant": "riverside",
          Authorization: "Bearer hunter2",
          "webhook-id": "evt_forged",
          "webhook-extra": "forged",
          "Webhook-Signature": "v1,forged",
          "X-Aywa-Attempt": "9",
          "content-type": "text/plain",
          "bad name": "x",
          split: "a\r\nb: c"
        }
      }
    })
    const { jobs } = await client.runtime.trigger({ type: "status-update", assistant: assistant.id })
    const [delivery] = await receiver.count(1)
    assertMatches(delivery?.headers, {
      "x-tenant": "riverside",
      authorization: "Bearer hunter2",
      "x-aywa-attempt": "1",
      "content-type": "application/json"
    })
    assert.isUndefined(delivery?.headers["webhook-extra"])
    delivery?.verify(client.runtime.webhookSecret)
    await client.runtime.webhooks.idle()
    const { text } = await client.call("GET", `/logs/webhooks/${jobs?.[0]?.id}`)
    assert.notInclude(text, "hunter2")
    assertMatches(JSON.parse(text).attempts[0].requestHeaders, { authorization: "***", "x-tenant": "***" })
  })

  it("goes out without headers that the transport would not send", async () => {
    const { call, runtime } = await start()
    const receiver = await receive()
    const headers = { Trailer: "x", TE: "trailers", Upgrade: "websocket", "Keep-Alive": "timeout=5", "X-Mine": "1" }
    const { body: assistant } = await call("POST", "/assistant", { server: { url: receiver.url, headers } })
    await runtime.trigger({ type: "hang", assistant: assistant.id })
    await runtime.webhooks.idle()
    const { body } = await call("GET", "/logs/webhooks")
    assertMatches(body.items, [{ status: "succeeded", attemptCount: 1 }])
    const sent = receiver.deliveries[0]?.headers ?? {}
    assert.deepStrictEqual(
      Object.keys(headers).map((name) => sent[name.toLowerCase()]),
      [...Array(4).fill(undefined), "1"]
    )
  })

  it("uses a bearer credential and the legacy shared secret where the server names them", async () => {
    const client = await start()
    const receiver = await receive()
    const { body: credential } = await client.call("POST", "/credential", {
      provider: "webhook",
      authenticationPlan: { type: "bearer", token: "tok_1", headerName: "X-Auth" }
    })
    await client.call("POST", "/assistant", { name: "flat", serverUrl: `${receiver.url}/flat`, serverUrlSecret: "old" })
    const { body: flat } = await client.call("GET", "/assistant")
    const { body: one } = await client.call("POST", "/assistant", {
      server: { url: `${receiver.url}/credential`, credentialId: credential.id }
    })
    await client.runtime.trigger({ type: "status-update", assistant: flat[0].id })
    await client.runtime.trigger({ type: "status-update", assistant: one.id })
    await client.runtime.webhooks.idle()
    const by = (path: string) => receiver.deliveries.find((delivery) => delivery.path === path)
    assert.strictEqual(by("/flat")?.headers["x-vapi-secret"], "old")
    assert.strictEqual(by("/credential")?.headers["x-auth"], "Bearer tok_1")
  })
})

describe("secrets", () => {
  it("all active ones sign, so that a receiver in a rotation knows one; expired ones do not", async () => {
    const client = await start({ clock: "manual", webhookSecret: secret })
    const receiver = await receive()
    const { runtime } = client
    const second = runtime.webhooks.rotateSecret({ overlap: 60_000 })
    assert.deepStrictEqual([runtime.webhookSecret, second === secret], [second, false])
    await send(client, { to: receiver.url })
    const [during] = await receiver.count(1)
    assert.deepStrictEqual([during?.verify(secret).id, during?.verify(second).id], [during?.id, during?.id])
    await runtime.clock.advance(60_001)
    await send(client, { to: receiver.url })
    const [, after] = await receiver.count(2)
    after?.verify(second)
    assert.throws(() => after?.verify(secret), /No configured secret/)
  })

  it("stays the same on the same file, and with the same seed", async () => {
    const file = temporaryFile()
    const first = await start({ store: { file } })
    const { webhookSecret } = first.runtime
    await first.runtime.close()
    assert.strictEqual((await start({ store: { file } })).runtime.webhookSecret, webhookSecret)
    const seeded = async () => (await start({ seed: 7 })).runtime.webhookSecret
    assert.strictEqual(await seeded(), await seeded())
  })

  it("signatures are stamped with real time, also after the clock moved, unless asked otherwise", async () => {
    const receiver = await receive()
    const real = await start({ clock: "manual", webhookSecret: secret })
    await real.runtime.clock.advance(86_400_000)
    await send(real, { to: receiver.url })
    const virtual = await start({ clock: "manual", webhookSecret: secret, signWith: "virtual" })
    await virtual.runtime.clock.advance(86_400_000)
    await virtual.runtime.trigger({ type: "hang", to: receiver.url })
    await receiver.count(2)
    const by = (type: string) => receiver.deliveries.find((delivery) => delivery.type === type)
    by("status-update")?.verify(secret)
    assert.throws(() => by("hang")?.verify(secret), /ahead/)
  })
})

describe("retries", () => {
  it("keep the id, are signed anew, and follow the schedule, each delay within a fifth", async () => {
    const client = await start({ clock: "manual", webhookSecret: secret })
    const receiver = await receive(() => ({ status: 500 }))
    const { id } = await send(client, { to: receiver.url })
    const { clock, webhooks } = client.runtime
    await webhooks.idle()
    const base = [5, 300, 1800, 7200, 18_000, 36_000, 36_000]
    for (const [index, seconds] of base.entries()) {
      const { status, nextAttemptAt, attemptCount } = await row(client, id)
      assert.deepStrictEqual([status, attemptCount], ["retrying", index + 1])
      const delay = (Date.parse(nextAttemptAt) - clock.now()) / 1000
      assert.isAtLeast(delay, seconds * 0.8 - 0.01)
      assert.isAtMost(delay, seconds * 1.2 + 0.01)
      // Not a millisecond before.
      assert.deepStrictEqual(await clock.advance(delay * 1000 - 1), [])
      assertMatches(await clock.advance(1), [{ kind: "webhook", id, what: "status-update" }])
    }
    const last = await row(client, id)
    assert.deepStrictEqual([last.status, last.attemptCount, last.nextAttemptAt], ["dead", 8, null])
    assert.include(last.warning, "8 times")
    assert.strictEqual(new Set(receiver.deliveries.map((delivery) => delivery.id)).size, 1)
    assert.deepStrictEqual(
      receiver.deliveries.map((delivery) => delivery.headers["x-aywa-attempt"]),
      [..."12345678"]
    )
    assert.deepStrictEqual(
      receiver.deliveries.map((delivery) => delivery.headers["x-aywa-redelivered"]),
      [undefined, ...Array.from({ length: 7 }, () => "true")]
    )
    for (const delivery of receiver.deliveries) delivery.verify(secret)
    assert.deepStrictEqual(await clock.advance(86_400_000 * 30), [])
  })

  it("end with the first success", async () => {
    const client = await start({ webhookSchedule: "instant" })
    const receiver = await receive((_, index) => ({ status: index < 3 ? 503 : 204 }))
    const { id } = await send(client, { to: receiver.url })
    await client.runtime.webhooks.idle()
    assertMatches(await row(client, id), { status: "succeeded", attemptCount: 4 })
    assert.lengthOf(receiver.deliveries, 4)
  })

  it.each([
    ["a number below the delay", { status: 503, headers: { "retry-after": "1" } }, 5, 5],
    ["a number within", { status: 503, headers: { "retry-after": "7" } }, 7, 7],
    ["a number above twice the delay", { status: 503, headers: { "retry-after": "900" } }, 10, 10],
    ["nonsense", { status: 503, headers: { "retry-after": "soon" } }, 4, 6],
    ["an HTTP-date far away", { status: 503, headers: { "retry-after": "Wed, 01 Jan 2200 00:00:00 GMT" } }, 10, 10],
    ["a 429 waits at least a minute", { status: 429 }, 60, 60],
    ["a 429 with Retry-After as well", { status: 429, headers: { "retry-after": "7" } }, 60, 60]
  ])("honour Retry-After within bounds: %s", async (_, answer, least, most) => {
    const client = await start({ clock: "manual" })
    const receiver = await receive(() => answer)
    const { id } = await send(client, { to: receiver.url })
    await client.runtime.webhooks.idle()
    const delay = (Date.parse((await row(client, id)).nextAttemptAt) - client.runtime.clock.now()) / 1000
    assert.isAtLeast(delay, least)
    assert.isAtMost(delay, most)
  })

  it("read an HTTP-date against real time", () => {
    const now = Date.UTC(2030, 0, 1)
    assert.strictEqual(retryAfterMillis(new Date(now + 8000).toUTCString(), now), 8000)
    assert.strictEqual(retryAfterMillis(new Date(now - 8000).toUTCString(), now), 0)
    assert.deepStrictEqual(
      [retryAfterMillis("2030-01-01", now), retryAfterMillis("-1", now), retryAfterMillis("1.5", now)],
      [undefined, undefined, undefined]
    )
  })

  it("follow the server's own plan where it has one", async () => {
    const client = await start({ clock: "manual" })
    const receiver = await receive((delivery) => ({ status: delivery.path === "/excluded" ? 422 : 500 }))
    const assistant = async (path: string, backoffPlan: object) => {
      const { body } = await client.call("POST", "/assistant", { server: { url: receiver.url + path, backoffPlan } })
      return (await client.runtime.trigger({ type: "status-update", assistant: body.id })).jobs?.[0]?.id ?? ""
    }
    const doubling = await assistant("/x", { type: "exponential", maxRetries: 2, baseDelaySeconds: 2 })
    const excluded = await assistant("/excluded", {
      type: "fixed",
      maxRetries: 5,
      baseDelaySeconds: 1,
      excludedStatusCodes: [422]
    })
    const { clock, webhooks } = client.runtime
    await webhooks.idle()
    assert.strictEqual((await row(client, excluded)).status, "dead")
    const delays: Array<number> = []
    for (let i = 0; i < 2; i++) {
      const { nextAttemptAt } = await row(client, doubling)
      delays.push(Math.round((Date.parse(nextAttemptAt) - clock.now()) / 1000))
      await clock.advance(Date.parse(nextAttemptAt) - clock.now())
    }
    assert.deepStrictEqual([Math.abs((delays[0] ?? 0) - 2) <= 1, Math.abs((delays[1] ?? 0) - 4) <= 1], [true, true])
    assertMatches(await row(client, doubling), { status: "dead", attemptCount: 3 })
  })

  it("begin with one at once when the connection was refused", async () => {
    const client = await start({ clock: "manual" })
    const gone = await receive()
    await gone.close()
    const { id } = await send(client, { to: gone.url })
    await client.runtime.webhooks.idle()
    const { status, attempts } = await row(client, id)
    assert.deepStrictEqual([status, attempts.length], ["retrying", 2])
    assertMatches(attempts[1], {
      state: "failed",
      error: "The connection failed (ECONNREFUSED)",
      statusCode: null,
      mayHaveArrived: false
    })
  })

  it("an endpoint that is switched off cancels what waits for it", async () => {
    const client = await start({ clock: "manual" })
    const receiver = await receive(() => ({ status: 500 }))
    const { body: made } = await endpoint(client, receiver.url)
    const { id } = await send(client)
    await client.runtime.webhooks.idle()
    await client.call("PATCH", `/webhook-endpoint/${made.id}`, { enabled: false })
    await client.runtime.clock.advance(60_000)
    assert.deepStrictEqual([(await row(client, id)).status, receiver.deliveries.length], ["cancelled", 1])
  })

  it("an endpoint that fails for five days is switched off", async () => {
    const client = await start({ clock: "manual" })
    const receiver = await receive(() => ({ status: 500 }))
    const { body: made } = await endpoint(client, receiver.url)
    const enabled = async () => (await client.call("GET", `/webhook-endpoint/${made.id}`)).body.enabled
    for (let day = 0; day < 4; day++) {
      await send(client)
      await client.runtime.clock.advance(86_400_000)
    }
    assert.isTrue(await enabled())
    await client.runtime.clock.advance(86_400_000)
    await send(client)
    await client.runtime.clock.advance(86_400_000)
    assert.isFalse(await enabled())
  })
})

describe("a receiver that hangs", () => {
  it("holds up its own call's events, and neither that call nor a retry to somebody else", async () => {
    const { call, runtime } = await start({ webhookSchedule: [0.1, 0.1] })
    const hanging = await receive(() => ({ hang: true }))
    const flaky = await receive((_, index) => ({ status: index === 0 ? 503 : 200 }))
    const assistant = { server: { url: hanging.url }, firstMessage: "Hello" }
    const { body } = await call("POST", "/call", { assistant, customer: { number: "+14155550188" } })
    await hanging.count(1)
    await runtime.trigger({ type: "hang", to: flaky.url })
    await flaky.count(2)
    await eventually(async () => assert.strictEqual((await call("GET", `/call/${body.id}`)).body.status, "ended"))
    assert.lengthOf(hanging.deliveries, 1)
  })
})

describe("the log", () => {
  it("lists newest first, by cursor, with filters, of one's own organization", async () => {
    const client = await start({
      clock: "manual",
      organization: "org_1",
      apiKeys: [{ key: "other", organization: "org_other" }]
    })
    const receiver = await receive((delivery) => ({ status: delivery.type === "hang" ? 500 : 200 }))
    for (const type of ["status-update", "hang", "transcript"]) {
      await client.runtime.trigger({ type, to: receiver.url })
      await client.runtime.clock.advance(10)
    }
    await client.runtime.webhooks.idle()
    const types = (rows: ReadonlyArray<{ type: string }>) => rows.map(({ type }) => type)
    assert.deepStrictEqual(types(await log(client)), ["transcript", "hang", "status-update"])
    const { body: page } = await client.call("GET", "/logs/webhooks?limit=2")
    assert.deepStrictEqual(types(page.items), ["transcript", "hang"])
    const { body: next } = await client.call("GET", `/logs/webhooks?limit=2&cursor=${page.nextCursor}`)
    assert.deepStrictEqual([types(next.items), next.nextCursor], [["status-update"], null])
    assert.deepStrictEqual(types(await log(client, "?type=hang")), ["hang"])
    assert.deepStrictEqual(types(await log(client, "?status=retrying")), ["hang"])
    assert.deepStrictEqual(await log(client, "?callId=none"), [])
    assert.strictEqual((await client.call("GET", "/logs/webhooks?stat=dead")).status, 400)
    const foreign = await client.call("GET", "/logs/webhooks", undefined, { apiKey: "other" })
    assert.deepStrictEqual(foreign.body.items, [])
    for (const [method, path] of [
      ["GET", `/logs/webhooks/${page.items[0].id}`],
      ["POST", `/logs/webhooks/${page.items[0].id}/replay`],
      ["POST", `/logs/webhooks/jobs/${page.items[0].id}/retry`]
    ] as const) {
      assert.deepStrictEqual(
        [path, (await client.call(method, path, undefined, { apiKey: "other" })).status],
        [path, 404]
      )
    }
  })

  it("a replay is a new job with a signed id of its own", async () => {
    const client = await start({ webhookSecret: secret })
    const receiver = await receive()
    const { id, eventId } = await send(client, { to: receiver.url })
    await client.runtime.webhooks.idle()
    const first = await client.call("POST", `/logs/webhooks/${id}/replay`)
    assert.deepStrictEqual([first.status, first.body.eventId, first.body.replayOf], [202, `${eventId}_r1`, id])
    const second = await client.call("POST", `/logs/webhooks/${first.body.id}/replay`)
    assert.deepStrictEqual([second.body.eventId, second.body.replayOf], [`${eventId}_r2`, first.body.id])
    await receiver.count(3)
    assert.deepStrictEqual(
      receiver.deliveries.map((delivery) => delivery.verify(secret).id),
      [eventId, `${eventId}_r1`, `${eventId}_r2`]
    )
    assert.deepStrictEqual(receiver.deliveries[1]?.raw, receiver.deliveries[0]?.raw)
  })

  it("a retry is the same job with the same id, and refused where there is nothing to do", async () => {
    const client = await start({ webhookSchedule: [] })
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const receiver = await receive(async (_, index) => {
      if (index === 1) await held
      return { status: index === 0 ? 500 : 200 }
    })
    const { id, eventId } = await send(client, { to: receiver.url })
    await client.runtime.webhooks.idle()
    assert.strictEqual((await row(client, id)).status, "dead")
    const retry = () => client.call("POST", `/logs/webhooks/jobs/${id}/retry`)
    const first = await retry()
    assert.deepStrictEqual([first.status, first.body.eventId, first.body.status], [202, eventId, "retrying"])
    await receiver.count(2)
    const running = await retry()
    assert.deepStrictEqual([running.status, running.body.code], [409, "job_running"])
    release()
    await client.runtime.webhooks.idle()
    const done = await retry()
    assert.deepStrictEqual([done.status, done.body.code], [409, "job_succeeded"])
    assert.deepStrictEqual(
      receiver.deliveries.map((delivery) => delivery.id),
      [eventId, eventId]
    )
    assert.strictEqual((await client.call("POST", "/logs/webhooks/jobs/nothing/retry")).status, 404)
  })

  it("answers a repeated replay with the same job", async () => {
    const client = await start()
    const receiver = await receive()
    const { id } = await send(client, { to: receiver.url })
    await client.runtime.webhooks.idle()
    const replay = () => client.call("POST", `/logs/webhooks/${id}/replay`, undefined, { key: "replay-1" })
    const [a, b] = [await replay(), await replay()]
    assert.deepStrictEqual([a.body.id, b.headers.get("idempotency-replayed")], [b.body.id, "true"])
    await client.runtime.webhooks.idle()
    assert.lengthOf(receiver.deliveries, 2)
  })
})

describe("events", () => {
  it("can be listed and waited for, with and without a target", async () => {
    const { runtime } = await start()
    const later = runtime.events.expect("transcript", { where: (message) => message["role"] === "user" })
    await runtime.trigger({ type: "speech-update" })
    await runtime.trigger({ type: "transcript", set: { role: "assistant" } })
    await runtime.trigger({ type: "transcript" })
    assertMatches(await later, { type: "transcript", message: { role: "user" }, jobs: [] })
    assert.deepStrictEqual(
      runtime.events.list().map(({ type }) => type),
      ["speech-update", "transcript", "transcript"]
    )
    const ids = runtime.events.list().map(({ id }) => id)
    assert.deepStrictEqual(ids, [...ids].sort())
    assert.include(
      (await rejection(runtime.events.expect("hang", { timeout: 20 }))).message,
      "No matching hang event within 20 ms; there were: speech-update, transcript (2)"
    )
  })

  it("can be waited for over the control API", async () => {
    const client = await start()
    const get = (path: string) =>
      client.call("GET", `/__aywa/${path}`, undefined, { apiKey: client.runtime.controlToken })
    const waiting = get("events?type=hang&wait=10000")
    await client.runtime.trigger({ type: "hang" })
    assertMatches((await waiting).body, { items: [{ type: "hang", message: { type: "hang" } }] })
    assert.deepStrictEqual((await get("events?type=transcript&wait=10")).body, { items: [], nextCursor: null })
    assert.deepStrictEqual((await get("webhook-secret")).body, { secret: client.runtime.webhookSecret })
    const { body } = await client.call(
      "POST",
      "/__aywa/webhook-secret/rotate",
      {},
      { apiKey: client.runtime.controlToken }
    )
    assert.strictEqual(body.secret, client.runtime.webhookSecret)
  })

  it("are gone after a reset", async () => {
    const { runtime } = await start()
    await runtime.trigger({ type: "hang" })
    runtime.reset()
    assert.deepStrictEqual(runtime.events.list(), [])
  })
})

describe("timeouts", () => {
  it("a question that is not answered in time ends then, and is not asked again", async () => {
    const client = await start()
    const receiver = await receive(() => ({ hang: true }))
    const { body: assistant } = await client.call("POST", "/assistant", {
      server: { url: receiver.url, timeoutSeconds: 1 }
    })
    const { status, issues, jobId } = await client.runtime.trigger({ type: "tool-calls", assistant: assistant.id })
    assert.deepStrictEqual([status, issues], [null, ["No answer in time"]])
    await wait(50)
    assert.lengthOf(receiver.deliveries, 1)
    assertMatches(await row(client, jobId ?? ""), {
      status: "dead",
      expectsReply: true,
      attempts: [{ error: "No answer in time", mayHaveArrived: true }]
    })
  })
})
