/**
 * The way in: what is offered is cleaned, gathered, and stored within a time limit.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { makeBatches } from "./batches.ts"
import { makeDeadlines } from "./deadlines.ts"
import { type Delivery, InboxError, storing } from "./model.ts"
import { asOption, deliveryOf, type Settings } from "./options.ts"
import type { Outage } from "./outage.ts"
import { Report } from "./report.ts"
import type { Store } from "./Store.ts"
import { wellFormed } from "./text.ts"

const batch = { maxItems: 200, maxSize: 4_000_000, sizeOf: ({ body }: Delivery) => body.length }

const cleaned = ({ id, type, callId, body }: Delivery): Delivery => ({
  id: wellFormed(id),
  type: wellFormed(type),
  ...(callId === undefined ? {} : { callId: wellFormed(callId) }),
  body: wellFormed(body)
})

const isSame = (a: Delivery, b: Delivery): boolean =>
  a.id === b.id && a.type === b.type && a.callId === b.callId && a.body === b.body

/** How often a store that takes nothing in is asked whether it does again. */
const lookMillis = 1000

/** Gives `offer`. */
export const makeIntake = Effect.fnUntraced(function* (
  store: Store,
  { offerMillis }: Settings,
  outage: Outage,
  wake: () => void
) {
  const report = Context.get(yield* Effect.context<never>(), Report)
  const late = Effect.suspend(() => {
    const error = new InboxError(storing, new Error(`No answer within ${offerMillis} ms`))
    return Effect.andThen(outage.down(error, "in"), Effect.fail(error))
  })
  const { put } = yield* makeBatches<Delivery>({
    ...batch,
    write: (list) => Effect.tap(outage.watch(store.offer(list), "in"), () => Effect.sync(wake))
  })
  // Nobody may come for a while, least of all to a receiver that says of itself that it is not well.
  const look = Effect.suspend(() =>
    outage.failureOf("in") === undefined ? Effect.void : Effect.ignore(outage.watch(store.probe, "in"))
  )
  yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(lookMillis)))
  const within = yield* makeDeadlines(offerMillis, late)
  const replaced = ({ id }: Delivery) =>
    report(
      new InboxError(
        `Delivery ${id} had characters that a store does not take (NUL, half a character); they were replaced.`,
        undefined,
        "warning"
      )
    )
  return (delivery: Delivery): Effect.Effect<void, InboxError> =>
    Effect.flatMap(
      asOption(() => cleaned(deliveryOf(delivery))),
      (clean) => {
        const refusal = store.refusal?.(clean)
        if (refusal !== undefined) return Effect.fail(refusal)
        const stored = within((settle) => put(clean, settle))
        return isSame(clean, delivery) ? stored : Effect.andThen(replaced(clean), stored)
      }
    )
})
