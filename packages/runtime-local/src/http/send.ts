/**
 * Puts answers on the socket.
 */
import { pipeline, Readable } from "node:stream"
import type { Answer } from "./answer.ts"
import type { Exchange } from "./exchange.ts"

/** Sends a whole answer. */
export const send = ({ response, requestId, entry }: Exchange, { status, headers, body, content }: Answer): void => {
  entry.status = status
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
