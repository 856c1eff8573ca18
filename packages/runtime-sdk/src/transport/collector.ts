/**
 * Collects the answer that a dispatcher gives piece by piece. One class for each of undici's two sets of handler
 * names: with both on one object undici 7 takes the newer one, and turns all headers into a record before anyone asks.
 */
import { decodeText, headOfList, headOfRecord, type HeaderRecord, type RawHeaders } from "./head.ts"
import { codingsOf, decodeBytes } from "./decode.ts"
import { connectionFailure } from "./wireFailure.ts"
import { WireFailure, type Completion, type Pending, type WireHead } from "./port.ts"

interface Controller {
  readonly abort: (reason: unknown) => void
}

/** What both have in common. */
abstract class Base implements Pending {
  private readonly completion: Completion
  private abort: ((reason: unknown) => void) | undefined
  private settled = false
  private first: Uint8Array | undefined
  private more: Array<Uint8Array> | undefined
  head: WireHead | undefined

  constructor(completion: Completion) {
    this.completion = completion
  }

  // Until a connection takes the request up, not one byte of it can have left.
  get sent(): "no" | "unknown" {
    return this.abort === undefined ? "no" : "unknown"
  }

  protected connected(abort: (reason: unknown) => void): void {
    this.abort = abort
    if (this.settled) abort(new Error("interrupted"))
  }

  protected piece(chunk: Uint8Array): void {
    if (this.first === undefined) this.first = chunk
    else (this.more ??= [this.first]).push(chunk)
  }

  protected complete(): void {
    const { head } = this
    if (head === undefined) return this.failed(new TypeError("an answer without a status"))
    if (this.settled) return
    this.settled = true
    const { status, header, headers } = head
    const end = (body: string): void => this.completion.end({ status, header, headers, body })
    const bytes = this.more === undefined ? this.first : Buffer.concat(this.more)
    if (bytes === undefined) return end("")
    const codings = codingsOf(head)
    if (codings.length === 0) return end(decodeText(bytes))
    decodeBytes(bytes, codings, head).then(
      (content) => end(decodeText(content)),
      (failure: WireFailure) => this.completion.end(failure)
    )
  }

  failed(error: unknown): void {
    if (this.settled) return
    this.settled = true
    // What is known of the connection says more than the error: a retry of the program's own may have sent it before.
    const { head, sent } = this
    this.completion.end(new WireFailure({ ...connectionFailure(error, head), sent }))
  }

  cancel(): void {
    if (this.settled) return
    this.settled = true
    this.abort?.(new Error("interrupted"))
  }
}

/** For undici 8 and later. */
export class Collector extends Base {
  onRequestStart(controller: Controller): void {
    this.connected((reason) => controller.abort(reason))
  }
  onResponseStart(_: Controller, status: number, record: HeaderRecord): void {
    if (status >= 200) this.head = headOfRecord(status, record)
  }
  onResponseData(_: Controller, chunk: Uint8Array): void {
    this.piece(chunk)
  }
  onResponseEnd(): void {
    this.complete()
  }
  onResponseError(_: Controller, error: unknown): void {
    this.failed(error)
  }
}

/** For undici 6 and 7. */
export class LegacyCollector extends Base {
  onConnect(abort: (reason?: unknown) => void): void {
    this.connected(abort)
  }
  onHeaders(status: number, raw: RawHeaders): boolean {
    if (status >= 200) this.head = headOfList(status, raw)
    return true
  }
  onData(chunk: Uint8Array): boolean {
    this.piece(chunk)
    return true
  }
  onComplete(): void {
    this.complete()
  }
  onError(error: unknown): void {
    this.failed(error)
  }
}

/** For a dispatcher of any undici. */
export class EitherCollector extends Collector {
  onConnect(abort: (reason?: unknown) => void): void {
    this.connected(abort)
  }
  onHeaders(status: number, raw: RawHeaders): boolean {
    if (status >= 200) this.head = headOfList(status, raw)
    return true
  }
  onData(chunk: Uint8Array): boolean {
    this.piece(chunk)
    return true
  }
  onComplete(): void {
    this.complete()
  }
  onError(error: unknown): void {
    this.failed(error)
  }
}
