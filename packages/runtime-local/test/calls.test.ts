/** Calls that live: their states and events in order, on a clock that the test moves; what their servers answer. */
import { assert, describe, it } from "vitest"
import { assertMatches, eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { type Delivery, receive, type Reply } from "./receiver.ts"
import { type Client, start, temporaryFile } from "./support.ts"

const everything = [
  "status-update",
  "end-of-call-report",
  "conversation-update",
  "speech-update",
  "transcript",
  "assistant.speechStarted",
  "user-interrupted",
  "tool-calls",
  "transfer-update",
  "transfer-destination-request",
  "phone-call-control"
]

const customer = { number: "+14155550188" }

const setUp = async (
  answer: (delivery: Delivery) => Reply | Promise<Reply> = () => ({}),
  more: object = {},
  options: Parameters<typeof start>[0] = { clock: "manual" }
) => {
  const client = await start(options)
  const receiver = await receive(answer)
  const { body: assistant } = await client.call("POST", "/assistant", {
    name: "Desk",
    firstMessage: "Hello!",
    model: { provider: "openai", model: "gpt-4.1-mini", messages: [{ role: "system", content: "Be brief." }] },
    voice: { provider: "11labs", voiceId: "sarah" },
    server: { url: receiver.url },
    serverMessages: everything,
    ...more
  })
  return { client, receiver, assistant, ...client }
}

const place = async ({ call }: Client, assistantId: string, more: object = {}) => {
  const { status, body } = await call("POST", "/call", { assistantId, customer, ...more })
  assert.strictEqual(status, 201)
  return body
}

const minute = 60_000
const types = (client: Client, callId: string) => client.runtime.events.list({ callId }).map(({ type }) => type)

describe("a call without a script", () => {
  it("walks through its states, and each of them at its time", async () => {
    const { client, assistant, runtime, call } = await setUp()
    const placed = await place(client, assistant.id)
    assertMatches(placed, { status: "queued", type: "outboundPhoneCall", cost: 0 })
    const status = async () => (await call("GET", `/call/${placed.id}`)).body.status
    const seen: Array<string> = []
    for (const ms of [149, 1, 249, 1, 99, 1, 199, 1]) {
      const fired = await runtime.clock.advance(ms)
      seen.push(`${await status()} ${fired.filter(({ kind }) => kind === "call").map(({ what }) => what)}`)
    }
    assert.deepStrictEqual(seen, [
      "queued ",
      "ringing ring",
      "ringing ",
      "in-progress answer,speak",
      "in-progress ",
      "in-progress spoken",
      "in-progress ",
      "ended end"
    ])
    const { body } = await call("GET", `/call/${placed.id}`)
    assertMatches(body, { endedReason: "customer-ended-call", artifact: { transcript: "AI: Hello!\n" } })
    assert.strictEqual(Date.parse(body.endedAt) - Date.parse(body.startedAt), 300)
  })

  it("is over by itself on the system's clock", async () => {
    const { client, assistant, runtime } = await setUp(() => ({}), {}, {})
    const placed = await place(client, assistant.id)
    const report = await runtime.events.expect("end-of-call-report", { callId: placed.id })
    assertMatches(report.message, { endedReason: "customer-ended-call", call: { status: "ended" } })
  })

  it("says plainly that no voice pipeline runs", async () => {
    const { client, assistant, call } = await setUp()
    const placed = await place(client, assistant.id)
    const { body: logs } = await call("GET", `/call/${placed.id}/logs`)
    assertMatches(logs.items[0], { level: "info", message: /runs no voice pipeline/ })
    const { body: pipeline } = await call("GET", `/call/${placed.id}/voice-pipeline`)
    assert.include(pipeline.message, "runs no voice pipeline")
    assert.deepStrictEqual(pipeline, {
      simulated: true,
      message: pipeline.message,
      model: { provider: "openai", model: "gpt-4.1-mini" },
      voice: { provider: "11labs", voiceId: "sarah" },
      turns: 0
    })
  })

  it("begins with silence where the assistant waits for the user", async () => {
    const { client, assistant, runtime, call } = await setUp(() => ({}), {
      firstMessageMode: "assistant-waits-for-user"
    })
    runtime.calls.script({}, [{ user: "Anybody there?" }])
    const { id } = await place(client, assistant.id)
    await runtime.clock.advance(minute)
    assert.strictEqual((await call("GET", `/call/${id}`)).body.artifact.transcript, "User: Anybody there?\n")
  })

  it("that nobody answers costs nothing", async () => {
    const { client, assistant, runtime, call } = await setUp()
    runtime.calls.script({}, [{ fail: "customer-busy" }])
    const { id } = await place(client, assistant.id)
    await runtime.clock.advance(minute)
    assert.deepStrictEqual((await call("GET", `/call/${id}/costs`)).body, {
      simulated: true,
      cost: 0,
      costBreakdown: { total: 0 },
      costs: []
    })
  })

  it("whose assistant does not exist ends with a reason", async () => {
    const { client, runtime, call } = await setUp(undefined, {}, { clock: "manual", strict: false })
    const placed = await place(client, "nobody")
    await runtime.clock.advance(minute)
    assertMatches((await call("GET", `/call/${placed.id}`)).body, {
      status: "ended",
      endedReason: "call.start.error-get-assistant",
      cost: 0
    })
  })
})

describe("a scripted call", () => {
  const tools = [
    { type: "function", function: { name: "lookupOrder", parameters: { type: "object", properties: {} } } }
  ]
  const script = [
    { user: "Where is my order?" },
    { tool: "lookupOrder", arguments: { orderId: "4711" } },
    { assistant: "It is on its way." },
    { user: "Wait!", interrupts: true },
    { hangup: "assistant" }
  ] as const

  const answerTools = (delivery: Delivery): Reply =>
    delivery.type === "tool-calls"
      ? {
          body: {
            results: [
              { toolCallId: delivery.message.toolCallList[0].id, name: "lookupOrder", result: "shipped yesterday" }
            ]
          }
        }
      : {}

  it("emits the events of its families in order, and delivers them in that order", async () => {
    const { client, receiver, assistant, runtime, call } = await setUp(answerTools, {
      model: { provider: "openai", model: "gpt-4.1-mini", tools }
    })
    runtime.calls.script({ assistantId: assistant.id }, script, { analysis: { summary: "Asked for 4711" } })
    const placed = await place(client, assistant.id)
    await runtime.clock.advance(minute)
    const turn = (role: string) => [
      "speech-update",
      role === "assistant" ? "assistant.speechStarted" : "transcript",
      "speech-update",
      "transcript",
      "conversation-update"
    ]
    const expected = [
      "status-update",
      "status-update",
      "status-update",
      ...turn("assistant"),
      ...turn("user"),
      "conversation-update",
      "tool-calls",
      "conversation-update",
      ...turn("assistant"),
      "user-interrupted",
      ...turn("user"),
      "phone-call-control",
      "status-update",
      "end-of-call-report"
    ]
    assert.deepStrictEqual(types(client, placed.id), expected)
    const arrived = receiver.deliveries.map(({ type }) => type)
    assert.deepStrictEqual(arrived, expected)
    for (const delivery of receiver.deliveries) delivery.verify(runtime.webhookSecret)
    assert.deepStrictEqual(
      receiver.deliveries.filter(({ type }) => type === "status-update").map(({ message }) => message.status),
      ["queued", "ringing", "in-progress", "ended"]
    )

    const { body } = await call("GET", `/call/${placed.id}`)
    assertMatches(body, {
      status: "ended",
      endedReason: "assistant-ended-call",
      analysis: { summary: "Asked for 4711" },
      artifact: {
        transcript: "AI: Hello!\nUser: Where is my order?\nAI: It is on its way.\nUser: Wait!\n"
      }
    })
    assert.deepStrictEqual(
      body.messages.map(({ role }: { role: string }) => role),
      ["bot", "user", "tool_calls", "tool_call_result", "bot", "user"]
    )
    assertMatches(body.messages[3], { name: "lookupOrder", result: "shipped yesterday" })
    const asked = receiver.deliveries.find(({ type }) => type === "tool-calls")
    assert.deepStrictEqual(JSON.parse(asked?.message.toolCallList[0].function.arguments), { orderId: "4711" })
    assert.deepStrictEqual(asked?.message.toolWithToolCallList[0].toolCall, asked?.message.toolCallList[0])
  })

  it("is delivered one event after the other; what another call has to say does not wait for it", async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const set = await setUp(async (delivery) => {
      if (delivery.message.status === "queued") await held
      return {}
    })
    const { id } = await place(set.client, set.assistant.id)
    await set.receiver.count(1)
    const arrived = () => set.receiver.deliveries.map(({ type }) => type)
    await set.runtime.trigger({ type: "hang", to: set.receiver.url, call: id })
    await set.runtime.trigger({ type: "user-interrupted", to: set.receiver.url })
    await set.receiver.count(2)
    assert.deepStrictEqual(arrived(), ["status-update", "user-interrupted"])
    release()
    await set.runtime.webhooks.idle()
    assert.deepStrictEqual(arrived(), ["status-update", "user-interrupted", "hang"])
  })

  it("with a seed is delivered in any order, and loses nothing by that", async () => {
    const { client, receiver, assistant, runtime } = await setUp(answerTools, {}, { clock: "manual", seed: 11 })
    runtime.calls.script({}, [{ user: "One." }, { assistant: "Two." }, { user: "Three." }, { assistant: "Four." }])
    const placed = await place(client, assistant.id)
    await runtime.clock.advance(minute)
    const emitted = runtime.events.list({ callId: placed.id }).map(({ id }) => id)
    const arrived = receiver.deliveries.map(({ id }) => id)
    assert.deepStrictEqual([...arrived].sort(), emitted)
    assert.notDeepEqual(arrived, emitted)
  })

  it("fills timeline, costs and logs from what happened", async () => {
    const { client, assistant, runtime, call } = await setUp(answerTools, {
      model: { provider: "openai", model: "m", tools }
    })
    runtime.calls.script({ assistantId: assistant.id }, script)
    const placed = await place(client, assistant.id)
    await runtime.clock.advance(minute)
    const { body: timeline } = await call("GET", `/call/${placed.id}/timeline?limit=1000`)
    assert.deepStrictEqual(
      timeline.items.map(({ type }: { type: string }) => type),
      types(client, placed.id)
    )
    const times = timeline.items.map(({ createdAt }: { createdAt: string }) => createdAt)
    assert.deepStrictEqual(times, [...times].sort())
    assertMatches(timeline.items.at(-1), { type: "end-of-call-report", status: "ended" })
    const { body: page } = await call("GET", `/call/${placed.id}/timeline?limit=2`)
    const { body: next } = await call("GET", `/call/${placed.id}/timeline?limit=2&cursor=${page.nextCursor}`)
    assert.deepStrictEqual([...page.items, ...next.items], timeline.items.slice(0, 4))

    const { body: costs } = await call("GET", `/call/${placed.id}/costs`)
    const { body: row } = await call("GET", `/call/${placed.id}`)
    assert.deepStrictEqual(costs, {
      simulated: true,
      cost: row.cost,
      costBreakdown: row.costBreakdown,
      costs: row.costs
    })
    const sum = costs.costs.reduce((total: number, { cost }: { cost: number }) => total + cost, 0)
    assert.isAbove(costs.cost, 0)
    assert.isBelow(Math.abs(sum - costs.cost), 1e-6)
    const seconds = (Date.parse(row.endedAt) - Date.parse(row.startedAt)) / 1000
    assertMatches(costs.costs[0], { type: "transport", minutes: Math.round((seconds / 60) * 1e6) / 1e6 })
    const { body: logs } = await call("GET", `/call/${placed.id}/logs`)
    assert.strictEqual(logs.items.at(-1).message, "The call ended: assistant-ended-call")
  })

  it("may be for one organization only", async () => {
    const { client, assistant, runtime, call } = await setUp()
    runtime.calls.script({}, [{ fail: "mine" }], { organization: runtime.organizationId })
    runtime.calls.script({}, [{ fail: "theirs" }], { organization: "org_2" })
    const { id } = await place(client, assistant.id)
    await runtime.clock.advance(minute)
    assert.strictEqual((await call("GET", `/call/${id}`)).body.endedReason, "mine")
  })

  it("goes the newest way that matches its assistant or either number, so many times", async () => {
    const { client, assistant, runtime, call } = await setUp()
    const { body: number } = await call("POST", "/phone-number", {
      provider: "vapi",
      number: "+14155550100"
    })
    runtime.calls.script({}, [{ fail: "any" }])
    runtime.calls.script({ number: "+14155550100" }, [{ fail: "by-number" }])
    runtime.calls.script({ assistantId: "other" }, [{ fail: "other" }])
    runtime.calls.script({ number: customer.number }, [{ fail: "by-customer" }], { times: 1 })
    const reason = async (more: object = {}) => {
      const { id } = await place(client, assistant.id, more)
      await runtime.clock.advance(minute)
      return (await call("GET", `/call/${id}`)).body.endedReason
    }
    assert.deepStrictEqual(
      [await reason(), await reason({ phoneNumberId: number.id }), await reason()],
      ["by-customer", "by-number", "any"]
    )
    runtime.calls.clearScripts()
    assert.strictEqual(await reason(), "customer-ended-call")
  })

  it.each([
    ["a step that is none", [{ usr: "x" }], /steps.0: expected one of user, assistant/],
    ["a step with more", [{ user: "x", mood: "good" }], /steps.0/],
    ["an empty text", [{ user: "x" }, { assistant: "" }], /steps.1/],
    ["a negative wait", [{ wait: -1 }], /steps.0/]
  ])("%s is refused, by its place", async (_, steps, message) => {
    const { client, runtime, call } = await setUp()
    const { status, body } = await call("POST", "/__aywa/calls/script", { steps }, { apiKey: runtime.controlToken })
    assertMatches([status, body.message.join()], [400, message])
    assert.deepStrictEqual(client.runtime.events.list(), [])
  })

  it("ends when it lasts too long, and waits on the runtime's clock", async () => {
    const { client, assistant, runtime, call } = await setUp(() => ({}), { maxDurationSeconds: 60 })
    runtime.calls.script({}, [{ wait: 30_000 }, { user: "Still there?" }, { wait: 60_000 }, { user: "Never said" }])
    const { id } = await place(client, assistant.id)
    await runtime.clock.advance(10 * minute)
    const { body } = await call("GET", `/call/${id}`)
    assert.strictEqual(body.endedReason, "exceeded-max-duration")
    assert.strictEqual(Date.parse(body.endedAt) - Date.parse(body.startedAt), 60_000)
    assert.strictEqual(body.artifact.transcript, "AI: Hello!\nUser: Still there?\n")
  })

  it("ends on a machine, with what it hears", async () => {
    const { client, assistant, runtime, call } = await setUp()
    runtime.calls.script({}, [{ voicemail: "Please call back." }])
    const { id } = await place(client, assistant.id)
    await runtime.clock.advance(minute)
    const { body } = await call("GET", `/call/${id}`)
    assert.deepStrictEqual(
      [body.endedReason, body.artifact.transcript],
      ["voicemail", "AI: Hello!\nAI: Please call back.\n"]
    )
  })
})

