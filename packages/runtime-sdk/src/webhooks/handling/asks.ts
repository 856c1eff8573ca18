/**
 * Which events the runtime waits for an answer to.
 *
 * @since 0.1.0
 */
import type { RequestMessage, WebhookMessage } from "../events.ts"
import { typeOf } from "./answer.ts"
import type { RequestType } from "./replies.ts"

/** The types that are answered, as values: the compiler holds the list complete. */
const requestTypes: { readonly [Type in RequestType]: true } = {
  "assistant-request": true,
  "tool-calls": true,
  "transfer-destination-request": true,
  "knowledge-base-request": true,
  "voice-request": true,
  "call.endpointing.request": true,
  "handoff-destination-request": true,
  "campaign.predial": true
}

/** Whether the runtime waits for an answer to a message. */
export const isRequest = (message: WebhookMessage): message is RequestMessage =>
  Object.hasOwn(requestTypes, message.type)

/** Whether the sender waits for an answer, whatever the body is and whether anybody here can give one. */
export const asks = (message: WebhookMessage): boolean => Object.hasOwn(requestTypes, typeOf(message))
