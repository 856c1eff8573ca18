import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Tiktoken } from "js-tiktoken/lite"
import ranks from "js-tiktoken/ranks/o200k_base"
import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { initConfig } from "@aywa-ai/runtime-config"
import type { LocalRuntimeHandle } from "@aywa-ai/runtime-local"
import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { assert, test } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { clientOf, connect, good, startHandler, startRuntime, temporaryFolder, type ToolResult } from "./support.ts"

const encoder = new Tiktoken(ranks)

/** What an agent may use for one task. */
const maxCalls = 8
const maxTokens = 6000

type Use = (name: string, args?: Readonly<Record<string, unknown>>) => Promise<ToolResult>

interface Scene {
  readonly runtime: LocalRuntimeHandle
  readonly aywa: AywaRuntimeClient
  readonly use: Use
}

/** Counts what a task used, as a model would read it. */
const counting = (client: Client) => {
  const used = { calls: 0, tokens: 0 }
  const use: Use = async (name, args) => {
    const result = await good(client, name, args)
    used.calls++
    used.tokens += encoder.encode(result.text).length
    return result
  }
  return { used, use }
}

const task = (
  name: string,
  settings: Parameters<typeof connect>[1],
  run: (scene: Scene) => Promise<void>,
  prepare?: (scene: Omit<Scene, "use">) => Promise<void>
) =>
  test(`task: ${name}`, async () => {
    const runtime = await startRuntime()
    const aywa = clientOf(runtime)
    await prepare?.({ runtime, aywa })
    const { used, use } = counting(await connect(runtime, settings))
    await run({ runtime, aywa, use })
    console.log(`${name}: ${used.calls} calls, ${used.tokens} tokens`)
    assert.isAtMost(used.calls, maxCalls)
    assert.isAtMost(used.tokens, maxTokens)
  })

const prompt = "You answer questions about orders. ".repeat(80)
const makeDesk = (aywa: AywaRuntimeClient, more: object = {}) =>
  aywa.assistants.create({
    name: "Desk",
    firstMessage: "Order desk, how can I help?",
    model: { provider: "openai", model: "gpt-4.1-mini", messages: [{ role: "system", content: prompt }] },
    ...more
  })

test("task: find out why a webhook failed, and send it again", async () => {
  const runtime = await startRuntime()
  const aywa = clientOf(runtime)
  let isWell = false
  const handler = await startHandler(() => (isWell ? [200, "{}"] : [500, "database is locked"]))
  await aywa.webhookEndpoints.create({ url: `${handler.url}/hooks`, scope: "account" })
  await runtime.trigger({ type: "status-update" })
  await runtime.webhooks.idle()
  const { used, use } = counting(await connect(runtime, { allow: "write" }))
  const { deadWebhooks } = (await use("runtime_overview")).data
  assert.lengthOf(deadWebhooks, 1)
  const [job] = (await use("webhook_attempts", { status: "dead" })).data.jobs
  assertMatches(job.lastAttempt, { statusCode: 500, responseBody: "database is locked" })
  isWell = true
  await use("webhook_resend", { job: job.id, as: "replay", idempotencyKey: `replay-${job.id}` })
  await runtime.webhooks.idle()
  const { jobs } = (await use("webhook_attempts", { status: "succeeded" })).data
  assertMatches(jobs, [{ replayOf: job.id }])
  assert.isAtMost(used.calls, maxCalls)
  assert.isAtMost(used.tokens, maxTokens)
})

task(
  "change what an assistant says first",
  { allow: "write" },
  async ({ aywa, use }) => {
    const { data } = await use("read", { operation: "assistants.list", fields: ["name", "firstMessage"] })
    const [{ id }] = data.rows
    const update = { operation: "assistants.update", id, body: { firstMessage: "Good morning, order desk." } }
    const shown = await use("write", update)
    await use("write", { ...update, ifMatch: shown.data.ifMatch })
    assert.strictEqual((await aywa.assistants.get(id)).firstMessage, "Good morning, order desk.")
  },
  async ({ aywa }) => void (await makeDesk(aywa))
)

task(
  "change one word of a long prompt",
  { allow: "write" },
  async ({ aywa, use }) => {
    const { data } = await use("read", { operation: "assistants.list", fields: ["name"] })
    const [{ id }] = data.rows
    const { row } = (
      await use("read", { operation: "assistants.get", id, fields: ["model", "model.messages.0.content"] })
    ).data
    const content = String(row["model.messages.0.content"]).replace("questions", "all questions")
    const model = { ...row.model, messages: [{ role: "system", content }] }
    const shown = await use("write", { operation: "assistants.update", id, body: { model } })
    assert.isAbove(shown.data.changes.length, 0)
    await use("write", { operation: "assistants.update", id, body: { model }, ifMatch: shown.data.ifMatch })
    assert.include(JSON.stringify(await aywa.assistants.get(id)), prompt.replace("questions", "all questions"))
  },
  async ({ aywa }) => void (await makeDesk(aywa))
)

