/**
 * Stands between Node's `fetch` and the dispatcher that it sends through, for one request, and sees what `fetch` does not
 * tell: whether anything has left, how often, and an answer that `fetch` keeps to itself (a 407 becomes an error).
 */
import type { Dispatcher } from "./agents.ts"
import { headOfList, headOfRecord, type HeaderRecord, type RawHeaders } from "./head.ts"
import type { WireHead, WireProgress } from "./port.ts"

export class Watch implements Dispatcher, WireProgress {
  protected through: Dispatcher | undefined
  private requests = 0
  private hasLeft = false
  private abort: ((reason: unknown) => void) | undefined
  private isStopped = false
  head: WireHead | undefined

  constructor(through?: Dispatcher) {
    this.through = through
  }

  /** Nothing is known until `fetch` comes here: another client, which never does, may be at work. */
  get sent(): "no" | "unknown" {
    return this.requests > 0 && !this.hasLeft ? "no" : "unknown"
  }

  /** `fetch` by itself repeats a request that is answered 421, on another connection. */
  get resent(): number {
    return Math.max(0, this.requests - 1)
  }

  /** Node's `fetch` gives a body to a mock as it is, to be compared. */
  get isMockActive(): unknown {
    return this.through !== undefined && Reflect.get(this.through, "isMockActive")
  }

  /** What is known of the connection says more than an error does. */
  sharpened<Failure extends Pick<WireProgress, "sent">>(failure: Failure): Failure {
    return this.requests === 0 ? failure : { ...failure, sent: this.sent }
  }

  dispatch(options: object, handler: FetchHandler): unknown {
    this.requests++
    this.listen(handler)
    return this.through?.dispatch(options, handler)
  }

  /** Ends the request where it is sent: now, or before its first byte leaves. */
  protected stop(): void {
    this.isStopped = true
    this.abort?.(new Error("interrupted"))
  }

  private begun(abort: (reason: unknown) => void): void {
    this.abort = abort
    if (this.isStopped) this.stop()
  }

  /** The handler is made by `fetch` for this request alone: its methods are replaced, which costs less than another object. */
  private listen(handler: FetchHandler): void {
    const { onConnect, onHeaders, onRequestStart, onResponseStart } = handler
    // undici 8 calls them by other names; 7 knows both.
    if (onRequestStart !== undefined) {
      handler.onRequestStart = (controller, context) => {
        this.hasLeft = true
        onRequestStart.call(handler, controller, context)
        this.begun((reason) => controller.abort(reason))
      }
      handler.onResponseStart = (controller, status, record, text) => {
        if (status === 407) this.head = headOfRecord(status, record)
        return onResponseStart?.call(handler, controller, status, record, text)
      }
    } else {
      handler.onConnect = (abort, context) => {
        this.hasLeft = true
        onConnect?.call(handler, abort, context)
        this.begun(abort)
      }
      handler.onHeaders = (status, raw, resume, text) => {
        if (status === 407) this.head = headOfList(status, raw)
        return onHeaders?.call(handler, status, raw, resume, text)
      }
    }
  }
}

/** What `fetch` hears its answer with. */
interface FetchHandler {
  onConnect?: (abort: (reason: unknown) => void, context: unknown) => unknown
  onHeaders?: (status: number, raw: RawHeaders, resume: unknown, text: unknown) => unknown
  onRequestStart?: (controller: Controller, context: unknown) => unknown
  onResponseStart?: (controller: Controller, status: number, record: HeaderRecord, text: unknown) => unknown
}

interface Controller {
  readonly abort: (reason: unknown) => void
}
