/** Handlers: replies, deadlines, fallbacks, notices. */
import { getEventListeners } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import * as fc from "fast-check"
import { afterEach, assert, describe, it, vi } from "vitest"
import { ConfigError } from "../../src/errors/Errors.ts"
import { parseAywaRuntimeWebhook, type WebhookMessage } from "../../src/webhooks.ts"
import {
  handlers,
  isWebhookHandlerError,
  type WebhookAnswer,
  type WebhookContext,
  type WebhookHandlerError,
  type WebhookHandlerMap
} from "../../src/webhooks/handlers.ts"
import { handlerSecondsOf, waitSecondsOf } from "../../src/webhooks/handling/deadline.ts"

const messageOf = (type: string, more: object = {}): WebhookMessage =>
  parseAywaRuntimeWebhook(JSON.stringify({ message: { type, ...more } }))

const calls = [
  { id: "1", name: "first", arguments: { a: 1 } },
  { id: "2", function: { name: "second", arguments: "{}" } }
]
const toolCalls = messageOf("tool-calls", { toolCallList: calls })
const required = {
  "assistant-request": {},
  "tool-calls": { toolCallList: calls },
  "transfer-destination-request": {},
  "knowledge-base-request": { messagesOpenAIFormatted: [] },
  "voice-request": { text: "hi", sampleRate: 24000 },
  "call.endpointing.request": { messagesOpenAIFormatted: [] },
  "handoff-destination-request": { parameters: {} },
  "campaign.predial": { campaignId: "c", contact: {} }
} as const
type Asking = keyof typeof required
const asking = Object.keys(required) as ReadonlyArray<Asking>

