/**
 * The inbox: a verified delivery is stored, the runtime gets its 2xx, and workers handle it afterwards. Duplicates by
 * webhook id are dropped, failures are retried and then parked.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import type * as Redis from "effect/persistence/Redis"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as SqlClient from "effect/sql/SqlClient"
import type { WebhookSink } from "../webhooks/sink.ts"
import { known } from "../config/optionChecks.ts"
import type { Names } from "../config/unknownNames.ts"
import { countOf } from "./counts.ts"
import { type Delivery, InboxError, type Parked } from "./model.ts"
import { partitionOf, queueId } from "./names.ts"
import { serveInOrder } from "./ordered.ts"
import { makeQueueSql } from "./queueSql.ts"
import { checkRedis } from "./settingsRedis.ts"
import { makeWorkers, type Worker } from "./stopping.ts"
import type { Store } from "./Store.ts"
import { makeMemory } from "./storeMemory.ts"
import { makeRedis } from "./storeRedis.ts"
import { makeSql } from "./storeSql.ts"

/**
 * Options of an inbox.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Several inboxes may share a database: each has a name. Default `webhooks`. */
  readonly name?: string | undefined
  /** Attempts before a delivery is parked. Default 10. */
  readonly maxAttempts?: number | undefined
  /** Wait after the first failure; it doubles with each further one, up to five minutes. Default 1 second. */
  readonly backoff?: Duration.Input | undefined
  /**
   * `none` (default): workers take whatever is next. `call`: the deliveries of one call are handled one at a time, in
   * the order in which they were stored; see `WebhookInbox`. Never change it while deliveries wait.
   */
  readonly order?: "none" | "call" | undefined
  /** With `order: "call"`: how many calls can be handled side by side, over all processes. Default 16. Never change it while deliveries wait. */
  readonly partitions?: number | undefined
  /** How often an idle process looks for deliveries that another one stored. Default 200 ms. */
  readonly pollInterval?: Duration.Input | undefined
  /** After this time without a sign of life, a worker's delivery is given to another one. Default 90 seconds. */
  readonly lockExpiration?: Duration.Input | undefined
  /**
   * How long the ids of handled deliveries are remembered. Default 7 days; longer than the runtime retries (28 hours).
   * Of several inboxes in one database, the shortest time counts for all.
   */
  readonly remember?: Duration.Input | undefined
}

/**
 * What a handler is told beside the delivery.
 *
 * @since 0.1.0
 * @category models
 */
export interface Attempt {
  /** 1 for the first. A crash of the process counts as an attempt. */
  readonly attempt: number
}

/**
 * How deliveries are handled.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunOptions {
  /** Deliveries handled side by side in this process. Default 8; with `order: "call"` the partitions decide. */
  readonly concurrency?: number | undefined
  /**
   * What an interruption leaves to the handlers that are running: nothing new is taken, and after this time they are
   * interrupted, too. By default they are at once.
   */
  readonly grace?: Duration.Input | undefined
}

/**
 * The inbox.
 *
 * **Details**
 *
 * Delivery to the handler is at least once: a process may die between the handler's last effect and its
 * acknowledgement. `Once.run` inside the handler makes an effect in the same SQL database exactly once.
 *
 * With `order: "call"` the deliveries of one call are handled in the order in which they were stored, one at a time
 * over all processes, and a failing one holds back those behind it until it succeeds or is parked. Deliveries that
 * name no call share one line. When a process dies, another takes over its lines after one and a half times
 * `lockExpiration`. In Redis a delivery whose process died or cut it off goes behind the others of its line (SQL keeps
 * its place).
 *
 * @since 0.1.0
 * @category services
 */
