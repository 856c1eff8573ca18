/**
 * Node's own HTTP engine without the `fetch` on top: a third of its CPU per call.
 *
 * Node bundles undici and keeps its dispatcher under a registered symbol, which `setGlobalDispatcher` of any undici
 * replaces. We read it for every request, so a proxy or mock that a program installs is honoured. While it is the
 * plain built-in agent we use one of the same class with a bound on connections: unbounded, 10,000 calls in flight
 * open 10,000 sockets. Anything unfamiliar: `undefined`, and the caller takes `fetch`.
 */
import { executeWith } from "./direct.ts"
import { Collector, LegacyCollector } from "./collector.ts"
import { streamDispatcher } from "./dispatcherStream.ts"
import {
  Send,
  type Completion,
  type DirectTransport,
  type Pending,
  type TransportOptions,
  type TransportShape,
  type WireRequest
} from "./port.ts"

interface Dispatcher {
  readonly dispatch: (options: object, handler: object) => boolean
}

const isClosable = (u: object): u is { readonly close: () => Promise<void> } =>
  "close" in u && typeof u.close === "function"

const isDispatcher = (u: unknown): u is Dispatcher =>
  typeof u === "object" && u !== null && "dispatch" in u && typeof u.dispatch === "function"

/** The dispatcher that Node's own `fetch` takes: undici 8 moved it, and left an adapter in the old place. */
const current = (undici: number): Dispatcher | undefined => {
  const dispatcher: unknown = Reflect.get(globalThis, undici < 8 ? before8 : since8)
  return isDispatcher(dispatcher) ? dispatcher : undefined
}
const before8 = Symbol.for("undici.globalDispatcher.1")
const since8 = Symbol.for("undici.globalDispatcher.2")

/**
 * Whether a dispatcher is an agent without options of its own: one that a program has set may carry certificates, or
 * interceptors around its `dispatch`, and none of that may get lost.
 */
const isPlain = (dispatcher: Dispatcher): boolean => {
  const { constructor } = dispatcher
  if (constructor.name !== "Agent" || dispatcher.dispatch !== Reflect.get(constructor.prototype, "dispatch"))
    return false
  const key = Object.getOwnPropertySymbols(dispatcher).find(({ description }) => description === "options")
  if (key === undefined) return false
  const options: object = Object(Reflect.get(dispatcher, key))
  return Object.values(options).every((value) => value === undefined || value === Infinity)
}

const bounded = (builtIn: Dispatcher, connections: number): Dispatcher => {
  if (!isPlain(builtIn)) return builtIn
  const Agent = builtIn.constructor as new (options: object) => unknown
  const agent = new Agent({ connections, keepAliveTimeout: 30_000 })
  return isDispatcher(agent) ? agent : builtIn
}

/** Node's dispatcher as transport; `undefined` where there is none that we know. */
export const makeDispatcher = (options?: TransportOptions): DirectTransport | undefined => {
  const undici = Number.parseInt(globalThis.process?.versions?.["undici"] ?? "", 10)
  if (Number.isNaN(undici)) return undefined
  // Node loads its undici, and sets the symbol, when something of fetch is first touched.
  if (current(undici) === undefined) void new Headers()
  const builtIn = current(undici)
  return builtIn === undefined ? undefined : new DispatcherTransport(builtIn, options?.connections ?? 128, undici)
}

class DispatcherTransport implements DirectTransport {
  private readonly builtIn: Dispatcher
  private readonly ours: Dispatcher
  private readonly undici: number
  readonly execute: TransportShape["execute"]
  readonly stream: NonNullable<TransportShape["stream"]>

  constructor(builtIn: Dispatcher, connections: number, undici: number) {
    this.builtIn = builtIn
    this.ours = bounded(builtIn, connections)
    this.undici = undici
    this.execute = executeWith(this)
    this.stream = streamDispatcher((dispatched, handler) => {
      const now = current(this.undici) ?? this.builtIn
      return (now === this.builtIn ? this.ours : now).dispatch(dispatched, handler)
    })
  }

  close(): Promise<void> {
    const { ours } = this
    return ours === this.builtIn || !isClosable(ours) ? Promise.resolve() : ours.close()
  }

  [Send](request: WireRequest, completion: Completion): Pending {
    // undici 8 calls its handlers by other names. Whatever a program installs serves Node's own fetch too, so the
    // names that Node's undici uses are understood. (7 takes both, but converts all headers for the newer ones.)
    const collector = this.undici < 8 ? new LegacyCollector(completion) : new Collector(completion)
    const now = current(this.undici) ?? this.builtIn
    const dispatcher = now === this.builtIn ? this.ours : now
    try {
      dispatcher.dispatch(
        {
          origin: request.origin,
          path: request.path,
          method: request.method,
          // A list may be shared between calls: interceptors of the program's get one that they may change.
          headers: dispatcher === now ? [...request.headers] : request.headers,
          body: request.body,
          // Our own timeouts cover the whole answer; these would cut a longer one short.
          headersTimeout: 0,
          bodyTimeout: 0,
          // An interceptor of the program's would follow redirects, and take the body along.
          maxRedirections: 0
        },
        collector
      )
    } catch (error) {
      collector.failed(error)
    }
    return collector
  }
}
