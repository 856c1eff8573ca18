import { assert, describe, it } from "vitest"
import { DatabaseSync } from "node:sqlite"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { type Reply, start, temporaryFile } from "./support.ts"

describe("credentials", () => {
  const hmac = {
    provider: "custom-credential",
    name: "Hook signing",
    authenticationPlan: { type: "hmac", secretKey: "canary-hmac", algorithm: "sha256" }
  }

  it("takes secrets at any depth and answers with masks", async () => {
    const { call, runtime } = await start()
    const created = await call("POST", "/credential", hmac)
    assert.strictEqual(created.status, 201)
    assert.deepStrictEqual(created.body.authenticationPlan, {
      type: "hmac",
      secretKey: "[REDACTED]",
      algorithm: "sha256"
    })
    const trunk = await call("POST", "/credential", {
      provider: "byo-sip-trunk",
      gateways: [{ ip: "192.0.2.1" }],
      outboundAuthenticationPlan: { authUsername: "u", authPassword: "canary-trunk" }
    })
    assert.deepStrictEqual(trunk.body.outboundAuthenticationPlan, { authUsername: "u", authPassword: "[REDACTED]" })
    const list = await call("GET", "/credential")
    assert.lengthOf(list.body, 2)
    for (const text of [created.text, trunk.text, list.text, JSON.stringify(runtime.rows("credentials"))]) {
      assert.notInclude(text, "canary")
    }
  })

  it("keeps a secret whose mask is written back, and replaces one that is given anew", async () => {
    const { call } = await start()
    const { body: row } = await call("POST", "/credential", hmac)
    const { id, orgId: _, createdAt: __, updatedAt: ___, ...read } = row
    const same = await call("PATCH", `/credential/${id}`, { ...read, name: "Renamed" })
    assert.deepStrictEqual(
      [same.status, same.body.name, same.body.authenticationPlan.secretKey],
      [200, "Renamed", "[REDACTED]"]
    )
    const other = await call("PATCH", `/credential/${id}`, {
      authenticationPlan: { type: "bearer", token: "canary-new" }
    })
    assert.deepStrictEqual(other.body.authenticationPlan, { type: "bearer", token: "[REDACTED]" })
  })

  it("the secret behind a mask that was written back is the one that was given", async () => {
    const file = temporaryFile()
    const { call } = await start({ store: { file } })
    const { body: row } = await call("POST", "/credential", hmac)
    const kept = () => {
      const database = new DatabaseSync(file)
      const found = database.prepare("SELECT secrets FROM resource_rows WHERE id = ?").get(row.id)
      database.close()
      return JSON.parse(String(found?.["secrets"])) as unknown
    }
    await call("PATCH", `/credential/${row.id}`, { authenticationPlan: row.authenticationPlan })
    assert.deepStrictEqual(kept(), { authenticationPlan: hmac.authenticationPlan })
    const other = { type: "hmac", secretKey: "canary-other", algorithm: "sha512" }
    await call("PATCH", `/credential/${row.id}`, { authenticationPlan: other })
    assert.deepStrictEqual(kept(), { authenticationPlan: other })
  })

  it("takes the fields of providers that the contract does not spell out", async () => {
    const { call } = await start()
    const { status, body } = await call("POST", "/credential", {
      provider: "s3",
      awsAccessKeyId: "id",
      awsSecretAccessKey: "canary",
      region: "eu-west-1"
    })
    assert.deepStrictEqual(
      [status, body.awsAccessKeyId, body.awsSecretAccessKey, body.region],
      [201, "id", "[REDACTED]", "eu-west-1"]
    )
  })

  it.each([
    [{ provider: "twilio" }, ["accountSid", "authToken"]],
    [{ provider: "webhook", authenticationPlan: { type: "bearer" } }, ["authenticationPlan.token"]],
    [{ provider: "byo-sip-trunk" }, ["gateways"]]
  ])("refuses %j", async (body, paths) => {
    const { call } = await start()
    const { status, body: error } = await call("POST", "/credential", body)
    assert.strictEqual(status, 400)
    assert.deepStrictEqual(
      error.message.map((message: string) => message.split(":")[0]),
      paths
    )
  })
})

/** What the calls below refer to. */
const rows = { assistants: [{ id: "a" }, { id: "b" }] }

