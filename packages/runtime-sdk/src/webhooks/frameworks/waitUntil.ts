/**
 * Reports that outlive the answer.
 *
 * @since 0.2.0
 */
import type { WebhookReceiverOptions } from "../handling/receiver.ts"
import { outcomeOf } from "../handling/within.ts"

/** Options whose `onError` is waited for after the answer, where a platform would end the process before. */
export const untilDone = (
  options: WebhookReceiverOptions,
  waitUntil: ((promise: Promise<unknown>) => void) | undefined
): WebhookReceiverOptions => {
  const { onError } = options
  if (onError === undefined || waitUntil === undefined) return options
  return { ...options, onError: (error) => waitUntil(outcomeOf(() => onError(error))) }
}
