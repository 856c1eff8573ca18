/**
 * Receives deliveries on the fiber of a request: what is around the request is around the handler, too.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { WebhookBody } from "../body.ts"
import type { WebhookMessage } from "../events.ts"
import type { WebhookAnswer } from "../handling/answer.ts"
import { answerSteps } from "../handling/answering.ts"
import { audioOf } from "../handling/audio.ts"
import { done, failed, late, type Outcome } from "../handling/outcome.ts"
import type { Routes } from "../handling/routes.ts"
import type { Step } from "../handling/steps.ts"
import type { WebhookContext } from "../handling/types.ts"
import { tooLate } from "../handling/within.ts"
import type { WebhookSinkDelivery } from "../sink.ts"
import type { AuthenticWebhookEvent } from "../verify.ts"

/** A handler of any event. */
export type Handler<R> = (message: WebhookMessage, context: WebhookContext) => Effect.Effect<unknown, unknown, R>

/** Where notices are stored. */
export type Inbox<R> = (delivery: WebhookSinkDelivery) => Effect.Effect<unknown, unknown, R>

/** Does what the steps of a request say. */
export const drive = Effect.fnUntraced(function* <R>(
  first: Step<Inbox<R>>,
  readBody: (maxBytes: number) => Effect.Effect<WebhookBody, unknown>,
  routes: Routes<Handler<R>>
) {
  const startMillis = yield* Clock.currentTimeMillis
  let step = first
  for (;;) {
    switch (step._tag) {
      case "NeedBody":
        step = step.resume(outcomeOf(yield* Effect.exit(readBody(step.maxBytes))))
        break
      case "Offer":
        step = step.resume(yield* within(startMillis + step.seconds * 1000, step.inbox(step.delivery)))
        break
      case "Run":
        return yield* answer(step.event, routes, startMillis)
      case "Answer":
        return step.answer
    }
  }
})

/** Does what the steps of an answer say. */
const answer = Effect.fnUntraced(function* <R>(
  { id, attemptAt, message }: AuthenticWebhookEvent,
  routes: Routes<Handler<R>>,
  startMillis: number
): Effect.fn.Return<WebhookAnswer, never, R> {
  const controller = new AbortController()
  let step = answerSteps(routes.get(message.type), message, id)
  let deadline = Infinity
  for (;;) {
    switch (step._tag) {
      case "Attempt": {
        deadline = startMillis + step.seconds * 1000
        const context = { id, attemptAt, signal: controller.signal, deadline: new Date(deadline) }
        const { handler } = step
        const reply = Effect.flatMap(
          Effect.suspend(() => handler(message, context)),
          (reply) => (Stream.isStream(reply) ? Stream.toAsyncIterableEffect(streamOf(reply)) : Effect.succeed(reply))
        )
        step = step.resume(yield* within(deadline, reply, controller))
        break
      }
      case "Open": {
        const { audio, timed } = step
        const hearing = { signal: controller.signal, close: () => {} }
        const pieces = Effect.tryPromise({
          try: () => audioOf(audio, timed ? hearing : undefined),
          catch: (cause) => cause
        })
        step = step.resume(yield* within(timed ? deadline : Infinity, pieces, controller))
        break
      }
      case "Answer":
        return step.answer
    }
  }
})

// What pieces it gives is checked one by one; what it needs is there, for its handler is an effect of the same map.
const streamOf = (reply: unknown) => reply as Stream.Stream<Uint8Array, unknown>

/**
 * The outcome of work. Work that goes on at the deadline is interrupted, and not waited for: whoever asked waits for the
 * fallback. It is waited for when the request itself is interrupted.
 */
const within = <A, R>(
  deadline: number,
  work: Effect.Effect<A, unknown, R>,
  controller = new AbortController()
): Effect.Effect<Outcome<A>, never, R> =>
  Effect.uninterruptibleMask(
    Effect.fnUntraced(function* (restore) {
      const remaining = Math.max(0, deadline - (yield* Clock.currentTimeMillis))
      const fiber = yield* Effect.forkDetach(work, { startImmediately: true })
      const exit = yield* Effect.onInterrupt(restore(Effect.timeoutOption(Fiber.await(fiber), remaining)), () => {
        controller.abort()
        return Fiber.interrupt(fiber)
      })
      if (Option.isSome(exit)) return outcomeOf(exit.value)
      controller.abort(tooLate())
      fiber.interruptUnsafe()
      return late
    })
  )

const outcomeOf = <A>(exit: Exit.Exit<A, unknown>): Outcome<A> =>
  Exit.isSuccess(exit) ? done(exit.value) : failed(Cause.squash(exit.cause))
