/**
 * Stands between Node's `fetch` and the dispatcher that it sends through, for one request, and sees what `fetch` does not
 * tell: whether anything has left, how often, and an answer that `fetch` keeps to itself.
 */
import type { Dispatcher } from "./agents.ts"
import { headOfList, headOfRecord, type HeaderRecord, type RawHeaders } from "./head.ts"
import type { WireHead, WireProgress } from "./port.ts"

export class Watch implements Dispatcher, WireProgress {
  protected through: Dispatcher | undefined
  private requests = 0
  private hasLeft = false
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

  dispatch(options: object, handler: object): unknown {
    this.requests++
    const proxy: object = Object.create(handler)
    this.before(proxy, handler, "onRequestStart", () => this.left())
    this.before(proxy, handler, "onConnect", () => this.left())
    // By a list of undici 7, by a record of 8.
    this.before(proxy, handler, "onHeaders", (status, raw) =>
      this.begun(status, () => headOfList(407, raw as RawHeaders))
    )
    this.before(proxy, handler, "onResponseStart", (_, status, record) =>
      this.begun(status, () => headOfRecord(407, record as HeaderRecord))
    )
    return this.through?.dispatch(options, proxy)
  }

  private left(): void {
    this.hasLeft = true
  }

  /** A 407 becomes an error without a word. */
  private begun(status: unknown, head: () => WireHead): void {
    if (status === 407) this.head = head()
  }

  /** Has a method of the handler tell us first. */
  private before(proxy: object, handler: object, name: string, tell: (...args: ReadonlyArray<unknown>) => void): void {
    const method: unknown = Reflect.get(handler, name)
    if (typeof method !== "function") return
    Reflect.set(proxy, name, function (this: unknown, ...args: ReadonlyArray<unknown>): unknown {
      tell(...args)
      return Reflect.apply(method, this, args)
    })
  }
}
