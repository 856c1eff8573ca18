/** Functions of the program that are async and fail, and promises that nobody waited for: neither ends the process. */
import * as Effect from "effect/Effect"
import { afterAll, afterEach, assert, beforeAll, it } from "@effect/vitest"
import { openWebhookInbox } from "../src/inbox.ts"
import { engineOptionNames, engineSettings } from "../src/inbox/engines/engine.ts"
import { AywaRuntimeClient } from "../src/index.ts"
import * as Policy from "../src/policy/Policy.ts"
import { RateLimited } from "../src/errors/Errors.ts"
import * as EffectTools from "../src/tools/effect.ts"
import { Tool, Toolkit } from "../src/tools.ts"
import { parseAywaRuntimeWebhook } from "../src/webhooks.ts"
import { handlers, type WebhookHandlerMap, webhookReceiver } from "../src/webhooks/handlers.ts"
import { json, serve } from "./support/server.ts"

const unhandled: Array<string> = []
const note = (reason: unknown) => void unhandled.push(String(reason))
let others: ReadonlyArray<NodeJS.UnhandledRejectionListener> = []
beforeAll(() => {
  others = process.listeners("unhandledRejection")
  process.removeAllListeners("unhandledRejection")
  process.on("unhandledRejection", note)
})
afterAll(() => {
  process.removeListener("unhandledRejection", note)
  for (const listener of others) process.on("unhandledRejection", listener)
})
afterEach(() => void unhandled.splice(0))

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
  assert.deepStrictEqual(unhandled, [])
}
const rejects = (): Promise<never> => Promise.reject(new Error("nobody waits for this"))

it("hooks of a client", async () => {
  await using server = await serve((_, response) => json(response, 200, []))
  for (const hooks of [{ log: rejects }, { trace: () => ({ end: rejects, attempt: () => ({ end: rejects }) }) }]) {
    await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", ...hooks })
    assert.isArray((await aywa.assistants.list()).items)
  }
  await settled()
})

const delivery = { toolCalls: [{ id: "1", name: "t", arguments: {} }] }
const forgetful = Tool.make("t", {
  description: "d",
  // What a program in JavaScript may return.
  execute: () => JSON.parse("{}", () => ({ a: [rejects()] }))
})
const failing = Tool.make("t", {
  description: "d",
  execute: (): string => {
    throw new Error("x")
  }
})

it.live("onFailure of tools, and promises in their results", () =>
  Effect.gen(function* () {
    for (const tool of [failing, forgetful]) {
      const handler = Toolkit.handler(Toolkit.make(tool), { onFailure: rejects })
      const { results } = yield* Effect.promise(() => handler(delivery))
      assert.lengthOf(results, 1)
      const other = EffectTools.Toolkit.handle(Toolkit.make(tool), { onFailure: rejects })
      assert.deepStrictEqual((yield* other(delivery)).results, results)
    }
    yield* Effect.promise(settled)
  })
)

const message = parseAywaRuntimeWebhook(
  JSON.stringify({ message: { type: "tool-calls", toolCallList: [{ id: "1", name: "t" }] } })
)

it.each([
  ["in a result", () => ({ results: [{ toolCallId: "1", result: rejects() }] })],
  ["deep in a result", () => ({ results: [{ toolCallId: "1", result: { a: [rejects(), rejects()] } }] })],
  ["as a result", () => ({ results: [rejects()] })],
  ["as results", () => ({ results: rejects() })],
  ["beside results", () => ({ results: [], error: rejects() })]
])("promises in a reply: %s", async (_, handler) => {
  const map: object = { "tool-calls": handler }
  const { error } = await handlers(map as WebhookHandlerMap).answer(message)
  assert.isDefined(error)
  await settled()
})

it("onError of a receiver and of an inbox", async () => {
  const receive = webhookReceiver({ secret: "a-secret-of-the-test", handlers: {}, onError: rejects })
  assert.strictEqual((await receive({ method: "POST", headers: {}, body: "{}" })).status, 400)
  await using inbox = await openWebhookInbox({ store: "memory", onError: rejects })
  await inbox.offer({ id: "a\0b", callId: undefined, type: "status-update", body: "{}" })
  await inbox.offer({ id: "c\0d", callId: undefined, type: "status-update", body: "{}" })
  engineSettings("engine", { onError: rejects }, engineOptionNames).onError(new Error("x"))
  await settled()
})

it("the condition of a retry", async () => {
  const { retry } = Policy.retry({ while: async () => rejects() } as object)(Policy.defaults)
  assert.isTrue(retry?.while !== undefined)
  retry?.while?.(
    new RateLimited({ operation: "o", method: "GET", path: "/", attempts: 1, outcome: "rejected", message: "m" })
  )
  await settled()
})