const textOf = async ({ body }: WebhookAnswer): Promise<string> => {
  if (typeof body === "string") return body
  const chunks: Array<Uint8Array> = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
const jsonOf = async (answer: WebhookAnswer): Promise<unknown> => JSON.parse(await textOf(answer))
const errorOf = ({ error }: WebhookAnswer): WebhookHandlerError =>
  isWebhookHandlerError(error) ? error : assert.fail("the answer has no error")

/** A map with one handler whose type is not checked. */
const mapOf = (type: string, handler: unknown): WebhookHandlerMap => ({ [type]: handler })
const answerTo = (type: Asking, handler: unknown) =>
  handlers(mapOf(type, handler)).answer(messageOf(type, required[type]))

describe("replies", () => {
  const folder = new URL("../fixtures/server-messages/responses/", import.meta.url)
  for (const name of readdirSync(folder)) {
    const type = asking.find((one) => name.startsWith(`${one}.`))
    it(`${name} is sent as it is`, async () => {
      const sample = JSON.parse(readFileSync(new URL(name, folder), "utf8"))
      if (type === undefined) return assert.fail("a reply to an event that nobody asks")
      const message =
        type === "tool-calls"
          ? messageOf(type, { toolCallList: [{ id: "call_Zk3p9vQy7T0b", name: "book_appointment" }] })
          : messageOf(type, required[type])
      const answer = await handlers(mapOf(type, () => sample)).answer(message)
      assert.isUndefined(answer.error, String(answer.error))
      assert.deepStrictEqual([answer.status, await jsonOf(answer)], [200, sample])
    })
  }

  const wrong: ReadonlyArray<readonly [type: Asking, reply: unknown, expected: RegExp]> = [
    ["assistant-request", undefined, /an object with assistantId/],
    ["assistant-request", "assistant-1", /an object with assistantId/],
    ["assistant-request", {}, /exactly one of assistantId/],
    ["assistant-request", { assistantId: "a", error: "b" }, /exactly one/],
    ["assistant-request", { assistantId: 7 }, /assistantId: expected string/],
    ["assistant-request", { assistantId: "a", assistantOverrides: "x" }, /assistantOverrides: expected object/],
    ["assistant-request", { destination: { type: "number" } }, /destination\.number: expected E\.164/],
    ["assistant-request", { destination: { number: "+1" } }, /destination\.type: expected number or sip/],
    ["transfer-destination-request", { destination: { type: "sip", number: "+1" } }, /sipUri: expected a SIP address/],
    ["transfer-destination-request", { destination: { type: "assistant" } }, /assistantName: expected a name or an id/],
    ["knowledge-base-request", { documents: [{ content: "a" }] }, /documents\.0\.similarity: expected a value/],
    ["knowledge-base-request", { documents: "a" }, /documents: expected array/],
    ["call.endpointing.request", { timeoutSeconds: 16 }, /timeoutSeconds: expected /],
    ["call.endpointing.request", { timeoutSeconds: Number.NaN }, /timeoutSeconds: expected /],
    ["call.endpointing.request", { timeoutSeconds: "1" }, /timeoutSeconds: expected /],
    ["handoff-destination-request", {}, /exactly one of destination, error/],
    ["handoff-destination-request", { destination: "claims" }, /destination: expected object/],
    ["handoff-destination-request", { destination: {}, result: 7 }, /result: expected string/],
    ["campaign.predial", { eligible: "yes" }, /eligible: expected boolean/],
    ["campaign.predial", {}, /exactly one of eligible/],
    ["tool-calls", { results: {} }, /results: expected array/],
    ["tool-calls", { results: [] }, /a result for every tool call/],
    [
      "tool-calls",
      { results: [Promise.resolve({ toolCallId: "1", result: "a" })] },
      /results\.0: .*await Promise\.all/
    ],
    ["tool-calls", { results: [{ toolCallId: "1", result: "a" }] }, /a result for every tool call/],
    [
      "tool-calls",
      {
        results: [
          { toolCallId: "1", result: "a" },
          { toolCallId: "2", result: "a" },
          { toolCallId: "3", result: "a" }
        ]
      },
      /results\.2\.toolCallId: expected the id of a tool call of the event/
    ],
    [
      "tool-calls",
      {
        results: [
          { toolCallId: "1", result: "a" },
          { toolCallId: "1", result: "b" }
        ]
      },
      /results\.1\.toolCallId: expected one result per tool call/
    ],
    ["tool-calls", { results: [{ toolCallId: "1" }, { toolCallId: "2", result: "a" }] }, /either result or error/],
    [
      "tool-calls",
      {
        results: [
          { toolCallId: "1", result: 1n },
          { toolCallId: "2", result: "a" }
        ]
      },
      /results\.0\.result: expected JSON, not a bigint/
    ],
    [
      "tool-calls",
      {
        results: [
          { toolCallId: "1", error: { no: 1 } },
          { toolCallId: "2", result: "a" }
        ]
      },
      /results\.0\.error: expected string/
    ],
    ["voice-request", { data: "x" }, /PCM bytes/],
    ["voice-request", "x", /PCM bytes/]
  ]
  for (const [type, reply, expected] of wrong) {
    it(`${type}: ${expected.source}`, async () => {
      const answer = await answerTo(type, () => reply)
      assert.strictEqual(errorOf(answer).reason._tag, "InvalidReply")
      assert.match(errorOf(answer).message, expected)
      // The call goes on with the fallback; a voice has none.
      assert.strictEqual(answer.status, type === "voice-request" ? 500 : 200)
    })
  }

  it("results are ordered as the calls, named, and on one line", async () => {
    const answer = await answerTo("tool-calls", () => ({
      results: [
        { toolCallId: "2", error: "line one\r\nline\u0085two\vthree", message: { type: "request-failed" } },
        { toolCallId: "1", result: { text: "a\nb", list: [1] }, metadata: { m: 1 } }
      ]
    }))
    assert.deepStrictEqual(await jsonOf(answer), {
      results: [
        { toolCallId: "1", name: "first", result: '{"text":"a\\nb","list":[1]}', metadata: { m: 1 } },
        { toolCallId: "2", name: "second", error: "line one line two three", message: { type: "request-failed" } }
      ]
    })
  })

  describe("to tool calls that share an id, or have none", () => {
    const odd = [
      { id: "a", name: "f" },
      { id: "a", name: "g" },
      { id: "", name: "f" },
      { id: { toString: 1 }, name: { toString: 1 } },
      { id: 7, name: "f" },
      { toolCallId: "b", name: "f" }
    ]
    const replied = async (results: ReadonlyArray<object>) =>
      handlers(mapOf("tool-calls", () => ({ results }))).answer(messageOf("tool-calls", { toolCallList: odd }))

    it("go to them in their order; those of an id of its own may stand anywhere", async () => {
      const answer = await replied([
        { toolCallId: "b", result: "6" },
        { toolCallId: "a", result: "1" },
        { toolCallId: undefined, result: "3" },
        { toolCallId: "7", result: "5" },
        { toolCallId: "a", error: "2", name: "g" },
        { result: "4", toolCallId: null }
      ])
      assert.isUndefined(answer.error, String(answer.error))
      assert.deepStrictEqual(await jsonOf(answer), {
        results: [
          { toolCallId: "a", name: "f", result: "1" },
          { toolCallId: "a", name: "g", error: "2" },
          { toolCallId: "", name: "f", result: "3" },
          { toolCallId: "", name: "", result: "4" },
          { toolCallId: "7", name: "f", result: "5" },
          { toolCallId: "b", name: "f", result: "6" }
        ]
      })
    })
    it("are not told to the model in the place of another tool", async () => {
      const answer = await replied([
        { toolCallId: "a", name: "g", result: "of g" },
        { toolCallId: "a", name: "f", result: "of f" },
        ...["", "", "7", "b"].map((toolCallId) => ({ toolCallId, result: "" }))
      ])
      assert.match(
        errorOf(answer).message,
        /results\.0\.name: expected the name of its tool call: calls that share an id/
      )
      assert.strictEqual(errorOf(answer).fallback, true)
    })
    it("must be as many as there are calls", async () => {
      const ids = ["a", "", "", "7", "b"]
      const few = await replied(ids.map((toolCallId) => ({ toolCallId, result: "" })))
      assert.match(errorOf(few).message, /a result for every tool call/)
      const many = await replied(["a", "a", "a", ...ids].map((toolCallId) => ({ toolCallId, result: "" })))
      assert.match(errorOf(many).message, /results\.2\.toolCallId: expected one result per tool call/)
    })
  })

  it("whatever a handler replies, the answer is one that the runtime reads", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...asking),
        fc.oneof(
          fc.anything(),
          fc.record(
            {
              assistantId: fc.anything(),
              error: fc.anything(),
              destination: fc.anything(),
              results: fc.array(fc.record({ toolCallId: fc.constantFrom("1", "2", "3"), result: fc.anything() })),
              documents: fc.anything(),
              message: fc.anything(),
              timeoutSeconds: fc.anything()
            },
            { requiredKeys: [] }
          )
        ),
        async (type, reply) => {
          const answer = await answerTo(type, () => reply)
          if (type === "voice-request") return assert.include([200, 500], answer.status)
          assert.strictEqual(answer.status, 200)
          const sent = await jsonOf(answer)
          // What was sent is itself a good reply: sending it again changes nothing.
          const again = await answerTo(type, () => sent)
          assert.isUndefined(again.error)
          assert.deepStrictEqual(await jsonOf(again), sent)
        }
      ),
      { numRuns: 2000 }
    )
  })
})

