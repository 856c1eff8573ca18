/**
 * What a client may make this process hold and work on: bytes of a body, levels of JSON, and the bytes of all bodies
 * together, so that no client can exhaust its memory.
 */
import type { IncomingMessage } from "node:http"
import { HttpError } from "./errors.ts"
import type { Exchange } from "./exchange.ts"

/** Bounds of requests. */
export interface RequestLimits {
  /** Bytes of a body; 413 beyond. Default 10 MiB. */
  readonly bodyBytes?: number | undefined
  /** Bytes of the body of an import; 413 beyond. Default 64 MiB. */
  readonly importBytes?: number | undefined
  /** Bytes of the form of a file; 413 beyond. Default 64 MiB. */
  readonly formBytes?: number | undefined
  /** Levels of lists and objects in a JSON body; 400 `json_too_deep` beyond. Default 100. */
  readonly jsonDepth?: number | undefined
  /** Bytes of all bodies that are held at a time; 503 with `Retry-After` beyond. Default 256 MiB. */
  readonly heldBytes?: number | undefined
  /** Milliseconds in which the headers of a request must have come; 408 and the connection ends. Default 10 s. */
  readonly headersTimeout?: number | undefined
  /** Milliseconds in which a whole request must have come; 408 and the connection ends. Default 60 s. */
  readonly requestTimeout?: number | undefined
}

/** Reads bodies within bounds. */
export interface Bodies {
  /** Reads the whole body; 413 beyond the limit of its path. What was read counts as held until the answer is out. */
  readonly read: (exchange: Exchange) => Promise<Buffer>
  /** Parses a JSON body; 415 for another type, 400 for bytes that are not JSON in UTF-8, or JSON that is too deep. */
  readonly parse: (request: IncomingMessage, body: Buffer) => unknown
  /** Bytes that are held now. */
  readonly held: () => number
}

/** The client went away before it had sent its whole request. */
export class Disconnected extends Error {
  override readonly name = "Disconnected"
}

const mebibyte = 1024 * 1024

/** A reader with these bounds. */
export const makeBodies = (limits: RequestLimits = {}): Bodies => {
  const { bodyBytes = 10 * mebibyte, importBytes = 64 * mebibyte, formBytes = 64 * mebibyte } = limits
  const { jsonDepth = 100, heldBytes = 256 * mebibyte } = limits
  let held = 0
  /** Counts what one request holds; says no when all of them together hold too much. */
  const share = ({ response }: Exchange) => {
    let mine = 0
    response.once("close", () => {
      held -= mine
      mine = 0
    })
    return (bytes: number): boolean => {
      if (held + bytes > heldBytes) return false
      mine += bytes
      held += bytes
      return true
    }
  }
  return {
    held: () => held,
    read: async (exchange) => {
      assertPlain(exchange.request)
      const limit = isImport(exchange.path) ? importBytes : exchange.path === "/file" ? formBytes : bodyBytes
      if (exchange.request.destroyed) throw new Disconnected()
      if (Number(exchange.request.headers["content-length"] ?? 0) > limit) throw tooLarge(limit)
      return collect(exchange.request, limit, share(exchange))
    },
    parse: (request, body) => parseJson(request, body, jsonDepth)
  }
}

/** Imports come in bundles: they may be larger than what creates one row. */
const isImport = (path: string) => path === "/imports" || path === "/imports/vapi" || path === "/import/vapi"

/** A body that is packed is refused instead of being taken for what it is not. */
const assertPlain = ({ headers }: IncomingMessage): void => {
  const encoding = headers["content-encoding"]?.trim() ?? ""
  if (encoding === "" || /^identity$/i.test(encoding)) return
  throw new HttpError(415, `Bodies come as they are here, without Content-Encoding: ${encoding.slice(0, 40)}`, {
    code: "encoding_not_supported",
    headers: { "accept-encoding": "identity" }
  })
}

