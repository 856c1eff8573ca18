/**
 * Handlers written as Effects.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { InvalidMessage, MessageOf, UnknownMessage, WebhookMessage } from "../events.ts"
import { handlers, type WebhookHandlers } from "../handling/handlers.ts"
import type { RequestType, WebhookReplies } from "../handling/replies.ts"
import type { NoticeType, WebhookContext, WebhookHandlerMap } from "../handling/types.ts"

/** A reply; a voice may be a Stream, too. */
type Reply<Type extends RequestType> =
  | WebhookReplies[Type]
  | (Type extends "voice-request" ? Stream.Stream<Uint8Array, unknown> : never)

/** No reply. A lone `void` would take an effect of anything, because its type parameter is a function's result. */
type Nothing = void | undefined

/** A handler whose effect is interrupted at the deadline, and when the runtime hangs up. */
type Handler<Message, A, R> = (message: Message, context: WebhookContext) => Effect.Effect<A, unknown, R>

/**
 * Handlers by type of event, as Effects: a reply is mandatory for those that ask, and impossible for the others.
 *
 * @since 0.1.0
 * @category models
 */
export type EffectHandlerMap<R> = {
  readonly [Type in RequestType]?: Handler<MessageOf<Type>, Reply<Type>, R> | undefined
} & {
  readonly [Type in NoticeType]?: Handler<MessageOf<Type>, Nothing, R> | undefined
} & {
  /** Types that this version does not know. Acknowledged when there is no handler. */
  readonly unknown?: Handler<UnknownMessage, Nothing, R> | undefined
  /** Known types with another body. Refused with 422 when there is no handler. */
  readonly invalid?: Handler<InvalidMessage, Nothing, R> | undefined
}

/** Runs the effects of a map with the services of a context. */
export const handlersWith = <R>(map: EffectHandlerMap<R>, context: Context.Context<R>): WebhookHandlers => {
  const run = Effect.runPromiseWith(context)
  const plain = Object.entries(map).flatMap(([type, handler]) => {
    if (handler === undefined) return []
    // A handler takes only the message of its own type; it is looked up by that type.
    const effect = handler as Handler<WebhookMessage, unknown, R>
    const call = async (message: WebhookMessage, about: WebhookContext) => {
      const reply = await run(effect(message, about), { signal: about.signal })
      return Stream.isStream(reply) ? Stream.toAsyncIterable(reply as Stream.Stream<Uint8Array, unknown>) : reply
    }
    return [[type, call] as const]
  })
  return handlers(Object.fromEntries(plain) as WebhookHandlerMap)
}
