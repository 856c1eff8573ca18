/**
 * Turns the calls of a resource into promises, mechanically: Effect -> Promise, pages -> AsyncIterable. The rejected
 * value is the typed error itself.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { ResponseInfo } from "../call/CallOptions.ts"
import type { CallPromise, ClientOf, WithResponse } from "./ClientTypes.ts"
import type { Group } from "../contract/Operation.ts"
import type { Page } from "../contract/shared.ts"
import { Aborted, isRuntimeError } from "../errors/Errors.ts"
import type { ByteStream } from "../transport/byteStream.ts"
import { text } from "../call/message.ts"
import type { Arguments, Call, Runtime } from "../call/call.ts"
import { invalidRequest } from "../call/request.ts"
import { type Face, loopError, surface } from "../call/surface.ts"
import { Sink } from "../call/record.ts"

/** Builds a resource of the promise client. */
export const promisify = <G extends Group>(runtime: Runtime, name: string, group: G): ClientOf<G> =>
  // `ClientOf` is the loop of `surface`, spelled out; a test compares the two.
  surface(runtime, name, group, face) as unknown as ClientOf<G>

const face: Face = {
  call: (call, args) => new PromisedCall(call, args),
  list: (call, args) => new PagedCall(call, args),
  rows: (call, args) => ({ [Symbol.asyncIterator]: () => items(new Pages(call, args, undefined)) }),
  pages: (call, args) => ({ [Symbol.asyncIterator]: () => pagesOf(new Pages(call, args, undefined)) }),
  bytes: (call, args) => ({ [Symbol.asyncIterator]: () => download(call, args) })
}

/** Runs one call as a promise of the client. */
export const promise = <A>(call: Call, args: Arguments): CallPromise<A> => new PromisedCall<A>(call, args)

/** Runs a call. The signal's listener goes when the call settles. */
const run = <A>(call: Call, args: Arguments, sink: Sink, resolve: (value: A | PromiseLike<A>) => void): void => {
  const signal = signalOf(args)
  if (signal === null) {
    return resolve(failed(invalidRequest(call, [{ path: ["signal"], message: "Expected an AbortSignal" }])))
  }
  if (signal?.aborted === true) return resolve(failed(aborted(call, sink, signal)))
  const fiber = Effect.runFork(call(args, sink), signal === undefined ? undefined : { signal })
  fiber.addObserver((exit) => {
    if (Exit.isSuccess(exit)) return resolve(exit.value as A) // What the contract says the operation gives.
    const error = Cause.findErrorOption(exit.cause)
    if (Option.isSome(error)) resolve(failed(error.value))
    else if (Cause.hasInterruptsOnly(exit.cause)) resolve(failed(aborted(call, sink, signal)))
    else resolve(failed(Cause.squash(exit.cause)))
  })
}

/** The signal of a call, `null` for something else in its place. One of another realm will do. */
const signalOf = ({ options }: Arguments): AbortSignal | undefined | null => {
  const { signal }: { readonly signal?: unknown } = Object(options)
  if (signal === undefined || signal === null) return undefined
  return isSignal(signal) ? signal : null
}

const isSignal = (u: unknown): u is AbortSignal =>
  typeof u === "object" &&
  u !== null &&
  "aborted" in u &&
  "addEventListener" in u &&
  typeof u.addEventListener === "function"

const aborted = (call: Call, sink: Sink, signal: AbortSignal | undefined): Aborted => {
  const fields = {
    operation: call.operation,
    method: call.method,
    path: call.path,
    attempts: sink.attempts,
    outcome: sink.outcome,
    idempotencyKey: sink.idempotencyKey
  }
  return new Aborted({ ...fields, reason: signal?.reason, message: text(fields, "aborted by the caller's signal.") })
}

/**
 * A promise that rejects with the error, which by then has the frames of whoever awaits.
 *
 * To note the caller's frames on the way in would cost each call that succeeds more than all else that we do for it
 * (8 of 47 us). The engine finds them on the way out: the stack of an async function goes on with the functions that
 * await it. The promise of the call has to follow this one before that, and does so one turn late; hence two turns.
 */
const failed = async (error: unknown): Promise<never> => {
  await undefined
  await undefined
  if (isRuntimeError(error)) Error.captureStackTrace?.(error, failed)
  throw error
}

