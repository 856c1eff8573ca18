/**
 * Node's own HTTP engine without the `fetch` on top: a third of its CPU per call.
 *
 * Node bundles undici and keeps its dispatcher under a registered symbol, which `setGlobalDispatcher` of any undici
 * replaces. We read it for every request, so a proxy or mock that a program installs is honoured. While it is the
 * plain built-in agent we use one of the same class with a bound on connections: unbounded, 10,000 calls in flight
 * open 10,000 sockets. Anything unfamiliar: `undefined`, and the caller takes `fetch`.
 */
import * as Effect from "effect/Effect"
import { streamDispatcher } from "./transportDispatcherStream.ts"
import { WireFailure, type ClosableTransport, type TransportOptions, type WireResponse } from "./wire.ts"
import { connectionFailure } from "./wireFailure.ts"

interface Dispatcher {
  readonly dispatch: (options: object, handler: Handler) => boolean
}

// undici 7 and later call the first five, undici 6 (Node 22) the others; each ignores what it does not know.
interface Handler {
  readonly onRequestStart: (controller: Controller) => void
  readonly onResponseStart: (controller: Controller, status: number, headers: HeaderRecord) => void
  readonly onResponseData: (controller: Controller, chunk: Uint8Array) => void
  readonly onResponseEnd: () => void
  readonly onResponseError: (controller: Controller, error: unknown) => void
  readonly onConnect: (abort: (reason?: unknown) => void) => void
  readonly onHeaders: (status: number, headers: ReadonlyArray<Uint8Array>) => boolean
  readonly onData: (chunk: Uint8Array) => boolean
  readonly onComplete: () => void
  readonly onError: (error: unknown) => void
}
interface Controller {
  readonly abort: (reason: unknown) => void
}
type HeaderRecord = Readonly<Record<string, string | ReadonlyArray<string>>>

const isClosable = (u: object): u is { readonly close: () => Promise<void> } =>
  "close" in u && typeof u.close === "function"

const globalDispatcher = Symbol.for("undici.globalDispatcher.1")

const isDispatcher = (u: unknown): u is Dispatcher =>
  typeof u === "object" && u !== null && "dispatch" in u && typeof u.dispatch === "function"

const current = (): Dispatcher | undefined => {
  const dispatcher: unknown = Reflect.get(globalThis, globalDispatcher)
  return isDispatcher(dispatcher) ? dispatcher : undefined
}

const bounded = (builtIn: Dispatcher, connections: number): Dispatcher => {
  if (builtIn.constructor.name !== "Agent") return builtIn
  const Agent = builtIn.constructor as new (options: object) => unknown
  const agent = new Agent({ connections, keepAliveTimeout: 30_000 })
  return isDispatcher(agent) ? agent : builtIn
}

export const makeDispatcher = (options?: TransportOptions): ClosableTransport | undefined => {
  if (globalThis.process?.versions?.["undici"] === undefined) return undefined
  // Node loads its undici, and sets the symbol, when something of fetch is first touched.
  if (current() === undefined) void new Headers()
  const builtIn = current()
  if (builtIn === undefined) return undefined
  const ours = bounded(builtIn, options?.connections ?? 128)
  return {
    stream: streamDispatcher((dispatched, handler) => {
      const now = current() ?? builtIn
      // A handler of its own kind, with the same methods.
      return (now === builtIn ? ours : now).dispatch(dispatched, handler as Handler)
    }),
    close: () => (ours === builtIn || !isClosable(ours) ? Promise.resolve() : ours.close()),
    execute: (request) =>
      Effect.callback<WireResponse, WireFailure>((resume) => {
        const collector = new Collector(resume)
        const now = current() ?? builtIn
        try {
          ;(now === builtIn ? ours : now).dispatch(
            {
              origin: request.origin,
              path: request.path,
              method: request.method,
              headers: request.headers,
              body: request.body,
              // Our own timeouts cover the whole answer; these would cut a longer one short.
              headersTimeout: 0,
              bodyTimeout: 0
            },
            collector
          )
        } catch (error) {
          collector.onError(error)
        }
        return Effect.sync(() => collector.cancel())
      })
  }
}

