/** Whatever question the parser lets through has an answer that the runtime reads, however odd its tool calls are. */
import { readdirSync, readFileSync } from "node:fs"
import * as fc from "fast-check"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { replyIssues } from "../../../runtime-local/src/outbox/replies.ts"
import { Tool, Toolkit } from "../../src/tools/effect.ts"
import { parseAywaRuntimeWebhook, type WebhookMessage } from "../../src/webhooks.ts"
import { handlers, type WebhookAnswer, type WebhookHandlerMap } from "../../src/webhooks/handlers.ts"
import { asks } from "../../src/webhooks/handling/asks.ts"
import { limit, runs } from "../support/runs.ts"

type Json = Record<string, unknown>
const isContainer = (value: unknown): value is Json => typeof value === "object" && value !== null

const folder = new URL("../fixtures/server-messages/", import.meta.url)
const samples = [
  ...readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => (JSON.parse(readFileSync(new URL(name, folder), "utf8")) as { readonly message: Json }).message),
  { type: "transfer-destination-request" },
  { type: "handoff-destination-request", parameters: { to: "claims" } },
  { type: "campaign.predial", campaignId: "c", contact: { number: "+14155550142" } },
  { type: "tool-calls", toolCallList: [callOf("a"), callOf("b"), callOf("a")] },
  { type: "tool-calls", toolCalls: [callOf("a"), callOf("b")] },
  { type: "tool-calls", toolWithToolCallList: [{ toolCall: callOf("a") }, { toolCall: callOf("b") }] }
].filter((message) => asks(parse(message)))

function callOf(id: unknown, name: unknown = "echo", args: unknown = {}): Json {
  return { id, type: "function", function: { name, arguments: JSON.stringify(args) } }
}
function parse(message: object): WebhookMessage {
  return parseAywaRuntimeWebhook(JSON.stringify({ message }))
}

const odds: ReadonlyArray<unknown> = [
  null,
  "",
  " ",
  "null",
  "a",
  0,
  7,
  0.5,
  -1,
  true,
  [],
  {},
  [null],
  [[]],
  ["a"],
  { id: "a" },
  { toString: 1 },
  { toString: null, valueOf: null },
  [{}, {}],
  [{ id: 1 }, { id: "1" }],
  [{ name: "x" }, null, 7],
  "constructor",
  "__proto__"
]
const odd = fc.constantFrom(...odds)
const mutation = fc.record({
  how: fc.constantFrom("replace", "delete", "double", "empty", "copy", "id", "rename"),
  where: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
  // Most of what there is to break about tool calls stands in their lists.
  inside: fc.constantFrom(undefined, "toolCallList", "toolWithToolCallList", "toolCalls"),
  value: odd
})
type Mutation = typeof mutation extends fc.Arbitrary<infer A> ? A : never

/** Changes one place of a message: a key of an object or list that some steps lead to. */
const mutate = (message: Json, { how, where, inside, value }: Mutation): void => {
  let at = message
  const start = inside === undefined ? undefined : message[inside]
  if (isContainer(start)) at = start
  for (const step of where.slice(1)) {
    const inner = Object.values(at).filter(isContainer)
    at = inner[step % (inner.length + 1)] ?? at
  }
  const keys = Object.keys(at).filter((key) => at !== message || key !== "type")
  const key = keys[(where[0] ?? 0) % Math.max(keys.length, 1)]
  if (key === undefined) return
  const fresh: unknown = structuredClone(value)
  switch (how) {
    case "replace":
      at[key] = fresh
      return
    case "delete":
      if (Array.isArray(at)) at.splice(Number(key), 1)
      else delete at[key]
      return
    case "double":
      if (Array.isArray(at)) at.push(structuredClone(at[Number(key)]))
      return
    case "empty":
      if (isContainer(at[key])) at[key] = Array.isArray(at[key]) ? [] : {}
      return
    case "copy":
      at[keys[(where.at(-1) ?? 0) % keys.length] ?? key] = structuredClone(at[key])
      return
    case "id":
      at["id"] = fresh
      return
    default:
      at[`${key}s`] = at[key]
      delete at[key]
  }
}