describe("tools", () => {
  const run = async (
    tool: object,
    step: { readonly tool: string; readonly arguments?: Record<string, unknown> },
    answer: (delivery: Delivery) => Reply | Promise<Reply> = () => ({}),
    options: Parameters<typeof start>[0] = { clock: "manual" }
  ) => {
    const set = await setUp(answer, {}, options)
    const { body: stored } = await set.call("POST", "/tool", tool)
    await set.call("PATCH", `/assistant/${set.assistant.id}`, {
      model: { provider: "openai", model: "m", toolIds: [stored.id] }
    })
    set.runtime.calls.script({}, [step, { assistant: "Done." }])
    const { id } = await place(set.client, set.assistant.id)
    await set.runtime.clock.advance(minute)
    const { body } = await set.call("GET", `/call/${id}`)
    const { body: logs } = await set.call("GET", `/call/${id}/logs`)
    const result = body.messages.find(({ role }: { role: string }) => role === "tool_call_result")?.result
    return { ...set, callRow: body, logs: logs.items, result }
  }
  const fn = { type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } }
  const reply = (body: (id: string) => object) => (delivery: Delivery) =>
    delivery.type === "tool-calls" ? { body: body(delivery.message.toolCallList[0].id) } : {}

  it("the tool's own server is asked, and what it says is said", async () => {
    const own = await receive((delivery) => ({
      body: {
        results: [
          {
            toolCallId: delivery.message.toolCallList[0].id,
            name: "f",
            result: "ok",
            message: { type: "request-complete", content: "Found it." }
          }
        ]
      }
    }))
    const { receiver, callRow, result } = await run({ ...fn, server: { url: own.url } }, { tool: "f" })
    assert.deepStrictEqual(
      [result, own.deliveries.length, receiver.deliveries.some(({ type }) => type === "tool-calls")],
      ["ok", 1, false]
    )
    assert.strictEqual(callRow.artifact.transcript, "AI: Hello!\nAI: Found it.\nAI: Done.\n")
  })

  it.each([
    ["an error", reply((id) => ({ results: [{ toolCallId: id, name: "f", error: "sold out" }] })), "sold out"],
    ["a general error", reply(() => ({ error: "down" })), "down"],
    ["no result for this call", reply(() => ({ results: [] })), "The server gave no result for this call of the tool"],
    ["a failure", () => ({ status: 500 }), "Answered 500"],
    ["no JSON", () => ({ body: "<html>" }), "The server's answer is not JSON"],
    ["an object as result", reply((id) => ({ results: [{ toolCallId: id, name: "f", result: { a: 1 } }] })), '{"a":1}']
  ])("%s becomes the result, and the call goes on", async (_, answer, expected) => {
    const { result, callRow } = await run(fn, { tool: "f" }, answer)
    assert.deepStrictEqual([result, callRow.endedReason], [expected, "customer-ended-call"])
    assert.include(callRow.artifact.transcript, "AI: Done.")
  })

  it("a deadline is real: the call goes on without the answer", async () => {
    const own = await receive(() => ({ hang: true }))
    const { result } = await run({ ...fn, server: { url: own.url, timeoutSeconds: 1 } }, { tool: "f" })
    assert.strictEqual(result, "No answer in time")
  })

  it("a server with a plan is asked again within the deadline, under the same id", async () => {
    const own = await receive((delivery, index) =>
      index === 0
        ? { status: 503 }
        : reply((id) => ({ results: [{ toolCallId: id, name: "f", result: "late" }] }))(delivery)
    )
    const server = { url: own.url, backoffPlan: { type: "fixed", maxRetries: 1, baseDelaySeconds: 0 } }
    const { result } = await run({ ...fn, server }, { tool: "f" })
    assert.deepStrictEqual(
      [result, new Set(own.deliveries.map(({ id }) => id)).size, own.deliveries.length],
      ["late", 1, 2]
    )
    assert.strictEqual(own.deliveries[1]?.headers["x-aywa-redelivered"], "true")
  })

  it("an async tool is not waited for", async () => {
    const { result, receiver } = await run({ ...fn, async: true }, { tool: "f" })
    assert.include(result, "not awaited")
    assert.lengthOf(
      receiver.deliveries.filter(({ type }) => type === "tool-calls"),
      1
    )
  })

  it("endCall ends, a tool that is not there fails, other kinds are simulated", async () => {
    assert.strictEqual(
      (await run({ type: "endCall" }, { tool: "endCall" })).callRow.endedReason,
      "assistant-ended-call"
    )
    assert.strictEqual((await run(fn, { tool: "g" })).result, "There is no tool g")
    assert.strictEqual((await run({ type: "dtmf" }, { tool: "dtmf" })).result, "Simulated by the local runtime")
  })

  it("apiRequest is really made: arguments in their places, sensitive headers dropped", async () => {
    const seen: Array<{ method: string | undefined; url: string | undefined; headers: object; body: string }> = []
    const http = await import("node:http")
    const api = http.createServer((request, response) => {
      let body = ""
      request.on("data", (chunk: Buffer) => (body += chunk.toString()))
      request.on("end", () => {
        seen.push({ method: request.method, url: request.url, headers: request.headers, body })
        response.writeHead(200, { "content-type": "application/json" })
        response.end('{"found":true}')
      })
    })
    await new Promise<void>((done) => api.listen(0, "127.0.0.1", done))
    const { port } = api.address() as { port: number }
    const tool = {
      type: "apiRequest",
      name: "lookup",
      method: "POST",
      url: `http://127.0.0.1:${port}/patients/{{clinic}}/search`,
      headers: {
        type: "object",
        properties: {
          "X-Clinic": { type: "string" },
          Authorization: { type: "string" },
          Cookie: { type: "string" },
          "X-Fixed": { type: "string", value: "always" }
        }
      },
      body: { type: "object", properties: { phone: { type: "string" } }, required: ["phone"] },
      parameters: [
        { key: "limit", value: 1 },
        { key: "caller", value: "{{customer.number}}" }
      ]
    }
    const given = {
      phone: "+1",
      clinic: "a/b",
      "X-Clinic": "riverside",
      Authorization: "Bearer evil",
      Cookie: "a=b",
      undeclared: "x"
    }
    const { result, logs } = await run(tool, { tool: "lookup", arguments: given })
    api.close()
    assert.strictEqual(result, '{"found":true}')
    assertMatches(seen, [
      { method: "POST", url: "/patients/a%2Fb/search", headers: { "x-clinic": "riverside", "x-fixed": "always" } }
    ])
    assert.deepStrictEqual(JSON.parse(seen[0]?.body ?? ""), { phone: "+1", limit: 1, caller: "+14155550188" })
    assert.notInclude(Object.keys(seen[0]?.headers ?? {}), "authorization")
    assert.notInclude(Object.keys(seen[0]?.headers ?? {}), "cookie")
    assertMatches(
      logs.find(({ message }: { message: string }) => message === "apiRequest lookup"),
      {
        status: 200,
        droppedHeaders: ["authorization", "cookie"]
      }
    )
  })

  it.each([
    ["a host that the model chose, unlisted", "https://{{host}}/", {}, /TOOL_API_REQUEST_ALLOWED_HOSTS/],
    ["a part of one", "https://api-{{part}}.example/", {}, /TOOL_API_REQUEST_ALLOWED_HOSTS/],
    [
      "a listed one that is private",
      "https://{{host}}/",
      { toolAllowedHosts: ["10.0.0.1"] },
      /closed range \(private\)/
    ],
    ["a fixed private one", "http://169.254.169.254/{{host}}", {}, /link-local/],
    ["loopback", "http://127.0.0.1:1/", {}, /loopback/],
    ["credentials that the model smuggles", "https://{{user}}@93.184.215.14/", {}, /chosen by a model|user name/]
  ])("production mode refuses %s", async (_, url, options, message) => {
    const { result, logs } = await run(
      { type: "apiRequest", name: "lookup", method: "GET", url },
      { tool: "lookup", arguments: { host: "10.0.0.1", user: "a:b", part: "evil" } },
      () => ({}),
      { clock: "manual", mode: "production", ...options }
    )
    assert.match(result, message)
    assert.match(logs.find((line: { message: string }) => line.message === "apiRequest lookup").refused, /./)
  })
})