describe("calls", () => {
  const customer = { number: "+14155550188", name: "Jordan" }

  it("creates one call", async () => {
    const { call } = await start({ rows })
    const { status, body } = await call("POST", "/call", { assistantId: "a", customer })
    assert.strictEqual(status, 201)
    assertMatches(body, { type: "outboundPhoneCall", status: "queued", cost: 0, assistantId: "a", customer })
    assert.deepStrictEqual((await call("GET", `/call/${body.id}`)).body, body)
  })

  it("creates a batch: who cannot be called is an error, the others get their call", async () => {
    const { call, runtime } = await start({ rows })
    const { status, body } = await call("POST", "/call", {
      assistantId: "a",
      schedulePlan: { earliestAt: "2100-01-01T00:00:00Z" },
      customers: [customer, { number: "123" }, { sipUri: "sip:a@example.net" }]
    })
    assert.strictEqual(status, 201)
    assert.deepStrictEqual(
      body.results.map((one: { customer: unknown; status: string }) => [one.customer, one.status]),
      [
        [customer, "scheduled"],
        [{ sipUri: "sip:a@example.net" }, "scheduled"]
      ]
    )
    assert.deepStrictEqual(body.errors, [
      { customer: { number: "123" }, error: "customer.number must be a valid phone number in E.164 format" }
    ])
    assert.strictEqual(runtime.count("calls"), 2)
  })

  it("creates phone and web calls on their own routes", async () => {
    const { call } = await start({ rows })
    assert.strictEqual(
      (await call("POST", "/call/phone", { assistantId: "a", customer })).body.type,
      "outboundPhoneCall"
    )
    assert.deepStrictEqual((await call("POST", "/call/phone", { assistantId: "a" })).body.message, [
      "customer: Missing: a phone call needs customer or customerId"
    ])
    assert.strictEqual((await call("POST", "/call/web", { assistant: { name: "A" } })).body.type, "webCall")
  })

  it("changes the name, and nothing else", async () => {
    const { call } = await start({ rows })
    const { body: row } = await call("POST", "/call", { assistantId: "a", customer })
    assertMatches((await call("PATCH", `/call/${row.id}`, { name: "B" })).body, { name: "B", customer })
    assert.strictEqual((await call("PATCH", `/call/${row.id}`, { customer })).status, 400)
  })

  it("filters its list", async () => {
    const { call } = await start({ rows })
    await call("POST", "/call", { assistantId: "a", customer })
    const { body: row } = await call("POST", "/call", { assistantId: "b", customer })
    assert.deepStrictEqual((await call("GET", "/call?assistantId=b")).body, [row])
    assert.strictEqual((await call("GET", "/assistant?assistantId=b")).status, 400)
  })
})

describe("webhook endpoints and structured outputs", () => {
  it("are rows with defaults and limits", async () => {
    const { call } = await start({ rows })
    const endpoint = await call("POST", "/webhook-endpoint", { url: "https://hooks.example.com/a", scope: "account" })
    assertMatches(endpoint.body, { url: "https://hooks.example.com/a", scope: "account", enabled: true })
    assert.strictEqual((await call("POST", "/webhook-endpoint", { url: "/a", scope: "tool" })).status, 400)
    const output = await call("POST", "/structured-output", { name: "Booked", schema: { type: "boolean" } })
    assertMatches(output.body, { name: "Booked", type: "ai" })
    assert.deepStrictEqual((await call("GET", "/structured-output?name=Booked")).body.results, [output.body])
    assert.deepStrictEqual((await call("GET", "/structured-output?name=Other")).body.results, [])
  })
})

