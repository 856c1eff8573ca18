/**
 * What both transports and the pipeline need for bodies that are streamed.
 */
import * as Effect from "effect/Effect"
import {
  WireFailure,
  type TransportShape,
  type WireHead,
  type WireProgress,
  type WireRequest,
  type WireResponse,
  type WireStream,
  type WireUploadBody
} from "./port.ts"

/** The code of a WireFailure whose fault lies with what was to be uploaded. */
export const sourceFailed = "UPLOAD_SOURCE"

export const sourceFailure = (cause: unknown, sent: WireFailure["sent"], head?: WireHead): WireFailure =>
  new WireFailure({ sent, phase: "connection", code: sourceFailed, cause, head })

/** Opens the upload of a request, if it has one. */
export const openUpload = (request: WireRequest): Effect.Effect<WireUploadBody | undefined, WireFailure> => {
  const { upload } = request
  return upload === undefined
    ? Effect.succeed(undefined)
    : Effect.tryPromise({
        try: () => upload.open(),
        catch: (cause) => sourceFailure(cause, "no")
      })
}

/** How a prepared operation sends its attempts, when it is not plain JSON both ways. */
export const streamer = (
  runtime: { readonly transport: TransportShape },
  answer: "text" | "bytes" | "stream"
): ((request: WireRequest) => Effect.Effect<WireResponse, WireFailure>) => {
  return (request) => {
    const { stream } = runtime.transport
    if (stream === undefined) {
      const cause = new TypeError("The transport has no `stream`")
      return Effect.fail(new WireFailure({ sent: "no", phase: "connection", code: "NO_STREAM", cause }))
    }
    let progress: WireProgress | undefined
    const onProgress = (now: WireProgress): void => {
      progress = now
      request.onProgress?.(now)
    }
    return Effect.flatMap(stream({ ...request, onProgress }), (response) => {
      if (progress?.head === undefined) onProgress({ sent: "unknown", head: response, resent: progress?.resent })
      const ok = response.status >= 200 && response.status < 300
      if (ok && answer === "stream") return Effect.succeed(whole(response, "", response.chunks))
      return Effect.map(collect(response, ok ? Infinity : errorLimit), (bytes) =>
        ok && answer === "bytes" ? whole(response, "", bytes) : whole(response, decoder.decode(bytes))
      )
    })
  }
}

const decoder = new TextDecoder()

/** An error's body is read for its message; what goes on after this is something else. */
const errorLimit = 1_048_576

const whole = (
  { status, header, headers }: WireHead,
  body: string,
  content?: WireResponse["content"]
): WireResponse => ({ status, header, headers, body, content })

const collect = (response: WireStream, limit: number): Effect.Effect<Uint8Array, WireFailure> =>
  Effect.tryPromise({
    try: async (signal) => {
      signal.addEventListener("abort", () => void response.chunks.return?.())
      const parts: Array<Uint8Array> = []
      let size = 0
      for await (const chunk of response.chunks) {
        parts.push(chunk)
        size += chunk.length
        if (size > limit) break
      }
      return concat(parts, size)
    },
    catch: (error) => brokenOff(error, response)
  })

const brokenOff = (error: unknown, head: WireHead): WireFailure =>
  new WireFailure(
    error instanceof WireFailure
      ? { ...error, head: error.head ?? head }
      : { sent: "unknown", phase: "response", code: undefined, cause: error, head }
  )

const concat = (parts: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const out = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
