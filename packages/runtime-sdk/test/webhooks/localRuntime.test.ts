/** The whole way: the local runtime signs and sends, the adapters verify and answer, the runtime judges the answer. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { startLocalRuntime, type LocalRuntimeHandle } from "@aywa-ai/runtime-local"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { nodeWebhookHandler, type WebhookHandlerMap, type WebhookReceiverOptions } from "../../src/webhooks/handlers.ts"

let runtime: LocalRuntimeHandle
beforeAll(async () => {
  runtime = await startLocalRuntime({ webhookSchedule: "instant" })
})
afterAll(() => runtime.close())

const listen = async (options: WebhookReceiverOptions) => {
  const server = createServer(nodeWebhookHandler({ secret: runtime.webhookSecret, onError: () => {}, ...options }))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

const asking = {
  "assistant-request": () => ({ assistantId: "reception" }),
  "tool-calls": ({ toolCalls }) => ({ results: toolCalls.map(({ id }) => ({ toolCallId: id, result: { ok: 1 } })) }),
  "transfer-destination-request": () => ({ destination: { type: "number", number: "+14155550142" } }),
  "knowledge-base-request": () => ({ documents: [{ content: "Open at nine.", similarity: 0.9 }] }),
  "voice-request": async function* () {
    yield new Uint8Array(480)
  },
  "call.endpointing.request": () => ({ timeoutSeconds: 0.4 }),
  "handoff-destination-request": () => ({ destination: { type: "assistant", assistantId: "claims" } }),
  "campaign.predial": () => ({ eligible: true })
} satisfies WebhookHandlerMap
type Asking = keyof typeof asking
const types = Object.keys(asking) as ReadonlyArray<Asking>

describe("beside the local runtime", () => {
  for (const type of types) {
    it(`${type}: the reply is one that the runtime reads`, async () => {
      await using server = await listen({ handlers: asking })
      const { status, valid, issues } = await runtime.trigger({ type, to: server.url })
      assert.deepStrictEqual([status, valid, issues], [200, true, []])
    })
    it(`${type}: so is the fallback of a handler that throws`, async () => {
      const failing = { [type]: () => Promise.reject(new Error("no")) } as WebhookHandlerMap
      await using server = await listen({ handlers: failing })
      const { status, valid, issues } = await runtime.trigger({ type, to: server.url })
      // There is no fallback for a voice: the runtime learns that there is none.
      if (type === "voice-request") assert.strictEqual(status, 503)
      else assert.deepStrictEqual([status, valid, issues], [200, true, []])
    })
  }
  it("tool calls that share an id, or have none: each has its own result, in the same place on both sides", async () => {
    const toolCallList = ["a", "a", null, undefined, 7, "b"].map((id, n) => ({ id, name: "f", arguments: { n } }))
    const reply: WebhookHandlerMap = {
      "tool-calls": ({ toolCalls }) => ({
        results: toolCalls.map((call) => ({ toolCallId: call.id, result: call.arguments["n"] }))
      })
    }
    const failing: WebhookHandlerMap = { "tool-calls": () => Promise.reject(new Error("no")) }
    for (const handlers of [reply, failing]) {
      await using server = await listen({ handlers })
      const answer = await runtime.trigger({ type: "tool-calls", to: server.url, merge: { toolCallList } })
      assert.deepStrictEqual([answer.status, answer.valid, answer.issues], [200, true, []])
      const { results } = answer.reply as { readonly results: ReadonlyArray<Record<string, unknown>> }
      assert.deepStrictEqual(
        results.map(({ toolCallId }) => toolCallId),
        ["a", "a", "", "", "7", "b"]
      )
      if (handlers === reply) {
        assert.deepStrictEqual(
          results.map(({ result }) => result),
          ["0", "1", "2", "3", "4", "5"]
        )
      }
    }
  })
  it("a notice whose handler fails is delivered again under the same id, until it is handled", async () => {
    const seen: Array<string | undefined> = []
    const done = Promise.withResolvers<void>()
    await using server = await listen({
      handlers: {
        "end-of-call-report": (_, { id }) => {
          seen.push(id)
          if (seen.length < 3) throw new Error("the database is down")
          done.resolve()
        }
      }
    })
    const { eventId } = await runtime.trigger({ type: "end-of-call-report", to: server.url })
    await done.promise
    assert.deepStrictEqual(seen, [eventId, eventId, eventId])
  })
  it("so is one that the inbox did not store", async () => {
    const offered: Array<string> = []
    const done = Promise.withResolvers<void>()
    await using server = await listen({
      inbox: {
        offer: async ({ id, type }) => {
          offered.push(`${id} ${type}`)
          if (offered.length < 2) throw new Error("the queue is down")
          done.resolve()
        }
      }
    })
    const { eventId } = await runtime.trigger({ type: "status-update", to: server.url })
    await done.promise
    assert.deepStrictEqual(offered, [`${eventId} status-update`, `${eventId} status-update`])
  })
})
