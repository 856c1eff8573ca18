/** Replies are checked for what would reach a caller or a model as something else. */
import { assert, describe, it } from "vitest"
import { parseAywaRuntimeWebhook, type WebhookMessage } from "../../src/webhooks.ts"
import { handlers, isWebhookHandlerError, type WebhookHandlerMap } from "../../src/webhooks/handlers.ts"

const questions: Readonly<Record<string, object>> = {
  "assistant-request": {},
  "tool-calls": {
    toolCallList: [
      { id: "1", name: "first" },
      { id: "2", name: "second" }
    ]
  },
  "transfer-destination-request": {},
  "knowledge-base-request": { messagesOpenAIFormatted: [] },
  "call.endpointing.request": { messagesOpenAIFormatted: [] },
  "handoff-destination-request": { parameters: {} }
}
const messageOf = (type: string): WebhookMessage =>
  parseAywaRuntimeWebhook(JSON.stringify({ message: { type, ...questions[type] } }))
const answerTo = async (type: string, reply: unknown) => {
  const answer = await handlers({ [type]: () => reply } as WebhookHandlerMap).answer(messageOf(type))
  const error = isWebhookHandlerError(answer.error) ? answer.error : undefined
  return { status: answer.status, body: JSON.parse(String(answer.body)), error }
}

class Row {
  readonly id = 7
  readonly #secret = "s"
  reveal = () => this.#secret
}

describe("a reply", () => {
  const number = (more: object) => ({ destination: { type: "number", ...more } })
  const refused: ReadonlyArray<readonly [type: string, reply: unknown, says: RegExp]> = [
    ["assistant-request", { assistantId: "" }, /assistantId: expected a value with a length of at least 1/],
    ["assistant-request", { error: "" }, /error: expected /],
    [
      "assistant-request",
      { assistant: { model: { temperature: Number.NaN } } },
      /assistant\.model\.temperature: expected /
    ],
    ["assistant-request", { assistant: { tools: new Map() } }, /assistant\.tools: expected JSON, not a Map/],
    ["assistant-request", { assistant: new Map([["name", "x"]]) }, /assistant: expected JSON, not a Map/],
    ["assistant-request", { assistant: { at: new Date(Number.NaN) } }, /assistant\.at: expected a valid date/],
    ["assistant-request", { assistant: Promise.resolve({}) }, /assistant: expected JSON, not a Promise/],
    ["assistant-request", number({ number: "" }), /destination\.number: expected E\.164/],
    ["assistant-request", number({ number: "call home" }), /destination\.number: expected E\.164/],
    [
      "assistant-request",
      { destination: { type: "assistant", assistantName: "x" } },
      /destination\.type: expected number or sip/
    ],
    [
      "assistant-request",
      { destination: { type: "pigeon", number: "+14155550142" } },
      /destination\.type: expected number or sip/
    ],
    [
      "transfer-destination-request",
      { destination: { type: "pigeon" } },
      /destination\.type: expected number, sip or assistant/
    ],
    [
      "transfer-destination-request",
      { destination: { type: "sip", sipUri: "home" } },
      /destination\.sipUri: expected a SIP address/
    ],
    [
      "transfer-destination-request",
      { destination: { type: "assistant", assistantId: "" } },
      /destination\.assistantName: expected /
    ],
    ["transfer-destination-request", { error: "" }, /error: expected /],
    ["handoff-destination-request", { destination: {} }, /destination\.type: expected assistant, squad/],
    ["handoff-destination-request", { destination: { type: "assistant" } }, /destination\.assistantName: expected /],
    [
      "knowledge-base-request",
      { documents: [{ content: "a", similarity: Number.NaN }] },
      /documents\.0\.similarity: expected /
    ],
    [
      "knowledge-base-request",
      { documents: [{ content: "a", similarity: Infinity }] },
      /documents\.0\.similarity: expected /
    ],
    ["call.endpointing.request", { timeoutSeconds: Number.NaN }, /timeoutSeconds: expected /],
    ["tool-calls", { error: "" }, /error: expected /]
  ]
  for (const [type, reply, says] of refused) {
    it(`${type}: ${says.source}`, async () => {
      const { status, error } = await answerTo(type, reply)
      assert.strictEqual(error?.reason._tag, "InvalidReply", `${status}`)
      assert.match(error?.message ?? "", says)
      // The call goes on.
      assert.deepStrictEqual([status, error?.fallback], [200, true])
    })
  }
  const sent: ReadonlyArray<readonly [type: string, reply: object]> = [
    ["assistant-request", number({ number: "+14155550142", message: "" })],
    ["assistant-request", number({ number: "7001", numberE164CheckEnabled: false })],
    ["assistant-request", { assistant: { name: "a", at: new Date(0), list: [undefined], none: undefined } }],
    ["assistant-request", { assistant: Object.assign(Object.create(null), { name: "a" }) }],
    ["transfer-destination-request", { destination: { type: "sip", sipUri: "sip:desk@pbx.example" } }],
    ["handoff-destination-request", { destination: { type: "squad", squadId: "s" } }],
    ["handoff-destination-request", { destination: { type: "assistant", assistant: { name: "claims" } } }],
    ["knowledge-base-request", { documents: [{ content: "", similarity: 0, uuid: null }] }]
  ]
  for (const [index, [type, reply]] of sent.entries()) {
    it(`${type}: ${index} goes out as it is`, async () => {
      const { error, body } = await answerTo(type, reply)
      assert.strictEqual(error, undefined)
      assert.deepStrictEqual(body, JSON.parse(JSON.stringify(reply)))
    })
  }
})

