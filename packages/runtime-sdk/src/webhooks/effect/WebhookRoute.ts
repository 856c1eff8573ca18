/**
 * Receives webhooks on a route of `effect/http`.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import { AywaWebhooks } from "@aywa-ai/runtime-sdk/effect"
 * import { WebhookRoute } from "@aywa-ai/runtime-sdk/webhooks/http"
 *
 * export const routes = WebhookRoute.layer("/webhooks", {
 *   handlers: {
 *     "assistant-request": () => Effect.succeed({ assistantId: "your-assistant-id" }),
 *     "end-of-call-report": (report) => Effect.log(report.endedReason)
 *   }
 * }).pipe(Layer.provide(AywaWebhooks.layerConfig()))
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { orConfigError } from "../../config/RuntimeConfig.ts"
import type { ConfigError } from "../../errors/Errors.ts"
import type { WebhookBody } from "../body.ts"
import type { WebhookAnswer } from "../handling/answer.ts"
import { isReported } from "../handling/report.ts"
import { checkOptions } from "../handling/options.ts"
import { routesOf } from "../handling/routes.ts"
import { receive, type RequestHead } from "../handling/steps.ts"
import type { WebhookHandlerError } from "../handling/WebhookHandlerError.ts"
import type { WebhookSink, WebhookSinkDelivery } from "../sink.ts"
import { WebhookVerificationError } from "../WebhookVerificationError.ts"
import { AywaWebhooks } from "./AywaWebhooks.ts"
import type { EffectHandlerMap } from "./handlers.ts"
import { drive, type Handler } from "./receiver.ts"

export type { EffectHandlerMap } from "./handlers.ts"

/**
 * Takes deliveries in as an Effect: `WebhookInbox` of `@aywa-ai/runtime-sdk/inbox` is one.
 *
 * @since 0.2.0
 * @category models
 */
export interface EffectSink<R = never> {
  /** Succeeds once the delivery is stored, or was stored before under the same id. */
  readonly offer: (delivery: WebhookSinkDelivery) => Effect.Effect<unknown, unknown, R>
}

/**
 * What happens to verified deliveries.
 *
 * **Details**
 *
 * Handlers, inbox and `onError` run on the fiber of the request: spans, log annotations, references, and services that
 * middleware provides are there. At the deadline a handler is interrupted and its fallback is sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<R> {
  readonly handlers?: EffectHandlerMap<R> | undefined
  /** Where notices are stored before they are acknowledged. With it, the handlers of notices are not run here. */
  readonly inbox?: WebhookSink | EffectSink<R> | undefined
  /** Told about what was refused, failed, or answered with a fallback; a log line of level warning by default. */
  readonly onError?:
    | ((error: WebhookVerificationError | WebhookHandlerError) => Effect.Effect<void, never, R>)
    | undefined
}

/**
 * A handler for a route, for those who build routes themselves.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = Effect.fnUntraced(function* <R = never>(
  options: Options<R>
): Effect.fn.Return<
  (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>,
  ConfigError,
  AywaWebhooks
> {
  const webhooks = yield* AywaWebhooks
  const onError = options.onError ?? ((error) => Effect.logWarning(error.message))
  const routes = yield* orConfigError(() => {
    checkOptions(options, ["handlers", "inbox", "onError"])
    return routesOf<Handler<R>>(options.handlers ?? {})
  })
  const port = {
    verify: (head: RequestHead, body: WebhookBody) => webhooks.verifyUnsafe({ body, headers: head.headers }),
    maxBodyBytes: webhooks.maxBodyBytes,
    inbox: options.inbox === undefined ? undefined : offerTo(options.inbox)
  }
  return Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
    const head = { method: request.method, url: request.originalUrl, headers: request.headers }
    const answer = yield* drive(receive(port, head), (maxBytes) => readBody(request, maxBytes), routes)
    // The runtime waits for the answer, whatever becomes of the report.
    if (isReported(answer.error)) {
      yield* Effect.forkDetach(Effect.ignoreCause(onError(answer.error), { log: true }), { startImmediately: true })
    }
    const services = yield* Effect.context<R>()
    return responseOf(answer, (cause) =>
      isReported(cause) ? Effect.ignoreCause(Effect.provide(onError(cause), services), { log: true }) : Effect.void
    )
  })
})

/**
 * A route that receives webhooks. Answers every method, all but POST with 405.
 *
 * **Details**
 *
 * What handlers need is a requirement of the request, as of any route: middleware provides it, or
 * `HttpRouter.provideRequest`, or a layer that is provided to what `HttpRouter.serve` gives.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R = never>(
  path: HttpRouter.PathInput,
  options: Options<R>
): Layer.Layer<
  never,
  ConfigError,
  HttpRouter.HttpRouter | AywaWebhooks | HttpRouter.Request.From<"Requires", Exclude<R, HttpRouter.Provided>>
> => HttpRouter.use((router) => Effect.flatMap(make(options), (handle) => router.add("*", path, handle)))

/** Stores a delivery; what a promise rejects with is a failure, too. */
const offerTo =
  <R>(inbox: WebhookSink | EffectSink<R>) =>
  (delivery: WebhookSinkDelivery): Effect.Effect<unknown, unknown, R> =>
    Effect.suspend(() => {
      const stored = inbox.offer(delivery)
      return Effect.isEffect(stored) ? stored : Effect.tryPromise({ try: () => stored, catch: (cause) => cause })
    })

const advice =
  "the body of this request was read before. Take HttpServerRequest.json, text or a body schema out of the middleware in front of this route: the route reads the bytes itself."

/** Reads a body up to a limit, and no further. */
const readBody = (request: HttpServerRequest.HttpServerRequest, maxBytes: number): Effect.Effect<Buffer, unknown> => {
  if (Reflect.get(request.source, "bodyUsed") === true || Reflect.get(request.source, "readableDidRead") === true) {
    return Effect.fail(new WebhookVerificationError({ _tag: "InvalidBody", detail: advice }))
  }
  const tooLarge = new WebhookVerificationError({ _tag: "BodyTooLarge", limit: maxBytes })
  if (Number(request.headers["content-length"]) > maxBytes) return Effect.fail(tooLarge)
  return Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return Effect.map(
      Stream.runForEach(request.stream, (chunk) => {
        size += chunk.byteLength
        if (size > maxBytes) return Effect.fail(tooLarge)
        chunks.push(chunk)
        return Effect.void
      }),
      () => Buffer.concat(chunks)
    )
  })
}

const responseOf = (
  { status, headers, body }: WebhookAnswer,
  brokenOff: (cause: unknown) => Effect.Effect<void>
): HttpServerResponse.HttpServerResponse => {
  const contentType = headers["content-type"]
  return typeof body === "string"
    ? HttpServerResponse.text(body, { status, headers, contentType })
    : HttpServerResponse.stream(
        Stream.tapError(
          Stream.fromAsyncIterable(body, (cause) => cause),
          brokenOff
        ),
        { status, headers, contentType }
      )
}
