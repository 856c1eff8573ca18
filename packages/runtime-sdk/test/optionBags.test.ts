/** Bags of options are closed: what nobody reads is refused by its name, with the name that was meant. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { assert, describe, it } from "@effect/vitest"
import { nearestName, unknownName } from "../src/config/unknownNames.ts"
import * as AywaRuntime from "../src/effect/AywaRuntime.ts"
import { openWebhookInbox, WebhookInbox } from "../src/inbox.ts"
import { AywaRuntimeClient, ConfigError, InvalidRequest } from "../src/index.ts"
import * as Policy from "../src/policy/Policy.ts"
import { Tool, Toolkit, ToolDefinitionError, Tools } from "../src/tools/effect.ts"
import { signAywaRuntimeWebhook, verifyAywaRuntimeWebhook } from "../src/webhooks.ts"
import * as AywaWebhooks from "../src/webhooks/effect/AywaWebhooks.ts"
import * as WebhookRoute from "../src/webhooks/effect/WebhookRoute.ts"
import { webhookReceiver } from "../src/webhooks/handlers.ts"
import { json, serve, tagOf } from "./support/server.ts"

const where = { baseUrl: "http://127.0.0.1:1", apiKey: "k" }

const thrown = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return error
  }
  return assert.fail("nothing was thrown")
}

/** What is said of options that a type would have refused. */
const wrong = <A>(options: A): never => options as never

