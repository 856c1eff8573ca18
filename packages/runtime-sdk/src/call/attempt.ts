/**
 * One attempt: a request and its time. Never fails: how it ended is a value, which the driver reads on the fiber.
 *
 * `Effect.timeout` races two fibers, which costs more than all else that the SDK does for a call. So nearly every
 * attempt is sent directly: the transport and a plain timer share one callback, and whichever ends first resumes the
 * fiber, once. That is only the same thing while time is the system's: under a clock of the program's own (a
 * TestClock), with a transport of its own, or when a body is streamed, the attempt is made of Effects.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { ConfigError } from "../errors/Errors.ts"
import { isSystem } from "../policy/time.ts"
import { longestTimer } from "../transport/direct.ts"
import {
  isDirect,
  Send,
  type DirectTransport,
  type Pending,
  type WireFailure,
  type WireProgress,
  type WireRequest,
  type WireResponse
} from "../transport/port.ts"
import { withAuthorization, type Prepared } from "./prepare.ts"
import type { Request } from "./request.ts"

/** What an attempt is made for. */
export interface Sender<A> {
  readonly prepared: Prepared
  readonly request: Request
  readonly clock: Clock.Clock
  /** How far the request has come, as far as the transport tells. */
  progress: WireProgress | undefined
  /** Makes the request. From here on it may have been sent. */
  wire(key: Redacted.Redacted<string>, traceparent: string | undefined): WireRequest
  /** Reads how the attempt ended; `undefined` when its time was up first. Runs on the fiber. */
  ended(ending: WireResponse | WireFailure | ConfigError | undefined): A
}

/** Makes an attempt of at most `duration` milliseconds. */
export const send = <A>(sender: Sender<A>, duration: number, traceparent: string | undefined): Effect.Effect<A> => {
  const { runtime, streams } = sender.prepared
  const { transport } = runtime
  const key = runtime.config.apiKey
  return streams === undefined &&
    isDirect(transport) &&
    Redacted.isRedacted(key) &&
    isDirectable(duration, sender.clock)
    ? sendDirectly(sender, transport, sender.wire(key, traceparent), duration)
    : sendInEffects(sender, duration, traceparent)
}

/** Whether an attempt of at most `duration` milliseconds by `clock` can be sent directly. */
const isDirectable = (duration: number, clock: Clock.Clock): boolean =>
  isSystem(clock) && (duration <= longestTimer || duration === Infinity)

const sendInEffects = <A>(sender: Sender<A>, duration: number, traceparent: string | undefined): Effect.Effect<A> => {
  const { request } = sender
  const { runtime, streams } = sender.prepared
  const { transport, config } = runtime
  const execute = (key: Redacted.Redacted<string>): Effect.Effect<WireResponse, WireFailure> => {
    const onProgress = (progress: WireProgress): void => {
      sender.progress = progress
    }
    const wire = { ...sender.wire(key, traceparent), onProgress }
    return streams === undefined ? transport.execute(wire) : streams(wire)
  }
  const result = Effect.matchEager(
    Redacted.isRedacted(config.apiKey) ? execute(config.apiKey) : Effect.flatMap(config.apiKey, execute),
    { onFailure: (failure) => sender.ended(failure), onSuccess: (response) => sender.ended(response) }
  )
  const { upload } = request
  const whole = upload === undefined ? result : Effect.onExit(result, () => Effect.sync(upload.close))
  return duration === Infinity
    ? whole
    : Effect.timeoutOrElse(whole, { duration, orElse: () => Effect.sync(() => sender.ended(undefined)) })
}

const sendDirectly = <A>(
  sender: Sender<A>,
  transport: DirectTransport,
  request: WireRequest,
  duration: number
): Effect.Effect<A> =>
  Effect.callback((resume) => {
    const exchange = new Exchange(sender, resume)
    exchange.begin(transport, request, duration)
    return Effect.sync(() => exchange.cancel())
  })

// 10,000 calls may be in flight, so what one keeps is counted: this object, a timer, and few closures.
class Exchange<A> {
  private readonly sender: Sender<A>
  private readonly resume: (effect: Effect.Effect<A>) => void
  private pending: Pending | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private over = false

  constructor(sender: Sender<A>, resume: (effect: Effect.Effect<A>) => void) {
    this.sender = sender
    this.resume = resume
  }

  begin(transport: DirectTransport, request: WireRequest, duration: number): void {
    this.pending = this.sender.progress = transport[Send](request, this)
    if (duration !== Infinity && !this.over) this.timer = setTimeout(expire, duration, this)
  }

  /** Called by the transport, once. */
  end(ending: WireResponse | WireFailure): void {
    if (this.over) return
    this.over = true
    clearTimeout(this.timer)
    this.resume(Effect.sync(() => this.sender.ended(ending)))
  }

  expire(): void {
    if (this.over) return
    this.over = true
    this.pending?.cancel()
    this.resume(Effect.sync(() => this.sender.ended(undefined)))
  }

  /** The fiber was interrupted. */
  cancel(): void {
    if (this.over) return
    this.over = true
    clearTimeout(this.timer)
    this.pending?.cancel()
  }
}

const expire = <A>(exchange: Exchange<A>): void => exchange.expire()

/** The request of an attempt, as it goes to the transport. */
export const wireOf = (
  prepared: Prepared,
  request: Request,
  key: Redacted.Redacted<string>,
  attempt: number,
  traceparent: string | undefined
): WireRequest => {
  const plain = attempt === 0 && request.headers === prepared.headers ? prepared.firstHeaders : undefined
  const headers = plain ?? withAuthorization(request.headers, key, attempt)
  return {
    method: prepared.spec.method,
    origin: prepared.runtime.config.origin,
    path: request.target,
    headers: traceparent === undefined ? headers : [...headers, "traceparent", traceparent],
    body: request.body,
    upload: request.upload
  }
}
