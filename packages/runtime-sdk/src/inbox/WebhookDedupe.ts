/**
 * Dedupe alone, for those who have a queue of their own (SQS, Kafka): claim an id, enqueue, answer 2xx.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redis from "effect/persistence/Redis"
import type * as SqlClient from "effect/sql/SqlClient"
import type { InboxError } from "./model.ts"
import { type Leases, leasesMemory, leasesRedis, leasesSql } from "./leases.ts"
import { keyOf } from "./names.ts"
import { openLeases } from "./openSql.ts"
import { settled } from "./report.ts"
import { checkRedis } from "./settingsRedis.ts"
import { leases } from "./tables.ts"

/**
 * Remembers webhook ids.
 *
 * @since 0.1.0
 * @category services
 */
export class WebhookDedupe extends Context.Service<
  WebhookDedupe,
  {
    /**
     * Runs `enqueue` unless the id was claimed within `remember` (default 7 days), and says whether it ran. If it
     * fails the claim is given up, so that the runtime's next attempt can succeed. A process that dies in between
     * leaves the claim: use an inbox where that must not happen.
     */
    readonly claim: <A, E, R>(
      id: string,
      enqueue: Effect.Effect<A, E, R>,
      remember?: Duration.Input
    ) => Effect.Effect<boolean, E | InboxError, R>
  }
>()("@aywa-ai/runtime-sdk/WebhookDedupe") {}

/** Claims that ended are swept away this often; until then they only take room. */
const sweepEvery = Duration.minutes(10)

const make = Effect.fnUntraced(function* (store: Leases) {
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(sweepEvery), Effect.ignore(store.sweep))))
  return WebhookDedupe.of({
    claim: (id, enqueue, remember = "7 days") =>
      // Interrupted between the claim and `enqueue`, nobody would give the claim up, and the delivery were lost.
      Effect.uninterruptibleMask((restore) => {
        // A new owner each time: the lease of an earlier claim is never ours.
        const owner = globalThis.crypto.randomUUID()
        const name = `seen:${keyOf(id)}`
        const giveUp = () => Effect.ignore(store.release(name, owner))
        const lease = store.lease(name, owner, Duration.toMillis(Duration.fromInputUnsafe(remember)))
        // A claim whose answer was lost may have been made as well.
        return Effect.flatMap(Effect.onError(lease, giveUp), (ours) =>
          ours ? Effect.as(Effect.onError(restore(enqueue), giveUp), true) : Effect.succeed(false)
        )
      })
  })
})

/**
 * In the memory of one process.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<WebhookDedupe> = Layer.effect(WebhookDedupe, Effect.flatMap(leasesMemory, make))

/**
 * In SQLite or PostgreSQL, table `aywa_inbox_leases`. The server is checked as that of an inbox.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSql: Layer.Layer<WebhookDedupe, InboxError, SqlClient.SqlClient> = Layer.fresh(
  Layer.effect(
    WebhookDedupe,
    settled(openLeases(undefined)).pipe(Effect.andThen(leasesSql(leases)), Effect.flatMap(make))
  )
)

/**
 * In Redis. The server is checked as that of an inbox.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRedis = (prefix = "{aywa}:"): Layer.Layer<WebhookDedupe, InboxError, Redis.Redis> =>
  Layer.fresh(
    Layer.effect(
      WebhookDedupe,
      settled(checkRedis(prefix)).pipe(Effect.andThen(leasesRedis(prefix)), Effect.flatMap(make))
    )
  )
