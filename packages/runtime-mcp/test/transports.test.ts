import { assert, test } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { bad, call, clientOf, connect, connectHttp, connectProcess, good, startRuntime, writesIn } from "./support.ts"

const ways = {
  streams: connect,
  "a process": connectProcess,
  HTTP: async (...args: Parameters<typeof connectHttp>) => (await connectHttp(...args)).client
}

for (const [way, open] of Object.entries(ways)) {
  test(`over ${way} the official client reads and, where it may, writes`, async () => {
    const runtime = await startRuntime()
    const assistant = await clientOf(runtime).assistants.create({ name: "Desk" })
    const client = await open(runtime, { allow: "write" })
    assert.strictEqual(client.getServerVersion()?.name, "aywa-runtime")
    assert.deepStrictEqual(
      (await client.listTools()).tools.map(({ name }) => name),
      [
        "runtime_overview",
        "search_operations",
        "describe_operation",
        "read",
        "write",
        "call_report",
        "webhook_attempts",
        "webhook_resend"
      ]
    )
    const listed = await good(client, "read", { operation: "assistants.list" })
    assertMatches(listed.data.rows, [{ id: assistant.id, name: "Desk" }])
    const create = { operation: "assistants.create", body: { name: "Second" }, idempotencyKey: "second" }
    const [first, again] = [await good(client, "write", create), await good(client, "write", create)]
    assert.strictEqual(again.data.row.id, first.data.row.id)
    assert.strictEqual(runtime.count("assistants"), 2)
    assertMatches(await bad(client, "read", { operation: "assistants.get", id: "nothing" }), {
      code: "NotFound",
      outcome: "rejected",
      requestId: /^req_/
    })
  })

  test(`over ${way} a call is placed when the person says yes, and only then`, async () => {
    const runtime = await startRuntime()
    const { id } = await clientOf(runtime).assistants.create({ name: "Desk" })
    const questions: Array<string> = []
    let answers: Array<"accept" | "no" | "decline" | "cancel"> = ["no", "decline", "cancel", "accept"]
    const settings = {
      allow: "write",
      allowCalls: true,
      answer: (question: string) => (questions.push(question), answers.shift() ?? "no")
    } as const
    // A process takes its options as JSON; the answers stay here.
    const client = await open(runtime, settings)
    const place = { assistant: id, number: "+14155550123", idempotencyKey: "one" }
    const before = writesIn(runtime).length
    for (const _ of ["no", "decline", "cancel"]) {
      assertMatches(await bad(client, "call_place", place), { code: "declined", outcome: "not-sent" })
    }
    assert.strictEqual(writesIn(runtime).length, before)
    const placed = await good(client, "call_place", place)
    assert.deepStrictEqual(questions, Array(4).fill(`Call “+14155550123” with assistant “Desk” (${id})?`))
    assert.deepStrictEqual(
      runtime.rows("calls").map((row) => row.id),
      [placed.data.row.id]
    )
  })
}

test("a client that cannot ask places no call, unless that was chosen at the start", async () => {
  const runtime = await startRuntime()
  const { id } = await clientOf(runtime).assistants.create({ name: "Desk" })
  const place = { assistant: id, number: "+14155550123", idempotencyKey: "one" }
  const careful = await connect(runtime, { allow: "write", allowCalls: true })
  assertMatches(await bad(careful, "call_place", place), { code: "cannot_confirm", outcome: "not-sent" })
  const body = { assistantId: id, customer: { number: "+14155550123" } }
  for (const operation of ["calls.create", "calls.createPhone", "calls.createWeb"]) {
    const write = { operation, body, idempotencyKey: operation }
    const error = await bad(
      careful,
      "write",
      operation === "calls.createWeb" ? { ...write, body: { assistantId: id } } : write
    )
    assertMatches(error, { code: "cannot_confirm" }, operation)
  }
  assert.strictEqual(runtime.count("calls"), 0)
  const brave = await connect(runtime, { allow: "write", allowCalls: true, yes: true })
  await good(brave, "call_place", place)
  assert.strictEqual(runtime.count("calls"), 1)
  const without = await connect(runtime, { allow: "all" })
  assert.notInclude(
    (await without.listTools()).tools.map(({ name }) => name),
    "call_place"
  )
  assertMatches(await bad(without, "write", { operation: "calls.create", body, idempotencyKey: "k" }), {
    code: "calls_not_allowed"
  })
  assert.isTrue(
    (await call(without, "call_place", place).catch((error: unknown) => ({ isError: true, text: String(error) })))
      .isError
  )
  assert.strictEqual(runtime.count("calls"), 1)
})
