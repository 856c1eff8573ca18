/**
 * `fetch` as transport: for runtimes without Node's dispatcher.
 *
 * Kept close to a bare call: headers go in as a record, which `fetch` reads faster than a list of pairs, and the
 * timeout is the pipeline's, because `AbortSignal.timeout` costs a tenth of the whole request.
 */
import { executeWith } from "./direct.ts"
import { streamFetch } from "./fetchStream.ts"
import { headOfResponse } from "./head.ts"
import {
  Send,
  WireFailure,
  type Completion,
  type DirectTransport,
  type Pending,
  type TransportShape,
  type WireHead,
  type WireRequest
} from "./port.ts"
import { connectionFailure } from "./wireFailure.ts"

export const makeFetch = (): DirectTransport => new FetchTransport()

class FetchTransport implements DirectTransport {
  readonly execute: TransportShape["execute"]
  readonly stream = streamFetch

  constructor() {
    this.execute = executeWith(this)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  [Send](request: WireRequest, completion: Completion): Pending {
    const exchange = new FetchExchange(completion)
    void exchange.begin(request)
    return exchange
  }
}

class FetchExchange implements Pending {
  private readonly completion: Completion
  private readonly controller = new AbortController()
  // `fetch` does not tell when it sends.
  readonly sent = "unknown"
  head: WireHead | undefined

  constructor(completion: Completion) {
    this.completion = completion
  }

  async begin(request: WireRequest): Promise<void> {
    // `manual` gives the redirect itself, so that it can be refused by name; nothing is followed or forwarded.
    const { signal } = this.controller
    const init: RequestInit = { method: request.method, headers: fields(request.headers), redirect: "manual", signal }
    if (request.body !== undefined) init.body = request.body
    try {
      const response = await globalThis.fetch(request.origin + request.path, init)
      const head = headOfResponse(response)
      this.head = head
      const body = await response.text()
      this.completion.end({ ...head, body })
    } catch (cause) {
      if (!signal.aborted) this.completion.end(new WireFailure(connectionFailure(cause, this.head)))
    }
  }

  cancel(): void {
    this.controller.abort()
  }
}

// The lists of plain calls are shared: each becomes a record once.
const records = new WeakMap<ReadonlyArray<string>, Record<string, string>>()

const fields = (list: ReadonlyArray<string>): Record<string, string> => {
  const cached = records.get(list)
  if (cached !== undefined) return cached
  const record: Record<string, string> = Object.create(null)
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i] ?? ""
    const value = list[i + 1] ?? ""
    record[name] = name in record ? `${record[name]}, ${value}` : value
  }
  if (Object.isFrozen(list)) records.set(list, record)
  return record
}
