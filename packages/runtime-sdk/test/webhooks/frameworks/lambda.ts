/** What stands in front of a Lambda: turns requests into events as its services do, and results into responses. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { PassThrough } from "node:stream"
import type { LambdaEvent, LambdaResult, LambdaStreaming } from "../../../src/webhooks/lambda.ts"

export type LambdaKind = "v1" | "v2" | "alb" | "alb-lists" | "url"

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const eventOf = async (kind: LambdaKind, request: IncomingMessage): Promise<LambdaEvent> => {
  const bytes = await bodyOf(request)
  // Services send text as text where they know that it is, and anything else as base64.
  const isText = kind === "v1" && bytes.equals(Buffer.from(bytes.toString()))
  const body = bytes.length === 0 ? null : isText ? bytes.toString() : bytes.toString("base64")
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : value])
  )
  const common = { body, isBase64Encoded: body !== null && !isText }
  const method = request.method ?? ""
  const path = request.url ?? ""
  if (kind === "v2" || kind === "url") {
    return { ...common, headers, rawPath: path, rawQueryString: "", requestContext: { http: { method } } }
  }
  const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ""]]))
  if (kind === "alb") return { ...common, httpMethod: method, path, headers, requestContext: { elb: {} } }
  if (kind === "alb-lists") {
    return { ...common, httpMethod: method, path, multiValueHeaders: lists, requestContext: { elb: {} } }
  }
  return { ...common, httpMethod: method, path, headers, multiValueHeaders: lists, requestContext: {} }
}

/** The time that a real invocation would have. */
const context = { getRemainingTimeInMillis: () => 29_000 }

export const asLambda =
  (kind: LambdaKind, handler: (event: LambdaEvent, context: object) => Promise<LambdaResult>) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const result = await handler(await eventOf(kind, request), context)
    const headers = kind === "alb-lists" ? result.multiValueHeaders : result.headers
    response.writeHead(result.statusCode, headers)
    response.end(Buffer.from(result.body, result.isBase64Encoded ? "base64" : "utf8"))
  }

type StreamHandler = (event: LambdaEvent, stream: NodeJS.WritableStream, context: object) => Promise<void>

export const streamLambda = (make: (awslambda: LambdaStreaming) => StreamHandler) => {
  const responses = new WeakMap<NodeJS.WritableStream, ServerResponse>()
  const handler = make({
    streamifyResponse: (handler) => handler,
    HttpResponseStream: {
      from: (stream, { statusCode, headers }) => {
        responses.get(stream)?.writeHead(statusCode, headers)
        return stream
      }
    }
  })
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const event = await eventOf("url", request)
    const stream = new PassThrough()
    responses.set(stream, response)
    stream.pipe(response)
    await handler(event, stream, context)
  }
}
