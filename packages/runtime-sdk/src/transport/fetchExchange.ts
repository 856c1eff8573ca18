/**
 * One request by `fetch`, and what is known of it while it is under way.
 */
import type { Dispatcher } from "./agents.ts"
import { headOfResponse } from "./head.ts"
import type { Fetch, FetchInit, FetchResponse } from "./options.ts"
import { WireFailure, type Pending, type WireRequest } from "./port.ts"
import { Watch } from "./watch.ts"
import { connectionFailure } from "./wireFailure.ts"

/** What requests are made with. */
export interface Fetcher {
  readonly fetch: Fetch
  /** What Node's `fetch` sends through; `undefined` for its own choice. */
  readonly dispatcher: Dispatcher | undefined
  /** Whether every request passes that dispatcher, so that it can be ended there. */
  readonly isBare: boolean
}

/** What Node's own is told, too. */
interface Init extends FetchInit {
  dispatcher?: Dispatcher
}

type Body = NonNullable<FetchInit["body"]>

export class FetchExchange extends Watch implements Pending {
  private readonly controller: AbortController | undefined
  private readonly fetcher: Fetcher

  /** `signal`: whether `fetch` is to be told of a cancellation by a signal, though it could be ended where it is sent. */
  constructor(fetcher: Fetcher, signal: boolean) {
    super(fetcher.dispatcher)
    this.fetcher = fetcher
    // A signal costs a fifth of a request: Node keeps all of it until its next full collection.
    this.controller = signal || this.through === undefined || !fetcher.isBare ? new AbortController() : undefined
  }

  async send(request: WireRequest, body: Body | undefined): Promise<FetchResponse> {
    // `manual` gives the redirect itself, so that it can be refused by name; nothing is followed or forwarded.
    const init: Init = {
      method: request.method,
      headers: fields(request.headers),
      redirect: "manual"
    }
    // Not spread: this is done for every request.
    if (this.controller !== undefined) init.signal = this.controller.signal
    if (takesCache()) init.cache = "no-store"
    if (body !== undefined) init.body = body
    if (typeof body === "object") init.duplex = "half"
    const { fetch } = this.fetcher
    if (this.through !== undefined) init.dispatcher = this
    const response = await fetch(request.origin + request.path, init)
    this.head = headOfResponse(response)
    return response
  }

  failure(cause: unknown): WireFailure {
    return new WireFailure(this.sharpened(connectionFailure(cause, this.head)))
  }

  cancel(): void {
    if (this.controller === undefined) this.stop()
    else this.controller.abort()
  }
}

let cacheKnown: boolean | undefined

/**
 * Whether the platform knows the option by which no framework answers a read from a cache; elsewhere, to name it throws.
 * Asked by the first request: in Node the look at `Request` loads the whole of `fetch`, which takes longer than our import.
 */
export const takesCache = (): boolean => (cacheKnown ??= "Request" in globalThis && "cache" in Request.prototype)

// The lists of plain calls are shared: each becomes a record once.
const records = new WeakMap<ReadonlyArray<string>, Record<string, string>>()

const fields = (list: ReadonlyArray<string>): Record<string, string> => {
  const known = records.get(list)
  if (known !== undefined) return known
  const record: Record<string, string> = Object.create(null)
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i] ?? ""
    const value = list[i + 1] ?? ""
    record[name] = name in record ? `${record[name]}, ${value}` : value
  }
  if (Object.isFrozen(list)) records.set(list, record)
  return record
}
