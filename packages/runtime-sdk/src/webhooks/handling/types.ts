/**
 * What handlers look like.
 *
 * @since 0.1.0
 */
import type { InvalidMessage, MessageOf, NoticeMessage, SourceOnlyNotice, UnknownMessage } from "../events.ts"
import type { RequestType, WebhookReplies } from "./replies.ts"

/**
 * What a handler knows about the delivery beside its message.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookContext {
  /** The same over all attempts of one delivery. Absent for legacy senders that sign no id. */
  readonly id: string | undefined
  /** When this attempt was signed; absent for senders that sign no time. */
  readonly attemptAt: Date | undefined
  /** Aborted at the deadline, and when the runtime hangs up. Pass it on to what you call. */
  readonly signal: AbortSignal
  /** When the answer must be there: earlier than the runtime's own limit by what the way back needs. */
  readonly deadline: Date | undefined
}

/**
 * Answers an event that asks. Its reply is not optional.
 *
 * @since 0.1.0
 * @category models
 */
export type RequestHandler<Type extends RequestType> = (
  message: MessageOf<Type>,
  context: WebhookContext
) => WebhookReplies[Type] | Promise<WebhookReplies[Type]>

/**
 * A request handler with its own limit and fallback.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestRoute<Type extends RequestType> {
  readonly reply: RequestHandler<Type>
  /**
   * `timeoutSeconds` of the server that the runtime sends this to, 1 to 300. By default what the event says about its
   * server, else 20. No effect on assistant-request: 7.5 seconds are fixed.
   */
  readonly timeoutSeconds?: number | undefined
  /** Sent when the handler throws, is late, or replies something that the runtime does not read. */
  readonly fallback?: WebhookReplies[Type] | ((message: MessageOf<Type>) => WebhookReplies[Type]) | undefined
}

/**
 * Takes in an event that tells something. The runtime reads no reply, so there is none to return.
 *
 * @since 0.1.0
 * @category models
 */
export type NoticeHandler<Message> = (message: Message, context: WebhookContext) => void | Promise<void>

/** The types of events that tell and do not ask. */
export type NoticeType = (NoticeMessage | SourceOnlyNotice)["type"]

/**
 * Handlers by type of event: a reply is mandatory for those that ask, and impossible for the others.
 *
 * @since 0.1.0
 * @category models
 */
export type WebhookHandlerMap = {
  readonly [Type in RequestType]?: RequestHandler<Type> | RequestRoute<Type> | undefined
} & {
  readonly [Type in NoticeType]?: NoticeHandler<MessageOf<Type>> | undefined
} & {
  /** Types that this version does not know. Acknowledged when there is no handler. */
  readonly unknown?: NoticeHandler<UnknownMessage> | undefined
  /** Known types with another body. Refused with 422 when there is no handler. */
  readonly invalid?: NoticeHandler<InvalidMessage> | undefined
}
