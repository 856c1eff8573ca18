/**
 * The adapter for everything that speaks `Request` and `Response`.
 *
 * @since 0.1.0
 */
import { WebhookVerificationError } from "../WebhookVerificationError.ts"
import type { WebhookBody } from "../body.ts"
import type { WebhookAnswer } from "./answer.ts"
import { webhookReceiver, type WebhookReceiver, type WebhookReceiverOptions } from "./receiver.ts"

/**
 * A handler from `Request` to `Response`: Hono, Next route handlers, Bun, Deno, Workers.
 *
 * **Details**
 *
 * Reads the body itself, up to `maxBodyBytes`. Never rejects. `webhookReceiver` lists the status codes.
 *
 * **Example**
 *
 * ```ts
 * import { webhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
 *
 * export const POST = webhookHandler({
 *   secret: process.env["AYWA_RUNTIME_WEBHOOK_SECRET"],
 *   handlers: { "assistant-request": () => ({ assistantId: "your-assistant-id" }) }
 * })
 * ```
 *
 * @since 0.1.0
 * @category adapters
 */
export const webhookHandler = (options: WebhookReceiverOptions): ((request: Request) => Promise<Response>) => {
  const receive = webhookReceiver(options)
  return (request) => answerRequest(receive, request, (maxBytes) => readBody(request, maxBytes))
}

/** Receives a Request whose body is read in one's own way. */
export const answerRequest = async (
  receive: WebhookReceiver,
  request: Request,
  read: (maxBytes: number) => Promise<WebhookBody>
): Promise<Response> => {
  const { method, url, headers, signal } = request
  let isRead = method === "GET" || method === "HEAD"
  const body = async (maxBytes: number) => {
    const whole = await read(maxBytes)
    isRead = true
    return whole
  }
  const answer = await receive({ method, url, headers, signal, body })
  // Servers break a connection whose body was left unread, and the next request with it: the sender is told to leave.
  return responseOf(isRead ? answer : { ...answer, headers: { ...answer.headers, connection: "close" } })
}

const advice =
  "the body of this Request was read before. Verify first: in Hono pass c.req.raw before c.req.json() or a body parser runs, in Next and elsewhere do not call request.json() before this handler; or read it once with request.text() and use verifyAywaRuntimeWebhook."

/** Reads a body up to a limit, and no further. */
export const readBody = async (request: Request, maxBytes: number): Promise<Uint8Array> => {
  if (request.bodyUsed || request.body?.locked === true)
    throw new WebhookVerificationError({ _tag: "InvalidBody", detail: advice })
  const tooLarge = new WebhookVerificationError({ _tag: "BodyTooLarge", limit: maxBytes })
  if (Number(request.headers.get("content-length")) > maxBytes) throw tooLarge
  const reader = request.body?.getReader()
  const read = () =>
    reader?.read().catch((cause: unknown) => {
      if (!request.signal.aborted) throw cause
      throw new WebhookVerificationError({ _tag: "BodyIncomplete" }, { cause })
    })
  const chunks: Array<Uint8Array> = []
  let size = 0
  for (let next = await read(); next?.value !== undefined; next = await read()) {
    size += next.value.byteLength
    if (size <= maxBytes) chunks.push(next.value)
    // The rest is thrown away, as much again at most: servers break the connection over a body that is left unread.
    else if (size > 2 * maxBytes) break
  }
  if (size <= maxBytes) return Buffer.concat(chunks)
  await reader?.cancel().catch(() => undefined)
  throw tooLarge
}

const responseOf = ({ status, headers, body }: WebhookAnswer): Response => {
  if (typeof body === "string") return new Response(body, { status, headers })
  const iterator = body[Symbol.asyncIterator]()
  const stream = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await iterator.next()
      if (next.done === true) controller.close()
      else controller.enqueue(next.value)
    },
    cancel: async () => {
      await iterator.return?.()
    }
  })
  return new Response(stream, { status, headers })
}
