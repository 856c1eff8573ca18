/** Routes of `effect/http` over real sockets: handlers run where the request runs. */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { AywaWebhooks } from "../../src/effect.ts"
import { signAywaRuntimeWebhook, type WebhookSinkDelivery } from "../../src/webhooks.ts"
import type { WebhookContext } from "../../src/webhooks/handlers.ts"
import { WebhookRoute } from "../../src/webhooks/http.ts"
import { secret } from "./support/delivery.ts"

class Session extends Context.Service<Session, { readonly id: number }>()("test/Session") {}

const Tenant = Context.Reference<string>("test/Tenant", { defaultValue: () => "none" })

const event = (type: string, more: object = {}) => JSON.stringify({ message: { type, ...more } })

/** Where an effect runs: its span and the one around it, the tenant, and what logs would say. */
const whereabouts = Effect.gen(function* () {
  const span = yield* Effect.currentSpan
  const parent = span.parent._tag === "Some" && span.parent.value._tag === "Span" ? span.parent.value.name : "none"
  const annotations = yield* References.CurrentLogAnnotations
  return `span ${span.name} < ${parent}; tenant ${yield* Tenant}; log ${JSON.stringify(annotations)}`
}).pipe(Effect.withSpan("handle"), Effect.orDie)

const middleware = HttpRouter.middleware((effect) =>
  effect.pipe(
    Effect.provideService(Tenant, "t-1"),
    Effect.annotateLogs("request", "r-1"),
    Effect.withSpan("middleware")
  )
)

const verification = AywaWebhooks.layer({ secret })

interface Posted {
  readonly status: number
  readonly text: string
}

/** Serves routes on a port; gives what posts signed deliveries to `/webhooks`. */
const serving = <E>(routes: Layer.Layer<never, E, HttpRouter.HttpRouter>) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
        Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
      )
    )
    const { address } = Context.get(context, HttpServer.HttpServer)
    const url = `http://127.0.0.1:${"port" in address ? address.port : 0}/webhooks`
    // Interrupting it hangs up.
    return (body: string): Effect.Effect<Posted> =>
      Effect.promise(async (signal) => {
        const headers = signAywaRuntimeWebhook({ body, secret })
        const response = await fetch(url, { method: "POST", body, headers, signal })
        return { status: response.status, text: await response.text() }
      })
  })

const voice = event("voice-request", { text: "hi", sampleRate: 8000 })