describe("fallbacks", () => {
  const defaults: Readonly<Record<Asking, unknown>> = {
    "assistant-request": { error: "Sorry, we cannot take your call right now. Please try again later." },
    "tool-calls": {
      results: ["first", "second"].map((name, index) => ({
        toolCallId: String(index + 1),
        name,
        error: "The tool did not answer. Tell the user that this did not work, and offer to try again."
      }))
    },
    "transfer-destination-request": { error: "No destination is available." },
    "knowledge-base-request": { documents: [] },
    "voice-request": { error: "HandlerFailed" },
    "call.endpointing.request": { timeoutSeconds: 0.5 },
    "handoff-destination-request": { error: "No destination is available." },
    "campaign.predial": { eligible: false }
  }
  for (const type of asking) {
    it(`${type}: when the handler throws`, async () => {
      const cause = new Error("database is down")
      const answer = await answerTo(type, () => {
        throw cause
      })
      assert.deepStrictEqual(await jsonOf(answer), defaults[type])
      assert.strictEqual(answer.status, type === "voice-request" ? 503 : 200)
      assert.strictEqual(errorOf(answer).cause, cause)
      assert.strictEqual(errorOf(answer).fallback, type !== "voice-request")
      assert.notInclude(errorOf(answer).message, "database")
    })
  }
  it("its own one, a value or made of the message; the default when that one is no good", async () => {
    const failing = (fallback: unknown) =>
      answerTo("tool-calls", { reply: () => Promise.reject(new Error("no")), fallback })
    assert.deepStrictEqual(await jsonOf(await failing({ error: "all busy" })), { error: "all busy" })
    const made = await failing((message: { readonly toolCalls: ReadonlyArray<{ readonly id: string }> }) => ({
      results: message.toolCalls.map(({ id }) => ({ toolCallId: id, error: "busy" }))
    }))
    assert.include(await textOf(made), '"error":"busy"')
    for (const bad of [{ results: [] }, () => 7, () => ({}), () => assert.fail("no")]) {
      assert.deepStrictEqual(await jsonOf(await failing(bad)), defaults["tool-calls"])
    }
  })
  it("silence for a voice, when that is wanted", async () => {
    const answer = await answerTo("voice-request", {
      reply: () => Promise.reject(new Error("no")),
      fallback: Buffer.from("pcm")
    })
    assert.deepStrictEqual([answer.status, await textOf(answer)], [200, "pcm"])
  })
})

