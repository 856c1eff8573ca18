/** Events by hand: every type, changed at will; questions with their answers; the cascade; faults; crashes. */
import * as fs from "node:fs"
import { assert, describe, it } from "vitest"
import { assertMatches, rejection } from "../../runtime-sdk/test/support/assertions.ts"
import { templateNames, typeOf } from "../src/trigger/templates.ts"
import { receive } from "./receiver.ts"
import { type Client, start } from "./support.ts"

const control = ({ runtime, call }: Client, method: string, path: string, body?: unknown) =>
  call(method, `/__aywa/${path}`, body, { apiKey: runtime.controlToken })

const answers: Readonly<Record<string, unknown>> = {
  "assistant-request": { assistantId: "a" },
  "tool-calls": { results: [{ toolCallId: "call_trigger_1", name: "lookupOrder", result: "shipped" }] },
  "transfer-destination-request": { destination: { type: "number", number: "+14155550142" } },
  "knowledge-base-request": { documents: [{ content: "c", similarity: 0.9 }] },
  "voice-request": "0123",
  "call.endpointing.request": { timeoutSeconds: 0.5 },
  "handoff-destination-request": { destination: { type: "assistant", assistantName: "B" } },
  "campaign.predial": { eligible: true }
}

const runtimeTypes = [
  "assistant-request",
  "status-update",
  "end-of-call-report",
  "conversation-update",
  "speech-update",
  "transcript",
  "assistant.speechStarted",
  "user-interrupted",
  "tool-calls",
  "knowledge-base-request",
  "voice-request",
  "call.endpointing.request",
  "transfer-update",
  "transfer-destination-request",
  "phone-call-control"
]

describe("every type", () => {
  it("there are the fifteen of the runtime, and those of the source platform", () => {
    for (const type of runtimeTypes) assert.include(templateNames, type)
    assert.isAtLeast(templateNames.length, 33)
    // Whatever the SDK has a sample of can be triggered.
    const samples = new URL("../../runtime-sdk/test/fixtures/server-messages/", import.meta.url)
    const files = fs.readdirSync(samples).filter((name) => name.endsWith(".json"))
    assert.isAbove(files.length, 20)
    for (const name of files) assert.include(templateNames, name.replace(/\.json$/, ""))
  })

  it.each(templateNames)("%s is sent, signed, and read by the SDK as what it is", async (name) => {
    const client = await start()
    const type = typeOf(name)
    const receiver = await receive((delivery) => ({
      body: answers[delivery.type] ?? {},
      headers: delivery.type === "voice-request" ? { "content-type": "audio/pcm" } : {}
    }))
    const result = await client.runtime.trigger({ type: name, to: receiver.url })
    const [delivery] = await receiver.count(1)
    assert(delivery !== undefined)
    const { id, message } = delivery.verify(client.runtime.webhookSecret)
    assert.deepStrictEqual([id, message.type], [result.eventId, type])
    assertMatches(
      result,
      type in answers
        ? { status: 200, valid: true, issues: [] }
        : { jobs: [{ target: receiver.url, level: "explicit" }] }
    )
  })

  it.each([
    ["assistant-request", {}, /None of destination/],
    ["assistant-request", { assistantId: "a", squadId: "s" }, /Only one of assistantId, squadId/],
    ["assistant-request", { error: "closed", assistantId: "a" }, undefined],
    ["assistant-request", { destination: { type: "number" } }, /destination.number/],
    ["tool-calls", {}, /results: expected an array/],
    ["tool-calls", { results: [] }, /none for tool call call_trigger_1/],
    ["tool-calls", { results: [{ toolCallId: "call_trigger_1", name: "n" }] }, /expected result or error/],
    [
      "tool-calls",
      { results: [{ toolCallId: "call_trigger_1", name: "n", result: { a: 1 } }] },
      /result: expected a string/
    ],
    ["tool-calls", { results: [{ toolCallId: "call_trigger_1", name: "n", result: "a\nb" }] }, /one line/],
    ["tool-calls", { results: [{ toolCallId: "call_trigger_1", result: "a" }] }, /name: expected a string/],
    ["tool-calls", { error: "down" }, undefined],
    ["tool-calls", "not JSON", /not JSON/],
    ["tool-calls", [], /not a JSON object/],
    ["transfer-destination-request", {}, /Neither destination nor error/],
    ["knowledge-base-request", { documents: [{ content: 1 }] }, /documents.0.content/],
    ["call.endpointing.request", { timeoutSeconds: 16 }, /0 to 15/],
    ["voice-request", { data: "x" }, /raw PCM/],
    ["campaign.predial", { eligible: "yes" }, /boolean/]
  ])("the answer to %s is checked: %j", async (type, body, issue) => {
    const { runtime } = await start()
    const receiver = await receive(() => ({ body }))
    const { valid, issues, status } = await runtime.trigger({ type, to: receiver.url })
    assert.deepStrictEqual([status, valid, issues?.length === 0], [200, issue === undefined, issue === undefined])
    assert.match(String(issues?.join("; ")), issue ?? /^$/)
  })
})

