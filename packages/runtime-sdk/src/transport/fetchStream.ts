/**
 * Bodies that are streamed, through `fetch`.
 */
import * as Effect from "effect/Effect"
import { FetchExchange, type Fetcher } from "./fetchExchange.ts"
import { headOfResponse } from "./head.ts"
import type { FetchResponse } from "./options.ts"
import { openUpload } from "./streaming.ts"
import type { WireFailure, WireRequest, WireStream, WireUploadBody } from "./port.ts"

export const streamFetch = (fetcher: Fetcher, request: WireRequest): Effect.Effect<WireStream, WireFailure> =>
  Effect.flatMap(openUpload(request), (upload) =>
    Effect.callback((resume, interrupted) => {
      const exchange = new FetchExchange(fetcher, true)
      request.onProgress?.(exchange)
      interrupted.addEventListener("abort", () => exchange.cancel(), { once: true })
      exchange.send(request, upload === undefined ? request.body : readable(upload)).then(
        (response) => resume(Effect.succeed(streamOf(response, exchange))),
        (cause: unknown) => resume(Effect.fail(exchange.failure(cause)))
      )
    })
  )

/** Asks the source for a piece only when one is asked of it: a request that never leaves must not use up a stream. */
const readable = ({ chunks }: WireUploadBody): ReadableStream<Uint8Array> => {
  const iterator = chunks[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await iterator.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      cancel: async () => {
        await iterator.return?.()
      }
    },
    { highWaterMark: 0 }
  )
}

const streamOf = (response: FetchResponse, exchange: FetchExchange): WireStream => {
  return { ...headOfResponse(response), chunks: read(response.body, exchange) }
}

const read = (body: FetchResponse["body"], exchange: FetchExchange): AsyncIterableIterator<Uint8Array> => {
  const reader = body?.getReader()
  return {
    next: async () => {
      if (reader === undefined) return { done: true, value: undefined }
      try {
        const { done, value } = await reader.read()
        return done || value === undefined ? { done: true, value: undefined } : { done: false, value }
      } catch (cause) {
        throw exchange.failure(cause)
      }
    },
    return: () => {
      exchange.cancel()
      return Promise.resolve({ done: true, value: undefined })
    },
    [Symbol.asyncIterator]() {
      return this
    }
  }
}
