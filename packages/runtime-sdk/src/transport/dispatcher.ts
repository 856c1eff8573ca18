/**
 * Node's own HTTP engine without the `fetch` on top: a third of its CPU per call. Anything unfamiliar: `undefined`, and
 * the caller takes `fetch`.
 */
import { Agents, type Dispatcher } from "./agents.ts"
import { Collector, EitherCollector, LegacyCollector } from "./collector.ts"
import { executeWith } from "./direct.ts"
import { streamDispatcher } from "./dispatcherStream.ts"
import { makeFetch } from "./fetch.ts"
import { isFetchReplaced } from "./ownFetch.ts"
import type { TransportOptions } from "./options.ts"
import {
  Send,
  type Completion,
  type DirectTransport,
  type Pending,
  type TransportShape,
  type WireRequest
} from "./port.ts"

/** Node's dispatcher as transport; `undefined` where there is none that we know. */
export const makeDispatcher = (options: TransportOptions = {}): DirectTransport | undefined => {
  const agents = Agents.open(options)
  if (agents === undefined) return undefined
  // undici 8 calls its handlers by other names. Whatever a program installs serves Node's own fetch too, so the names
  // that Node's undici uses are understood. (7 takes both, but converts all headers for the newer ones.)
  const Handler = agents.undici < 8 ? LegacyCollector : Collector
  // A `fetch` that the program has put in the place of the platform's takes the call.
  return new DispatcherTransport(agents, Handler, makeFetch())
}

/** A dispatcher of the program's as transport, of any undici. */
export const overDispatcher = (dispatcher: Dispatcher): DirectTransport => {
  const route: Route = { current: () => dispatcher, isOurs: () => false, close: () => Promise.resolve() }
  return new DispatcherTransport(route, EitherCollector, undefined)
}

/** Where requests go. */
type Route = Pick<Agents, "current" | "isOurs" | "close">
type Handler = typeof LegacyCollector | typeof Collector | typeof EitherCollector

class DispatcherTransport implements DirectTransport {
  private readonly route: Route
  private readonly Handler: Handler
  private readonly byFetch: DirectTransport | undefined
  readonly execute: TransportShape["execute"]
  readonly stream: NonNullable<TransportShape["stream"]>

  constructor(route: Route, handler: Handler, byFetch: DirectTransport | undefined) {
    this.route = route
    this.Handler = handler
    this.byFetch = byFetch
    this.execute = executeWith(this)
    const stream = streamDispatcher((dispatched, streaming) => route.current().dispatch(dispatched, streaming))
    this.stream = (request) => (this.replacement()?.stream ?? stream)(request)
  }

  close(): Promise<void> {
    return this.route.close()
  }

  [Send](request: WireRequest, completion: Completion): Pending {
    const replacement = this.replacement()
    if (replacement !== undefined) return replacement[Send](request, completion)
    const collector = new this.Handler(completion)
    const dispatcher = this.route.current()
    try {
      dispatcher.dispatch(
        {
          origin: request.origin,
          path: request.path,
          method: request.method,
          // A list may be shared between calls: interceptors of the program's get one that they may change.
          headers: this.route.isOurs(dispatcher) ? request.headers : [...request.headers],
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

  private replacement(): DirectTransport | undefined {
    return this.byFetch !== undefined && isFetchReplaced() ? this.byFetch : undefined
  }
}