describe("tool calls that share an id, or have none", () => {
  const toolCallList = [
    { id: "a", name: "f" },
    { id: "a", name: "g" },
    { id: null, name: "f" },
    { name: "g" },
    { id: 7 }
  ]
  const result = (toolCallId: unknown) => ({ toolCallId, name: "n", result: "r" })

  it.each([
    ["one result per call, in their order", ["a", "a", "", "", "7"], []],
    ["results of other ids in between", ["7", "", "a", "", "a"], []],
    ["one result for two calls", ["a", "", "", "7"], ["results: there is none for tool call a"]],
    [
      "none for those without an id",
      ["a", "a", "7"],
      [2, 3].map((index) => `results: there is none for tool call ${index}, which has no id`)
    ]
  ])("%s", async (_, ids, expected) => {
    const { runtime } = await start()
    const receiver = await receive(() => ({ body: { results: ids.map(result) } }))
    const { issues } = await runtime.trigger({ type: "tool-calls", to: receiver.url, merge: { toolCallList } })
    assert.deepStrictEqual(issues, expected)
  })
})

describe("overrides", () => {
  it("set values at paths that exist, merge the rest, and a dry run sends nothing", async () => {
    const client = await start()
    const receiver = await receive()
    const input = {
      type: "status-update",
      to: receiver.url,
      set: { status: "ended", "message.call.customer.number": "+33123456789" },
      merge: { endedReason: "customer-busy", call: { name: "Merged" } },
      dryRun: true
    }
    const dry = await control(client, "POST", "trigger", input)
    assert.strictEqual(dry.status, 200)
    assertMatches(dry.body, {
      targets: [receiver.url],
      message: {
        status: "ended",
        endedReason: "customer-busy",
        call: { name: "Merged", customer: { number: "+33123456789" } }
      }
    })
    assert.deepStrictEqual([receiver.deliveries.length, client.runtime.events.list().length], [0, 0])
    const real = await control(client, "POST", "trigger", { ...input, dryRun: false })
    assert.deepStrictEqual([real.status, real.body.jobs.length], [202, 1])
    const [delivery] = await receiver.count(1)
    assertMatches(delivery?.message, { status: "ended", endedReason: "customer-busy" })
  })

  it.each([
    ["an unknown type", { type: "explode" }, 400, /There is no event "explode"/],
    ["no type", {}, 400, /type/],
    ["a path that is not there", { type: "hang", set: { "call.nothing.there": 1 } }, 400, /has no call.nothing.there/],
    ["a field that is not there", { type: "hang", set: { nothing: 1 } }, 400, /has no nothing/],
    ["a path through the prototype", { type: "hang", set: { "__proto__.polluted": 1 } }, 400, /has no __proto__/],
    ["an unknown call", { type: "hang", call: "nobody" }, 404, /Call nobody/],
    ["an unknown assistant", { type: "hang", assistant: "nobody" }, 404, /Assistant nobody/],
    ["an unknown option", { type: "hang", dry: true }, 400, /dry/]
  ])("%s is refused", async (_, input, status, message) => {
    const client = await start()
    const { status: got, body } = await control(client, "POST", "trigger", input)
    assertMatches([got, body.message], [status, message])
    assert.deepStrictEqual(client.runtime.events.list(), [])
  })

  it("a question that cannot be asked says why", async () => {
    const { runtime } = await start()
    assertMatches(await runtime.trigger({ type: "tool-calls" }), {
      status: null,
      valid: false,
      issues: ["No server is configured"]
    })
    assertMatches(await runtime.trigger({ type: "tool-calls", to: "http://10.0.0.1/" }), {
      valid: false,
      issues: [/allowTargets/]
    })
  })
})

