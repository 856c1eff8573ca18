/**
 * Bodies that are streamed, through `fetch`.
 */
import * as Effect from "effect/Effect"
import { headOfResponse } from "./head.ts"
import { openUpload } from "./streaming.ts"
import { WireFailure, type WireHead, type WireRequest, type WireStream, type WireUploadBody } from "./port.ts"
import { connectionFailure } from "./wireFailure.ts"

export const streamFetch = (request: WireRequest): Effect.Effect<WireStream, WireFailure> =>
  Effect.flatMap(openUpload(request), (upload) =>
    Effect.callback((resume, interrupted) => {
      // Of its own, because the body outlives this effect.
      const controller = new AbortController()
      interrupted.addEventListener("abort", () => controller.abort(), { once: true })
      const headers: Array<[string, string]> = []
      for (let i = 0; i < request.headers.length; i += 2) {
        headers.push([request.headers[i] ?? "", request.headers[i + 1] ?? ""])
      }
      globalThis
        .fetch(request.origin + request.path, {
          method: request.method,
          headers,
          redirect: "manual",
          signal: controller.signal,
          ...(upload === undefined
            ? request.body === undefined
              ? undefined
              : { body: request.body }
            : { body: readable(upload), duplex: "half" })
        })
        .then(
          (response) => resume(Effect.succeed(streamOf(response, controller))),
          (cause: unknown) => resume(Effect.fail(new WireFailure(connectionFailure(cause))))
        )
    })
  )

const streamOf = (response: Response, controller: AbortController): WireStream => {
  const head = headOfResponse(response)
  return { ...head, chunks: read(response.body, head, controller) }
}

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

const read = (
  body: ReadableStream<Uint8Array> | null,
  head: WireHead,
  controller: AbortController
): AsyncIterableIterator<Uint8Array> => {
  const reader = body?.getReader()
  return {
    next: async () => {
      if (reader === undefined) return { done: true, value: undefined }
      try {
        const { done, value } = await reader.read()
        return done ? { done: true, value: undefined } : { done: false, value }
      } catch (cause) {
        throw new WireFailure(connectionFailure(cause, head))
      }
    },
    return: () => {
      controller.abort()
      return Promise.resolve({ done: true, value: undefined })
    },
    [Symbol.asyncIterator]() {
      return this
    }
  }
}