export class WebhookInbox extends Context.Service<
  WebhookInbox,
  {
    /** Stores a delivery. A delivery whose id was stored before is dropped. */
    readonly offer: (delivery: Delivery) => Effect.Effect<void, InboxError>
    /** Handles deliveries until it is interrupted. */
    readonly run: <E, R>(
      handler: (delivery: Delivery, attempt: Attempt) => Effect.Effect<unknown, E, R>,
      options?: RunOptions
    ) => Effect.Effect<never, InboxError, R>
    /** Deliveries that were given up, oldest first; 100 unless a limit is given. */
    readonly parked: (limit?: number) => Effect.Effect<ReadonlyArray<Parked>, InboxError>
    /** Puts a parked delivery back with new attempts; `false` when it is not parked. */
    readonly requeue: (id: string) => Effect.Effect<boolean, InboxError>
    /** Removes a parked delivery for good; `false` when it is not parked. */
    readonly discard: (id: string) => Effect.Effect<boolean, InboxError>
  }
>()("@aywa-ai/runtime-sdk/WebhookInbox") {}

/**
 * The inbox as what the webhook adapters take as `inbox`.
 *
 * **Example**
 *
 * ```ts
 * import { AywaWebhooks } from "@aywa-ai/runtime-sdk/effect"
 * import { NodeSqlite, WebhookInbox } from "@aywa-ai/runtime-sdk/inbox"
 * import { WebhookRoute } from "@aywa-ai/runtime-sdk/webhooks/http"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * export const routes = Layer.unwrap(
 *   Effect.map(WebhookInbox.WebhookInbox, (inbox) =>
 *     WebhookRoute.layer("/webhooks", { inbox: WebhookInbox.toSink(inbox) })
 *   )
 * ).pipe(
 *   Layer.provide([AywaWebhooks.layerConfig(), Layer.provide(WebhookInbox.layerSql(), NodeSqlite.layer("inbox.db"))])
 * )
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const toSink = (inbox: WebhookInbox["Service"]): WebhookSink => ({
  offer: (delivery) => Effect.runPromise(inbox.offer(delivery))
})

// The body is kept as text: what was signed can be audited, and a deeply nested body cannot break a store.
const Item = Schema.Struct({
  id: Schema.String,
  type: Schema.String,
  callId: Schema.optionalKey(Schema.String),
  body: Schema.String,
  requeued: Schema.Finite
})

type Queue = PersistedQueue.PersistedQueue<typeof Item.Type>

/** The names of the options. */
export const optionNames: Names<Options> = {
  name: true,
  maxAttempts: true,
  backoff: true,
  order: true,
  partitions: true,
  pollInterval: true,
  lockExpiration: true,
  remember: true
}

/** What is told of a delivery whose last attempt nobody saw the end of. */
const unfinished = "Its last attempt did not come to an end: the process died, or the store failed"

/** A failure as text that every store takes: PostgreSQL has no NUL, and nobody reads more than a few pages. */
const reasonOf = (cause: Cause.Cause<unknown>): string => Cause.pretty(cause).replaceAll("\0", "").slice(0, 4000)

