/**
 * Whether the store answers: told once when it stops, and once when it is back. It may refuse what is offered while it
 * hands out what it has, so the way in and the rest are looked at apart.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { InboxError } from "./model.ts"
import { Report } from "./report.ts"

/** What fails by itself: taking in, or all the rest. */
export type Way = "in" | "out"

/** The state of a store, as its inbox sees it. */
export interface Outage {
  /** The store failed: told, unless it was down before. */
  readonly down: (error: InboxError, way?: Way) => Effect.Effect<void>
  /** Takes note of how an effect on the store ends; by default one of the way `out`. */
  readonly watch: <A, R>(effect: Effect.Effect<A, InboxError, R>, way?: Way) => Effect.Effect<A, InboxError, R>
  /** The first failure of a way that has not worked since. */
  readonly failureOf: (way: Way) => InboxError | undefined
}

/** Makes the state of a store that answers. */
export const makeOutage: Effect.Effect<Outage> = Effect.contextWith((context: Context.Context<never>) => {
  const report = Context.get(context, Report)
  const failures = new Map<Way, InboxError>()
  const down = (error: InboxError, way: Way = "out") =>
    Effect.suspend(() => {
      const isNews = failures.size === 0
      if (!failures.has(way)) failures.set(way, error)
      return isNews ? report(error) : Effect.void
    })
  const up = (way: Way) =>
    Effect.suspend(() => {
      if (!failures.delete(way) || failures.size > 0) return Effect.void
      return report(
        new InboxError("The inbox's store is back. Deliveries are taken in and handled again.", undefined, "recovery")
      )
    })
  return Effect.succeed({
    down,
    watch: (effect, way = "out") =>
      Effect.tap(
        Effect.tapError(effect, (error) => down(error, way)),
        up(way)
      ),
    failureOf: (way) => failures.get(way)
  } satisfies Outage)
})
