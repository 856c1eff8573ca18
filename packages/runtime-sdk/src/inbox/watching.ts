/**
 * The view into an inbox: health, numbers, gauges.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { type Health, InboxError, type Stats } from "./model.ts"
import type { Outage } from "./outage.ts"
import type { Store } from "./Store.ts"

const patience = 1000

/** Whether the store answers within a second, and what it holds. Never fails. */
export const healthOf = (store: Store, outage: Outage): Effect.Effect<Health> =>
  outage.watch(Effect.timeoutOrElse(store.stats, { duration: patience, orElse: () => Effect.fail(late()) })).pipe(
    Effect.map(({ waiting, oldestAgeMillis, parked }): Health => {
      const numbers = { backlog: waiting, oldestAgeMillis, parked }
      // It may answer, and take nothing in.
      const error = outage.failureOf("in")
      return error === undefined ? { ok: true, ...numbers } : { ok: false, ...numbers, error }
    }),
    Effect.catch((error) => Effect.succeed<Health>({ ok: false, backlog: 0, oldestAgeMillis: 0, parked: 0, error }))
  )

const late = () => new InboxError("counting deliveries", new Error(`No answer within ${patience} ms`))

const gauge = (name: string, description: string, unit: string) =>
  Metric.gauge(`aywa.inbox.${name}`, { description, attributes: { unit } })

const gauges: ReadonlyArray<readonly [gauge: Metric.Gauge<number>, of: (stats: Stats) => number]> = [
  [gauge("waiting", "Deliveries that are stored and not yet handled.", "{delivery}"), ({ waiting }) => waiting],
  [gauge("in_flight", "Deliveries that a worker has in hand.", "{delivery}"), ({ inFlight }) => inFlight],
  [gauge("retrying", "Waiting deliveries that failed at least once.", "{delivery}"), ({ retrying }) => retrying],
  [gauge("attempts.max", "The most attempts of a waiting delivery.", "{attempt}"), ({ maxAttempts }) => maxAttempts],
  [gauge("oldest_age", "Age of the oldest waiting delivery.", "s"), ({ oldestAgeMillis }) => oldestAgeMillis / 1000],
  [gauge("parked", "Deliveries that were given up.", "{delivery}"), ({ parked }) => parked],
  [gauge("handled_last_minute", "Deliveries handled within the last minute.", "{delivery}"), (s) => s.handledLastMinute]
]
const lineWaiting = gauge("line.waiting", "Deliveries that wait in a line.", "{delivery}")
const lineLag = gauge("line.lag", "Age of the oldest delivery of a line.", "s")

/** Gives what sets the gauges to what an inbox holds. */
export const makeMeasure = (inbox: string): ((stats: Stats) => Effect.Effect<void>) => {
  const attributes = { "aywa.inbox": inbox }
  /** Lines in which something waited once: a gauge keeps what it was set to. */
  const known = new Set<number>()
  return (stats) =>
    Effect.gen(function* () {
      for (const [metric, of] of gauges) yield* Metric.update(Metric.withAttributes(metric, attributes), of(stats))
      const lines = new Map(stats.lines.map((one) => [one.line, one]))
      for (const line of lines.keys()) known.add(line)
      for (const line of known) {
        const lineAttributes = { ...attributes, "aywa.inbox.line": String(line) }
        const { waiting = 0, lagMillis = 0 } = lines.get(line) ?? {}
        yield* Metric.update(Metric.withAttributes(lineWaiting, lineAttributes), waiting)
        yield* Metric.update(Metric.withAttributes(lineLag, lineAttributes), lagMillis / 1000)
      }
    })
}
