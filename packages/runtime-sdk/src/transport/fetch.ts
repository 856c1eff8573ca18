/**
 * `fetch` as transport: for runtimes without Node's dispatcher, and for a `fetch` that the program brings.
 *
 * Kept close to a bare call: headers go in as a record, which `fetch` reads faster than a list of pairs, and the
 * timeout is the pipeline's, because `AbortSignal.timeout` costs a tenth of the whole request.
 */
import { Agents } from "./agents.ts"
import { executeWith } from "./direct.ts"
import { FetchExchange, type Fetcher } from "./fetchExchange.ts"
import { streamFetch } from "./fetchStream.ts"
import { isFetchBare, isFetchReplaced } from "./ownFetch.ts"
import type { Fetch, FetchResponse, TransportOptions } from "./options.ts"
import {
  Send,
  type Completion,
  type DirectTransport,
  type Pending,
  type TransportShape,
  type WireFailure,
  type WireRequest,
  type WireResponse
} from "./port.ts"

/** Over the `fetch` that is given, or else that of the platform or what stands in its place at the time of a call. */
export const makeFetch = (options?: TransportOptions): DirectTransport => new FetchTransport(options)

class FetchTransport implements DirectTransport, Fetcher {
  private readonly own: Fetch | undefined
  private readonly agents: Agents | undefined
  readonly execute: TransportShape["execute"]
  readonly stream: NonNullable<TransportShape["stream"]>

  constructor(options: TransportOptions | undefined) {
    this.own = options?.fetch
    this.agents = options === undefined || options.fetch !== undefined ? undefined : Agents.open(options)
    this.execute = executeWith(this)
    this.stream = (request) => streamFetch(this, request)
  }

  get fetch(): Fetch {
    return this.own ?? globalThis.fetch
  }

  // Another `fetch` than the platform's may be of another undici, which does not take what Node's does.
  get dispatcher() {
    return this.agents === undefined || isFetchReplaced() ? undefined : this.agents.current()
  }

  get isBare(): boolean {
    return isFetchBare()
  }

  close(): Promise<void> {
    return this.agents?.close() ?? Promise.resolve()
  }

  [Send](request: WireRequest, completion: Completion): Pending {
    const exchange = new Whole(this, completion)
    void exchange.begin(request)
    return exchange
  }
}

/** A `fetch` that stands in for the platform's may give no more of a body than its JSON. */
const bodyOf = async (response: FetchResponse): Promise<string> =>
  typeof response.text === "function" ? response.text() : JSON.stringify(await response.json())

/** An answer that is read to its end. */
class Whole extends FetchExchange {
  // Gone with the call: `fetch` may keep its request, and with it this, until the next full collection.
  private completion: Completion | undefined

  constructor(fetcher: Fetcher, completion: Completion) {
    super(fetcher, false)
    this.completion = completion
  }

  async begin(request: WireRequest): Promise<void> {
    try {
      const response = await this.send(request, request.body)
      const body = await bodyOf(response)
      if (this.head !== undefined) this.end({ ...this.head, body })
    } catch (cause) {
      if (this.completion !== undefined) this.end(this.failure(cause))
    }
  }

  override cancel(): void {
    this.completion = undefined
    super.cancel()
  }

  private end(ending: WireResponse | WireFailure): void {
    const { completion } = this
    this.completion = undefined
    this.head = undefined
    completion?.end(ending)
  }
}
