/** The steps of a receiver by themselves: whatever becomes of each, there is one answer, and nothing throws. */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { parseAywaRuntimeWebhook } from "../../src/webhooks.ts"
import { answerSteps, type Answering } from "../../src/webhooks/handling/answering.ts"
import { requestTypes } from "../../src/webhooks/handling/asks.ts"
import type { Outcome } from "../../src/webhooks/handling/outcome.ts"
import { receive, type Step } from "../../src/webhooks/handling/steps.ts"
import { verifyAywaRuntimeWebhook } from "../../src/webhooks/verify.ts"
import { body, headers, secret, time } from "./support/delivery.ts"

const outcome = <A>(value: fc.Arbitrary<A>): fc.Arbitrary<Outcome<A>> =>
  fc.oneof(
    fc.record({ _tag: fc.constant("Done" as const), value }),
    fc.record({ _tag: fc.constant("Failed" as const), cause: fc.anything() }),
    fc.constant({ _tag: "Late" as const })
  )
async function* audio() {
  yield new Uint8Array(2)
}
const reply = fc.oneof(
  fc.anything(),
  fc.constantFrom<unknown>(
    { assistantId: "a" },
    { error: "closed" },
    { results: [{ toolCallId: "1", result: "x" }] },
    { documents: [] },
    { timeoutSeconds: 1 },
    { eligible: true },
    new Uint8Array(2),
    1n,
    { assistant: { n: 1n } }
  )
)
const fields = {
  toolCallList: [{ id: "1", name: "first" }],
  messagesOpenAIFormatted: [],
  text: "hi",
  sampleRate: 8000,
  parameters: {},
  campaignId: "c",
  contact: {}
}

describe("steps", () => {
  it("of an answer end after at most three, in one that the runtime reads", () => {
    const tags = new Set<string>()
    fc.assert(
      fc.property(
        fc.constantFrom(...requestTypes, "hang", "video.started"),
        fc.option(
          fc.oneof(
            reply,
            reply.map((value) => () => value)
          ),
          { nil: undefined }
        ),
        fc.array(outcome(reply), { minLength: 3, maxLength: 3 }),
        (type, fallback, outcomes) => {
          const message = parseAywaRuntimeWebhook(JSON.stringify({ message: { ...fields, type } }))
          let step: Answering<string> = answerSteps({ reply: "handler", fallback }, message, "evt_1")
          const trail: Array<string> = []
          for (const each of outcomes) {
            trail.push(step._tag)
            if (step._tag === "Attempt") step = step.resume(each)
            else if (step._tag === "Open") step = step.resume(each._tag === "Done" ? { ...each, value: audio() } : each)
          }
          for (const tag of trail) tags.add(tag)
          assert(step._tag === "Answer", trail.join())
          assert.include([200, 500, 503], step.answer.status)
          // Only silence stands for a voice that failed; everything else that asks goes on with a fallback.
          if (step.answer.status !== 200) assert.include(["voice-request", "hang", "video.started"], type)
          if (typeof step.answer.body === "string") assert.isObject(JSON.parse(step.answer.body))
        }
      ),
      { numRuns: 5000 }
    )
    assert.deepStrictEqual([...tags].toSorted(), ["Answer", "Attempt", "Open"])
  })

  it("of a request end after at most two, whatever the body and the inbox become", () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(
        fc.constantFrom("POST", "GET"),
        fc.boolean(),
        outcome(fc.oneof(fc.constantFrom<unknown>(body, Buffer.from(body), ""), fc.anything())),
        outcome(fc.anything()),
        (method, stores, read, stored) => {
          const receiving = {
            verify: (head: { readonly headers: typeof headers }, given: string) =>
              verifyAywaRuntimeWebhook({ body: given, headers: head.headers, secret, now: () => time * 1000 }),
            maxBodyBytes: undefined,
            inbox: stores ? "inbox" : undefined
          }
          let step: Step<string> = receive(receiving as never, { method, headers } as never)
          if (step._tag === "NeedBody") step = step.resume(read as Outcome<string>)
          seen.add(step._tag)
          if (step._tag === "Offer") step = step.resume(stored)
          if (step._tag === "Run") return assert.strictEqual(step.event.message.type, "status-update")
          assert(step._tag === "Answer")
          assert.include([200, 400, 401, 405, 413, 503], step.answer.status)
          if (step.answer.status >= 400 && step.answer.status !== 405) assert.isDefined(step.answer.error)
        }
      ),
      { numRuns: 3000 }
    )
    assert.deepStrictEqual([...seen].toSorted(), ["Answer", "Offer", "Run"])
  })
})