const mutated = fc
  .tuple(fc.constantFrom(...samples), fc.array(mutation, { minLength: 0, maxLength: 6 }))
  .map(([sample, mutations]) => {
    const message = structuredClone(sample)
    for (const one of mutations) mutate(message, one)
    return message
  })

const bodyOf = ({ body }: WebhookAnswer): string =>
  typeof body === "string" ? body : assert.fail("JSON was expected, and it is audio")
const mapOf = (type: string, handler: unknown): WebhookHandlerMap => ({ [type]: handler })

describe("every question that the parser lets through", () => {
  it(
    "has a fallback that passes the check of replies, here and in the runtime",
    async () => {
      const seen = new Map<string, number>()
      await fc.assert(
        fc.asyncProperty(mutated, async (raw) => {
          const message = parse(raw)
          if (message.type === "invalid" || message.type === "unknown" || message.type === "voice-request") return
          seen.set(message.type, (seen.get(message.type) ?? 0) + 1)
          const fails = mapOf(message.type, () => Promise.reject(new Error("no")))
          const answer = await handlers(fails).answer(message)
          assert.deepStrictEqual([answer.status, answer.error?.message.includes("fallback")], [200, true])
          const sent = bodyOf(answer)
          // As a handler's own reply it is good, and goes out unchanged.
          const again = await handlers(mapOf(message.type, () => JSON.parse(sent))).answer(message)
          assert.deepStrictEqual([again.error, bodyOf(again)], [undefined, sent])
          assert.deepStrictEqual(
            replyIssues(message.type, raw, { body: Buffer.from(sent), contentType: "application/json" }),
            []
          )
        }),
        { numRuns: runs(6000) }
      )
      // Each of them came through, and often, or this test says nothing.
      const types = [...new Set(samples.map(({ type }) => String(type)))].filter((type) => type !== "voice-request")
      assert.deepStrictEqual([...seen.keys()].toSorted(), types.toSorted())
      for (const [type, count] of seen) assert.isAbove(count, 90, type)
    },
    limit(120_000)
  )

  it(
    "has tool calls that are run once each and answered at their place, whatever their ids",
    async () => {
      let shared = 0
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(odd, fc.constantFrom("echo", "other", "", null, 7)), { maxLength: 6 }),
          fc.constantFrom("toolCallList", "toolCalls", "toolWithToolCallList"),
          async (calls, list) => {
            const ran: Array<number> = []
            const tool = (name: string) =>
              Tool.make(name, {
                description: "Says which call it was",
                parameters: Schema.Struct({ n: Schema.Int }),
                execute: ({ n }) => {
                  ran.push(n)
                  return `${name} ${n}`
                }
              })
            const entries = calls.map(([id, name], n) => callOf(id, name, { n }))
            const raw = {
              type: "tool-calls",
              [list]: list === "toolWithToolCallList" ? entries.map((toolCall) => ({ toolCall })) : entries
            }
            const kit = Toolkit.handler(Toolkit.make(tool("echo"), tool("other")))
            const answer = await handlers({ "tool-calls": kit }).answer(parse(raw))
            assert.deepStrictEqual([answer.status, answer.error], [200, undefined])
            const { results } = JSON.parse(bodyOf(answer)) as { readonly results: ReadonlyArray<Json> }
            assert.deepStrictEqual(
              results.map(({ result }) => result),
              calls.map(([, name], n) => (name === "echo" || name === "other" ? `${name} ${n}` : undefined))
            )
            assert.deepStrictEqual(ran.length, results.filter(({ result }) => result !== undefined).length)
            for (const { toolCallId } of results) assert.strictEqual(typeof toolCallId, "string")
            if (new Set(results.map(({ toolCallId }) => toolCallId)).size < results.length) shared++
          }
        ),
        { numRuns: runs(300) }
      )
      assert.isAbove(shared, runs(50))
    },
    limit(60_000)
  )
})