describe("structured outputs", () => {
  const customer = { number: "+14155550188" }
  const human = {
    name: "Asked for a person",
    type: "regex",
    regex: "/\\b(human|person)\\b/i",
    schema: { type: "boolean" }
  }

  const setUp = async () => {
    const client = await start({ rows })
    const { body: row } = await client.call("POST", "/call", { assistantId: "a", customer })
    return { ...client, row }
  }

  it("runs no model, and says so", async () => {
    const { call, row } = await setUp()
    const { body: output } = await call("POST", "/structured-output", { name: "Booked", schema: { type: "boolean" } })
    const run = await call("POST", "/structured-output/run", { callIds: [row.id], structuredOutputId: output.id })
    assert.strictEqual(run.status, 201)
    assertMatches(run.body, {
      structuredOutputId: output.id,
      note: /runs no model/,
      results: { [row.id]: { [output.id]: { name: "Booked", result: null } } }
    })
    const again = await call("POST", "/structured-output/run", { callIds: [row.id], structuredOutputId: output.id })
    assert.deepStrictEqual(again.body, run.body)
    assert.deepStrictEqual((await call("GET", `/call/${row.id}`)).body, row)
  })

  it("applies a pattern only to what was said", async () => {
    const { call, row } = await setUp()
    const run = await call("POST", "/structured-output/run", { callIds: [row.id], structuredOutput: human })
    assert.deepStrictEqual(Object.values(run.body.results[row.id]), [
      { name: human.name, result: null, skipped: "The call has no transcript" }
    ])
  })

  it("keeps what a pattern found in the call, unless it is a preview", async () => {
    const file = temporaryFile()
    const client = await start({ store: { file }, rows })
    const { body: row } = await client.call("POST", "/call", { assistantId: "a", customer })
    // What was said is written by the call's own events; here, straight into the database.
    const database = new DatabaseSync(file)
    const said = JSON.stringify({ ...row, artifact: { transcript: "AI: Hello\nUser: A Human, please." } })
    database.prepare("UPDATE resource_rows SET body = ? WHERE id = ?").run(said, row.id)
    database.close()
    const run = (structuredOutput: object, previewEnabled: boolean) =>
      client.call("POST", "/structured-output/run", { callIds: [row.id], structuredOutput, previewEnabled })
    const outcome = ({ body }: Reply) => Object.values<Record<string, unknown>>(body.results[row.id])
    assert.deepStrictEqual(outcome(await run(human, true)), [{ name: human.name, result: true }])
    assert.deepStrictEqual(outcome(await run({ ...human, regex: "robot" }, true)), [
      { name: human.name, result: false }
    ])
    const word = { name: "Word", type: "regex", regex: "H[a-z]+", schema: { type: "string" } }
    assert.deepStrictEqual(outcome(await run(word, true)), [{ name: "Word", result: "Hello" }])
    const read = async () => (await client.call("GET", `/call/${row.id}`)).body.artifact.structuredOutputs
    assert.isUndefined(await read())
    const { body } = await run(word, false)
    assert.deepStrictEqual(await read(), { [body.structuredOutputId]: { name: "Word", result: "Hello" } })
  })

  it("what it found in a call that goes on is there when that has ended, and in its report", async () => {
    const { call, runtime } = await start({ clock: "manual" })
    runtime.calls.script({}, [{ user: "A human, please." }, { wait: 5000 }, { user: "Bye." }])
    const { body: row } = await call("POST", "/call", { assistant: {}, customer })
    await runtime.clock.advance(2000)
    const { body } = await call("POST", "/structured-output/run", { callIds: [row.id], structuredOutput: human })
    await runtime.clock.advance(60_000)
    const { body: ended } = await call("GET", `/call/${row.id}`)
    const found = { [body.structuredOutputId]: { name: human.name, result: true } }
    assert.deepStrictEqual([ended.status, ended.artifact.structuredOutputs], ["ended", found])
    assert.strictEqual(ended.artifact.transcript, "User: A human, please.\nUser: Bye.\n")
    const [report] = runtime.events.list({ type: "end-of-call-report" })
    assert.deepStrictEqual(report?.message["artifact"], ended.artifact)
  })

  it("a pattern that would take for ever is refused, and the runtime goes on", async () => {
    const file = temporaryFile()
    const client = await start({ store: { file }, rows })
    const { body: row } = await client.call("POST", "/call", { assistantId: "a", customer })
    const database = new DatabaseSync(file)
    const said = JSON.stringify({ ...row, artifact: { transcript: `User: ${"a".repeat(60)}!` } })
    database.prepare("UPDATE resource_rows SET body = ? WHERE id = ?").run(said, row.id)
    database.close()
    const run = (regex: string) =>
      client.call("POST", "/structured-output/run", { callIds: [row.id], structuredOutput: { ...human, regex } })
    const refused = await run("(a+)+$")
    assertMatches([refused.status, refused.body.message], [400, [/regex: takes more than/]])
    assert.strictEqual((await run("a+!$")).status, 201)
  })

  it("refuses what it cannot find or read", async () => {
    const { call, row } = await setUp()
    const run = async (body: unknown) => {
      const { status } = await call("POST", "/structured-output/run", body)
      return status
    }
    assert.strictEqual(await run({ callIds: ["nobody"], structuredOutput: human }), 404)
    assert.strictEqual(await run({ callIds: [row.id], structuredOutputId: "nobody" }), 404)
    assert.strictEqual(await run({ callIds: [row.id] }), 400)
    assert.strictEqual(await run({ callIds: [], structuredOutput: human }), 400)
    assert.strictEqual(await run({ callIds: [row.id], structuredOutput: { ...human, regex: "(" } }), 400)
  })
})

describe("runs of a structured output", () => {
  it("over many calls leave time for others", async () => {
    const { runtime, call } = await start()
    const { callId } = await runtime.trigger({ type: "call.completed" })
    const state = { over: false }
    const run = call("POST", "/structured-output/run", {
      callIds: Array.from({ length: 100 }, () => callId),
      structuredOutput: { name: "Slow", type: "regex", schema: { type: "string" }, regex: ".*.*.*Z" }
    }).finally(() => (state.over = true))
    let served = 0
    for (; !state.over; served++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, until the run is over
      await fetch(`${runtime.baseUrl}/health`)
    }
    assert.strictEqual((await run).status, 201)
    // A run that held everybody up would let a few pass before its body had come.
    assert.isAbove(served, 5)
  })
})