/** Content, piece by piece. The signal is listened to until the content ends. */
const download = (call: Call, args: Arguments): AsyncIterableIterator<Uint8Array> => {
  const signal = signalOf(args) ?? undefined
  let stopped = false
  let opening: Promise<ByteStream> | undefined
  let detach = (): void => {}
  const open = async (): Promise<ByteStream> => {
    const sink = new Sink()
    const bytes = await new Promise<ByteStream>((resolve) => run(call, args, sink, resolve))
    const abort = (): void => bytes.fail(aborted(call, sink, signal))
    signal?.addEventListener("abort", abort, { once: true })
    detach = () => signal?.removeEventListener("abort", abort)
    if (signal?.aborted === true) abort()
    return bytes
  }
  const pull = async (): Promise<IteratorResult<Uint8Array>> => {
    if (stopped) return end
    try {
      opening ??= open()
      const bytes = await opening
      const result = await bytes.next()
      if (result.done === true) detach()
      return result
    } catch (error) {
      detach()
      return failed(error)
    }
  }
  const stop = async (): Promise<void> => {
    stopped = true
    // A connection that is still being made is closed as soon as it is there.
    const bytes = await opening?.catch(() => undefined)
    detach()
    await bytes?.return()
  }
  return queued(pull, stop)
}

/** The promise of one call. */
class PromisedCall<A> extends Promise<A> {
  private readonly sink: Sink
  constructor(call: Call, args: Arguments) {
    const sink = new Sink()
    super((resolve) => run(call, args, sink, resolve))
    this.sink = sink
  }
  withResponse(): Promise<WithResponse<A>> {
    return this.then((value) => {
      const response: ResponseInfo | undefined = this.sink.info
      if (response === undefined) throw new TypeError("A call that succeeded has an answer")
      return { value, response }
    })
  }
}

/** The promise of a list, which can also be walked. */
class PagedCall<A> extends PromisedCall<Page<A>> {
  // Out of sight: the arguments may hold secret headers, and a promise may be printed.
  readonly #call: Call
  readonly #args: Arguments
  constructor(call: Call, args: Arguments) {
    super(call, args)
    this.#call = call
    this.#args = args
  }
  [Symbol.asyncIterator](): AsyncIterableIterator<A> {
    return items(new Pages<A>(this.#call, this.#args, this))
  }
}

// `await` takes a promise as it is, without another around it, only if its constructor is Promise itself. That also
// makes plain promises of what `then` derives.
for (const { prototype } of [PromisedCall, PagedCall]) {
  Object.defineProperty(prototype, "constructor", { value: Promise, configurable: true, writable: true })
}

/** Walks pages. After an error the same page is asked for again. */
class Pages<A> {
  private readonly call: Call
  private args: Arguments
  /** The page that is already on its way, if the list was called before it was walked. */
  private first: Promise<Page<A>> | undefined
  private done = false
  private readonly seen = new Set<string>()

  constructor(call: Call, args: Arguments, first: Promise<Page<A>> | undefined) {
    this.call = call
    this.args = args
    this.first = first
  }
  async next(): Promise<Page<A> | undefined> {
    if (this.done) return undefined
    const pending = this.first ?? new PromisedCall<Page<A>>(this.call, this.args)
    this.first = undefined
    const page = await pending
    const cursor = page.nextCursor
    if (cursor === undefined) this.done = true
    else if (this.seen.has(cursor)) return failed(loopError(this.call))
    else {
      this.seen.add(cursor)
      this.args = { ...this.args, query: { ...Object(this.args.query), cursor } }
    }
    return page
  }
  stop(): void {
    this.done = true
    this.first = undefined
  }
}

/** An iterator whose `next` may be called again before it has answered: calls queue up. */
const queued = <A>(
  pull: () => Promise<IteratorResult<A>>,
  stop: () => void | Promise<void>
): AsyncIterableIterator<A> => {
  let last: Promise<unknown> = Promise.resolve()
  return {
    next() {
      const result = last.then(pull, pull)
      last = result
      return result
    },
    async return() {
      await stop()
      return end
    },
    [Symbol.asyncIterator]() {
      return this
    }
  }
}

const end = { done: true, value: undefined } as const

const items = <A>(pages: Pages<A>): AsyncIterableIterator<A> => {
  let rows: ReadonlyArray<A> = []
  let at = 0
  let stopped = false
  const pull = async (): Promise<IteratorResult<A>> => {
    while (at >= rows.length) {
      const page = stopped ? undefined : await pages.next()
      if (page === undefined) return end
      rows = page.items
      at = 0
    }
    return stopped ? end : { done: false, value: rows[at++] as A } // `at` is within the array.
  }
  return queued(pull, () => {
    stopped = true
    pages.stop()
  })
}

const pagesOf = <A>(pages: Pages<A>): AsyncIterableIterator<Page<A>> =>
  queued(
    async (): Promise<IteratorResult<Page<A>>> => {
      const page = await pages.next()
      return page === undefined ? end : { done: false, value: page }
    },
    () => pages.stop()
  )
