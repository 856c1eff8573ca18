/**
 * One request and its timeout as one callback: what nearly every attempt is.
 *
 * `Effect.timeout` races two fibers, which costs more than all else that the SDK does for a call. Here the transport
 * and a plain timer share one callback, and whichever ends first resumes the fiber, once. That is only the same thing
 * while time is the system's: under a clock of the program's own (a TestClock) the pipeline takes the long way.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { longestTimer } from "../transport/direct.ts"
import {
  Send,
  type WireFailure,
  type Cancel,
  type DirectTransport,
  type WireRequest,
  type WireResponse
} from "../transport/port.ts"

/** Reads what a request came to; `undefined` when the time was up first. Runs on the fiber. */
export interface Reader {
  read(ended: WireResponse | WireFailure | undefined): unknown
}

const systemClock = Context.get(Context.empty(), Clock.Clock)

/** Whether an attempt of at most `duration` milliseconds by `clock` can be sent directly. */
export const isDirectable = (duration: number, clock: Clock.Clock): boolean =>
  clock === systemClock && (duration <= longestTimer || duration === Infinity)

/** Sends a request, for at most `duration` milliseconds. */
export const sendDirectly = (
  transport: DirectTransport,
  request: WireRequest,
  duration: number,
  reader: Reader
): Effect.Effect<unknown> =>
  Effect.callback((resume) => {
    const exchange = new Exchange(reader, resume)
    exchange.begin(transport, request, duration)
    return Effect.sync(() => exchange.cancel())
  })

// 10,000 calls may be in flight, so what one keeps is counted: this object, a timer, and few closures.
class Exchange {
  private readonly reader: Reader
  private readonly resume: (effect: Effect.Effect<unknown>) => void
  private pending: Cancel | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private over = false

  constructor(reader: Reader, resume: (effect: Effect.Effect<unknown>) => void) {
    this.reader = reader
    this.resume = resume
  }

  begin(transport: DirectTransport, request: WireRequest, duration: number): void {
    this.pending = transport[Send](request, this)
    if (duration !== Infinity && !this.over) this.timer = setTimeout(expire, duration, this)
  }

  /** Called by the transport, once. */
  end(ended: WireResponse | WireFailure): void {
    if (this.over) return
    this.over = true
    clearTimeout(this.timer)
    this.resume(Effect.sync(() => this.reader.read(ended)))
  }

  expire(): void {
    if (this.over) return
    this.over = true
    this.pending?.cancel()
    this.resume(Effect.sync(() => this.reader.read(undefined)))
  }

  /** The fiber was interrupted. */
  cancel(): void {
    if (this.over) return
    this.over = true
    clearTimeout(this.timer)
    this.pending?.cancel()
  }
}

const expire = (exchange: Exchange): void => exchange.expire()
