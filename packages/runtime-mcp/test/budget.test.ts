import { Tiktoken } from "js-tiktoken/lite"
import ranks from "js-tiktoken/ranks/o200k_base"
import { assert, test } from "vitest"
import { bodyIssues } from "@aywa-ai/runtime-sdk/contract"
import { examples } from "../src/operations/examples.ts"
import { entries } from "../src/operations/table.ts"
import { connect, good, startRuntime } from "./support.ts"

const encoder = new Tiktoken(ranks)
const tokensOf = (value: unknown) => encoder.encode(JSON.stringify(value)).length

// A folder is read when a tool runs, and none does here.
const settings = [
  ["read", { allow: "read" }],
  ["all, calls", { allow: "all", allowCalls: true }],
  ["all, calls, config", { allow: "all", allowCalls: true, config: { folder: "aywa" } }],
  ["all, calls, config, local", { allow: "all", allowCalls: true, config: { folder: "aywa" }, local: true }]
] as const

for (const [name, chosen] of settings) {
  test(`the tools fit: at most 14, and 3,000 tokens (${name})`, async () => {
    const runtime = await startRuntime()
    const { tools } = await (await connect(runtime, chosen)).listTools()
    assert.isAtMost(tools.length, 14)
    const tokens = tokensOf({ tools })
    console.log(`${name}: ${tools.length} tools, ${tokens} tokens, ${JSON.stringify({ tools }).length} bytes`)
    assert.isAtMost(tokens, 3000)
    const { tools: again } = await (await connect(runtime, chosen)).listTools()
    assert.strictEqual(JSON.stringify(again), JSON.stringify(tools))
    for (const { name, annotations, inputSchema } of tools) {
      assert.isBoolean(annotations?.readOnlyHint, name)
      assert.isBoolean(annotations?.destructiveHint, name)
      assert.isFalse(inputSchema["additionalProperties"], name)
    }
  })
}

test("with one tool per operation each says what its operation takes, and none is there that is not allowed", async () => {
  const runtime = await startRuntime()
  const names = async (allow: "read" | "write" | "all", allowCalls: boolean) =>
    new Set(
      (await (await connect(runtime, { tools: "full", allow, allowCalls })).listTools()).tools.map((tool) => tool.name)
    )
  const [read, write, all, calls] = [
    await names("read", false),
    await names("write", false),
    await names("all", false),
    await names("read", true)
  ]
  const expected = (accesses: ReadonlyArray<string>) =>
    entries.filter(({ access }) => accesses.includes(access)).map(({ name }) => name.replace(".", "_"))
  const operations = (set: ReadonlySet<string>) =>
    [...set].filter((name) => entries.some((entry) => entry.name.replace(".", "_") === name))
  assert.deepStrictEqual(operations(read), expected(["read"]))
  assert.deepStrictEqual(operations(write), expected(["read", "write"]))
  assert.deepStrictEqual(operations(all), expected(["read", "write", "delete"]))
  assert.deepStrictEqual(operations(calls), expected(["read", "calls"]))
  const client = await connect(runtime, { tools: "full", allow: "write" })
  const made = await good(client, "assistants_create", { body: { name: "Desk" }, idempotencyKey: "desk" })
  assert.deepStrictEqual(
    runtime.rows("assistants").map(({ id }) => id),
    [made.data.row.id]
  )
})

test("every body has an example that the contract takes, and describe_operation shows it", async () => {
  const runtime = await startRuntime()
  const client = await connect(runtime, { allow: "all", allowCalls: true })
  for (const entry of entries) {
    const { data } = await good(client, "describe_operation", { operation: entry.name })
    assert.strictEqual(data.operation, entry.name)
    if (entry.spec.body === undefined) continue
    const example = { ...Object(examples[entry.name]) }
    assert.deepStrictEqual(data.example, example, entry.name)
    if (entry.spec.multipart) for (const field of ["file", "name", "contentType"]) delete example[field]
    assert.deepStrictEqual(bodyIssues(entry.operation, example), [], entry.name)
    assert.isBelow(tokensOf(data), 3000, entry.name)
  }
})

test("operations are found by the words that people use for them", async () => {
  const runtime = await startRuntime()
  const client = await connect(runtime, { allow: "all", allowCalls: true })
  const words: ReadonlyArray<readonly [string, string]> = [
    ["change the prompt of an assistant", "assistants.update"],
    ["failed webhooks", "webhookLogs.list"],
    ["create a tool", "tools.create"],
    ["place a call", "calls.create"],
    ["what did a call cost", "calls.costs"],
    ["upload a file", "files.upload"],
    ["phone numbers", "phoneNumbers.list"],
    ["delete credential", "credentials.delete"],
    ["health", "operations.health"]
  ]
  for (const [query, wanted] of words) {
    const { data } = await good(client, "search_operations", { query })
    assert.include(
      data.operations.slice(0, 4).map(({ operation }: { operation: string }) => operation),
      wanted,
      query
    )
  }
})
