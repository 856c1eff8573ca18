/**
 * The metrics of an organization: once gathered, written as Prometheus text or as JSON.
 */
import type { Store } from "../store/Store.ts"
import { callsBy, rowCounts } from "./data.ts"
import { bounds, type Counts, type Metrics, quantile, type RouteCounts } from "./metrics.ts"
import type { OutboxStats } from "./objectives.ts"
import type { Metric, Sample } from "./prometheus.ts"

/** Where a report comes from. */
export interface ReportContext {
  readonly store: Store
  readonly metrics: Metrics
  /** Webhook jobs of an organization by their state; `undefined` while there is no outbox. */
  readonly outbox: ((organization: string) => OutboxStats) | undefined
}

/** Everything that is measured of an organization. */
export interface Report {
  readonly counts: Counts
  readonly rows: Readonly<Record<string, number>>
  readonly calls: Readonly<Record<string, number>>
  readonly outbox: OutboxStats | undefined
  readonly startedAt: number
  readonly cpuSeconds: number
  readonly memoryBytes: number
}

/** Gathers the report of an organization. */
export const reportOf = ({ store, metrics, outbox }: ReportContext, organization: string): Report => {
  const { user, system } = process.cpuUsage()
  return {
    counts: metrics.of(organization),
    rows: rowCounts(store, organization),
    calls: callsBy(store, organization, "status"),
    outbox: outbox?.(organization),
    startedAt: metrics.startedAt,
    cpuSeconds: (user + system) / 1e6,
    memoryBytes: process.memoryUsage.rss()
  }
}

/** The report as metrics of Prometheus. */
export const toMetrics = ({ counts, rows, calls, outbox, ...report }: Report): ReadonlyArray<Metric> => [
  counter(
    "aywa_runtime_http_requests_total",
    "Requests by route and status; status 0 is a request that got no answer.",
    counts.routes.flatMap(({ method, route, statuses }) =>
      [...statuses].map(([status, value]) => ({ labels: { method, route, status: String(status) }, value }))
    )
  ),
  {
    name: "aywa_runtime_http_request_duration_seconds",
    help: "Time from the arrival of a request to the end of its answer.",
    type: "histogram",
    samples: counts.routes.flatMap(histogram)
  },
  counter("aywa_runtime_idempotent_replays_total", "Answers given again for an Idempotency-Key.", [
    { value: counts.replays }
  ]),
  counter("aywa_runtime_faults_injected_total", "Faults injected, by action.", samples("action", counts.faults)),
  gauge("aywa_runtime_rows", "Stored rows by resource.", samples("resource", Object.entries(rows))),
  gauge("aywa_runtime_calls", "Calls by status.", samples("status", Object.entries(calls))),
  gauge("aywa_runtime_webhook_jobs", "Webhook jobs by state.", samples("state", Object.entries(outbox ?? {}))),
  gauge("process_start_time_seconds", "When the process started, in seconds since the epoch.", [
    { value: report.startedAt / 1000 }
  ]),
  counter("process_cpu_seconds_total", "CPU time of the process, user and system.", [{ value: report.cpuSeconds }]),
  gauge("process_resident_memory_bytes", "Resident memory of the process.", [{ value: report.memoryBytes }])
]

const counter = (name: string, help: string, samples: ReadonlyArray<Sample>): Metric => ({
  name,
  help,
  type: "counter",
  samples
})

const gauge = (name: string, help: string, samples: ReadonlyArray<Sample>): Metric => ({
  name,
  help,
  type: "gauge",
  samples
})

const samples = (label: string, values: Iterable<readonly [string, number]>): ReadonlyArray<Sample> =>
  [...values].map(([name, value]) => ({ labels: { [label]: name }, value }))

const histogram = ({ method, route, buckets, sum, count }: RouteCounts): ReadonlyArray<Sample> => {
  const labels = { method, route }
  let below = 0
  const upTo = [...bounds, Number.POSITIVE_INFINITY].map((bound, index): Sample => {
    below += buckets[index] ?? 0
    const le = bound === Number.POSITIVE_INFINITY ? "+Inf" : String(bound)
    return { suffix: "_bucket", labels: { ...labels, le }, value: below }
  })
  return [...upTo, { suffix: "_sum", labels, value: sum }, { suffix: "_count", labels, value: count }]
}

/** The report as JSON. Times of requests are in milliseconds. */
export const toJson = ({ counts, rows, calls, outbox, ...report }: Report) => ({
  startedAt: new Date(report.startedAt).toISOString(),
  uptimeSeconds: (Date.now() - report.startedAt) / 1000,
  requests: {
    total: counts.routes.reduce((total, { count }) => total + count, 0),
    byStatus: byStatus(counts.routes),
    latency: latency(counts.routes),
    idempotentReplays: counts.replays,
    faultsInjected: Object.fromEntries(counts.faults),
    routes: counts.routes.map((route) => ({
      method: route.method,
      route: route.route,
      count: route.count,
      byStatus: byStatus([route]),
      latency: latency([route])
    }))
  },
  rows,
  calls,
  ...(outbox === undefined ? {} : { webhookJobs: outbox }),
  process: { cpuSeconds: report.cpuSeconds, residentMemoryBytes: report.memoryBytes }
})

const byStatus = (routes: ReadonlyArray<RouteCounts>): Readonly<Record<string, number>> => {
  const all: Record<string, number> = {}
  for (const { statuses } of routes) for (const [status, n] of statuses) all[status] = (all[status] ?? 0) + n
  return all
}

const latency = (routes: ReadonlyArray<RouteCounts>) => {
  const millis = (seconds: number | undefined) => (seconds === undefined ? null : Math.round(seconds * 1e6) / 1e3)
  return {
    p50: millis(quantile(routes, 0.5)),
    p95: millis(quantile(routes, 0.95)),
    p99: millis(quantile(routes, 0.99)),
    max: routes.length === 0 ? null : millis(Math.max(...routes.map(({ max }) => max)))
  }
}
