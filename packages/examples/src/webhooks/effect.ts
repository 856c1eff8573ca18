/** Receives webhooks on a route of `effect/http`, with Effects as handlers. */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { AywaWebhooks } from "@aywa-ai/runtime-sdk/effect"
import { WebhookRoute } from "@aywa-ai/runtime-sdk/webhooks/http"
import { failures, inbox, maxBodyBytes, reports, secret } from "./app.ts"
import { check } from "./check.ts"

const handlers: WebhookRoute.EffectHandlerMap<never> = {
  "assistant-request": () => Effect.succeed({ assistantId: "reception" }),
  "tool-calls": ({ toolCalls }) =>
    Effect.gen(function* () {
      // Interrupted at the deadline; the fallback is sent in its place.
      if (toolCalls.some((call) => call.name === "slow")) yield* Effect.never
      return {
        results: toolCalls.map(({ id, arguments: args }) => ({ toolCallId: id, result: { booked: args["day"] } }))
      }
    }),
  "voice-request": ({ sampleRate }) =>
    Effect.succeed(Stream.make(new Uint8Array(sampleRate / 10), new Uint8Array(sampleRate / 10))),
  "end-of-call-report": (report) =>
    report.endedReason === "database-down"
      ? Effect.fail("could not save the report")
      : Effect.sync(() => void reports.push(report.call?.id ?? undefined))
}
const onError: WebhookRoute.Options<never>["onError"] = (error) =>
  Effect.sync(() => void failures.push(error.reason._tag))

// Your program takes layerConfig(): it reads AYWA_RUNTIME_WEBHOOK_SECRET.
const verification = AywaWebhooks.layer({ secret, maxBodyBytes })

const routes = Layer.mergeAll(
  WebhookRoute.layer("/webhooks", { handlers, onError }),
  WebhookRoute.layer("/inbox", { handlers, onError, inbox }),
  // Wrong on purpose: the body is read before the handler sees it.
  HttpRouter.use((router) =>
    Effect.flatMap(WebhookRoute.make({ handlers, onError }), (handle) =>
      router.add("POST", "/parsed", (request) => Effect.andThen(Effect.orDie(request.json), handle(request)))
    )
  )
).pipe(Layer.provide(verification))

const server = HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
)

await Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  if (address._tag !== "InetAddressV4") return yield* Effect.die("expected a port")
  yield* Effect.promise(() => check("Effect", `http://127.0.0.1:${address.port}`, /read before/))
}).pipe(Effect.provide(server), Effect.runPromise)