describe("an apiRequest that cannot be sent", () => {
  it("fails, and the call goes on to its end", async () => {
    const receiver = await receive()
    const headers = { type: "object", properties: { Trailer: { type: "string", value: "x" } } }
    const tools = [{ type: "apiRequest", name: "t", method: "POST", url: receiver.url, headers }]
    const { call, runtime } = await start({ clock: "manual" })
    runtime.calls.script({}, [{ tool: "t" }])
    const body = { assistant: { model: { provider: "openai", model: "m", tools } }, customer }
    const { body: placed } = await call("POST", "/call", body)
    await runtime.clock.advance(minute)
    const { body: ended } = await call("GET", `/call/${placed.id}`)
    assert.strictEqual(ended.status, "ended")
    assert.include(JSON.stringify(ended.messages), "The connection failed (ERR_HTTP_TRAILER_INVALID)")
  })
})

describe("transfers", () => {
  const number = { type: "number", number: "+14155550142", message: "One moment." }

  it("ask the server where to, forward there, and end", async () => {
    const { client, receiver, assistant, runtime, call } = await setUp((delivery) =>
      delivery.type === "transfer-destination-request" ? { body: { destination: number } } : {}
    )
    runtime.calls.script({}, [{ user: "A person, please." }, { transfer: true }, { user: "never said" }])
    const { id } = await place(client, assistant.id)
    await runtime.clock.advance(minute)
    const { body } = await call("GET", `/call/${id}`)
    assertMatches(body, { status: "ended", endedReason: "assistant-forwarded-call", destination: number })
    assert.strictEqual(body.artifact.transcript, "AI: Hello!\nUser: A person, please.\nAI: One moment.\n")
    const tail = receiver.deliveries.slice(-7).map(({ type, message }) => message.status ?? message.request ?? type)
    assert.deepStrictEqual(tail.slice(-5), ["transfer-update", "forwarding", "forward", "ended", "end-of-call-report"])
  })

  it("without a destination do not happen, and the call goes on", async () => {
    const { client, assistant, runtime, call } = await setUp(() => ({ body: { error: "nobody is here" } }))
    runtime.calls.script({}, [{ transfer: true }, { assistant: "Sorry." }])
    const { id } = await place(client, assistant.id)
    await runtime.clock.advance(minute)
    const { body } = await call("GET", `/call/${id}`)
    assert.deepStrictEqual(
      [body.endedReason, body.artifact.transcript],
      ["customer-ended-call", "AI: Hello!\nAI: Sorry.\n"]
    )
    const { body: logs } = await call("GET", `/call/${id}/logs`)
    assert.include(
      logs.items.map(({ message }: { message: string }) => message),
      "No transfer: nobody is here"
    )
  })

  it("to another assistant change who speaks", async () => {
    const { client, receiver, assistant, runtime, call } = await setUp()
    await call("POST", "/assistant", { name: "Claims", server: { url: `${receiver.url}/claims` } })
    runtime.calls.script({}, [{ handoff: { assistantName: "Claims" } }, { assistant: "Claims here." }])
    const { id } = await place(client, assistant.id)
    await runtime.clock.advance(minute)
    const update = runtime.events.list({ callId: id, type: "transfer-update" })[0]
    assertMatches(update?.message, { fromAssistant: { name: "Desk" }, toAssistant: { name: "Claims" } })
    assertMatches(receiver.deliveries.at(-1), { path: "/claims", type: "end-of-call-report" })
  })
})

