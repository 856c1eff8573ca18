/**
 * Writes an answer to a response of Node.
 *
 * @since 0.1.0
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { pipeline } from "node:stream/promises"
import type { WebhookAnswer } from "./answer.ts"

/** Sends an answer; resolves when it is on its way or nobody listens any longer. One that was begun before is kept. */
export const sendAnswer = async (
  { status, headers, body }: WebhookAnswer,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> => {
  if (response.headersSent) return
  // A body that was not read to its end would be taken for the next request: read it away and end the connection.
  const unread = !request.complete
  response.writeHead(status, unread ? { ...headers, connection: "close" } : { ...headers })
  if (unread) request.resume()
  if (typeof body === "string") {
    response.end(body)
    return
  }
  response.flushHeaders()
  // Ends the audio when the runtime hangs up; breaks the connection when the audio fails half way.
  await pipeline(body, response).catch(() => undefined)
}
