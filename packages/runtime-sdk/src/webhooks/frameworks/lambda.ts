/**
 * Receives webhooks in AWS Lambda: API Gateway (REST and HTTP), load balancers, function URLs.
 *
 * @since 0.2.0
 */
import type { WebhookReceiverOptions } from "../handling/receiver.ts"
import { type LambdaContext, type LambdaEvent, type LambdaResult, lambdaReceiver } from "./lambdaEvents.ts"

/**
 * A handler of Lambda, whichever of the four kinds of events calls it.
 *
 * **Details**
 *
 * The time that the invocation has left bounds the time of handlers: a fallback is sent while it still can be. Audio is
 * collected; `lambdaStreamHandler` sends it as it is made.
 *
 * **Gotchas**
 *
 * Lambda takes 6 MB, a load balancer 1 MB, and both answer 413 before this code runs: the runtime's reports may be larger.
 *
 * **Example**
 *
 * ```ts
 * import { lambdaHandler } from "@aywa-ai/runtime-sdk/webhooks/lambda"
 *
 * export const handler = lambdaHandler({
 *   secret: process.env["AYWA_RUNTIME_WEBHOOK_SECRET"],
 *   handlers: { "assistant-request": () => ({ assistantId: "your-assistant-id" }) }
 * })
 * ```
 *
 * @since 0.2.0
 * @category adapters
 */
export const lambdaHandler = (
  options: WebhookReceiverOptions
): ((event: LambdaEvent, context?: LambdaContext) => Promise<LambdaResult>) => {
  const receive = lambdaReceiver(options)
  return async (event, context) => {
    const { status: statusCode, headers, body } = await receive(event, context)
    const audio: Array<Uint8Array> = []
    if (typeof body !== "string") for await (const piece of body) audio.push(piece)
    return {
      statusCode,
      headers: { ...headers },
      // A load balancer that sends lists of headers takes nothing else.
      ...(event.multiValueHeaders && event.requestContext?.elb !== undefined
        ? { multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])) }
        : {}),
      body: typeof body === "string" ? body : Buffer.concat(audio).toString("base64"),
      isBase64Encoded: typeof body !== "string"
    }
  }
}