describe("a knowledge base", () => {
  it("is asked after what the user said, and its documents become part of the conversation", async () => {
    const base = await receive(() => ({ body: { documents: [{ content: "Open until 6.", similarity: 0.9 }] } }))
    const { client, assistant, runtime, call } = await setUp(() => ({}), {
      model: {
        provider: "openai",
        model: "m",
        knowledgeBase: { provider: "custom-knowledge-base", server: { url: base.url } }
      }
    })
    runtime.calls.script({}, [{ user: "When do you close?" }, { assistant: "At 6." }])
    const { id } = await place(client, assistant.id)
    await runtime.clock.advance(minute)
    assert.deepStrictEqual(
      base.deliveries.map(({ type, message }) => [type, message.messagesOpenAIFormatted.at(-1).content]),
      [["knowledge-base-request", "When do you close?"]]
    )
    const { body } = await call("GET", `/call/${id}`)
    assert.deepStrictEqual(
      body.messages.map(({ role, message }: { role: string; message: string }) => `${role} ${message}`),
      ["bot Hello!", "user When do you close?", "system Open until 6.", "bot At 6."]
    )
  })
})

describe("a call from outside", () => {
  const inbound = async (reply: (assistantId: string) => Reply, number: object = {}) => {
    const set = await setUp((delivery) => (delivery.type === "assistant-request" ? reply(holder.id) : {}))
    const holder = { id: set.assistant.id }
    const { body: phone } = await set.call("POST", "/phone-number", {
      provider: "vapi",
      number: "+14155550100",
      server: { url: set.receiver.url },
      ...number
    })
    const row = set.runtime.calls.inbound({ number: "+14155550100", script: [{ user: "Hi." }] })
    await set.runtime.clock.advance(minute)
    const { body } = await set.call("GET", `/call/${String(row["id"])}`)
    return { ...set, phone, body }
  }

  it("asks the number's server who is to speak", async () => {
    const { body, receiver, phone, assistant } = await inbound((assistantId) => ({
      body: { assistantId, assistantOverrides: { firstMessage: "Hello Jordan!" } }
    }))
    assertMatches(body, {
      type: "inboundPhoneCall",
      assistantId: assistant.id,
      phoneNumberId: phone.id,
      status: "ended",
      artifact: { transcript: "AI: Hello Jordan!\nUser: Hi.\n" }
    })
    const asked = receiver.deliveries.find(({ type }) => type === "assistant-request")
    assertMatches(asked?.message, { phoneNumber: { id: phone.id }, customer: { number: "+14155550199" } })
    assert.isUndefined(asked?.message.assistant)
  })

  it("takes an assistant that the answer makes up", async () => {
    const { body } = await inbound(() => ({ body: { assistant: { firstMessage: "Made up." } } }))
    assert.deepStrictEqual(
      [body.assistant, body.artifact.transcript],
      [{ firstMessage: "Made up." }, "AI: Made up.\nUser: Hi.\n"]
    )
  })

  it.each([
    ["an error", { body: { error: "We are closed." } }, "assistant-request-returned-error"],
    [
      "a destination",
      { body: { destination: { type: "number", number: "+1" } } },
      "assistant-request-returned-forwarding-phone-number"
    ],
    ["an unknown assistant", { body: { assistantId: "nobody" } }, "assistant-request-returned-invalid-assistant"],
    ["nothing", { body: {} }, "assistant-request-returned-no-assistant"],
    ["a failure", { status: 500 }, "assistant-request-failed"],
    ["no JSON", { body: "?" }, "assistant-request-failed"]
  ])("ends with a reason after %s", async (_, reply, reason) => {
    const { body } = await inbound(() => reply)
    assert.deepStrictEqual([body.status, body.endedReason], ["ended", reason])
  })

  it("goes to the number's own assistant without asking, and to no number that there is not", async () => {
    const { assistant, call, runtime, client } = await setUp()
    await call("POST", "/phone-number", {
      provider: "vapi",
      number: "+14155550100",
      assistantId: assistant.id
    })
    const { status, body } = await call(
      "POST",
      "/__aywa/calls/inbound",
      { number: "+14155550100", from: "+14155550111" },
      { apiKey: runtime.controlToken }
    )
    assertMatches([status, body], [201, { assistantId: assistant.id, customer: { number: "+14155550111" } }])
    await runtime.clock.advance(minute)
    assert.notInclude(types(client, body.id), "assistant-request")
    assert.throws(() => runtime.calls.inbound({ number: "+1" }), "There is no phone number +1")
  })
})

