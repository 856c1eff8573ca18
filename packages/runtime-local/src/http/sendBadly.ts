/**
 * Faults of the wire: answers that are cut, stalled, dribbled or framed wrongly on their way to the client.
 */
import * as http from "node:http"
import * as zlib from "node:zlib"
import { type FaultAction, longestOutage } from "../faults/schemas.ts"
import { sleep } from "../time/clock.ts"
import type { Answer } from "./answer.ts"
import type { Exchange } from "./exchange.ts"
import { answerCopy } from "./journal.ts"

/**
 * Sends an answer badly. `refuse` is left to the caller, who owns the listener. Gives `false` for an action that is
 * not about the wire.
 */
export const sendBadly = async (exchange: Exchange, answer: Answer, action: FaultAction): Promise<boolean> => {
  const { request, response, entry, signal } = exchange
  const bytes = answer.content === undefined ? Buffer.from(answer.body) : Buffer.concat([...answer.content])
  const half = bytes.subarray(0, Math.floor(bytes.length / 2))
  // A connection that is cut at once has no status; with `after` the journal keeps the one that was lost.
  if (!entry.fault?.endsWith("before") || !cuts.has(action.type)) {
    entry.status = answer.status
    entry.answer = answerCopy(answer)
  }
  switch (action.type) {
    case "reset":
      request.socket.resetAndDestroy()
      return true
    case "close":
      request.socket.destroy()
      return true
    case "stall":
      response.writeHead(answer.status, { ...headersOf(exchange, answer), "content-length": bytes.length })
      response.flushHeaders()
      await sleep(action.ms ?? longestOutage, signal)
      response.destroy()
      return true
    case "truncate":
      rawEnd(exchange, head(exchange, answer, `content-length: ${bytes.length}`), half)
      return true
    case "chunk-cut":
      rawEnd(exchange, head(exchange, answer, "transfer-encoding: chunked"), chunk(half))
      return true
    case "malformed-chunk":
      rawEnd(
        exchange,
        head(exchange, answer, "transfer-encoding: chunked"),
        chunk(half),
        Buffer.from("zz\r\nnot a chunk\r\n")
      )
      return true
    case "bad-gzip": {
      const zipped = zlib.gzipSync(bytes)
      zipped.fill(0xff, 10)
      response.writeHead(answer.status, {
        ...headersOf(exchange, answer),
        "content-encoding": "gzip",
        "content-length": zipped.length
      })
      response.end(zipped)
      return true
    }
    case "duplicate-headers": {
      const headers = Object.entries(headersOf(exchange, answer))
      // A repeated Content-Length would not be a doubtful answer but a broken one, so that one stays single.
      const doubled = [...headers, ...headers].flat()
      response.writeHead(answer.status, [...doubled, "content-length", String(bytes.length)])
      response.end(bytes)
      return true
    }
    case "dribble":
      response.writeHead(answer.status, { ...headersOf(exchange, answer), "content-length": bytes.length })
      await dribble(exchange, bytes, action.bytesPerSecond, signal)
      return true
    default:
      return false
  }
}

const cuts: ReadonlySet<string> = new Set(["reset", "close"])

/** Without the length that an answer of bytes has: each way of sending badly says its own. */
const headersOf = ({ requestId }: Exchange, { headers }: Answer): Record<string, string> => {
  const { "content-length": _, ...others } = headers
  return { ...others, "x-request-id": requestId }
}

/** An answer's head by hand: Node would not let its body break it. */
const head = (exchange: Exchange, answer: Answer, framing: string) => {
  const lines = Object.entries(headersOf(exchange, answer)).map(([name, value]) => `${name}: ${value}`)
  const status = `HTTP/1.1 ${answer.status} ${http.STATUS_CODES[answer.status] ?? ""}`
  return Buffer.from([status, ...lines, framing, "", ""].join("\r\n"))
}

const chunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")])

const rawEnd = ({ request }: Exchange, ...parts: ReadonlyArray<Buffer>) => {
  request.socket.end(Buffer.concat(parts))
}

const dribble = async ({ response }: Exchange, bytes: Buffer, bytesPerSecond: number, signal: AbortSignal) => {
  const step = Math.max(1, Math.ceil(bytesPerSecond / 20))
  for (let at = 0; at < bytes.length && !response.destroyed; at += step) {
    response.write(bytes.subarray(at, at + step))
    // One request's bytes come one after another: waiting in the loop is the point.
    // oxlint-disable-next-line no-await-in-loop
    await sleep((step / bytesPerSecond) * 1000, signal)
  }
  response.end()
}
