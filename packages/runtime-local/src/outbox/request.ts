/**
 * One HTTP request to a target that was checked: to the checked address, without redirects, within a time.
 */
import * as http from "node:http"
import * as https from "node:https"
import { type CheckedTarget, OutboundPolicy } from "@aywa-ai/runtime-sdk/outbound"

/** A request to send. */
export interface OutboundRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Milliseconds for all of it. */
  readonly timeout: number
  /** Milliseconds for the body once the head of the answer is there; default: what is left of all. */
  readonly bodyTimeout?: number | undefined
  /** Bytes of the answer's body that are read at most. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** What came of it. */
export type RequestResult =
  | {
      readonly type: "answer"
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: Buffer
      /** Whether all of the body is there. */
      readonly complete: boolean
      readonly ms: number
    }
  | {
      readonly type: "failure"
      readonly kind: "timeout" | "connection"
      /** Such as `ECONNREFUSED`. */
      readonly code: string
      /** Whether the receiver may have got the request. */
      readonly sent: boolean
      readonly ms: number
    }

/** As much of an answer as has come; reading may end at any byte. */
interface PartialAnswer {
  readonly response: http.IncomingMessage
  readonly chunks: Array<Buffer>
  size: number
}

/** The code of an error; Node's OpenSSL has one for all that goes wrong in it, and says in words that no TLS was spoken. */
const codeOf = ({ code = "ECONNRESET", message }: NodeJS.ErrnoException): string =>
  code === "EPROTO" && /wrong version number|packet length too long|unknown protocol/.test(message)
    ? "ERR_SSL_WRONG_VERSION_NUMBER"
    : code

/** Sends a request; never rejects. */
export const sendRequest = (target: CheckedTarget, options: OutboundRequest): Promise<RequestResult> =>
  new Promise((resolve) => {
    const begin = performance.now()
    const ms = () => Math.round((performance.now() - begin) * 10) / 10
    const body = options.body === undefined ? undefined : Buffer.from(options.body)
    let partial: PartialAnswer | undefined
    let connected = false
    let bodyTimer: NodeJS.Timeout | undefined
    const settle = (result: RequestResult) => {
      clearTimeout(timer)
      clearTimeout(bodyTimer)
      options.signal.removeEventListener("abort", abort)
      resolve(result)
      request.destroy()
    }
    const answer = ({ response, chunks }: PartialAnswer, complete: boolean) =>
      settle({
        type: "answer",
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [
            name,
            Array.isArray(value) ? value.join(", ") : (value ?? "")
          ])
        ),
        body: Buffer.concat(chunks).subarray(0, options.maxBytes),
        complete,
        ms: ms()
      })
    const end = (kind: "timeout" | "connection", code: string) => {
      if (partial !== undefined) answer(partial, false)
      else settle({ type: "failure", kind, code, sent: connected, ms: ms() })
    }
    const { request: send } = target.protocol === "https:" ? https : http
    const request = send(target.url, {
      method: options.method,
      // A connection per request: one that was kept would lead to an address that some earlier check looked at.
      agent: false,
      lookup: OutboundPolicy.lookup(target),
      headers: { ...options.headers, ...(body === undefined ? {} : { "content-length": String(body.length) }) }
    })
    const timer = setTimeout(() => end("timeout", "ETIMEDOUT"), options.timeout)
    const abort = () => end("connection", "ABORTED")
    options.signal.addEventListener("abort", abort, { once: true })
    request.on("socket", (socket) =>
      socket.once(target.protocol === "https:" ? "secureConnect" : "connect", () => (connected = true))
    )
    request.on("error", (error: NodeJS.ErrnoException) => end("connection", codeOf(error)))
    request.on("response", (response) => {
      const state: PartialAnswer = { response, chunks: [], size: 0 }
      partial = state
      if (options.bodyTimeout !== undefined) bodyTimer = setTimeout(() => answer(state, false), options.bodyTimeout)
      response.on("data", (chunk: Buffer) => {
        state.chunks.push(chunk)
        state.size += chunk.length
        if (state.size > options.maxBytes) answer(state, false)
      })
      response.on("end", () => answer(state, true))
      response.on("error", () => answer(state, false))
      response.on("close", () => answer(state, response.complete))
    })
    if (options.signal.aborted) return abort()
    try {
      request.end(body)
    } catch (error) {
      // Headers that are right one by one, and wrong together.
      end("connection", error instanceof Error && "code" in error ? String(error.code) : "EINVAL")
    }
  })
