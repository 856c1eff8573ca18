/**
 * What AWS Lambda calls with, and what it takes back.
 *
 * @since 0.2.0
 */
import type { WebhookAnswer } from "../handling/answer.ts"
import { webhookReceiver, type WebhookReceiverOptions } from "../handling/receiver.ts"
import type { WebhookHeaders } from "../headers.ts"

type Lists = Readonly<Record<string, ReadonlyArray<string> | undefined>>

/** What is used of an event: of API Gateway, payload 1 or 2, a load balancer, or a function URL. */
export interface LambdaEvent {
  readonly httpMethod?: string | undefined
  readonly path?: string | undefined
  readonly rawPath?: string | undefined
  readonly rawQueryString?: string | undefined
  readonly headers?: Readonly<Record<string, string | undefined>> | null | undefined
  readonly multiValueHeaders?: Lists | null | undefined
  readonly requestContext?:
    | { readonly http?: { readonly method: string } | undefined; readonly elb?: unknown }
    | undefined
  readonly body?: string | null | undefined
  readonly isBase64Encoded?: boolean | undefined
}

/** What is used of the context of an invocation. */
export interface LambdaContext {
  readonly getRemainingTimeInMillis?: (() => number) | undefined
}

/** What an invocation gives back. */
export interface LambdaResult {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly multiValueHeaders?: Record<string, Array<string>>
  readonly body: string
  readonly isBase64Encoded: boolean
}

/** What the answer needs when the handler has taken all of its time. */
const marginMillis = 500

/** Receives an event; the time that the invocation has left bounds the time of handlers. */
export const lambdaReceiver = (options: WebhookReceiverOptions) => {
  const receive = webhookReceiver(options)
  return (event: LambdaEvent, context: LambdaContext | undefined): Promise<WebhookAnswer> => {
    const remaining = context?.getRemainingTimeInMillis?.()
    const { rawPath, path, rawQueryString } = event
    return receive({
      method: event.requestContext?.http?.method ?? event.httpMethod ?? "",
      url: (rawPath ?? path ?? "") + (rawQueryString ? `?${rawQueryString}` : ""),
      headers: (event.multiValueHeaders ?? event.headers ?? {}) as WebhookHeaders,
      body: Buffer.from(event.body ?? "", event.isBase64Encoded === true ? "base64" : "utf8"),
      ...(remaining === undefined ? {} : { remainingMillis: Math.max(0, remaining - marginMillis) })
    })
  }
}