describe("a result of a tool", () => {
  const other = { toolCallId: "2", result: "fine" }
  const told = async (one: object) => {
    const { status, body, error } = await answerTo("tool-calls", { results: [{ toolCallId: "1", ...one }, other] })
    assert.strictEqual(status, 200)
    // The other tool's result stands, whatever becomes of this one.
    assert.strictEqual(body.results[1].result, "fine")
    const { result, error: failure } = body.results[0]
    return { told: result ?? { failure }, error }
  }
  const unreadable: ReadonlyArray<readonly [name: string, result: unknown]> = [
    ["a Map", new Map([["a", 1]])],
    ["a Set", new Set([1])],
    ["a Map inside", { rows: new Map([["a", 1]]) }],
    ["a Promise", Promise.resolve("later")],
    ["Headers", new Headers({ a: "b" })],
    ["bytes", Buffer.from("bytes")],
    ["NaN", Number.NaN],
    ["NaN inside", [{ total: Number.NaN }]],
    ["an invalid date", { at: new Date(Number.NaN) }],
    ["a bigint", 1n],
    ["a function", () => "x"]
  ]
  for (const [name, result] of unreadable) {
    it(`${name} is not told as something else`, async () => {
      const { told: text, error } = await told({ result })
      assert.strictEqual(text, "done, result not shown")
      assert.match(error?.message ?? "", /results\.0\.result/)
    })
  }
  it("an Error is told as a failure, without its words, and reported with them", async () => {
    for (const result of [new Error("no such slot: secret"), new (class NoSlot extends Error {})("secret")]) {
      const { told: text, error } = await told({ result })
      assert.deepStrictEqual(text, { failure: "failed, no reason given" })
      assert.match(error?.message ?? "", /results\.0\.result: expected JSON, not an Error/)
      assert.notInclude(error?.message ?? "", "secret")
    }
  })
  it("an error without words is told as a failure", async () => {
    const { told: text, error } = await told({ error: "" })
    assert.deepStrictEqual(text, { failure: "failed, no reason given" })
    assert.match(error?.message ?? "", /results\.0\.error/)
  })
  it("rows of classes, dates and text are told as JSON has them", async () => {
    for (const [result, text] of [
      [new Row(), '{"id":7}'],
      [{ at: new Date(0), none: undefined }, '{"at":"1970-01-01T00:00:00.000Z"}'],
      [new URL("http://localhost/a"), '"http://localhost/a"'],
      [{}, "{}"],
      [Object.create(null), "{}"],
      [[], "[]"],
      [null, "null"],
      ["", ""],
      [0, "0"]
    ] as const) {
      const { told: shown, error } = await told({ result })
      assert.deepStrictEqual([shown, error], [text, undefined])
    }
  })
  it("a cycle is not shown, and looked for once", async () => {
    const cycle: Record<string, unknown> = {}
    for (const name of ["a", "b", "c", "d"]) cycle[name] = cycle
    assert.strictEqual((await told({ result: cycle })).told, "done, result not shown")
  })
})