describe("a name that nobody reads is refused", () => {
  it("of a client, with the name that was meant", () => {
    for (const [name, meant] of [
      ["maxRetries", "retries"],
      ["timeoutMs", "timeout"],
      ["baseURL", "baseUrl"],
      ["api_key", "apiKey"],
      ["organization", "organizationId"],
      ["organisationId", "organizationId"],
      ["retires", "retries"]
    ]) {
      const error = thrown(() => new AywaRuntimeClient(wrong({ ...where, [name ?? ""]: 5 })))
      assert.instanceOf(error, ConfigError)
      assert.strictEqual(error.field, name)
      assert.include(error.message, `Did you mean ${meant}?`)
    }
    const error = thrown(() => new AywaRuntimeClient(where).withOptions(wrong({ maxRetries: 5 })))
    assert.instanceOf(error, ConfigError)
    assert.match(String(thrown(() => new AywaRuntimeClient(wrong({ ...where, zzz: 1 })))), /There are: baseUrl, apiKey/)
  })

  it.effect("of a runtime in Effect, in its error channel", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(AywaRuntime.make(wrong({ ...where, retries: 1 })))
      assert.instanceOf(error, ConfigError)
      assert.strictEqual(error.field, "retries")
    })
  )

  it("of a call, its list and its wait, before anything is sent", async () => {
    await using server = await serve((_, response) => json(response, 200, []))
    const aywa = new AywaRuntimeClient({ ...where, baseUrl: server.baseUrl })
    const calls: ReadonlyArray<readonly [() => Promise<unknown>, string]> = [
      [() => aywa.assistants.create({ name: "a" }, wrong({ idempotencykey: "x" })), "Did you mean idempotencyKey?"],
      [() => aywa.assistants.get("a", wrong({ maxRetries: 1 })), "Did you mean retries?"],
      [() => aywa.calls.waitUntilEnded("a", wrong({ maxRetries: 1 })), "Did you mean retries?"],
      [() => aywa.request(wrong({ method: "GET", path: "/x", retires: 1 })), "Did you mean retries?"],
      [() => aywa.assistants.list(wrong({ limt: 5 })), "Did you mean limit?"],
      [() => aywa.assistants.list(wrong({ retries: 5 })), "is not an option"],
      [() => aywa.files.upload(wrong({ file: new Uint8Array(1), contenttype: "x" })), "Did you mean contentType?"]
    ]
    for (const [call, says] of calls) {
      const error = await tagOf(call())
      assert.instanceOf(error, InvalidRequest, says)
      assert.include(error.message, says)
    }
    assert.strictEqual(server.seen.length, 0)
  })

  it("of a policy", () => {
    assert.match(String(thrown(() => Policy.retry(wrong({ maxRetries: 1 })))), /retry: maxRetries is not an option/)
    assert.match(String(thrown(() => Policy.retry(wrong({ basedelay: 1 })))), /Did you mean baseDelay\?/)
    assert.match(String(thrown(() => Policy.limit(wrong({ concurency: 1 })))), /Did you mean concurrency\?/)
    assert.match(String(thrown(() => Policy.limit({ rate: wrong({ limit: 1, windw: 1 }) }))), /Did you mean window\?/)
    assert.match(String(thrown(() => Policy.circuitBreaker(wrong({ failures: 1, open: 1 })))), /open is not an option/)
    assert.match(String(thrown(() => Policy.retry(wrong(4)))), /retry takes options/)
  })

  it("of webhooks, tools and an inbox", async () => {
    const verify = () => verifyAywaRuntimeWebhook(wrong({ body: "", headers: {}, secret: "x", tolerance: 1 }))
    assert.match(String(thrown(verify)), /Did you mean toleranceSeconds\?/)
    assert.match(String(thrown(() => webhookReceiver(wrong({ secrets: "x" })))), /Did you mean secret\?/)
    const tool = thrown(() => Tool.make("a", wrong({ description: "a", execute: () => "", timeout: 3 })))
    assert.instanceOf(tool, ToolDefinitionError)
    assert.match(tool.message, /Did you mean timeoutSeconds\?/)
    const server = () => Tools.definitions(Toolkit.make(), wrong({ serverUrl: "https://a.test/", timeoutSecond: 3 }))
    assert.match(String(thrown(server)), /Did you mean timeoutSeconds\?/)
    const inbox = await tagOf(openWebhookInbox(wrong({ store: "memory", maxAttempt: 3 })))
    assert.match(String(inbox), /Did you mean maxAttempts\?/)
  })

  const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`

  it("of a signature, of the handler of a toolkit, and of an inbox's workers", async () => {
    const sign = () => signAywaRuntimeWebhook(wrong({ body: "{}", secret, timestmp: new Date() }))
    assert.match(String(thrown(sign)), /Did you mean timestamp\?/)
    const handle = () => Toolkit.handle(Toolkit.make(), wrong({ onfailure: () => {} }))
    assert.match(String(thrown(handle)), /Did you mean onFailure\?/)
    assert.match(String(await tagOf(openWebhookInbox(wrong({ store: "memory", grace: "x" })))), /grace/)
  })

  it.effect("of a service of webhooks, a route, and the workers of an inbox in Effect", () =>
    Effect.gen(function* () {
      const layers = [
        AywaWebhooks.layer(wrong({ secret, tolerance: 1 })),
        AywaWebhooks.layerConfig(wrong({ tolerance: 1 })),
        AywaWebhooks.layerConfig(wrong({ secret }))
      ]
      for (const layer of layers) {
        const { message } = yield* Effect.flip(Layer.build(layer))
        assert.match(message, /(tolerance|secret) is not an option/)
      }
      const route = WebhookRoute.make(wrong({ handler: {} })).pipe(Effect.provide(AywaWebhooks.layer({ secret })))
      assert.match((yield* Effect.flip(route)).message, /Did you mean handlers\?/)
      const runs = [{ concurency: 1 }, { concurrency: 0 }, { concurrency: 1.5 }, { grace: "1 secnd" }, { grace: -1 }]
      for (const options of runs) {
        const run = Effect.gen(function* () {
          return yield* (yield* WebhookInbox.WebhookInbox).run(() => Effect.void, wrong(options))
        }).pipe(Effect.provide(WebhookInbox.layerMemory()))
        assert.match((yield* Effect.flip(run)).message, /(concurr?ency|grace)/)
      }
    })
  )
})

it("a transport, a duration and a mode that do not exist are refused by name", () => {
  const transport = thrown(() => new AywaRuntimeClient(wrong({ ...where, transport: "x" })))
  assert.instanceOf(transport, ConfigError)
  assert.strictEqual(transport.field, "transport")
  assert.match(String(thrown(() => Policy.attemptTimeout(wrong("5 secnds")))), /attemptTimeout must be milliseconds/)
  assert.match(String(thrown(() => Policy.deadline(Number.NaN))), /deadline/)
  assert.match(String(thrown(() => Policy.idempotency(wrong("atuo")))), /idempotency must be/)
})

it("a name that is text of its own is not repeated", () => {
  const { message } = unknownName({ "sk live\n4711": 1 }, { a: true }) ?? { message: "" }
  assert.notInclude(message, "4711")
})

describe("the name that was meant", () => {
  it("is that of the same letters, of a part, or with few slips, a swap of neighbours being one", () => {
    const names = ["only", "retries", "timeout", "idempotencyKey"]
    for (const [wrong, meant] of [
      ["onyl", "only"],
      ["ony", "only"],
      ["maxRetries", "retries"],
      ["retreis", "retries"],
      ["idempotency-key", "idempotencyKey"],
      ["yes", undefined],
      ["xyz", undefined]
    ] as const) {
      assert.strictEqual(nearestName(wrong, names), meant, wrong)
    }
  })
})