const make = Effect.fnUntraced(function* (store: Store, options: Options) {
  known<Options & { readonly prefix?: string | undefined }>("WebhookInbox", options, { ...optionNames, prefix: true })
  const scope = yield* Effect.scope
  const { name = "webhooks", order = "none" } = options
  const maxAttempts = countOf("maxAttempts", options.maxAttempts ?? 10)
  const partitions = countOf("partitions", options.partitions ?? 16)
  const backoff = Schedule.min([Schedule.exponential(options.backoff ?? "1 second"), Schedule.spaced("5 minutes")])
  const queues = yield* Effect.forEach(
    Array.from({ length: order === "call" ? partitions : 1 }, (_, i) => (order === "call" ? `${name}:${i}` : name)),
    // Parking is ours, where it can be listed; the queue itself never gives up.
    (name) => PersistedQueue.make({ name, schema: Item, maxAttempts: 2_000_000_000, retrySchedule: backoff })
  )
  const queueOf = (callId: string | undefined) => queues[partitionOf(callId, queues.length)] as Queue

  const put = (delivery: Delivery, requeued: number) =>
    Effect.suspend(() => {
      const { id, type, callId, body } = delivery
      const item = { id, type, body, requeued, ...(callId === undefined ? {} : { callId }) }
      return Effect.asVoid(queueOf(callId).offer(item, { id: queueId(id, requeued) }))
    }).pipe(Effect.mapError((cause) => new InboxError("storing a delivery", cause)))

  const park = (item: typeof Item.Type, attempts: number, reason: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (parkedAt) => store.park({ ...item, attempts, reason, parkedAt }))

  const run = <E, R>(
    handler: (delivery: Delivery, attempt: Attempt) => Effect.Effect<unknown, E, R>,
    { concurrency = 8, grace }: RunOptions = {}
  ): Effect.Effect<never, InboxError, R> => {
    /** One attempt; a failure of the last one parks. */
    const once = (item: typeof Item.Type, attempt: number): Effect.Effect<unknown, string | InboxError, R> => {
      const { requeued: _, ...delivery } = item
      if (attempt > maxAttempts) return park(item, attempt - 1, unfinished)
      return Effect.catchCause(
        Effect.suspend(() => handler(delivery, { attempt })),
        // A handler that interrupts itself has failed, too. An interruption of the worker does not come by here.
        (cause): Effect.Effect<unknown, string | InboxError> => {
          const reason = reasonOf(cause)
          return attempt >= maxAttempts ? park(item, attempt, reason) : Effect.fail(reason)
        }
      )
    }
    const take = (queue: Queue, worker: Worker, handle: typeof once) =>
      Effect.catchCause(worker.take(queue.take((item, { attempts }) => handle(item, attempts))), (cause) => {
        const error = Cause.findErrorOption(cause)
        if (error._tag === "Some" && error.value instanceof PersistedQueue.PersistedQueueError) {
          return Effect.fail(new InboxError("taking a delivery", error.value))
        }
        // The handler's failure is the queue's business: it comes back after the backoff.
        return Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause as Cause.Cause<never>) : Effect.void
      })
    /** Takes whatever is next. */
    const takeAny = (queue: Queue, worker: Worker) =>
      take(queue, worker, (item, attempts) => worker.attempt(once(item, attempts)))
    /** Tries again in place, so that what comes later waits behind it. */
    const takeInOrder = (queue: Queue, worker: Worker) =>
      take(queue, worker, (item, attempts) =>
        Effect.suspend(() => {
          let attempt = attempts - 1
          const next = Effect.suspend(() => worker.attempt(once(item, ++attempt)))
          return Effect.retry(
            Effect.onError(next, () => worker.pause),
            backoff
          )
        })
      )
    return Effect.suspend(() => {
      const { stop, worker } = makeWorkers()
      const serve = serveInOrder(store, Duration.fromInputUnsafe(options.lockExpiration ?? "90 seconds"))
      const workers =
        order === "call"
          ? queues.map((queue, i) => worker((self) => serve(`${name}:${i}`, takeInOrder(queue, self))))
          : Array.from({ length: countOf("concurrency", concurrency) }, () =>
              worker((self) => Effect.forever(takeAny(queueOf(undefined), self)))
            )
      const drain = (fiber: Fiber.Fiber<unknown, unknown>) =>
        grace === undefined ? Effect.void : Effect.andThen(stop, Effect.timeoutOption(Fiber.await(fiber), grace))
      // Workers end before the database is closed: a delivery that was handled must still be acknowledged, and the
      // queue tries that for as long as a lock lives.
      return Effect.flatMap(
        Effect.forkIn(Effect.all(workers, { concurrency: "unbounded", discard: true }), scope),
        // Each of them runs until it is interrupted.
        (fiber) =>
          Effect.onInterrupt(Fiber.join(fiber) as Effect.Effect<never, InboxError>, () =>
            Effect.andThen(drain(fiber), Fiber.interrupt(fiber))
          )
      )
    })
  }

  return WebhookInbox.of({
    offer: (delivery) => put(delivery, 0),
    run,
    parked: (limit = 100) => store.parked(limit),
    requeue: (id) =>
      Effect.flatMap(store.find(id), (found) => {
        if (found === undefined) return Effect.succeed(false)
        // Stored first: a crash in between leaves it parked as well, and putting it back again changes nothing.
        return Effect.as(Effect.andThen(put(found, found.requeued + 1), store.unpark(found)), true)
      }),
    discard: (id) =>
      Effect.flatMap(store.find(id), (found) =>
        found === undefined ? Effect.succeed(false) : Effect.as(store.unpark(found), true)
      )
  })
})

