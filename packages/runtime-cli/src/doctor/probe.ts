/**
 * Plain requests to the runtime: no retries, no redirects, and only the headers that a check wants. What the SDK would
 * smooth over is what a check is looking for.
 */
import { codeOf, messageOf } from "../core/failure.ts"

/** An answer, or the reason why there was none. */
export interface Probed {
  /** 0 when there was no answer. */
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
  /** Epoch milliseconds of this machine in the middle of the round trip. */
  readonly middle: number
  readonly ms: number
  /** Why there was no answer. */
  readonly error: string | undefined
}

/** Options of one request. */
export interface ProbeOptions {
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: unknown
  /** Adds no credentials. */
  readonly anonymous?: boolean | undefined
}

/** Makes one request below the base URL. */
export type Probe = (path: string, options?: ProbeOptions) => Promise<Probed>

/** Makes the prober of one runtime. */
export const makeProbe =
  (options: {
    readonly base: () => URL
    readonly key: () => string
    readonly organization: () => string | undefined
    readonly timeoutMs: number
    readonly signal: AbortSignal
  }): Probe =>
  async (path, { method = "GET", headers = {}, body, anonymous = false } = {}) => {
    const base = options.base()
    const organization = options.organization()
    const sentHeaders = {
      accept: "application/json",
      ...(anonymous ? {} : { authorization: `Bearer ${options.key()}` }),
      ...(anonymous || organization === undefined ? {} : { "x-organization-id": organization }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers
    }
    const began = Date.now()
    const clock = performance.now()
    const since = () => performance.now() - clock
    try {
      const response = await fetch(`${base.href.replace(/\/$/, "")}${path}`, {
        method,
        headers: Object.fromEntries(Object.entries(sentHeaders).filter(([, value]) => value !== "")),
        redirect: "manual",
        signal: AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]),
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      const first = since()
      const text = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        text,
        json: parse(text),
        middle: began + first / 2,
        ms: since(),
        error: undefined
      }
    } catch (error) {
      options.signal.throwIfAborted()
      return {
        status: 0,
        headers: new Headers(),
        text: "",
        json: undefined,
        middle: began,
        ms: since(),
        error: reason(error)
      }
    }
  }

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const reason = (error: unknown): string => {
  if (error instanceof Error && error.name === "TimeoutError") return "no answer in time"
  const cause: unknown = error instanceof Error ? error.cause : undefined
  return codeOf(cause) ?? codeOf(error) ?? messageOf(cause ?? error)
}

/** Whether it was given what it asked for. */
export const isSuccess = ({ status }: Probed): boolean => status >= 200 && status < 300

/** An answer in words. */
export const answerText = ({ status, error }: Probed): string =>
  status === 0 ? (error ?? "no answer") : `status ${status}`

/** The rows of a list answer, in any of the four wire shapes. */
export const rowsOf = (json: unknown): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  if (Array.isArray(json)) return json.filter(isRow)
  if (typeof json !== "object" || json === null) return []
  for (const key of ["items", "results", "data"]) {
    const inner: unknown = Reflect.get(json, key)
    if (Array.isArray(inner)) return rowsOf(inner)
  }
  return []
}

const isRow = (row: unknown): row is Readonly<Record<string, unknown>> => typeof row === "object" && row !== null