describe("control", () => {
  const running = async () => {
    const set = await setUp()
    set.runtime.calls.script({}, [{ wait: 10_000 }, { user: "Muted?" }, { assistant: "And you?" }])
    const { id } = await place(set.client, set.assistant.id)
    await set.runtime.clock.advance(5000)
    const act = (body: object) => set.call("POST", `/call/${id}/control`, body)
    const row = async () => (await set.call("GET", `/call/${id}`)).body
    return { ...set, id, act, row }
  }

  it("say, add-message, transfer and end-call are done at once and are on the timeline", async () => {
    const { act, row, call, id, runtime, client } = await running()
    assert.deepStrictEqual((await act({ type: "say", content: "One moment." })).body, { status: "in-progress" })
    await act({ type: "add-message", message: { role: "system", content: "The caller is a VIP." } })
    assert.deepStrictEqual(
      (await row()).artifact.messages.map(({ message }: { message: string }) => message),
      ["Be brief.", "Hello!", "One moment.", "The caller is a VIP."]
    )
    const destination = { type: "number", number: "+14155550142" }
    assert.deepStrictEqual((await act({ type: "transfer", destination })).body, { status: "ended" })
    assertMatches(await row(), { endedReason: "assistant-forwarded-call", destination })
    const { body: timeline } = await call("GET", `/call/${id}/timeline?limit=1000`)
    const controls = timeline.items
      .map(({ type }: { type: string }) => type)
      .filter((type: string) => /control\./.test(type))
    assert.deepStrictEqual(controls, ["control.say", "control.add-message", "control.transfer"])
    for (const action of [{ type: "say", content: "x" }, { type: "end-call" }, { type: "transfer", destination }]) {
      const { status, body } = await act(action)
      assert.deepStrictEqual([action.type, status, body.code], [action.type, 409, "call_ended"])
    }
    const before = types(client, id).length
    await runtime.clock.advance(minute)
    assert.lengthOf(types(client, id), before)
  })

  it("mute and unmute decide who is heard", async () => {
    const { act, row, runtime } = await running()
    await act({ type: "control", control: "mute-customer" })
    await act({ type: "control", control: "mute-assistant" })
    await act({ type: "control", control: "unmute-assistant" })
    await runtime.clock.advance(minute)
    assert.strictEqual((await row()).artifact.transcript, "AI: Hello!\nAI: And you?\n")
  })

  it("refuses what is not an action, and calls of others", async () => {
    const { act, call, id, runtime } = await running()
    const { key } = runtime.addKey({ organization: "org_other" })
    const stranger = await call("POST", `/call/${id}/control`, { type: "end-call" }, { apiKey: key })
    assert.strictEqual(stranger.status, 404)
    for (const view of ["timeline", "costs", "logs", "voice-pipeline"]) {
      assert.deepStrictEqual(
        [view, (await call("GET", `/call/${id}/${view}`, undefined, { apiKey: key })).status],
        [view, 404]
      )
    }
    assert.strictEqual((await act({ type: "explode" })).status, 400)
    assert.strictEqual((await act({ type: "say" })).status, 400)
    assert.strictEqual(
      (await act({ type: "handoff", destination: { type: "assistant", assistantName: "No" } })).status,
      404
    )
    assert.strictEqual((await call("POST", "/call/nobody/control", { type: "end-call" })).status, 404)
    for (const view of ["timeline", "costs", "logs", "voice-pipeline"]) {
      assert.deepStrictEqual([view, (await call("GET", `/call/nobody/${view}`)).status], [view, 404])
      assert.deepStrictEqual([view, (await call("GET", `/call/${id}/${view}`)).status], [view, 200])
    }
  })

  it("end-call while a server is asked: the answer comes too late and changes nothing", async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const set = await setUp(
      async (delivery) => {
        if (delivery.type !== "tool-calls") return {}
        await held
        return { body: { results: [{ toolCallId: delivery.message.toolCallList[0].id, name: "f", result: "late" }] } }
      },
      { model: { provider: "openai", model: "m", tools: [{ type: "function", function: { name: "f" } }] } }
    )
    set.runtime.calls.script({}, [{ tool: "f" }, { assistant: "never said" }])
    const { id } = await place(set.client, set.assistant.id)
    const advanced = set.runtime.clock.advance(minute)
    await eventually(() => assert.isTrue(set.receiver.deliveries.some(({ type }) => type === "tool-calls")))
    assert.strictEqual((await set.call("POST", `/call/${id}/control`, { type: "end-call" })).body.status, "ended")
    release()
    await advanced
    const { body } = await set.call("GET", `/call/${id}`)
    assert.deepStrictEqual([body.endedReason, body.artifact.transcript], ["assistant-ended-call", "AI: Hello!\n"])
    const { body: logs } = await set.call("GET", `/call/${id}/logs`)
    assert.strictEqual(logs.items.at(-1).message, "An answer came after the end of the call")
  })
})