describe("the cascade", () => {
  it("goes from the most specific server to the account's endpoints", async () => {
    const client = await start()
    const receiver = await receive()
    const { call, runtime } = client
    const url = (path: string) => `${receiver.url}/${path}`
    const { body: assistant } = await call("POST", "/assistant", {
      name: "A",
      server: { url: url("assistant-server") },
      serverUrl: url("assistant-url")
    })
    const { body: number } = await call("POST", "/phone-number", {
      provider: "vapi",
      number: "+14155550100",
      server: { url: url("number-server") },
      serverUrl: url("number-url")
    })
    const endpoint = async (path: string, scope: string, targetId?: string) =>
      (await call("POST", "/webhook-endpoint", { url: url(path), scope, ...(targetId ? { targetId } : {}) })).body.id
    const endpoints = [
      await endpoint("assistant-endpoint", "assistant", assistant.id),
      await endpoint("number-endpoint", "phone-number", number.id),
      await endpoint("account-1", "account"),
      await endpoint("account-2", "account")
    ]
    const { body: placed } = await call("POST", "/call", {
      assistantId: assistant.id,
      phoneNumberId: number.id,
      customer: { number: "+14155550188" }
    })
    const target = async () => {
      const { targets = [] } = await runtime.trigger({ type: "status-update", call: placed.id, dryRun: true })
      return targets.map((one) => one.slice(receiver.url.length + 1)).join()
    }
    const seen: Array<string> = [await target()]
    const steps: ReadonlyArray<readonly [string, object]> = [
      [`/assistant/${assistant.id}`, { server: null }],
      [`/assistant/${assistant.id}`, { serverUrl: null }],
      [`/webhook-endpoint/${endpoints[0]}`, { enabled: false }],
      [`/phone-number/${number.id}`, { server: null }],
      [`/phone-number/${number.id}`, { serverUrl: null }],
      [`/webhook-endpoint/${endpoints[1]}`, { enabled: false }],
      [`/webhook-endpoint/${endpoints[2]}`, { enabled: false }],
      [`/webhook-endpoint/${endpoints[3]}`, { events: ["transcript"] }]
    ]
    for (const [path, patch] of steps) {
      const { status } = await call("PATCH", path, patch)
      assert.deepStrictEqual([path, status], [path, 200])
      seen.push(await target())
    }
    assert.deepStrictEqual(seen, [
      "assistant-server",
      "assistant-url",
      "assistant-endpoint",
      "number-server",
      "number-url",
      "number-endpoint",
      "account-1,account-2",
      "account-2",
      ""
    ])
  })

  it("serverMessages select what an assistant's server gets; without them the source API's default holds", async () => {
    const client = await start()
    const { call, runtime } = client
    const sent = async (serverMessages?: ReadonlyArray<string>) => {
      const { body } = await call("POST", "/assistant", {
        server: { url: "http://127.0.0.1:9/" },
        ...(serverMessages === undefined ? {} : { serverMessages })
      })
      const types: Array<string> = []
      for (const type of ["status-update", "transcript", "assistant-request", "phone-call-control"]) {
        const { targets } = await runtime.trigger({ type, assistant: body.id, dryRun: true })
        if (targets?.length === 1) types.push(type)
      }
      return types
    }
    assert.deepStrictEqual(await sent(), ["status-update", "assistant-request"])
    assert.deepStrictEqual(await sent(["transcript"]), ["transcript", "assistant-request"])
    assert.deepStrictEqual(await sent(['transcript[transcriptType="final"]', "phone-call-control"]), [
      "transcript",
      "assistant-request",
      "phone-call-control"
    ])
  })
})