task(
  "create a tool and give it to an assistant",
  { allow: "write" },
  async ({ runtime, aywa, use }) => {
    const found = await use("search_operations", { query: "create a tool" })
    assert.strictEqual(found.data.operations[0].operation, "tools.create")
    const { example } = (await use("describe_operation", { operation: "tools.create" })).data
    const tool = (await use("write", { operation: "tools.create", body: example, idempotencyKey: "lookup" })).data.row
    const [desk] = (await use("read", { operation: "assistants.list", fields: ["model.provider", "model.model"] })).data
      .rows
    const body = { model: { provider: desk["model.provider"], model: desk["model.model"], toolIds: [tool.id] } }
    const shown = await use("write", { operation: "assistants.update", id: desk.id, body })
    await use("write", { operation: "assistants.update", id: desk.id, body, ifMatch: shown.data.ifMatch })
    assert.deepStrictEqual((await aywa.assistants.get(desk.id)).model?.["toolIds"], [tool.id])
    assert.strictEqual(runtime.count("tools"), 1)
  },
  async ({ aywa }) => void (await makeDesk(aywa))
)

task(
  "find out why a call failed",
  { allow: "read" },
  async ({ use }) => {
    const [failed] = (await use("runtime_overview")).data.failedCalls
    const report = await use("call_report", { id: failed.id })
    assert.include(report.text, "assistant-error")
    assertMatches(report.data, { status: "ended", endedReason: "assistant-error" })
  },
  async ({ runtime, aywa }) => {
    const { id } = await makeDesk(aywa)
    runtime.calls.script({ assistantId: id }, [{ user: "Hello?" }, { fail: "assistant-error" }])
    const call = await aywa.calls.create({ assistantId: id, customer: { number: "+14155550123" } })
    await aywa.calls.waitUntilEnded(call.id, { pollEvery: 50 })
  }
)

test("task: try a tool's handler end to end on the local runtime", async () => {
  const runtime = await startRuntime()
  const aywa = clientOf(runtime)
  const handler = await startHandler((body) => {
    const { message } = JSON.parse(body)
    const results = (message.toolCallList ?? []).map((call: { id: string; name: string }) => ({
      toolCallId: call.id,
      name: call.name,
      result: "on its way"
    }))
    return [200, JSON.stringify({ results })]
  })
  const tool = await aywa.tools.create({
    type: "function",
    function: {
      name: "lookup_order",
      description: "Looks an order up",
      parameters: { type: "object", properties: {} }
    },
    server: { url: handler.url }
  })
  const { id } = await aywa.assistants.create({
    name: "Desk",
    model: { provider: "openai", model: "gpt-4.1-mini", toolIds: [tool.id] }
  })
  const { used, use } = counting(await connect(runtime, { allow: "write", local: true }))
  const report = await use("local_script_call", {
    assistant: id,
    steps: [
      { user: "Where is 4711?" },
      { tool: "lookup_order", arguments: { order: "4711" } },
      { assistant: "It is on its way." }
    ]
  })
  assert.match(report.data.tools.join("\n"), /asked lookup_order .*4711[^]*answer lookup_order on its way/)
  assert.isTrue(handler.bodies.some((body) => body.includes("4711")))
  // And what the caller hears when the handler is broken.
  const broken = await use("local_conditions", {
    fault: { match: { event: "tool-calls" }, action: { type: "drop" }, times: 1 }
  })
  assert.lengthOf(broken.data.faults.rules, 1)
  const second = await use("local_script_call", {
    assistant: id,
    steps: [{ tool: "lookup_order", arguments: { order: "1" } }]
  })
  assert.notInclude(second.data.tools.join("\n"), "on its way")
  assert.deepStrictEqual((await use("local_conditions", { clear: true })).data.faults.rules, [])
  assert.isAtMost(used.calls, maxCalls)
  assert.isAtMost(used.tokens, maxTokens)
})

task(
  "bind a number to an assistant",
  { allow: "write" },
  async ({ runtime, use }) => {
    const [desk] = (await use("read", { operation: "assistants.list", fields: ["name"] })).data.rows
    const { row } = (
      await use("write", {
        operation: "phoneNumbers.create",
        body: { provider: "vapi", number: "+14155550123", assistantId: desk.id },
        idempotencyKey: "main-line"
      })
    ).data
    assert.strictEqual(row.number, "•••23")
    assertMatches(runtime.rows("phoneNumbers"), [{ number: "+14155550123", assistantId: desk.id }])
  },
  async ({ aywa }) => void (await makeDesk(aywa))
)

