/**
 * Collects the answer that a dispatcher gives piece by piece. One class for each of undici's two sets of handler
 * names: with both on one object undici 7 takes the newer one, and turns all headers into a record before anyone asks.
 */
import { connectionFailure } from "./wireFailure.ts"
import { WireFailure, type Completion, type Pending, type WireHead } from "./port.ts"

interface Controller {
  readonly abort: (reason: unknown) => void
}
/** Names and values in turn, as they came. */
type RawHeader = Uint8Array | ReadonlyArray<Uint8Array>
type RawHeaders = ReadonlyArray<RawHeader>
type HeaderRecord = Readonly<Record<string, string | ReadonlyArray<string>>>

/** What both have in common. */
abstract class Base implements Pending {
  private readonly completion: Completion
  private abort: ((reason: unknown) => void) | undefined
  private settled = false
  private first: Uint8Array | undefined
  private more: Array<Uint8Array> | undefined
  protected status = 0

  constructor(completion: Completion) {
    this.completion = completion
  }

  /** Reads the headers, when someone asks for one. */
  protected abstract fields(): Omit<WireHead, "status">

  // Until a connection takes the request up, not one byte of it can have left.
  get sent(): "no" | "unknown" {
    return this.abort === undefined ? "no" : "unknown"
  }

  get head(): WireHead | undefined {
    return this.status === 0 ? undefined : { status: this.status, ...this.fields() }
  }

  protected connected(abort: (reason: unknown) => void): void {
    this.abort = abort
    if (this.settled) abort(new Error("interrupted"))
  }

  protected piece(chunk: Uint8Array): void {
    if (this.first === undefined) this.first = chunk
    else (this.more ??= [this.first]).push(chunk)
  }

  protected complete(): void {
    if (this.settled) return
    this.settled = true
    const bytes = this.more === undefined ? this.first : Buffer.concat(this.more)
    const { header, headers } = this.fields()
    const encoding = header("content-encoding")
    const end = (body: string): void => this.completion.end({ status: this.status, header, headers, body })
    if (bytes === undefined) end("")
    else if (encoding === undefined || encoding === "identity") end(decode(bytes))
    else inflate(encoding, bytes, end, (cause) => this.fail("BAD_ENCODING", cause))
  }

  failed(error: unknown): void {
    if (this.settled) return
    this.settled = true
    const { head, sent } = this
    const failure = connectionFailure(error, head)
    this.completion.end(new WireFailure(sent === "no" ? { ...failure, sent } : failure))
  }

  cancel(): void {
    if (this.settled) return
    this.settled = true
    this.abort?.(new Error("interrupted"))
  }

  private fail(code: string, cause: unknown): void {
    this.completion.end(new WireFailure({ sent: "unknown", phase: "response", code, cause, head: this.head }))
  }
}

// We ask for no encoding; a gateway that compresses all the same is read through the platform's own inflater.
const inflate = (
  encoding: string,
  bytes: Uint8Array,
  end: (body: string) => void,
  fail: (cause: unknown) => void
): void => {
  try {
    const format = encoding.trim().toLowerCase().replace(/^x-/, "")
    const stream = new Blob([new Uint8Array(bytes)])
      .stream()
      .pipeThrough(new DecompressionStream(format as ConstructorParameters<typeof DecompressionStream>[0]))
    new Response(stream).text().then(end, fail)
  } catch (error) {
    fail(error)
  }
}

/** For undici 8 and later. */
export class Collector extends Base {
  private record: HeaderRecord = {}

  onRequestStart(controller: Controller): void {
    this.connected((reason) => controller.abort(reason))
  }
  onResponseStart(_: Controller, status: number, headers: HeaderRecord): void {
    if (status < 200) return
    this.status = status
    this.record = headers
  }
  onResponseData(_: Controller, chunk: Uint8Array): void {
    this.piece(chunk)
  }
  onResponseEnd(): void {
    this.complete()
  }
  onResponseError(_: Controller, error: unknown): void {
    this.failed(error)
  }
  protected fields(): Omit<WireHead, "status"> {
    const { record } = this
    const header = (name: string): string | undefined => joined(record[name])
    return {
      header,
      headers: () => Object.fromEntries(Object.keys(record).map((name) => [name, header(name) ?? ""]))
    }
  }
}

/** For undici 6 and 7. */
export class LegacyCollector extends Base {
  private raw: RawHeaders = []

  onConnect(abort: (reason?: unknown) => void): void {
    this.connected(abort)
  }
  onHeaders(status: number, raw: RawHeaders): boolean {
    if (status < 200) return true
    this.status = status
    this.raw = raw
    return true
  }
  onData(chunk: Uint8Array): boolean {
    this.piece(chunk)
    return true
  }
  onComplete(): void {
    this.complete()
  }
  onError(error: unknown): void {
    this.failed(error)
  }
  protected fields(): Omit<WireHead, "status"> {
    const { raw } = this
    return { header: (name) => find(raw, name), headers: () => all(raw) }
  }
}

const find = (raw: RawHeaders, name: string): string | undefined => {
  let found: string | undefined
  for (let i = 0; i + 1 < raw.length; i += 2) {
    // Names are ASCII: one of another length in bytes is another name, and need not be decoded.
    if (raw[i]?.length === name.length && nameOf(raw[i]) === name) {
      const value = valueOf(raw[i + 1])
      found = found === undefined ? value : `${found}, ${value}`
    }
  }
  return found
}

const all = (raw: RawHeaders): Record<string, string> => {
  const fields: Record<string, string> = {}
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = nameOf(raw[i])
    if (!Object.hasOwn(fields, name)) {
      Object.defineProperty(fields, name, {
        value: find(raw, name),
        enumerable: true,
        writable: true,
        configurable: true
      })
    }
  }
  return fields
}

const nameOf = (raw: RawHeader | undefined): string => (raw === undefined ? "" : valueOf(raw).toLowerCase())

// A mock may give all values of one name as a list.
const valueOf = (raw: RawHeader | undefined): string =>
  Array.isArray(raw) ? raw.map(decode).join(", ") : raw === undefined ? "" : decode(raw as Uint8Array)

const joined = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  value === undefined || typeof value === "string" ? value : value.join(", ")

const decoder = new TextDecoder()
const decode = (bytes: Uint8Array): string => (Buffer.isBuffer(bytes) ? bytes.toString("utf8") : decoder.decode(bytes))