describe("scheduled calls and batches", () => {
  it("begin at their time", async () => {
    const { client, assistant, runtime, call } = await setUp()
    const earliestAt = new Date(runtime.clock.now() + 3_600_000).toISOString()
    const { id, status } = await place(client, assistant.id, { schedulePlan: { earliestAt } })
    const now = async () => (await call("GET", `/call/${id}`)).body.status
    await runtime.clock.advance(3_599_999)
    assert.deepStrictEqual([status, await now()], ["scheduled", "scheduled"])
    await runtime.clock.advance(1)
    assert.strictEqual(await now(), "queued")
    await runtime.clock.advance(minute)
    assert.strictEqual(await now(), "ended")
    const statuses = runtime.events.list({ callId: id, type: "status-update" }).map(({ message }) => message["status"])
    assert.deepStrictEqual(statuses, ["scheduled", "queued", "ringing", "in-progress", "ended"])
  })

  it("a batch is as many calls, a deleted call is none", async () => {
    const { assistant, runtime, call } = await setUp()
    const { body } = await call("POST", "/call", {
      assistantId: assistant.id,
      customers: [{ number: "+14155550125" }, { number: "nonsense" }, { number: "+14155550126" }]
    })
    assert.deepStrictEqual([body.results.length, body.errors.length], [2, 1])
    await call("DELETE", `/call/${body.results[0].id}`)
    await runtime.clock.advance(minute)
    assert.strictEqual((await call("GET", `/call/${body.results[1].id}`)).body.status, "ended")
    assert.strictEqual((await call("GET", `/call/${body.results[0].id}/timeline`)).status, 404)
    assert.deepStrictEqual(
      runtime.events.list({ callId: body.results[0].id }).map(({ type }) => type),
      ["status-update", "call.deleted"]
    )
  })

  it("100 calls at once all end, each with its own report", async () => {
    const { client, assistant, runtime } = await setUp()
    const customers = Array.from({ length: 100 }, (_, index) => ({ number: `+1415555${String(1000 + index)}` }))
    await client.call("POST", "/call", { assistantId: assistant.id, customers })
    await runtime.clock.advance(minute)
    const reports = runtime.events.list({ type: "end-of-call-report" })
    assert.strictEqual(new Set(reports.map(({ callId }) => callId)).size, 100)
    assert.isTrue(reports.every(({ jobs }) => jobs[0]?.state === "succeeded"))
  })
})

