/** What arrives, as typed messages. */
import { readdirSync, readFileSync } from "node:fs"
import { inspect } from "node:util"
import { assert, describe, it } from "vitest"
import {
  parseAywaRuntimeWebhook,
  verifyAywaRuntimeWebhook,
  type ToolCall,
  type WebhookMessage
} from "../../src/webhooks.ts"
import { good, signed, time } from "./support/delivery.ts"

const folder = new URL("../fixtures/server-messages/", import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith(".json"))
const messageOf = (text: string): WebhookMessage => verifyAywaRuntimeWebhook(signed(text)).message
const toolCallsOf = (message: object): ReadonlyArray<ToolCall> => {
  const read = messageOf(JSON.stringify({ message: { type: "tool-calls", ...message } }))
  return read.type === "tool-calls" ? read.toolCalls : assert.fail(inspect(read))
}

describe("samples", () => {
  it("are all there", () => assert.isAbove(names.length, 20))
  for (const name of names) {
    it(`${name} is a known message`, () => {
      const text = readFileSync(new URL(name, folder), "utf8")
      const message = messageOf(text)
      assert.notInclude(["invalid", "unknown"], message.type, inspect(message).slice(0, 300))
      // A stored body reads the same.
      assert.deepStrictEqual(parseAywaRuntimeWebhook(text), message)
    })
  }
  it("a sample whose shape drifted still gives the arguments", () => {
    const message = messageOf(readFileSync(new URL("drift/tool-calls.flat-arguments.json", folder), "utf8"))
    assert.deepInclude<object>(message.type === "tool-calls" ? (message.toolCalls[0] ?? {}) : {}, {
      id: "call_Zk3p9vQy7T0b",
      name: "book_appointment"
    })
    assert.strictEqual(
      message.type === "tool-calls" ? message.toolCalls[0]?.arguments["service"] : undefined,
      "cleaning"
    )
  })
  it("a sample of a type that is not known arrives as unknown", () => {
    const message = messageOf(readFileSync(new URL("drift/unknown-type.json", folder), "utf8"))
    assert.deepInclude<object>(message, { type: "unknown", of: "call.quality.updated" })
  })
})

describe("wrong bodies", () => {
  it("a known type with a wrong body is told apart, with where and what", () => {
    const raw = { type: "status-update", status: 7, call: "c" }
    assert.deepStrictEqual<unknown>(messageOf(JSON.stringify({ message: raw })), {
      type: "invalid",
      of: "status-update",
      issues: [
        { path: ["call"], expected: "object" },
        { path: ["status"], expected: "string" }
      ],
      raw
    })
  })
  it("says which entry of a list is wrong", () => {
    const message = messageOf('{"message":{"type":"conversation-update","messagesOpenAIFormatted":[{},7]}}')
    assert.deepStrictEqual(message.type === "invalid" ? message.issues : [], [
      { path: ["messagesOpenAIFormatted", 1], expected: "object" }
    ])
  })
  it("fields that are not named are kept, null stays null", () => {
    const raw = { type: "user-interrupted", turnId: null, future: { a: [1] } }
    assert.deepStrictEqual<unknown>(messageOf(JSON.stringify({ message: raw })), raw)
  })
})

describe("tool calls", () => {
  const args = { service: "a", n: 1 }
  const want = [{ id: "1", name: "f", arguments: args }]
  const shapes: Readonly<Record<string, object>> = {
    "function.arguments as JSON text": { function: { name: "f", arguments: JSON.stringify(args) } },
    "function.arguments as an object": { function: { name: "f", arguments: args } },
    "function.parameters": { function: { name: "f", parameters: args } },
    "flat arguments": { name: "f", arguments: args },
    "flat parameters as text": { name: "f", parameters: JSON.stringify(args) }
  }
  for (const [name, shape] of Object.entries(shapes)) {
    it(`${name}, in each list`, () => {
      const call = { id: "1", ...shape }
      assert.deepStrictEqual(toolCallsOf({ toolCallList: [call] }), want)
      assert.deepStrictEqual(toolCallsOf({ toolCalls: [call] }), want)
      assert.deepStrictEqual(toolCallsOf({ toolWithToolCallList: [{ type: "function", toolCall: call }] }), want)
      assert.deepStrictEqual(toolCallsOf({ toolCallList: [], toolWithToolCallList: [{ toolCall: call }] }), want)
    })
  }
  it("an id that is none is absent, a number is text, and what is no call keeps its place", () => {
    const ids: ReadonlyArray<unknown> = ["a", "", null, undefined, {}, { toString: 1 }, [], true, 7]
    assert.deepStrictEqual(
      toolCallsOf({ toolCallList: ids.map((id) => ({ id, name: "f" })) }).map(({ id }) => id),
      ["a", ...Array.from({ length: 7 }, () => undefined), "7"]
    )
    const none = { name: "", arguments: {} }
    assert.deepStrictEqual(toolCallsOf({ toolCalls: [null, { id: "1", name: { toString: 1 } }, 7] }), [
      none,
      { id: "1", ...none },
      none
    ])
    assert.deepStrictEqual(toolCallsOf({ toolWithToolCallList: [{}, { toolCall: { id: "1" } }] }), [
      none,
      { id: "1", ...none }
    ])
  })
  it("none, empty and null arguments are an empty object", () => {
    for (const given of [undefined, null, "", " ", "\n", "null", " null ", "{}", {}]) {
      assert.deepStrictEqual(toolCallsOf({ toolCallList: [{ id: "1", name: "f", arguments: given }] }), [
        { id: "1", name: "f", arguments: {} }
      ])
    }
  })
  it("arguments that are no object are handed over as text", () => {
    for (const [given, text] of [
      ["not json", "not json"],
      ["[1]", "[1]"],
      [[1], "[1]"],
      [7, "7"]
    ] as const) {
      assert.deepStrictEqual(toolCallsOf({ toolCallList: [{ id: "1", name: "f", arguments: given }] }), [
        { id: "1", name: "f", arguments: {}, invalidArguments: text }
      ])
    }
  })
})

it("times come as Date, from ISO text and from epoch milliseconds with fractions", () => {
  assert.strictEqual(verifyAywaRuntimeWebhook(good).timestamp?.toISOString(), "2027-01-15T08:00:00.000Z")
  assert.strictEqual(verifyAywaRuntimeWebhook(good).attemptAt.getTime(), time * 1000)
  const at = (timestamp: unknown) =>
    verifyAywaRuntimeWebhook(signed(JSON.stringify({ message: { type: "hang", timestamp } }))).timestamp
  assert.strictEqual(at(1735689600000.25)?.getTime(), 1735689600000)
  assert.isUndefined(at("yesterday"))
  assert.isUndefined(at(1e300))
  assert.isUndefined(at(null))
})