describe("deadlines", () => {
  afterEach(() => vi.useRealTimers())

  const waits: ReadonlyArray<readonly [type: string, more: object, configured: number | undefined, wait: number]> = [
    ["assistant-request", {}, undefined, 7.5],
    ["assistant-request", { assistant: { server: { timeoutSeconds: 60 } } }, 60, 7.5],
    ["tool-calls", {}, undefined, 20],
    ["tool-calls", {}, 5, 5],
    ["tool-calls", { assistant: { server: { timeoutSeconds: 30 } } }, undefined, 30],
    ["tool-calls", { phoneNumber: { server: { timeoutSeconds: 12 } } }, undefined, 12],
    [
      "tool-calls",
      {
        assistant: { server: { timeoutSeconds: 30 } },
        toolWithToolCallList: [{ server: { timeoutSeconds: 9 } }, { server: { timeoutSeconds: 8 } }, {}]
      },
      undefined,
      8
    ],
    ["tool-calls", { assistant: { server: { timeoutSeconds: 0 } } }, undefined, 20],
    ["tool-calls", { assistant: { server: { timeoutSeconds: "9" } } }, undefined, 20],
    [
      "voice-request",
      { text: "", sampleRate: 1, assistant: { voice: { server: { timeoutSeconds: 3 } } } },
      undefined,
      3
    ],
    [
      "knowledge-base-request",
      { messagesOpenAIFormatted: [], assistant: { model: { knowledgeBase: { server: { timeoutSeconds: 4 } } } } },
      undefined,
      4
    ],
    [
      "call.endpointing.request",
      {
        messagesOpenAIFormatted: [],
        assistant: { startSpeakingPlan: { smartEndpointingPlan: { server: { timeoutSeconds: 2 } } } }
      },
      undefined,
      2
    ],
    ["hang", {}, undefined, 20]
  ]
  for (const [type, more, configured, wait] of waits) {
    it(`${type} ${JSON.stringify(more).slice(0, 50)} waits ${wait} s`, () => {
      const message = messageOf(type, more)
      if (message.type === "unknown" || message.type === "invalid") return assert.fail("a known message is needed")
      assert.strictEqual(waitSecondsOf(message, configured), wait)
    })
  }
  it("a wait that the runtime does not have is refused when the handlers are made", () => {
    for (const timeoutSeconds of [Number.NaN, 0, -1, 301, 20_000]) {
      assert.throws(() => handlers({ "tool-calls": { timeoutSeconds, reply: () => ({ error: "no" }) } }), ConfigError)
    }
  })

  it("a handler gets less than the runtime waits: 6 of 7.5, 18.5 of 20, 0.75 of 1", () => {
    assert.deepStrictEqual([7.5, 20, 1].map(handlerSecondsOf), [6, 18.5, 0.75])
    fc.assert(
      fc.property(fc.double({ min: 1, max: 300, noNaN: true }), (wait) => {
        const own = handlerSecondsOf(wait)
        assert.isTrue(own > 0 && own < wait && wait - own <= 1.5)
      })
    )
  })

  for (const [type, seconds] of [
    ["assistant-request", 6],
    ["tool-calls", 18.5]
  ] as const) {
    it(`${type}: the fallback goes out after ${seconds} s, and the signal says so`, async () => {
      vi.useFakeTimers()
      let context: WebhookContext | undefined
      let answer: WebhookAnswer | undefined
      const pending = answerTo(type, (_: unknown, given: WebhookContext) => {
        context = given
        return new Promise(() => {})
      }).then((made) => (answer = made))
      await vi.advanceTimersByTimeAsync(seconds * 1000 - 1)
      assert.isUndefined(answer)
      assert.isFalse(context?.signal.aborted)
      await vi.advanceTimersByTimeAsync(1)
      await pending
      assert.isDefined(answer)
      assert.isTrue(context?.signal.aborted)
      assert.strictEqual(context?.signal.reason?.name, "TimeoutError")
      assert.deepStrictEqual<object>(errorOf(answer!).reason, { _tag: "HandlerTimedOut", seconds })
      assert.strictEqual(vi.getTimerCount(), 0)
    })
  }
  it("time that went by before counts, and an answer in time leaves no timer behind", async () => {
    vi.useFakeTimers()
    const slow = handlers({ "assistant-request": () => new Promise(() => {}) })
    let done = false
    const pending = slow.answer(messageOf("assistant-request"), { elapsed: 5000 }).then(() => (done = true))
    await vi.advanceTimersByTimeAsync(999)
    assert.isFalse(done)
    await vi.advanceTimersByTimeAsync(1)
    await pending
    await handlers({ "assistant-request": () => ({ assistantId: "a" }) }).answer(messageOf("assistant-request"))
    assert.strictEqual(vi.getTimerCount(), 0)
  })
  it("a handler that fails after the deadline is nobody's unhandled rejection", async () => {
    vi.useFakeTimers()
    const seen: Array<unknown> = []
    const listen = (error: unknown) => seen.push(error)
    process.on("unhandledRejection", listen)
    const pending = answerTo("assistant-request", async () => {
      await new Promise((resolve) => setTimeout(resolve, 10_000))
      throw new Error("late")
    })
    await vi.advanceTimersByTimeAsync(20_000)
    await pending
    vi.useRealTimers()
    await new Promise((resolve) => setImmediate(resolve))
    process.off("unhandledRejection", listen)
    assert.deepStrictEqual(seen, [])
  })
  it("the handler is told when the runtime hangs up, and nothing listens afterwards", async () => {
    const caller = new AbortController()
    const started = Promise.withResolvers<WebhookContext>()
    const map = handlers({
      "assistant-request": async (_, context) => {
        started.resolve(context)
        await new Promise((resolve) => context.signal.addEventListener("abort", resolve))
        return { error: "nobody is there" }
      }
    })
    const pending = map.answer(messageOf("assistant-request"), { signal: caller.signal })
    const { signal } = await started.promise
    caller.abort(new Error("hung up"))
    assert.strictEqual(await textOf(await pending), '{"error":"nobody is there"}')
    assert.strictEqual(signal.reason?.message, "hung up")
    for (const reply of [() => ({ error: "closed" }), () => Promise.reject(new Error("no")), () => ({})]) {
      const quiet = new AbortController()
      await handlers(mapOf("assistant-request", reply)).answer(messageOf("assistant-request"), quiet)
      assert.deepStrictEqual(getEventListeners(quiet.signal, "abort"), [])
    }
    const listening = new AbortController()
    const spoken = handlers(mapOf("voice-request", () => Buffer.from("pcm")))
    await textOf(await spoken.answer(messageOf("voice-request", required["voice-request"]), listening))
    assert.deepStrictEqual(getEventListeners(listening.signal, "abort"), [])
  })
})

