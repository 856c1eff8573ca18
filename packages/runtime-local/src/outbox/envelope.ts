/**
 * What every message of a call carries, whatever it says.
 */
import type { JsonObject } from "../json/object.ts"

/** What a message is about. */
export interface MessageContext {
  readonly call: JsonObject
  /** `undefined` while it is not known. */
  readonly assistant: JsonObject | undefined
  readonly phoneNumber: JsonObject | undefined
  readonly customer: JsonObject | undefined
  /** Epoch milliseconds. */
  readonly now: number
}

/** A message with the fields of its own. */
export const envelope = (type: string, context: MessageContext, own: JsonObject): JsonObject => ({
  type,
  timestamp: context.now,
  ...own,
  call: context.call,
  ...(context.phoneNumber === undefined ? {} : { phoneNumber: context.phoneNumber }),
  ...(context.customer === undefined ? {} : { customer: context.customer }),
  ...(context.assistant === undefined ? {} : { assistant: context.assistant }),
  ...(own["artifact"] === undefined && own["messages"] !== undefined
    ? { artifact: { messages: own["messages"], messagesOpenAIFormatted: own["messagesOpenAIFormatted"] } }
    : {})
})
