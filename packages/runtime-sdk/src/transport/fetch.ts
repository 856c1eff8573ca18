/**
 * `fetch` as transport: for runtimes without Node's dispatcher.
 *
 * Kept close to a bare call: headers go in as a record, which `fetch` reads faster than a list of pairs, and the
 * timeout is the pipeline's, because `AbortSignal.timeout` costs a tenth of the whole request.
 */
import { executeWith } from "./direct.ts"
import { streamFetch } from "./fetchStream.ts"
import {
  Send,
  WireFailure,
  type Cancel,
  type DirectTransport,
  type Ending,
  type TransportShape,
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

  [Send](request: WireRequest, ending: Ending): Cancel {
    const exchange = new FetchExchange(ending)
    void exchange.begin(request)
    return exchange
  }
}

class FetchExchange implements Cancel {
  private readonly ending: Ending
  private readonly controller = new AbortController()

  constructor(ending: Ending) {
    this.ending = ending
  }

  async begin(request: WireRequest): Promise<void> {
    // `manual` gives the redirect itself, so that it can be refused by name; nothing is followed or forwarded.
    const { signal } = this.controller
    const init: RequestInit = { method: request.method, headers: fields(request.headers), redirect: "manual", signal }
    if (request.body !== undefined) init.body = request.body
    let begun = false
    try {
      const response = await globalThis.fetch(request.origin + request.path, init)
      begun = true
      const body = await response.text()
      this.ending.end({
        status: response.status,
        header: (name) => response.headers.get(name) ?? undefined,
        headers: () => Object.fromEntries(response.headers),
        body
      })
    } catch (cause) {
      if (!signal.aborted) this.ending.end(new WireFailure(connectionFailure(cause, begun)))
    }
  }

  cancel(): void {
    this.controller.abort()
  }
}

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