describe("voice", () => {
  it("pieces go out as they are made, and the first one in time counts", async () => {
    const made: Array<string> = []
    const answer = await answerTo("voice-request", async function* () {
      for (const piece of ["a0", "b0", "c0"]) {
        made.push(piece)
        yield Buffer.from(piece)
      }
    })
    assert.deepStrictEqual(answer.headers, { "content-type": "audio/pcm" })
    assert.deepStrictEqual(made, ["a0"])
    assert.strictEqual(await textOf(answer), "a0b0c0")
  })
  it("a failure before the first piece is another answer, after it the stream breaks", async () => {
    const early = await answerTo("voice-request", async function* () {
      yield* []
      throw new Error("no voice")
    })
    assert.strictEqual(early.status, 503)
    const late = await answerTo("voice-request", async function* () {
      yield Buffer.from("pcm!")
      throw new Error("no more voice")
    })
    assert.strictEqual(late.status, 200)
    await textOf(late).then(
      () => assert.fail("must break"),
      (error: unknown) => assert.match(String(Object(error).cause), /no more voice/)
    )
  })
  it("when nobody listens any longer, the source is closed", async () => {
    let closed = false
    const answer = await answerTo("voice-request", async function* () {
      try {
        for (;;) yield Buffer.from("a")
      } finally {
        closed = true
      }
    })
    for await (const _ of answer.body as AsyncIterable<Uint8Array>) break
    assert.isTrue(closed)
  })
  it("pieces that are no bytes break the stream", async () => {
    const answer = await answerTo("voice-request", async function* () {
      yield Buffer.from("pcm!")
      yield "text"
    })
    await textOf(answer).then(
      () => assert.fail("must break"),
      (error: unknown) => assert.match(String(error), /expected PCM bytes/)
    )
  })
})

