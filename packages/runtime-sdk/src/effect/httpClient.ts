/**
 * The SDK over any `HttpClient` of `effect/http`: for programs that bring their own, with its proxy, certificates or
 * middleware. It costs more per call than the transports of the SDK, and `effect/http` is marked unstable: of the client's
 * entries only this one touches it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpMethod } from "effect/http/HttpMethod"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as AywaRuntime from "./AywaRuntime.ts"
import type { ConfigError } from "../errors/Errors.ts"
import { globalDispatcher, isDispatcher, undiciMajor } from "../transport/agents.ts"
import { codingsOf, decodeBytes, decodePieces } from "../transport/decode.ts"
import { takesCache } from "../transport/fetchExchange.ts"
import { decodeText } from "../transport/head.ts"
import { isFetchReplaced } from "../transport/ownFetch.ts"
import { openUpload } from "../transport/streaming.ts"
import {
  WireFailure,
  type TransportShape,
  type WireHead,
  type WireRequest,
  type WireUploadBody
} from "../transport/port.ts"
import { Watch } from "../transport/watch.ts"
import { connectionFailure } from "../transport/wireFailure.ts"
import type { ConfigOptions } from "../config/RuntimeConfig.ts"

/**
 * A transport over a client.
 *
 * **Gotchas**
 *
 * Redirects must not be followed: they would carry what is sent elsewhere. The fetch client is told so here; of
 * another, leave `followRedirects` off. Leave retries to the SDK, which knows what may be repeated.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (httpClient: HttpClient.HttpClient): TransportShape => {
  const client = HttpClient.withScope(httpClient)
  const send = (request: WireRequest, upload: WireUploadBody | undefined) =>
    Effect.withFiber<Answer, WireFailure, Scope.Scope>((fiber) => {
      const { init, watch } = initOf(fiber)
      if (watch !== undefined) request.onProgress?.(watch)
      return client.execute(toRequest(request, upload)).pipe(
        Effect.provideService(FetchHttpClient.RequestInit, init),
        // An attempt is a span of ours. The client's own would show what came back as it is: headers, bytes in a cause.
        Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
        Effect.mapBoth({
          onFailure: (error) => fromError(error, watch),
          onSuccess: (response) => {
            const head = headOf(response)
            request.onProgress?.({ sent: "unknown", head, resent: watch?.resent })
            const web = Option.getOrUndefined(HttpClientResponse.toWeb(response))
            // `fetch` has undone the codings, and leaves their names in the head.
            return { response, head, codings: web === undefined ? codingsOf(head) : [], isEmpty: web?.body === null }
          }
        })
      )
    })
  return {
    execute: (request) =>
      Effect.scoped(
        Effect.flatMap(send(request, undefined), ({ response, head, codings }) =>
          Effect.flatMap(
            Effect.mapError(response.arrayBuffer, (error) => fromBody(error, head)),
            (content) => Effect.map(textOf(new Uint8Array(content), codings, head), (body) => ({ ...head, body }))
          )
        )
      ),
    stream: (request) =>
      Effect.flatMap(openUpload(request), (upload) =>
        Effect.suspend(() => {
          // Of its own, because the body outlives this effect.
          const scope = Scope.makeUnsafe()
          return Effect.onExit(
            Effect.map(Scope.provide(send(request, upload), scope), (answer) => ({
              ...answer.head,
              chunks: read(answer, scope)
            })),
            (exit) => (Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, Exit.void))
          )
        })
      )
  }
}

/** An answer that has begun. */
interface Answer {
  readonly response: HttpClientResponse.HttpClientResponse
  readonly head: WireHead
  /** What has to be undone of its content. */
  readonly codings: ReadonlyArray<string>
  /** No body at all, which a client over `fetch` takes for a failure when it is asked for pieces. */
  readonly isEmpty: boolean
}

/** What a client over `fetch` is told; others do not look at it. What the program says of it stays. */
const initOf = (
  fiber: Fiber.Fiber<unknown, unknown>
): { readonly init: RequestInit; readonly watch: Watch | undefined } => {
  const own: object = Context.getOrUndefined(fiber.context, FetchHttpClient.RequestInit) ?? {}
  const through = "dispatcher" in own ? own.dispatcher : globalDispatcher(undiciMajor())
  // Another `fetch` than the platform's may not take a dispatcher of Node's.
  const platform = fiber.getRef(FetchHttpClient.Fetch) === globalThis.fetch && !isFetchReplaced()
  const watch = platform && isDispatcher(through) ? new Watch(through) : undefined
  const init: object = {
    ...own,
    redirect: "manual",
    ...(takesCache() ? { cache: "no-store" } : {}),
    ...(watch === undefined ? {} : { dispatcher: watch })
  }
  return { init: init as RequestInit, watch } // As in `FetchExchange.send`.
}