const layerOf = <E, R, R2>(
  options: Options,
  queueStore: Layer.Layer<PersistedQueue.PersistedQueueStore, E, R>,
  store: Effect.Effect<Store, E, R2>
): Layer.Layer<WebhookInbox, E, R | R2> => {
  const cleanup = PersistedQueue.layerCleanup({ timeToLive: options.remember ?? "7 days" })
  const queue = Layer.merge(PersistedQueue.layer, cleanup).pipe(Layer.provideMerge(queueStore))
  return Layer.effect(
    WebhookInbox,
    Effect.flatMap(store, (store) => make(store, options))
    // Effect's layers of a queue are constants: built once for the program, they would give every inbox the first one's
    // store.
  ).pipe(Layer.provide(Layer.fresh(queue)))
}

const storeOptions = ({ pollInterval = "200 millis", lockExpiration = "90 seconds" }: Options) => ({
  pollInterval,
  lockExpiration,
  lockRefreshInterval: Duration.divideUnsafe(Duration.fromInputUnsafe(lockExpiration), 3)
})

/**
 * An inbox in the memory of one process: for development and tests. What waits is lost when the process ends.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (options: Options = {}): Layer.Layer<WebhookInbox> =>
  layerOf(options, PersistedQueue.layerStoreMemory, makeMemory)

/**
 * An inbox in SQLite or PostgreSQL: the default for an application that has a database. Several processes may share
 * it. Tables `aywa_inbox`, `aywa_inbox_parked` and `aywa_inbox_leases` are created when they are not there.
 *
 * **Details**
 *
 * Fails with an `InboxError` of kind `refusal` on a standby, a read-only server and any other dialect. A warning goes
 * to `onError` of `openWebhookInbox`, else to Effect's log, where `synchronous_commit` or `fsync` is off.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSql = (options: Options = {}): Layer.Layer<WebhookInbox, InboxError, SqlClient.SqlClient> =>
  // One value of it may stand over two databases.
  Layer.fresh(
    layerOf(
      options,
      Layer.effect(PersistedQueue.PersistedQueueStore, makeQueueSql("aywa_inbox", storeOptions(options))),
      makeSql("aywa_inbox", options.name)
    )
  )

/**
 * An inbox in Redis: takes in the most. What survives a crash of Redis is what its persistence settings say.
 *
 * **Details**
 *
 * Fails with an `InboxError` of kind `refusal` on a replica, and where `maxmemory-policy` is `allkeys-*`. A warning goes
 * to `onError` of `openWebhookInbox`, else to Effect's log, where it is `volatile-*`, where Redis keeps no append-only
 * file, and where its settings cannot be read.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRedis = (
  options: Options & {
    /** Prefix of all keys. Default `{aywa}:`; the braces keep them in one slot of a cluster. */
    readonly prefix?: string | undefined
  } = {}
): Layer.Layer<WebhookInbox, InboxError, Redis.Redis> => {
  const prefix = options.prefix ?? "{aywa}:"
  return Layer.fresh(
    layerOf(
      options,
      Layer.effect(
        PersistedQueue.PersistedQueueStore,
        Effect.andThen(checkRedis(prefix), PersistedQueue.makeStoreRedis({ prefix, ...storeOptions(options) }))
      ),
      makeRedis(prefix, options.name)
    )
  )
}
