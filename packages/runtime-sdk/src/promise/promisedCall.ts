/**
 * The promise of one call, and how it is run: the rejected value is the typed error itself.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { Arguments, Call } from "../call/call.ts"
import type { ResponseInfo } from "../call/CallOptions.ts"
import { text } from "../call/message.ts"
import { CallRecord } from "../call/record.ts"
import { invalidRequest } from "../call/request.ts"
import { Aborted, isRuntimeError } from "../errors/Errors.ts"
import type { WithResponse } from "./ClientTypes.ts"

/** A call under way. */
export interface Running {
  /** Whether it has failed. */
  failed: boolean
  /** What runs it, until it has settled: interrupted, it rejects with `Aborted`. */
  fiber: Fiber.Fiber<unknown, unknown> | undefined
  /** What the caller gets of the value; the value itself by default. */
  readonly show?: (value: unknown) => unknown
}

/** Runs a call. The signal's listener goes when the call settles. */
export const run = <A>(
  call: Call,
  args: Arguments,
  record: CallRecord,
  resolve: (value: A | PromiseLike<A>) => void,
  running?: Running
): void => {
  const reject = (error: unknown): void => {
    if (running !== undefined) running.failed = true
    resolve(failed(error))
  }
  const signal = signalOf(args)
  if (signal === null) {
    return reject(invalidRequest(call, [{ path: ["signal"], message: "Expected an AbortSignal" }]))
  }
  if (signal?.aborted === true) {
    call.skip(args)
    return reject(aborted(call, record, signal))
  }
  const fiber = Effect.runFork(call(args, record), signal === undefined ? undefined : { signal })
  // No closure here may name the fiber: the promise of a list would keep it, and with it all that was read, and V8 would
  // find the pages of lists that are long over only in its slow collections.
  if (running !== undefined) running.fiber = fiber
  fiber.addObserver((exit) => {
    if (running !== undefined) running.fiber = undefined
    if (Exit.isSuccess(exit)) {
      // What the contract says the operation gives.
      return resolve((running?.show === undefined ? exit.value : running.show(exit.value)) as A)
    }
    const error = Cause.findErrorOption(exit.cause)
    if (Option.isSome(error)) reject(error.value)
    else if (Cause.hasInterruptsOnly(exit.cause)) reject(aborted(call, record, signal))
    else reject(Cause.squash(exit.cause))
    record.left()
  })
}

/** The signal of a call, `null` for something else in its place. One of another realm will do. */
export const signalOf = ({ options }: Arguments): AbortSignal | undefined | null => {
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

export const aborted = (call: Call, record: CallRecord, signal: AbortSignal | undefined): Aborted => {
  const fields = {
    operation: call.operation,
    method: call.method,
    path: call.path,
    attempts: record.attempts,
    outcome: record.outcome,
    idempotencyKey: record.idempotencyKey,
    idempotencyScope: record.idempotencyScope
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
export const failed = async (error: unknown): Promise<never> => {
  await undefined
  await undefined
  if (isRuntimeError(error)) Error.captureStackTrace?.(error, failed)
  throw error
}

/** The promise of one call. */
export class PromisedCall<A> extends Promise<A> {
  // Private in earnest: it holds what is being sent, and a promise may be printed.
  readonly #record: CallRecord
  constructor(call: Call, args: Arguments, running?: Running) {
    const record = new CallRecord()
    super((resolve) => run<A>(call, args, record, resolve, running))
    this.#record = record
  }
  withResponse(): Promise<WithResponse<A>> {
    return this.then((value) => {
      const response: ResponseInfo | undefined = this.#record.info
      if (response === undefined) throw new TypeError("A call that succeeded has an answer")
      return { value, response }
    })
  }
}

// `await` takes a promise as it is, without another around it, only if its constructor is Promise itself. That also
// makes plain promises of what `then` derives.
export const asPlainPromise = (prototype: object): void => {
  Object.defineProperty(prototype, "constructor", { value: Promise, configurable: true, writable: true })
}
asPlainPromise(PromisedCall.prototype)

/** An iterator whose `next` may be called again before it has answered: calls queue up. */
export const queued = <A>(
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

export const end = { done: true, value: undefined } as const
