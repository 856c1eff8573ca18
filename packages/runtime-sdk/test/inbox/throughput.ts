/**
 * Deliveries per second that each store takes in and hands out, from one process: `node test/inbox/throughput.ts`.
 * A figure of this machine, not a test.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { WebhookInbox } from "../../src/inbox.ts"
import { delivery, inboxLayer, makePlace, until } from "./support.ts"

const count = Number(process.argv[2] ?? 10_000)
const padding = "x".repeat(400)

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const begin = performance.now()
    yield* effect
    return Math.round((count / (performance.now() - begin)) * 1000)
  })

const measure = Effect.gen(function* () {
  const inbox = yield* WebhookInbox.WebhookInbox
  const offerAll = Effect.forEach(
    Array.from({ length: count }, (_, i) => i),
    (i) => inbox.offer({ ...delivery(`evt_${i}`, `call_${i % 100}`), body: padding }),
    { concurrency: 64, discard: true }
  )
  const offers = yield* timed(offerAll)
  const duplicates = yield* timed(offerAll)
  let handled = 0
  const takes = yield* timed(
    Effect.gen(function* () {
      const worker = yield* Effect.forkChild(inbox.run(() => Effect.sync(() => handled++), { concurrency: 64 }))
      yield* until(
        Effect.sync(() => handled === count),
        "all deliveries",
        60_000
      )
      yield* Fiber.interrupt(worker)
    })
  )
  return { "offers/s": offers, "duplicate offers/s": duplicates, "handled/s": takes }
})

const table: Record<string, object> = {}
for (const kind of ["memory", "redis", "sqlite", "postgres"] as const) {
  const { place, remove } = await makePlace(kind)
  table[kind] = await measure.pipe(Effect.provide(inboxLayer(place)), Effect.scoped, Effect.runPromise)
  await remove()
}
console.table(table)