describe("notices", () => {
  it("are handled, and acknowledged without a handler", async () => {
    const seen: Array<unknown> = []
    const map = handlers({
      "status-update": (message, { id }) => void seen.push([message.status, id]),
      unknown: ({ of }) => void seen.push(of)
    })
    assert.deepStrictEqual(map.types, ["status-update", "unknown"])
    const status = messageOf("status-update", { status: "ended" })
    const answers = [
      await map.answer(status, { id: "evt_1" }),
      await map.answer(messageOf("video.started")),
      await map.answer(messageOf("hang")),
      await handlers({}).answer(messageOf("video.started"))
    ]
    assert.deepStrictEqual([...new Set(answers.map((answer) => answer.status))], [200])
    assert.deepStrictEqual(seen, [["ended", "evt_1"], "video.started"])
  })
  it("a handler that throws is 503, so that the runtime delivers again", async () => {
    const map = handlers({ hang: () => Promise.reject(new Error("no")) })
    const answer = await map.answer(messageOf("hang"), { id: "evt_1" })
    assert.deepStrictEqual([answer.status, await jsonOf(answer)], [503, { error: "HandlerFailed" }])
    assert.deepInclude<object>(errorOf(answer), { type: "hang", id: "evt_1", fallback: false })
  })
  it("a known type with a wrong body is 422 without a handler for it", async () => {
    const wrong = messageOf("status-update", { status: 7 })
    const answer = await handlers({}).answer(wrong)
    assert.strictEqual(answer.status, 422)
    assert.match(errorOf(answer).message, /status-update: .*status: expected string/)
    const seen: Array<string> = []
    assert.strictEqual((await handlers({ invalid: ({ of }) => void seen.push(of) }).answer(wrong)).status, 200)
    assert.deepStrictEqual(seen, ["status-update"])
  })
  it("an event that asks and has no handler is 501, and says what to do", async () => {
    for (const type of asking) {
      const answer = await handlers({}).answer(messageOf(type, required[type]))
      assert.strictEqual(answer.status, 501)
      assert.match(errorOf(answer).message, /Add one, or take the type out of serverMessages/)
    }
  })
  it("names from Object.prototype are no handlers", async () => {
    for (const type of ["constructor", "toString", "__proto__"]) {
      assert.strictEqual((await handlers({}).answer(messageOf(type))).status, 200)
    }
  })
})

describe("in a worker", () => {
  it("a notice's handler runs without a deadline and rejects with its failure", async () => {
    const cause = new Error("no")
    const map = handlers({
      hang: (_, { id, deadline, signal }) => {
        assert.deepStrictEqual([id, deadline, signal.aborted], ["evt_1", undefined, false])
      },
      "user-interrupted": () => Promise.reject(cause)
    })
    await map.run(messageOf("hang"), { id: "evt_1" })
    await map.run(messageOf("session.created", { session: {} }))
    await map.run(messageOf("video.started"))
    const failure = async (message: WebhookMessage): Promise<unknown> => {
      try {
        await map.run(message)
      } catch (error) {
        return isWebhookHandlerError(error) ? [error.reason._tag, error.cause] : error
      }
      return "none"
    }
    assert.deepStrictEqual(await failure(messageOf("user-interrupted")), ["HandlerFailed", cause])
    assert.deepStrictEqual(await failure(messageOf("status-update")), ["InvalidMessage", undefined])
    assert.deepStrictEqual(await failure(toolCalls), ["NoHandler", undefined])
  })
})
