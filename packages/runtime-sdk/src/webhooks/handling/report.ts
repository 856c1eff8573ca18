/**
 * Where errors go when nobody asks for them.
 *
 * @since 0.1.0
 */
import { isWebhookVerificationError, type WebhookVerificationError } from "../WebhookVerificationError.ts"
import { isWebhookHandlerError, type WebhookHandlerError } from "./WebhookHandlerError.ts"

/** Whether an error of an answer is one that `onError` is told about. */
export const isReported = (error: unknown): error is WebhookVerificationError | WebhookHandlerError =>
  isWebhookVerificationError(error) || isWebhookHandlerError(error)

/** Reasons of refusals that point at this process or at the runtime, not at whoever knocks on the door. */
const loud: ReadonlySet<string> = new Set(["InvalidSecret", "InvalidOptions", "InvalidBody", "MalformedPayload"])

/** Prints what somebody here should look at as a process warning. Where a platform has none, nothing is printed. */
export const reportToProcess = (error: WebhookVerificationError | WebhookHandlerError): void => {
  if (!isWebhookHandlerError(error) && !loud.has(error.reason._tag)) return
  const cause = error.cause instanceof Error ? (error.cause.stack ?? String(error.cause)) : undefined
  process.emitWarning(error.message, { type: "AywaRuntimeWebhook", ...(cause === undefined ? {} : { detail: cause }) })
}
