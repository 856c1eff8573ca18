/**
 * The inbox: a verified delivery is stored, the runtime gets its 2xx, and workers handle it afterwards. Duplicates by
 * webhook id are dropped, failures are retried and then parked.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import type * as Redis from "effect/persistence/Redis"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type * as SqlClient from "effect/sql/SqlClient"
import type { WebhookSink } from "../webhooks/sink.ts"
import { makeBatches } from "./batches.ts"
import { makeIntake } from "./intake.ts"
import type { Delivery, Health, InboxError, Parked, Stats, Subject } from "./model.ts"
import { openDeliveries } from "./openSql.ts"
import { asOption, checkRun, functionOf, type Options, type RunOptions, type Settings, settingsOf } from "./options.ts"
import { makeOutage } from "./outage.ts"
import { makeParking, type ParkedPage } from "./parking.ts"
import { settled } from "./report.ts"
import { checkRedis, refuseOlder } from "./settingsRedis.ts"
import type { Claim, Store } from "./Store.ts"
import { makeMemory } from "./storeMemory.ts"
import { channelOf, makeRedis } from "./storeRedis.ts"
import { makeSql } from "./storeSql.ts"
import { healthOf, makeMeasure } from "./watching.ts"
import { type Attempt, type Handler, makeWorkers } from "./worker.ts"

export type { Attempt, Options, ParkedPage, RunOptions }

/**
 * The inbox.
 *
 * **Details**
 *
 * Delivery to the handler is at least once: a process may die between the handler's last effect and its
 * acknowledgement. `Once.run` inside the handler makes an effect in the same SQL database exactly once. What was in the
 * hand of a process that died is handled alone next time, so that only a delivery that kills its process by itself uses
 * up its attempts, and its neighbours do not.
 *
 * With `order: "call"` the deliveries of one call are handled in the order in which they were stored, one at a time
 * over all processes, and a failing one holds back those behind it until it succeeds or is parked. Deliveries that
 * name no call share one line. When a process dies, another takes over after `lockExpiration`.
 *
 * When the store is down, `Report` (`onError` of `openWebhookInbox`, else Effect's log) is told once, and once more
 * when it is back.
 *
 * @since 0.1.0
 * @category services
 */
export class WebhookInbox extends Context.Service<
  WebhookInbox,
  {
    /**
     * Stores a delivery. A delivery whose id was stored before is dropped. Fails after `offerTimeout` (900 ms) without
     * an answer, so that a receiver can say 503 within a second.
     */
    readonly offer: (delivery: Delivery) => Effect.Effect<void, InboxError>
    /** Handles deliveries until it is interrupted. */
    readonly run: <E, R>(
      handler: (delivery: Delivery, attempt: Attempt) => Effect.Effect<unknown, E, R>,
      options?: RunOptions
    ) => Effect.Effect<never, InboxError, R>
    /** Deliveries that were given up, oldest first: the first 100, or a page as it is asked for. */
    readonly parked: (page?: number | ParkedPage) => Effect.Effect<ReadonlyArray<Parked>, InboxError>
    /** Puts a parked delivery back with new attempts, behind what waits; `false` when it is not parked. */
    readonly requeue: (id: string) => Effect.Effect<boolean, InboxError>
    /** Removes a parked delivery for good; `false` when it is not parked. */
    readonly discard: (id: string) => Effect.Effect<boolean, InboxError>
    /**
     * Deletes what is kept of a call or a customer, be it waiting or parked, and gives how many deliveries that were.
     * Their ids stay, so that they do not come back. A handler that is running is not stopped.
     */
    readonly forget: (subject: Subject) => Effect.Effect<number, InboxError>
    /** What it holds, counted now. */
    readonly stats: Effect.Effect<Stats, InboxError>
    /** Whether the store answers within a second. Never fails: for readiness routes. */
    readonly health: Effect.Effect<Health>
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

/** How often ids that were handled long ago are removed. */
const sweepEvery = "1 hour"

const make = Effect.fnUntraced(function* (store: Store, settings: Settings) {
  const outage = yield* makeOutage
  const wake = Latch.makeUnsafe()
  const nudge = () => void wake.openUnsafe()
  let isHeard = false
  const offer = yield* makeIntake(store, settings, outage, nudge)
  // With an order, what was behind them is news; whoever takes them along takes that, too.
  const news = settings.lines === 0 ? Effect.void : wake.open
  const acks = yield* makeBatches<Claim>({
    write: (claims) => Effect.andThen(outage.watch(store.complete(claims)), news),
    maxItems: 500,
    maxSize: Infinity,
    sizeOf: () => 0
  })
  const sweep = Effect.ignore(store.sweep(settings.rememberMillis))
  yield* Effect.forkScoped(Effect.repeat(sweep, Schedule.spaced(sweepEvery)))
  const listen = Effect.scoped(
    store.listen(nudge, (works) => {
      isHeard = works
    })
  )
  // Polling goes on meanwhile, and tells of an outage.
  const lost = Effect.sync(() => {
    isHeard = false
  })
  yield* Effect.forkScoped(
    Effect.retry(
      Effect.tapError(listen, () => lost),
      Schedule.spaced("2 seconds")
    )
  )
  // Last: at the end, workers end before what they work with.
  const scope = yield* Effect.scope
  const place = { store, settings, outage, wake, isHeard: () => isHeard, acks }
  const run = <E, R>(handler: Handler<E, R>, options: RunOptions = {}): Effect.Effect<never, InboxError, R> =>
    Effect.flatMap(runSettingsOf(handler, options), ({ concurrency, graceMillis }) => {
      const workers = makeWorkers(place, handler, settings.lines === 0 ? concurrency : settings.lines)
      const drain = (fiber: Fiber.Fiber<unknown, unknown>) =>
        graceMillis === undefined
          ? Effect.void
          : Effect.andThen(workers.stop, Effect.timeoutOption(Fiber.await(fiber), graceMillis))
      return Effect.flatMap(Effect.forkIn(workers.loop, scope), (fiber) =>
        Effect.onInterrupt(
          // Ends only when it is interrupted, and then so does the join.
          Effect.andThen(Fiber.join(fiber), Effect.never),
          () => Effect.andThen(drain(fiber), Fiber.interrupt(fiber))
        )
      )
    })
  return WebhookInbox.of({
    offer,
    run,
    ...makeParking(store, outage, nudge),
    stats: outage.watch(store.stats),
    health: healthOf(store, outage)
  })
})

const runSettingsOf = (handler: unknown, options: RunOptions): Effect.Effect<ReturnType<typeof checkRun>, InboxError> =>
  asOption(() => {
    functionOf("handler of run", handler)
    return checkRun(options)
  })

const layerOf = <R>(
  options: Options,
  open: (settings: Settings) => Effect.Effect<Store, unknown, R | Scope.Scope>
): Layer.Layer<WebhookInbox, InboxError, Exclude<R, Scope.Scope>> =>
  Layer.effect(
    WebhookInbox,
    Effect.gen(function* () {
      const settings = yield* settingsOf(options)
      return yield* make(yield* settled(open(settings)), settings)
    })
  )

/**
 * An inbox in the memory of one process: for development and tests. What waits is lost when the process ends.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (options: Options = {}): Layer.Layer<WebhookInbox, InboxError> =>
  layerOf(options, makeMemory)

/**
 * An inbox in SQLite or PostgreSQL: the default for an application that has a database. Several processes may share
 * it. Its table `aywa_inbox_deliveries` is created when it is not there; `inboxTables`, or `aywa-runtime inbox sql`,
 * gives the SQL for a role that may not.
 *
 * **Details**
 *
 * Fails with an `InboxError` of kind `refusal` on a standby, a read-only server, a table of version 0.1.0, a role that
 * lacks a right, and any other dialect; of kind `options` when an option is wrong. A warning goes to `onError` of
 * `openWebhookInbox`, else to Effect's log, where `synchronous_commit` or `fsync` is off, and where transactions are
 * stricter or shorter than the inbox's statements want.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSql = (
  options: Options & {
    /** PostgreSQL: the schema of the tables. By default the first of the session's `search_path`. */
    readonly schema?: string | undefined
  } = {}
): Layer.Layer<WebhookInbox, InboxError, SqlClient.SqlClient> =>
  // One value of it may stand over two databases.
  Layer.fresh(
    layerOf(options, (settings) => Effect.andThen(openDeliveries(options.schema), makeSql(settings, options.schema)))
  )

