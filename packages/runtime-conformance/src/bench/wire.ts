/**
 * Plain requests: no retries, no redirects, only the headers that a case wants. What the SDK would smooth over is what a
 * case looks for, and `fetch` has an opinion on methods, headers and sockets, so this is `node:http`.
 */
import * as http from "node:http"
import * as https from "node:https"
import { buffer } from "node:stream/consumers"
import * as zlib from "node:zlib"
import { jsonOf } from "../model/json.ts"

/** A request below the base URL. */
export interface Ask {
  readonly method?: string
  /** From `/` on. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number>>
  /** Added to those of every request; an empty one takes away. */
  readonly headers?: Readonly<Record<string, string>>
  /** JSON. */
  readonly body?: unknown
  /** Text in the place of `body`. */
  readonly text?: string | Buffer
  readonly contentType?: string
  /** Adds no credentials. */
  readonly anonymous?: boolean
  /** Ends the connection once the request is written: the answer is lost. */
  readonly lost?: boolean
  /** Milliseconds in the place of the run's. */
  readonly timeout?: number
}

/** An answer, or why there was none. */
export interface Answer {
  /** 0 when there was none. */
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly json: unknown
  readonly error: string | undefined
  readonly ms: number
  /** Whether it came over a connection that was there. */
  readonly reused: boolean
}

/** Where requests go, and who asks. */
export interface Target {
  readonly baseUrl: URL
  readonly headers: Readonly<Record<string, string>>
  readonly credentials: Readonly<Record<string, string>>
  readonly timeout: number
}

/** Makes one request. Never rejects: what went wrong is in the answer. */
export const exchange = async (target: Target, ask: Ask, signal: AbortSignal): Promise<Answer> => {
  const began = performance.now()
  try {
    const { status, headers, bytes, reused } = await perform(target, ask, signal).catch((error: unknown) =>
      isStale(error) && ask.lost !== true && reads.has(ask.method ?? "GET")
        ? perform(target, ask, signal)
        : Promise.reject(error)
    )
    const text = decoded(bytes, headers["content-encoding"]).toString("utf8")
    return { status, headers, text, json: jsonOf(text), error: undefined, ms: performance.now() - began, reused }
  } catch (error) {
    const ms = performance.now() - began
    return { status: 0, headers: {}, text: "", json: undefined, error: reasonOf(error), ms, reused: false }
  }
}

const reads: ReadonlySet<string> = new Set(["GET", "HEAD"])

/** A connection that was kept may have been closed at the other end just now: that says nothing. */
const isStale = (error: unknown): boolean =>
  error instanceof Error && Reflect.get(error, "stale") === true && Reflect.get(error, "code") === "ECONNRESET"

interface Performed {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  readonly reused: boolean
}

const perform = (target: Target, ask: Ask, signal: AbortSignal): Promise<Performed> =>
  new Promise((resolve, reject) => {
    const { method = "GET", lost = false } = ask
    const url = urlOf(target, ask)
    const payload = ask.text ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body))
    const { request } = url.protocol === "https:" ? https : http
    const sent = request(url, { method, headers: headersOf(target, ask, payload), signal }, (answer) => {
      buffer(answer).then(
        (bytes) =>
          resolve({ status: answer.statusCode ?? 0, headers: plain(answer.headers), bytes, reused: sent.reusedSocket }),
        reject
      )
    })
    sent.setTimeout(ask.timeout ?? target.timeout, () => sent.destroy(new Error("no answer in time")))
    // An answer that comes before everything is sent counts: the connection may then be closed under what is still sent.
    sent.on("error", (error) => reject(sent.reusedSocket ? Object.assign(error, { stale: true }) : error))
    sent.end(payload, () => {
      if (lost) sent.destroy(new Error("the connection was ended on purpose"))
    })
  })

const urlOf = ({ baseUrl }: Target, { path, query = {} }: Ask): URL => {
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])
  )
  const [place = "", own = ""] = path.split("?")
  const all = [own, String(search)].filter((text) => text !== "").join("&")
  return new URL(`${baseUrl.href.replace(/\/$/, "")}${place}${all === "" ? "" : `?${all}`}`)
}

const headersOf = (target: Target, ask: Ask, payload: string | Buffer | undefined): Record<string, string> => {
  const headers: Record<string, string> = {
    accept: "application/json",
    ...target.headers,
    ...(ask.anonymous === true ? {} : target.credentials),
    ...(payload === undefined
      ? {}
      : {
          "content-type": ask.contentType ?? "application/json",
          "content-length": String(Buffer.byteLength(payload))
        }),
    ...ask.headers
  }
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ""))
}

const plain = (headers: http.IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]]
    )
  )

const decoded = (bytes: Buffer, coding: string | undefined): Buffer => {
  if (bytes.length === 0) return bytes
  switch (coding?.trim().toLowerCase()) {
    case "gzip":
      return zlib.gunzipSync(bytes)
    case "deflate":
      return zlib.inflateSync(bytes)
    case "br":
      return zlib.brotliDecompressSync(bytes)
    default:
      return bytes
  }
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const code: unknown = Reflect.get(error, "code")
  return typeof code === "string" && code !== "ABORT_ERR" ? code : error.message
}

export const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300

/** An answer in words. */
export const answerText = ({ status, error, json }: Answer): string => {
  if (status === 0) return error ?? "no answer"
  const code = typeof json === "object" && json !== null ? Reflect.get(json, "code") : undefined
  return `status ${status}${typeof code === "string" && /^\w{1,40}$/.test(code) ? ` (${code})` : ""}`
}