describe("sequences by hand", () => {
  it.each([
    ["call.completed", "customer-ended-call"],
    ["call.with-tool", "customer-ended-call"],
    ["call.transfer", "assistant-forwarded-call"],
    ["call.failed", "customer-did-not-answer"],
    ["call.voicemail", "voicemail"]
  ])("%s leaves a coherent call", async (type, endedReason) => {
    const { assistant, runtime, call, receiver } = await setUp(() => ({}), {
      model: { provider: "openai", model: "m", tools: [{ type: "function", function: { name: "own" } }] }
    })
    const { status, body } = await call(
      "POST",
      "/__aywa/trigger",
      { type, assistant: assistant.id },
      { apiKey: runtime.controlToken }
    )
    assert.strictEqual(status, 200)
    assertMatches((await call("GET", `/call/${body.callId}`)).body, { status: "ended", endedReason })
    assert.deepStrictEqual(
      body.events.map((event: { type: string }) => event.type),
      runtime.events.list({ callId: body.callId }).map((event) => event.type)
    )
    await runtime.webhooks.idle()
    assert.strictEqual(receiver.deliveries.at(-1)?.type, "end-of-call-report")
    const asked = receiver.deliveries.find((delivery) => delivery.type === "tool-calls")
    assert.strictEqual(asked?.message.toolCallList[0].function.name, type === "call.with-tool" ? "own" : undefined)
  })

  it("work without an assistant, and take no overrides", async () => {
    const { runtime, call } = await start()
    assert.isNotEmpty((await runtime.trigger({ type: "call.completed" })).callId ?? "")
    const refused = await call(
      "POST",
      "/__aywa/trigger",
      { type: "call.failed", set: {} },
      { apiKey: runtime.controlToken }
    )
    assert.strictEqual(refused.status, 400)
  })
})