describe("the guard", () => {
  it("development reaches loopback and what is listed, and says what to list", async () => {
    const client = await start()
    const { jobs } = await client.runtime.trigger({ type: "hang", to: "http://staging.example/" })
    await client.runtime.webhooks.idle()
    const { body } = await client.call("GET", `/logs/webhooks/${jobs?.[0]?.id}`)
    assertMatches(body, {
      status: "dead",
      attempts: [{ error: /allowTargets/, mayHaveArrived: false }]
    })
    const receiver = await receive()
    const port = new URL(receiver.url).port
    const listed = await start({ allowTargets: ["staging.example"], resolve: async () => ["127.0.0.1"] })
    await listed.runtime.trigger({ type: "hang", to: `http://staging.example:${port}/` })
    const [delivery] = await receiver.count(1)
    assert.strictEqual(delivery?.headers.host, `staging.example:${port}`)
  })

  it.each([
    "http://127.0.0.1:1/",
    "http://localhost:1/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://localhost./",
    "http://[::]/",
    "http://[::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://user:pass@93.184.215.14/",
    "ftp://93.184.215.14/"
  ])("production refuses %s, at once and for good", async (to) => {
    const client = await start({ mode: "production", allowTargets: ["127.0.0.1", "localhost"] })
    const { jobs } = await client.runtime.trigger({ type: "hang", to })
    await client.runtime.webhooks.idle()
    const { body } = await client.call("GET", `/logs/webhooks/${jobs?.[0]?.id}`)
    assert.deepStrictEqual([body.status, body.attemptCount], ["dead", 1])
    assert.isNull(body.attempts[0].statusCode)
  })

  it("a name is resolved once for each attempt, which goes there and nowhere else", async () => {
    const receiver = await receive(() => ({ status: 503 }))
    const answers = ["127.0.0.1", "127.0.0.1", "10.0.0.1", "127.0.0.1"]
    let asked = 0
    const resolve = async () => [answers[asked++] ?? "10.0.0.2"]
    const client = await start({ webhookSchedule: "instant", resolve })
    const to = receiver.url.replace("127.0.0.1", "rebinding.localhost")
    const { jobs } = await client.runtime.trigger({ type: "hang", to })
    await client.runtime.webhooks.idle()
    const { body } = await client.call("GET", `/logs/webhooks/${jobs?.[0]?.id}`)
    assert.deepStrictEqual(
      body.attempts.map(({ statusCode }: { statusCode: number | null }) => statusCode),
      [503, 503, null]
    )
    assertMatches([body.status, body.attempts[2].error], ["dead", /not loopback/])
    assert.deepStrictEqual([asked, receiver.deliveries.length], [3, 2])
  })

  it("production refuses to start with the escape hatch", async () => {
    assert.match(
      (await rejection(start({ mode: "production", allowPrivateNetwork: true }))).message,
      /refused in production mode/
    )
  })

  it("a name that resolves to a private address is refused, one that does not resolve is tried again", async () => {
    const client = await start({
      mode: "production",
      clock: "manual",
      resolve: async (host) => {
        if (host === "private.example") return ["93.184.215.14", "10.0.0.1"]
        throw Object.assign(new Error("no"), { code: "ENOTFOUND" })
      }
    })
    const state = async (to: string) => {
      const { jobs } = await client.runtime.trigger({ type: "hang", to })
      await client.runtime.webhooks.idle()
      return (await client.call("GET", `/logs/webhooks/${jobs?.[0]?.id}`)).body.status
    }
    assert.deepStrictEqual(
      [await state("https://private.example/"), await state("https://gone.example/")],
      ["dead", "retrying"]
    )
  })
})

