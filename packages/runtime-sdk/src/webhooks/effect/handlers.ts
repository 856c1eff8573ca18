/**
 * Handlers written as Effects.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { InvalidMessage, MessageOf, UnknownMessage } from "../events.ts"
import type { RequestType, WebhookReplies } from "../handling/replies.ts"
import type { NoticeType, RequestRoute, WebhookContext } from "../handling/types.ts"

/** A reply; a voice may be a Stream, too. */
type Reply<Type extends RequestType, R> =
  | WebhookReplies[Type]
  | (Type extends "voice-request" ? Stream.Stream<Uint8Array, unknown, R> : never)

/** No reply. A lone `void` would take an effect of anything, because its type parameter is a function's result. */
type Nothing = void | undefined

/** A handler whose effect is interrupted at the deadline, and when the runtime hangs up. */
type Handler<Message, A, R> = (message: Message, context: WebhookContext) => Effect.Effect<A, unknown, R>

/** A request handler with its own limit and fallback. */
type Route<Type extends RequestType, R> = Omit<RequestRoute<Type>, "reply"> & {
  readonly reply: Handler<MessageOf<Type>, Reply<Type, R>, R>
}

/**
 * Handlers by type of event, as Effects: a reply is mandatory for those that ask, and impossible for the others.
 *
 * @since 0.1.0
 * @category models
 */
export type EffectHandlerMap<R> = {
  readonly [Type in RequestType]?: Handler<MessageOf<Type>, Reply<Type, R>, R> | Route<Type, R> | undefined
} & {
  readonly [Type in NoticeType]?: Handler<MessageOf<Type>, Nothing, R> | undefined
} & {
  /** Types that this version does not know. Acknowledged when there is no handler. */
  readonly unknown?: Handler<UnknownMessage, Nothing, R> | undefined
  /** Known types with another body. Refused with 422 when there is no handler. */
  readonly invalid?: Handler<InvalidMessage, Nothing, R> | undefined
}