/**
 * An inbox in Redis. What survives a crash of Redis is what its persistence settings say.
 *
 * **Details**
 *
 * Fails with an `InboxError` of kind `refusal` on a replica, where `maxmemory-policy` is `allkeys-*`, and where an inbox
 * of version 0.1.0 still has deliveries. A warning goes to `onError` of `openWebhookInbox`, else to Effect's log, where
 * it is `volatile-*`, where Redis keeps no append-only file, and where its settings cannot be read.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRedis = (
  options: Options & {
    /** Prefix of all keys. Default `{aywa}:`. */
    readonly prefix?: string | undefined
  } = {}
): Layer.Layer<WebhookInbox, InboxError, Redis.Redis> => {
  const prefix = options.prefix ?? "{aywa}:"
  return Layer.fresh(
    layerOf(options, (settings) =>
      Effect.flatMap(checkRedis(prefix, channelOf(prefix, settings.name)), (limit) =>
        Effect.andThen(refuseOlder(prefix, settings), makeRedis(prefix, settings, limit))
      )
    )
  )
}

/**
 * Counts what the inbox holds, every 15 seconds, into gauges that an OpenTelemetry exporter of the program reads:
 * `aywa.inbox.waiting`, `.in_flight`, `.retrying`, `.attempts.max`, `.oldest_age`, `.parked`, `.handled_last_minute`;
 * with `order: "call"` also `.line.waiting` and `.line.lag`. One process of a deployment is enough.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerMetrics = (
  options: {
    /** Attribute `aywa.inbox` of the gauges. Default `webhooks`. */
    readonly name?: string | undefined
    /** Default 15 seconds. */
    readonly interval?: Duration.Input | undefined
  } = {}
): Layer.Layer<never, never, WebhookInbox> =>
  // One value of it may stand over two inboxes.
  Layer.fresh(
    Layer.effectDiscard(
      Effect.flatMap(WebhookInbox, ({ stats }) =>
        Effect.flatMap(stats, makeMeasure(options.name ?? "webhooks")).pipe(
          // Whoever has to know of an outage is told by the inbox.
          Effect.ignore,
          Effect.repeat(Schedule.spaced(options.interval ?? "15 seconds")),
          Effect.forkScoped
        )
      )
    )
  )
