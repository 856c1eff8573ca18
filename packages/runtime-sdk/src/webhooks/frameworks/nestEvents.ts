/**
 * Marks methods as handlers of events.
 *
 * @since 0.2.0
 */
import type { RequestType } from "../handling/replies.ts"
import type { RequestRoute, WebhookHandlerMap } from "../handling/types.ts"

type EventType = keyof WebhookHandlerMap & string
type Method<Type extends EventType> = Extract<NonNullable<WebhookHandlerMap[Type]>, (...args: never) => unknown>
type Options<Type extends EventType> = Type extends RequestType ? Omit<RequestRoute<Type>, "reply"> : never

interface Mark {
  readonly type: string
  readonly options: object | undefined
}

const marks = new WeakMap<object, Mark>()

/**
 * Marks a method of a provider or controller as the handler of an event. Its reply is checked by the compiler.
 *
 * @since 0.2.0
 * @category decorators
 */
export const OnAywaEvent =
  <Type extends EventType>(type: Type, options?: Options<Type>) =>
  <M extends Method<Type>>(_target: object, _name: string | symbol, method: TypedPropertyDescriptor<M>): void => {
    if (method.value !== undefined) marks.set(method.value, { type, options })
  }

/** What a method is marked for. */
export const eventOf = (method: unknown): Mark | undefined =>
  typeof method === "function" ? marks.get(method) : undefined
