/**
 * The source API: requests with its key, slowly enough, repeated where that may help.
 */
import * as Redacted from "effect/Redacted"
import { setTimeout as sleep } from "node:timers/promises"
import { redactCause, Secrets } from "@aywa-ai/runtime-sdk/internal/redaction"
import { OutboundPolicy } from "@aywa-ai/runtime-sdk/outbound"
import { fail, invalid } from "../errors/MigrationError.ts"

/**
 * Where a source account is, and how it is asked.
 *
 * @since 0.2.0
 * @category models
 */
export interface SourceOptions {
  /** Address of the source API. There is no default. */
  readonly baseUrl: string | undefined
  /** Your own key of the source account. It is sent to `baseUrl` and nowhere else. */
  readonly apiKey: string | undefined
  /** Requests per second at most. Default 4. */
  readonly requestsPerSecond?: number | undefined
  /** Milliseconds for one request. Default 30,000. */
  readonly timeout?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Asks a list route; `undefined` where there is no such route. */
export type Source = (resource: string, query: Readonly<Record<string, string>>) => Promise<unknown>

const attempts = 6

export const connect = ({
  baseUrl,
  apiKey,
  requestsPerSecond = 4,
  timeout = 30_000,
  signal
}: SourceOptions): Source => {
  if (apiKey === undefined || !/^[\x21-\x7e]+$/.test(apiKey)) {
    return invalid("apiKey", "the source account's own key is needed; it is read from nowhere else")
  }
  if (!(requestsPerSecond > 0)) return invalid("requestsPerSecond", "expected more than 0")
  const base = baseOf(baseUrl)
  let free = 0
  const turn = async () => {
    const now = performance.now()
    const at = Math.max(now, free)
    free = at + 1000 / requestsPerSecond
    if (at > now) await pause(at - now, signal)
  }
  return async (resource, query) => {
    const path = `/${resource}`
    for (let attempt = 1; ; attempt++) {
      if (signal?.aborted === true) fail({ _tag: "Aborted" }, signal.reason)
      await turn()
      const answer = await ask(`${base}${path}?${new URLSearchParams(query).toString()}`, apiKey, timeout, signal)
      if (answer.body !== undefined) return answer.body
      if (answer.status === 404) return undefined
      if (!answer.again || attempt === attempts) {
        return fail({ _tag: "SourceFailed", path, status: answer.status, detail: answer.detail }, answer.cause)
      }
      await pause(answer.wait ?? Math.min(30_000, 500 * 2 ** attempt), signal)
    }
  }
}

export const pause = async (milliseconds: number, signal: AbortSignal | undefined): Promise<void> => {
  try {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    fail({ _tag: "Aborted" }, error)
  }
}

export const baseOf = (baseUrl: string | undefined): string => {
  const url = URL.canParse(baseUrl ?? "") ? new URL(baseUrl ?? "") : undefined
  if (url === undefined) return invalid("baseUrl", "the source API's address is needed: https://…")
  const loopback = OutboundPolicy.isLoopbackHost(url.hostname)
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback)) {
    return invalid("baseUrl", "expected https: the key must not cross the network in the clear")
  }
  if (url.username !== "" || url.search !== "" || url.hash !== "") {
    return invalid("baseUrl", "expected an address without user, query and fragment")
  }
  return url.href.replace(/\/$/, "")
}

/** Whether a text is a web page. */
export const isPage = (text: string): boolean =>
  /^\uFEFF?\s*<(!doctype|html|head|body|script|!--)/i.test(text.slice(0, 1000))

const pageDetail =
  "it answered with a web page (HTML) where JSON is expected: the address is that of a site, a login page or a proxy. Check baseUrl"

interface Answer {
  readonly body?: unknown
  readonly status: number | undefined
  readonly again: boolean
  readonly wait?: number
  readonly detail: string
  readonly cause?: unknown
}

/** What failed, without the key: a server may repeat it. */
const causeOf = (error: unknown, apiKey: string): unknown => {
  // Its message quotes the beginning of the answer.
  if (error instanceof SyntaxError) return new SyntaxError("The answer is not JSON")
  const secrets = new Secrets([Redacted.make(apiKey)], undefined)
  return redactCause(error, (text) => secrets.redact(text))
}

const ask = async (url: string, apiKey: string, timeout: number, signal: AbortSignal | undefined): Promise<Answer> => {
  const limit = AbortSignal.timeout(timeout)
  let response: Response
  try {
    response = await fetch(url, {
      headers: { authorization: `Bearer ${apiKey}`, accept: "application/json" },
      // A redirect would take the key elsewhere.
      redirect: "error",
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit])
    })
    if (response.ok) {
      const text = await response.text()
      if (isPage(text)) return { status: response.status, again: false, detail: pageDetail }
      return { body: JSON.parse(text), status: response.status, again: false, detail: "" }
    }
  } catch (error) {
    if (signal?.aborted === true) return fail({ _tag: "Aborted" }, signal.reason)
    return { status: undefined, again: true, detail: "no answer, or one that broke off", cause: causeOf(error, apiKey) }
  }
  await response.body?.cancel()
  const { status } = response
  if (status === 401 || status === 403) {
    return { status, again: false, detail: "the key is not accepted: check apiKey, and that it may read" }
  }
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN)
  const again = status === 429 || status >= 500
  return {
    status,
    again,
    ...(seconds >= 0 ? { wait: Math.min(120_000, seconds * 1000) } : {}),
    detail: again ? "still after several attempts; run it again later" : "the list route is not as documented"
  }
}