describe("a restart in the middle of a call", () => {
  it("while a question waits for the events before it: it is asked once", async () => {
    const set = await setUp(
      async ({ type, message }) => {
        if (type !== "tool-calls") return { hang: true }
        return { body: { results: [{ toolCallId: message.toolCallList[0].id, name: "f", result: "done" }] } }
      },
      { model: { provider: "openai", model: "m", tools: [{ type: "function", function: { name: "f" } }] } },
      { store: { file: temporaryFile() }, webhookSchedule: "instant" }
    )
    set.runtime.calls.script({}, [{ tool: "f" }])
    const { id } = await place(set.client, set.assistant.id)
    // It is written down with its step, and not sent before its turn.
    await eventually(() => assert.include(types(set.client, id), "tool-calls"), 10_000)
    await set.runtime.restart()
    await set.runtime.events.expect("end-of-call-report", { callId: id, timeout: 20_000 })
    const asked = set.receiver.deliveries.filter(({ type }) => type === "tool-calls")
    assert.deepStrictEqual(
      asked.map(({ headers }) => headers["x-aywa-redelivered"]),
      [undefined]
    )
    assert.lengthOf(
      types(set.client, id).filter((type) => type === "end-of-call-report"),
      1
    )
  })

  it("while a tool is asked: it is asked again under the same id, marked, and the call ends once", async () => {
    let asked = 0
    const set = await setUp(
      (delivery) => {
        if (delivery.type !== "tool-calls") return {}
        asked += 1
        return asked === 1
          ? { hang: true }
          : { body: { results: [{ toolCallId: delivery.message.toolCallList[0].id, name: "f", result: "again" }] } }
      },
      { model: { provider: "openai", model: "m", tools: [{ type: "function", function: { name: "f" } }] } },
      { store: { file: temporaryFile() } }
    )
    set.runtime.calls.script({}, [{ tool: "f" }])
    const { id } = await place(set.client, set.assistant.id)
    await eventually(() => assert.strictEqual(asked, 1), 10_000)
    await set.runtime.restart()
    await set.runtime.events.expect("end-of-call-report", { callId: id, timeout: 10_000 })
    const { body } = await set.call("GET", `/call/${id}`)
    const results = body.messages.filter(({ role }: { role: string }) => role.startsWith("tool_call"))
    assertMatches(results, [{ role: "tool_calls" }, { role: "tool_call_result", result: "again" }])
    const deliveries = set.receiver.deliveries.filter(({ type }) => type === "tool-calls")
    assert.deepStrictEqual(
      deliveries.map((one) => [one.id, one.headers["x-aywa-redelivered"]]),
      [
        [deliveries[0]?.id, undefined],
        [deliveries[0]?.id, "true"]
      ]
    )
    assert.lengthOf(
      types(set.client, id).filter((type) => type === "end-of-call-report"),
      1
    )
  })
})
