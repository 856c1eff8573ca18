/**
 * Puts answers on the socket.
 */
import { pipeline, Readable } from "node:stream"
import type { Answer } from "./answer.ts"
import type { Exchange } from "./exchange.ts"
import { answerCopy } from "./journal.ts"

/** Sends a whole answer. */
export const send = ({ request, response, requestId, entry }: Exchange, answer: Answer): void => {
  const { status, headers, body, content } = answer
  entry.status = status
  entry.answer = answerCopy(answer)
  if (content !== undefined && request.method === "HEAD") {
    // The length is in the headers: there is no need to read what nobody gets.
    response.writeHead(status, { ...headers, "x-request-id": requestId })
    response.end()
    return
  }
  if (content !== undefined) {
    response.writeHead(status, { ...headers, "x-request-id": requestId })
    // A client that goes away, or a store that is closed meanwhile, ends the connection; that is all there is to do.
    pipeline(Readable.from(content, { objectMode: false, highWaterMark: 262_144 }), response, () => {})
    return
  }
  response.writeHead(status, {
    ...headers,
    "x-request-id": requestId,
    ...(status === 204 || status === 304 ? {} : { "content-length": Buffer.byteLength(body) })
  })
  response.end(body)
}
