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
import { AywaWebhooks } from "./AywaWebhooks.ts"
import type { WebhookAnswer } from "../handling/handlers.ts"
import { makeReceiver } from "../handling/receiver.ts"
import type { WebhookHandlerError } from "../handling/WebhookHandlerError.ts"
import type { WebhookSink } from "../sink.ts"
import { WebhookVerificationError } from "../WebhookVerificationError.ts"
import { handlersWith, type EffectHandlerMap } from "./handlers.ts"

export type { EffectHandlerMap } from "./handlers.ts"

/**
 * What happens to verified deliveries.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<R> {
  readonly handlers?: EffectHandlerMap<R> | undefined
  /** Where notices are stored before they are acknowledged. With it, the handlers of notices are not run here. */
  readonly inbox?: WebhookSink | undefined
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
export const make = <R = never>(
  options: Options<R>
): Effect.Effect<
  (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<HttpServerResponse.HttpServerResponse>,
  never,
  AywaWebhooks | R
> =>
  Effect.gen(function* () {
    const webhooks = yield* AywaWebhooks
    const context = yield* Effect.context<R>()
    const runFork = Effect.runForkWith(context)
    const onError = options.onError ?? ((error) => Effect.logWarning(error.message))
    const receive = makeReceiver(
      {
        handlers: handlersWith(options.handlers ?? {}, context),
        inbox: options.inbox,
        maxBodyBytes: webhooks.maxBodyBytes,
        onError: (error) => void runFork(onError(error))
      },
      (request, body) => webhooks.verifyUnsafe({ body, headers: request.headers })
    )
    return (request) =>
      Effect.map(
        Effect.promise((signal) =>
          receive({
            method: request.method,
            url: request.originalUrl,
            headers: request.headers,
            body: (maxBytes) => Effect.runPromise(readBody(request, maxBytes), { signal }),
            signal
          })
        ),
        responseOf
      )
  })

/**
 * A route that receives webhooks. Answers every method, all but POST with 405.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R = never>(
  path: HttpRouter.PathInput,
  options: Options<R>
): Layer.Layer<never, never, HttpRouter.HttpRouter | AywaWebhooks | R> =>
  HttpRouter.use((router) => Effect.flatMap(make(options), (handle) => router.add("*", path, handle)))

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

const responseOf = ({ status, headers, body }: WebhookAnswer): HttpServerResponse.HttpServerResponse => {
  const contentType = headers["content-type"]
  return typeof body === "string"
    ? HttpServerResponse.text(body, { status, headers, contentType })
    : HttpServerResponse.stream(
        Stream.fromAsyncIterable(body, (cause) => cause),
        { status, headers, contentType }
      )
}
