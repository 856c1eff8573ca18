/**
 * Receives webhooks in a function URL of AWS Lambda that streams.
 *
 * @since 0.2.0
 */
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { WebhookReceiverOptions } from "../handling/receiver.ts"
import { type LambdaContext, type LambdaEvent, lambdaReceiver } from "./lambdaEvents.ts"

/** What Lambda's runtime has for handlers that stream. */
export interface LambdaStreaming {
  streamifyResponse<Handler>(handler: Handler): Handler
  readonly HttpResponseStream: {
    from(
      stream: NodeJS.WritableStream,
      metadata: { readonly statusCode: number; readonly headers: Record<string, string> }
    ): NodeJS.WritableStream
  }
}

/**
 * A handler of a function URL with `InvokeMode: RESPONSE_STREAM`: audio goes out piece by piece. Give it the global
 * `awslambda` of Lambda's runtime.
 *
 * @since 0.2.0
 * @category adapters
 */
export const lambdaStreamHandler = (
  options: WebhookReceiverOptions,
  awslambda: LambdaStreaming
): ((event: LambdaEvent, stream: NodeJS.WritableStream, context?: LambdaContext) => Promise<void>) => {
  const receive = lambdaReceiver(options)
  return awslambda.streamifyResponse(
    async (event: LambdaEvent, stream: NodeJS.WritableStream, context?: LambdaContext): Promise<void> => {
      const { status: statusCode, headers, body } = await receive(event, context)
      const out = awslambda.HttpResponseStream.from(stream, { statusCode, headers: { ...headers } })
      // Ends the audio when the runtime hangs up.
      await pipeline(Readable.from(typeof body === "string" ? [body] : body, { objectMode: false }), out).catch(
        () => {}
      )
    }
  )
}
