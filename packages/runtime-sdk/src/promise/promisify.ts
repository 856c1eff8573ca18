/**
 * Turns the calls of a resource into promises, mechanically: Effect -> Promise, pages -> AsyncIterable. The rejected
 * value is the typed error itself.
 */
import type { Arguments, Call, Runtime } from "../call/call.ts"
import { CallRecord } from "../call/record.ts"
import { type Face, surface } from "../call/surface.ts"
import type { Group } from "../contract/Operation.ts"
import type { ByteStream } from "../transport/byteStream.ts"
import type { CallPromise, ClientOf } from "./ClientTypes.ts"
import { items, PagedCall, Pages, pagesOf } from "./pages.ts"
import { aborted, end, failed, PromisedCall, queued, run, type Running, signalOf } from "./promisedCall.ts"

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

/** Content, piece by piece. The signal is listened to until the content ends. */
const download = (call: Call, args: Arguments): AsyncIterableIterator<Uint8Array> => {
  const signal = signalOf(args) ?? undefined
  let stopped = false
  const running: Running = { failed: false, fiber: undefined }
  let opening: Promise<ByteStream> | undefined
  let detach = (): void => {}
  const open = async (): Promise<ByteStream> => {
    const record = new CallRecord()
    const bytes = await new Promise<ByteStream>((resolve) => run(call, args, record, resolve, running))
    const abort = (): void => bytes.fail(aborted(call, record, signal))
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
      return stopped ? end : failed(error)
    }
  }
  const stop = async (): Promise<void> => {
    stopped = true
    // What has not answered yet is given up, and not tried again.
    running.fiber?.interruptUnsafe()
    const bytes = await opening?.catch(() => undefined)
    detach()
    await bytes?.return()
  }
  return queued(pull, stop)
}