/** Collects one answer and resumes its fiber once. */
class Collector implements Handler {
  private readonly resume: (effect: Effect.Effect<WireResponse, WireFailure>) => void
  private abort: ((reason: unknown) => void) | undefined
  private started = false
  private settled = false
  private status = 0
  private fields: HeaderRecord = {}
  private first: Uint8Array | undefined
  private more: Array<Uint8Array> | undefined

  constructor(resume: (effect: Effect.Effect<WireResponse, WireFailure>) => void) {
    this.resume = resume
  }

  onRequestStart(controller: Controller): void {
    this.onConnect((reason) => controller.abort(reason))
  }
  onResponseStart(_: Controller, status: number, headers: HeaderRecord): void {
    if (status < 200) return
    this.status = status
    this.fields = headers
  }
  onResponseData(_: Controller, chunk: Uint8Array): void {
    this.onData(chunk)
  }
  onResponseEnd(): void {
    this.onComplete()
  }
  onResponseError(_: Controller, error: unknown): void {
    this.onError(error)
  }

  onConnect(abort: (reason?: unknown) => void): void {
    this.started = true
    this.abort = abort
    if (this.settled) abort(new Error("interrupted"))
  }
  onHeaders(status: number, raw: ReadonlyArray<Uint8Array>): boolean {
    if (status < 200) return true
    const fields: Record<string, string | Array<string>> = Object.create(null)
    for (let i = 0; i + 1 < raw.length; i += 2) {
      const name = decode(raw[i]).toLowerCase()
      const value = decode(raw[i + 1])
      const before = fields[name]
      fields[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value]
    }
    this.status = status
    this.fields = fields
    return true
  }
  onData(chunk: Uint8Array): boolean {
    if (this.first === undefined) this.first = chunk
    else (this.more ??= [this.first]).push(chunk)
    return true
  }
  onComplete(): void {
    if (this.settled) return
    this.settled = true
    const fields = this.fields
    const header = (name: string): string | undefined => {
      const value = fields[name]
      return value === undefined || typeof value === "string" ? value : value.join(", ")
    }
    const bytes = this.more === undefined ? this.first : concat(this.more)
    const encoding = header("content-encoding")
    if (encoding !== undefined && encoding !== "identity" && bytes !== undefined) {
      this.inflate(encoding, bytes, header)
    } else {
      this.succeed(bytes === undefined ? "" : decode(bytes), header)
    }
  }
  onError(error: unknown): void {
    if (this.settled) return
    this.settled = true
    const failure = connectionFailure(error, this.status !== 0)
    // Until a connection takes the request up, not one byte of it can have left.
    this.resume(Effect.fail(new WireFailure(this.started ? failure : { ...failure, sent: "no" })))
  }

  cancel(): void {
    if (this.settled) return
    this.settled = true
    this.abort?.(new Error("interrupted"))
  }

  private succeed(body: string, header: WireResponse["header"]): void {
    const fields = this.fields
    this.resume(
      Effect.succeed({
        status: this.status,
        header,
        headers: () => Object.fromEntries(Object.keys(fields).map((name) => [name, header(name) ?? ""])),
        body
      })
    )
  }

  // We ask for no encoding; a gateway that compresses all the same is read through the platform's own inflater.
  private inflate(encoding: string, bytes: Uint8Array, header: WireResponse["header"]): void {
    const fail = (cause: unknown): void =>
      this.resume(Effect.fail(new WireFailure({ sent: "unknown", phase: "response", code: "BAD_ENCODING", cause })))
    try {
      const format = encoding.trim().toLowerCase().replace(/^x-/, "")
      const stream = new Blob([new Uint8Array(bytes)])
        .stream()
        .pipeThrough(new DecompressionStream(format as ConstructorParameters<typeof DecompressionStream>[0]))
      new Response(stream).text().then((body) => this.succeed(body, header), fail)
    } catch (error) {
      fail(error)
    }
  }
}

const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => Buffer.concat(chunks)

const decoder = new TextDecoder()
const decode = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? "" : Buffer.isBuffer(bytes) ? bytes.toString("utf8") : decoder.decode(bytes)