const collect = async (request: IncomingMessage, limit: number, hold: (bytes: number) => boolean): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  let size = 0
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error) => {
      chunks.length = 0
      size = Number.POSITIVE_INFINITY
      reject(error)
    }
    request.on("data", (chunk: Buffer) => {
      size += chunk.length
      if (size === Number.POSITIVE_INFINITY) return
      if (size > limit) refuse(tooLarge(limit))
      else if (hold(chunk.length)) chunks.push(chunk)
      else refuse(overloaded())
    })
    // Every request closes, most of them after their end.
    let isWhole = false
    request.on("end", () => {
      isWhole = true
      resolve()
    })
    request.on("error", () => reject(new Disconnected()))
    request.on("close", () => (isWhole ? undefined : reject(new Disconnected())))
  })
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}

const tooLarge = (limit: number) => {
  const size = limit % mebibyte === 0 ? `${limit / mebibyte} MiB` : `${limit} bytes`
  return new HttpError(413, `The body is larger than ${size}`, { code: "body_too_large" })
}

const overloaded = () =>
  new HttpError(503, "Too much is being sent at once: try again", {
    code: "overloaded",
    headers: { "retry-after": "1" }
  })

const utf8 = new TextDecoder("utf-8", { fatal: true })

const parseJson = (request: IncomingMessage, body: Buffer, depth: number): unknown => {
  const type = request.headers["content-type"] ?? ""
  if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new HttpError(415, "The body must be JSON: Content-Type: application/json")
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type)?.[1] ?? "utf-8"
  if (!/^(utf-?8|us-ascii)$/i.test(charset)) {
    throw new HttpError(415, `JSON comes in UTF-8, not in ${charset}`, { code: "charset_not_supported" })
  }
  if (isDeeper(body, depth)) {
    throw new HttpError(400, `The body has more than ${depth} levels of lists and objects`, { code: "json_too_deep" })
  }
  let text: string
  let value: unknown
  try {
    text = utf8.decode(body)
    value = JSON.parse(text)
  } catch {
    throw new HttpError(400, "The body is not valid JSON", { code: "invalid_json" })
  }
  const inexact = mayBeInexact.test(text) ? inexactNumber(text) : undefined
  if (inexact === undefined) return value
  throw new HttpError(400, `The number ${inexact} cannot be kept exactly: send it as text`, {
    code: "number_not_exact"
  })
}

/** Many digits in a row, or an exponent: mostly in a text, so that it has to be looked at again. */
const mayBeInexact = /\d{16}|\d[eE][+-]?\d{2}/

/** The first number that would be another one after it was read: beyond 2^53, beyond all bounds, or nothing at all. */
const inexactNumber = (text: string): string | undefined => {
  let first: string | undefined
  const look = (_: string, value: unknown, context: { readonly source?: string }): unknown => {
    const { source } = context
    if (typeof value !== "number" || source === undefined || first !== undefined) return value
    const isExact =
      Number.isFinite(value) &&
      (value !== 0 || !/[1-9]/.test(source.replace(/e.*$/i, ""))) &&
      (!/^-?\d+$/.test(source) || String(value) === source || BigInt(source) === BigInt(value))
    if (!isExact) first = source.slice(0, 40)
    return value
  }
  // TypeScript does not know the third argument yet: the number as it stands in the text.
  JSON.parse(text, look as (key: string, value: unknown) => unknown)
  return first
}

const [quote, backslash, openList, closeList, openObject, closeObject] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d]

/**
 * Whether JSON is nested deeper than a limit. The parser would take any depth, but what walks the value afterwards is
 * recursive: a body of brackets must not end the process.
 */
export const isDeeper = (json: Buffer, limit: number): boolean => {
  let depth = 0
  let inText = false
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]
    if (inText) {
      if (byte === backslash) at += 1
      else if (byte === quote) inText = false
    } else if (byte === quote) inText = true
    else if (byte === openList || byte === openObject) {
      depth += 1
      if (depth > limit) return true
    } else if (byte === closeList || byte === closeObject) depth -= 1
  }
  return false
}