const textOf = (
  content: Uint8Array,
  codings: ReadonlyArray<string>,
  head: WireHead
): Effect.Effect<string, WireFailure> =>
  codings.length === 0
    ? Effect.succeed(decodeText(content))
    : Effect.map(
        Effect.tryPromise({
          try: () => decodeBytes(content, codings, head),
          catch: (failure) => failure as WireFailure // It fails with nothing else.
        }),
        decodeText
      )

/**
 * The runtime at a given address and all its resources, over the client that the program provides.
 *
 * **Example**
 *
 * ```ts
 * import * as Layer from "effect/Layer"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import { layerHttpClient } from "@aywa-ai/runtime-sdk/http-client"
 *
 * export const runtime = layerHttpClient({
 *   baseUrl: process.env["AYWA_RUNTIME_BASE_URL"],
 *   apiKey: process.env["AYWA_RUNTIME_API_KEY"]
 * }).pipe(Layer.provide(FetchHttpClient.layer))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = (
  options: ConfigOptions & Pick<AywaRuntime.Options, "policy">
): Layer.Layer<AywaRuntime.Services, ConfigError, HttpClient.HttpClient> =>
  AywaRuntime.layerFrom(Effect.flatMap(HttpClient.HttpClient, (client) => AywaRuntime.makeWith(options, make(client))))

const toRequest = (
  { method, origin, path, headers, body }: WireRequest,
  upload: WireUploadBody | undefined
): HttpClientRequest.HttpClientRequest => {
  const fields: Record<string, string> = Object.create(null)
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const [name = "", value = ""] = [headers[i], headers[i + 1]]
    fields[name] = name in fields ? `${fields[name]}, ${value}` : value
  }
  const type = fields["content-type"] ?? "application/json"
  // The methods of the contract are among those of HTTP.
  const request = HttpClientRequest.make(method as HttpMethod)(origin + path, { headers: fields })
  if (upload !== undefined) {
    const chunks = Stream.fromAsyncIterable(upload.chunks, (cause) => cause)
    return HttpClientRequest.setBody(request, HttpBody.stream(chunks, type, upload.size))
  }
  return body === undefined ? request : HttpClientRequest.setBody(request, HttpBody.text(body, type))
}

const headOf = ({ status, headers }: HttpClientResponse.HttpClientResponse): WireHead => ({
  status,
  header: (name) => headers[name],
  headers: () => ({ ...headers })
})

const read = (
  { response, head, codings, isEmpty }: Answer,
  scope: Scope.Closeable
): AsyncIterableIterator<Uint8Array> => {
  const stream = isEmpty ? Stream.empty : response.stream
  const content = Stream.toAsyncIterable(Stream.mapError(stream, (error) => fromBody(error, head)))
  const pieces = (codings.length === 0 ? content : decodePieces(content, codings, head))[Symbol.asyncIterator]()
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  return {
    next: async () => {
      try {
        const result = await pieces.next()
        if (result.done === true) await close()
        return result
      } catch (error) {
        await close()
        throw error
      }
    },
    return: async () => {
      await Promise.all([close(), pieces.return?.()])
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    }
  }
}

/** Until an answer begins, only what the system says tells whether something was sent, unless someone watches. */
const fromError = ({ reason }: HttpClientError.HttpClientError, watch: Watch | undefined): WireFailure => {
  const cause: unknown = "cause" in reason ? (reason.cause ?? reason) : reason
  const failure = connectionFailure(cause, watch?.head)
  const unsent = reason._tag === "EncodeError" || reason._tag === "InvalidUrlError"
  return new WireFailure(unsent ? { ...failure, sent: "no" } : (watch?.sharpened(failure) ?? failure))
}

const fromBody = ({ reason }: HttpClientError.HttpClientError, head: WireHead): WireFailure =>
  new WireFailure(connectionFailure("cause" in reason ? (reason.cause ?? reason) : reason, head))
