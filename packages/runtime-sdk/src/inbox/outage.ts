/**
 * Whether the store answers: told once when it stops, and once when it is back.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { InboxError } from "./model.ts"
import { Report } from "./report.ts"

/** The state of a store, as its inbox sees it. */
export interface Outage {
  /** The store failed: told, unless it was down before. */
  readonly down: (error: InboxError) => Effect.Effect<void>
  /** The store answered: told, if it was down. */
  readonly up: Effect.Effect<void>
  /** Takes note of how an effect on the store ends. */
  readonly watch: <A, R>(effect: Effect.Effect<A, InboxError, R>) => Effect.Effect<A, InboxError, R>
}

/** Makes the state of a store that answers. */
export const makeOutage: Effect.Effect<Outage> = Effect.contextWith((context: Context.Context<never>) => {
  const report = Context.get(context, Report)
  let isDown = false
  const down = (error: InboxError) =>
    Effect.suspend(() => {
      if (isDown) return Effect.void
      isDown = true
      return report(error)
    })
  const up = Effect.suspend(() => {
    if (!isDown) return Effect.void
    isDown = false
    return report(
      new InboxError("The inbox's store is back. Deliveries are taken in and handled again.", undefined, "recovery")
    )
  })
  return Effect.succeed({
    down,
    up,
    watch: (effect) => Effect.tap(Effect.tapError(effect, down), up)
  } satisfies Outage)
})
