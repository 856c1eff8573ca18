/**
 * Bodies that are streamed, through Node's dispatcher: the connection is paused while nobody reads.
 */
import * as Effect from "effect/Effect"
import { headOfList, headOfRecord, type HeaderRecord, type RawHeaders } from "./head.ts"
import { codingsOf, decodePieces } from "./decode.ts"
import { openUpload } from "./streaming.ts"
import { WireFailure, type WireHead, type WireProgress, type WireRequest, type WireStream } from "./port.ts"
import { connectionFailure } from "./wireFailure.ts"

interface Controller {
  readonly abort: (reason: unknown) => void
  readonly pause: () => void
  readonly resume: () => void
}

/** Dispatches through whichever dispatcher is current. */
export const streamDispatcher =
  (dispatch: (options: object, handler: object) => unknown) =>
  (request: WireRequest): Effect.Effect<WireStream, WireFailure> =>
    Effect.flatMap(openUpload(request), (upload) =>
      Effect.callback((resume) => {
        const streaming = new Streaming(resume)
        request.onProgress?.(streaming)
        const size = upload?.size === undefined ? [] : ["content-length", String(upload.size)]
        try {
          dispatch(
            {
              origin: request.origin,
              path: request.path,
              method: request.method,
              headers: [...request.headers, ...size],
              body: upload === undefined ? request.body : upload.chunks,
              headersTimeout: 0,
              bodyTimeout: 0,
              // An interceptor of the program's would follow redirects, and take the body along.
              maxRedirections: 0
            },
            streaming
          )
        } catch (error) {
          streaming.onError(error)
        }
        return Effect.sync(() => streaming.cancel())
      })
    )

/** Read ahead of the reader at most this many bytes, beyond what one read of the socket brings. */
const highWater = 262_144

/** One answer: resumes its fiber when the answer begins, then hands out pieces. */
class Streaming implements AsyncIterableIterator<Uint8Array>, WireProgress {
  private readonly resumeFiber: (effect: Effect.Effect<WireStream, WireFailure>) => void
  private abort: ((reason: unknown) => void) | undefined
  private unpause: (() => void) | undefined
  private paused = false
  /** Until a connection takes the request up, not one byte of it can have left. */
  sent: "no" | "unknown" = "no"
  head: WireHead | undefined
  private cancelled = false
  private queue: Array<Uint8Array> = []
  private size = 0
  private end: { readonly failure: WireFailure | undefined } | undefined
  private waiting: (() => void) | undefined

  constructor(resume: (effect: Effect.Effect<WireStream, WireFailure>) => void) {
    this.resumeFiber = resume
  }

  // undici 7 and later.
  onRequestStart(controller: Controller): void {
    this.unpause = () => controller.resume()
    this.onConnect((reason) => controller.abort(reason))
  }
  onResponseStart(_: Controller, status: number, record: HeaderRecord): void {
    if (status >= 200) this.begin(headOfRecord(status, record))
  }
  onResponseData(controller: Controller, chunk: Uint8Array): void {
    if (!this.push(chunk)) controller.pause()
  }
  onResponseEnd(): void {
    this.onComplete()
  }
  onResponseError(_: Controller, error: unknown): void {
    this.onError(error)
  }

  // undici 6.
  onConnect(abort: (reason?: unknown) => void): void {
    this.sent = "unknown"
    this.abort = abort
    if (this.cancelled) abort(new Error("interrupted"))
  }
  onHeaders(status: number, raw: RawHeaders, resume: () => void): boolean {
    if (status < 200) return true
    this.unpause = resume
    this.begin(headOfList(status, raw))
    return true
  }
  onData(chunk: Uint8Array): boolean {
    return this.push(chunk)
  }
  onComplete(): void {
    this.finish(undefined)
  }
  onError(error: unknown): void {
    this.finish(new WireFailure({ ...connectionFailure(error, this.head), sent: this.sent }))
  }

  cancel(): void {
    if (this.cancelled) return
    this.cancelled = true
    this.queue = []
    if (this.end === undefined) {
      this.abort?.(new Error("interrupted"))
      this.finish(undefined)
    }
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      const chunk = this.queue.shift()
      if (chunk !== undefined) {
        this.size -= chunk.length
        if (this.paused && this.size < highWater) {
          this.paused = false
          this.unpause?.()
        }
        return { done: false, value: chunk }
      }
      if (this.end !== undefined) {
        if (this.end.failure !== undefined) throw this.end.failure
        return { done: true, value: undefined }
      }
      // One reader waits for one piece.
      // oxlint-disable-next-line no-await-in-loop
      await new Promise<void>((resolve) => {
        this.waiting = resolve
      })
    }
  }
  return(): Promise<IteratorResult<Uint8Array>> {
    this.cancel()
    return Promise.resolve({ done: true, value: undefined })
  }
  [Symbol.asyncIterator](): this {
    return this
  }

  private begin(head: WireHead): void {
    this.head = head
    this.resumeFiber(Effect.succeed({ ...head, chunks: decode(this, head) }))
  }

  private push(chunk: Uint8Array): boolean {
    if (this.cancelled) return true
    this.queue.push(chunk)
    this.size += chunk.length
    this.wake()
    this.paused = this.size >= highWater
    return !this.paused
  }

  private finish(failure: WireFailure | undefined): void {
    if (this.end !== undefined) return
    this.end = { failure }
    if (this.head === undefined && failure !== undefined) this.resumeFiber(Effect.fail(failure))
    this.wake()
  }

  private wake(): void {
    const waiting = this.waiting
    this.waiting = undefined
    waiting?.()
  }
}

const decode = (chunks: Streaming, head: WireHead): AsyncIterableIterator<Uint8Array> => {
  const codings = codingsOf(head)
  if (codings.length === 0) return chunks
  const pieces = decodePieces(chunks, codings, head)
  return {
    next: () => pieces.next(),
    // Also while a piece is waited for, which a generator would finish first.
    return: async () => {
      chunks.cancel()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    }
  }
}