describe("faults of deliveries", () => {
  it("drop: lost, and sent again later", async () => {
    const client = await start({ clock: "manual" })
    const receiver = await receive()
    client.runtime.faults.next("drop", { match: { event: "status-update" } })
    await client.runtime.trigger({ type: "hang", to: receiver.url })
    await client.runtime.trigger({ type: "status-update", to: receiver.url })
    await client.runtime.webhooks.idle()
    assert.deepStrictEqual(
      receiver.deliveries.map(({ type }) => type),
      ["hang"]
    )
    await client.runtime.clock.advance(10_000)
    assert.deepStrictEqual(
      receiver.deliveries.map(({ type }) => type),
      ["hang", "status-update"]
    )
    assert.isUndefined(receiver.deliveries[1]?.headers["x-aywa-redelivered"])
  })

  it("duplicate: the same id twice, the second one marked", async () => {
    const client = await start()
    const receiver = await receive()
    client.runtime.faults.next("duplicate")
    const { jobs } = await client.runtime.trigger({ type: "hang", to: receiver.url })
    await client.runtime.webhooks.idle()
    assert.deepStrictEqual(
      receiver.deliveries.map(({ id, headers }) => [id, headers["x-aywa-redelivered"]]),
      [
        [receiver.deliveries[0]?.id, undefined],
        [receiver.deliveries[0]?.id, "true"]
      ]
    )
    const { body } = await client.call("GET", `/logs/webhooks/${jobs?.[0]?.id}`)
    assert.deepStrictEqual(
      [body.status, body.attempts.map(({ fault }: { fault: string }) => fault)],
      ["succeeded", ["duplicate", "duplicate"]]
    )
  })

  it("reorder: after the one that came later", async () => {
    const client = await start()
    const receiver = await receive()
    const { body: assistant } = await client.call("POST", "/assistant", { name: "A" })
    const { body: placed } = await client.call("POST", "/call", {
      assistantId: assistant.id,
      customer: { number: "+14155550188" },
      schedulePlan: { earliestAt: "2200-01-01T00:00:00.000Z" }
    })
    client.runtime.faults.next({ type: "reorder", ms: 5000 }, { match: { event: "hang" } })
    await client.runtime.trigger({ type: "hang", to: receiver.url, call: placed.id })
    await client.runtime.trigger({ type: "status-update", to: receiver.url, call: placed.id })
    await receiver.count(2)
    assert.deepStrictEqual(
      receiver.deliveries.map(({ type }) => type),
      ["status-update", "hang"]
    )
  })

  it("bad-signature, old-timestamp and skew are refused by the verifier, each for its own reason", async () => {
    const client = await start()
    const receiver = await receive()
    const reasons: Array<string> = []
    for (const fault of ["bad-signature", "old-timestamp", "skew", { type: "delay", ms: 1 }] as const) {
      client.runtime.faults.next(fault)
      await client.runtime.trigger({ type: "hang", to: receiver.url })
      await client.runtime.webhooks.idle()
      try {
        receiver.deliveries.at(-1)?.verify(client.runtime.webhookSecret)
        reasons.push("verified")
      } catch (error) {
        reasons.push((error as { reason: { _tag: string } }).reason._tag)
      }
    }
    assert.deepStrictEqual(reasons, ["SignatureMismatch", "TimestampTooOld", "TimestampTooNew", "verified"])
  })

  it("hit deliveries only, as others hit requests only", async () => {
    const client = await start()
    const receiver = await receive()
    client.runtime.faults.add({ action: "drop", times: 1 })
    client.runtime.faults.add({ action: { type: "status", code: 503 }, times: 1 })
    assert.strictEqual((await client.call("GET", "/assistant")).status, 503)
    assert.strictEqual((await client.call("GET", "/assistant")).status, 200)
    await client.runtime.trigger({ type: "hang", to: receiver.url })
    await client.runtime.webhooks.idle()
    assert.lengthOf(receiver.deliveries, 0)
    assert.strictEqual((await client.call("GET", "/assistant", undefined, { fault: "drop" })).status, 400)
  })
})