task(
  "delete the assistants of a test, and no other",
  { allow: "all" },
  async ({ runtime, use }) => {
    const { rows } = (await use("read", { operation: "assistants.list", fields: ["name"] })).data
    for (const { id } of rows.filter(({ name }: { name: string }) => name.startsWith("test-"))) {
      await use("delete", { operation: "assistants.delete", id, confirm: id })
    }
    assert.deepStrictEqual(
      runtime.rows("assistants").map(({ name }) => name),
      ["Desk"]
    )
  },
  async ({ aywa }) => {
    await makeDesk(aywa)
    for (const name of ["test-1", "test-2", "test-3"]) await aywa.assistants.create({ name })
  }
)

task(
  "read a transcript that does not fit, to its end",
  { allow: "read" },
  async ({ runtime, use }) => {
    const [{ id }] = runtime.rows("calls") as unknown as [{ id: string }]
    const first = await use("call_report", { id })
    const [, next] = /fields=\["(artifact\.transcript@\d+)"\]/.exec(first.text) ?? []
    const rest = await use("read", { operation: "calls.get", id, fields: [next] })
    assert.include(rest.text, "the very last words")
  },
  async ({ runtime, aywa }) => {
    const { id } = await makeDesk(aywa)
    const steps = Array.from({ length: 6 }, (_, at) => ({
      user: `${at}: ${"I would like to know where my order is. ".repeat(28)}`
    }))
    runtime.calls.script({ assistantId: id }, [...steps, { user: "the very last words" }])
    const call = await aywa.calls.create({ assistantId: id, customer: { number: "+14155550123" } })
    await aywa.calls.waitUntilEnded(call.id, { pollEvery: 50 })
  }
)

test("task: change the configuration in files, and push it", async () => {
  const runtime = await startRuntime()
  const folder = join(temporaryFolder(), "aywa")
  initConfig(folder, { environment: "test" })
  const desk = (first: string) =>
    `---\nname: Desk\nfirstMessage: ${first}\nmodel: { provider: openai, model: gpt-4.1-mini }\n---\n\nYou are the desk.\n`
  writeFileSync(join(folder, "assistants/desk.md"), desk("Hello"))
  const { used, use } = counting(await connect(runtime, { allow: "write", config: { folder } }))
  const first = await use("config_plan")
  assert.include(first.text, "create")
  await use("config_push", { plan: first.data.plan })
  writeFileSync(join(folder, "assistants/desk.md"), desk("Good morning"))
  const second = await use("config_plan")
  assert.match(second.text, /firstMessage[^]*Good morning/)
  await use("config_push", { plan: second.data.plan })
  assertMatches(runtime.rows("assistants"), [{ firstMessage: "Good morning" }])
  assert.isFalse((await use("config_plan")).data.changes)
  assert.isAtMost(used.calls, maxCalls)
  assert.isAtMost(used.tokens, maxTokens)
})

task("bring an assistant of another account", { allow: "write" }, async ({ runtime, use }) => {
  await use("describe_operation", { operation: "imports.createVapi" })
  const body = { assistants: [{ id: "asst_1", name: "Moved", model: { provider: "openai", model: "gpt-4.1-mini" } }] }
  const write = { operation: "imports.createVapi", body, idempotencyKey: "move-1" }
  assert.isTrue((await use("write", { ...write, dryRun: true })).data.dryRun)
  const { row } = (await use("write", write)).data
  const { rows } = (await use("read", { operation: "imports.mappings", id: row.id })).data
  assertMatches(rows, [{ sourceId: "asst_1" }])
  assert.deepStrictEqual(
    runtime.rows("assistants").map(({ id }) => id),
    [rows[0].runtimeId]
  )
})

task(
  "look at the costs of the last calls",
  { allow: "read" },
  async ({ use }) => {
    const { rows } = (await use("read", { operation: "calls.list", fields: ["endedReason", "cost"], limit: 5 })).data
    assert.lengthOf(rows, 3)
    for (const { id } of rows) {
      const { row } = (await use("read", { operation: "calls.costs", id })).data
      assert.isDefined(row)
    }
  },
  async ({ runtime, aywa }) => {
    const { id } = await makeDesk(aywa)
    runtime.calls.script({ assistantId: id }, [{ user: "Bye" }])
    for (let at = 0; at < 3; at++) {
      const call = await aywa.calls.create({ assistantId: id, customer: { number: "+14155550123" } })
      await aywa.calls.waitUntilEnded(call.id, { pollEvery: 50 })
    }
  }
)
