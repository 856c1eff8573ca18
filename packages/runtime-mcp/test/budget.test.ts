import { Tiktoken } from "js-tiktoken/lite"
import ranks from "js-tiktoken/ranks/o200k_base"
import { expect, test } from "vitest"
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
    expect(tools.length).toBeLessThanOrEqual(14)
    const tokens = tokensOf({ tools })
    console.log(`${name}: ${tools.length} tools, ${tokens} tokens, ${JSON.stringify({ tools }).length} bytes`)
    expect(tokens).toBeLessThanOrEqual(3000)
    const { tools: again } = await (await connect(runtime, chosen)).listTools()
    expect(JSON.stringify(again)).toBe(JSON.stringify(tools))
    for (const { name, annotations, inputSchema } of tools) {
      expect(annotations, name).toMatchObject({
        readOnlyHint: expect.any(Boolean),
        destructiveHint: expect.any(Boolean)
      })
      expect(inputSchema["additionalProperties"], name).toBe(false)
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
  expect(operations(read)).toEqual(expected(["read"]))
  expect(operations(write)).toEqual(expected(["read", "write"]))
  expect(operations(all)).toEqual(expected(["read", "write", "delete"]))
  expect(operations(calls)).toEqual(expected(["read", "calls"]))
  const client = await connect(runtime, { tools: "full", allow: "write" })
  const made = await good(client, "assistants_create", { body: { name: "Desk" }, idempotencyKey: "desk" })
  expect(runtime.rows("assistants").map(({ id }) => id)).toEqual([made.data.row.id])
})

test("every body has an example that the contract takes, and describe_operation shows it", async () => {
  const runtime = await startRuntime()
  const client = await connect(runtime, { allow: "all", allowCalls: true })
  for (const entry of entries) {
    const { data } = await good(client, "describe_operation", { operation: entry.name })
    expect(data.operation).toBe(entry.name)
    if (entry.spec.body === undefined) continue
    const example = { ...Object(examples[entry.name]) }
    expect(data.example, entry.name).toEqual(example)
    if (entry.spec.multipart) for (const field of ["file", "name", "contentType"]) delete example[field]
    expect(bodyIssues(entry.operation, example), entry.name).toEqual([])
    expect(tokensOf(data), entry.name).toBeLessThan(3000)
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
    expect(
      data.operations.slice(0, 4).map(({ operation }: { operation: string }) => operation),
      query
    ).toContain(wanted)
  }
})