describe("WebhookRoute", () => {
  it.effect("handlers run on the fiber of the request: its spans, references and log annotations are there", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const note = Effect.map(whereabouts, (where) => void seen.push(where))
      const routes = WebhookRoute.layer("/webhooks", {
        handlers: {
          "assistant-request": () => Effect.as(note, { assistantId: "a" }),
          "voice-request": () => Effect.succeed(Stream.fromEffect(Effect.as(note, Buffer.from("pcm")))),
          hang: () => Effect.andThen(note, Effect.fail("no"))
        },
        onError: () => note
      })
      const post = yield* serving(Layer.provide(routes, [verification, middleware.layer]))
      assert.deepStrictEqual(yield* post(event("assistant-request")), { status: 200, text: '{"assistantId":"a"}' })
      assert.deepStrictEqual(yield* post(voice), { status: 200, text: "pcm" })
      assert.strictEqual((yield* post(event("hang"))).status, 503)
      const where = 'span handle < middleware; tenant t-1; log {"request":"r-1"}'
      assert.deepStrictEqual(seen, [where, where, where, where])
    })
  )

  it.effect("services of handlers come from middleware, for each request anew", () =>
    Effect.gen(function* () {
      let requests = 0
      const sessions = HttpRouter.middleware<{ provides: Session }>()((effect) =>
        Effect.suspend(() => Effect.provideService(effect, Session, Session.of({ id: ++requests })))
      )
      const routes = WebhookRoute.layer("/webhooks", {
        handlers: {
          "assistant-request": () => Effect.map(Session, ({ id }) => ({ assistantId: `a-${id}` })),
          "voice-request": () =>
            Effect.succeed(Stream.fromEffect(Effect.map(Session, ({ id }) => Buffer.from(`pcm-${id}`))))
        }
      })
      const post = yield* serving(Layer.provide(routes, [verification, sessions.layer]))
      assert.strictEqual((yield* post(event("assistant-request"))).text, '{"assistantId":"a-1"}')
      assert.strictEqual((yield* post(voice)).text, "pcm-2")
    })
  )

  it.effect("or from a layer", () =>
    Effect.gen(function* () {
      const routes = WebhookRoute.layer("/webhooks", {
        handlers: { "assistant-request": () => Effect.map(Session, ({ id }) => ({ assistantId: `a-${id}` })) }
      })
      const layer = Layer.succeed(Session, Session.of({ id: 7 }))
      const post = yield* serving(routes.pipe(Layer.provide(verification), HttpRouter.provideRequest(layer)))
      assert.strictEqual((yield* post(event("assistant-request"))).text, '{"assistantId":"a-7"}')
    })
  )

  it.effect("an inbox that is an Effect stores on the fiber of the request; its failure is 503", () =>
    Effect.gen(function* () {
      const stored: Array<unknown> = []
      const inbox = {
        offer: ({ type, callId }: WebhookSinkDelivery) =>
          type === "hang"
            ? Effect.fail("the store is down")
            : Effect.map(whereabouts, (where) => void stored.push([type, callId, where]))
      }
      const routes = WebhookRoute.layer("/webhooks", { inbox, onError: () => Effect.void })
      const post = yield* serving(Layer.provide(routes, [verification, middleware.layer]))
      assert.strictEqual((yield* post(event("user-interrupted", { call: { id: "c" } }))).status, 200)
      assert.strictEqual((yield* post(event("hang"))).status, 503)
      const where = 'span handle < middleware; tenant t-1; log {"request":"r-1"}'
      assert.deepStrictEqual(stored, [["user-interrupted", "c", where]])
    })
  )

  it.effect("at the deadline a handler is interrupted and not waited for, however long its cleaning up takes", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<WebhookContext>()
      const interrupted = yield* Deferred.make<void>()
      const failures: Array<string> = []
      const routes = WebhookRoute.layer("/webhooks", {
        handlers: {
          "tool-calls": {
            timeoutSeconds: 4,
            fallback: { error: "all busy" },
            reply: (_, context) =>
              Effect.onInterrupt(Effect.andThen(Deferred.succeed(started, context), Effect.never), () =>
                Effect.andThen(Deferred.succeed(interrupted, undefined), Effect.never)
              )
          }
        },
        onError: ({ reason }) => Effect.sync(() => void failures.push(reason._tag))
      })
      const post = yield* serving(Layer.provide(routes, verification))
      const answer = yield* Effect.forkChild(post(event("tool-calls", { toolCallList: [{ id: "1", name: "f" }] })))
      const { signal, deadline } = yield* Deferred.await(started)
      // Four seconds less a quarter, by the program's clock.
      assert.strictEqual(deadline?.getTime(), 3000)
      yield* TestClock.adjust("2999 millis")
      assert.isFalse(signal.aborted)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(answer), { status: 200, text: '{"error":"all busy"}' })
      yield* Deferred.await(interrupted)
      assert.strictEqual(signal.reason?.name, "TimeoutError")
      assert.deepStrictEqual(failures, ["HandlerTimedOut"])
    })
  )

  it.effect("when the runtime hangs up, the handler is interrupted", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<AbortSignal>()
      const interrupted = yield* Deferred.make<void>()
      const routes = WebhookRoute.layer("/webhooks", {
        handlers: {
          "assistant-request": (_, { signal }) =>
            Effect.onInterrupt(Effect.andThen(Deferred.succeed(started, signal), Effect.never), () =>
              Deferred.succeed(interrupted, undefined)
            )
        }
      })
      const post = yield* serving(Layer.provide(routes, verification))
      const caller = yield* Effect.forkChild(post(event("assistant-request")))
      const signal = yield* Deferred.await(started)
      yield* Fiber.interrupt(caller)
      yield* Deferred.await(interrupted)
      assert.isTrue(signal.aborted)
    })
  )

  it.effect("a report that fails costs no answer", () =>
    Effect.gen(function* () {
      const routes = WebhookRoute.layer("/webhooks", { onError: () => Effect.die("the log is full") })
      const post = yield* serving(Layer.provide(routes, verification))
      assert.strictEqual((yield* post(event("assistant-request"))).status, 501)
    })
  )
})
