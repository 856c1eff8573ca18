/**
 * Metrics of the calls. Spans need nothing from here: they go to the program's tracer, if it has one.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"

/**
 * Whether calls are counted. `false` unless `layerMetrics` is provided: a metric costs on every call, and Effect cannot
 * tell whether someone reads it.
 *
 * @since 0.1.0
 * @category references
 */
export const MetricsEnabled: Context.Reference<boolean> = Context.Reference<boolean>(
  "@aywa-ai/runtime-sdk/Telemetry/MetricsEnabled",
  { defaultValue: () => false }
)

/**
 * Turns the metrics on for everything that this layer is provided to.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMetrics: Layer.Layer<never> = Layer.succeed(MetricsEnabled)(true)

// The boundaries that OpenTelemetry advises for HTTP durations in seconds.
const boundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/**
 * Seconds of whole calls, waits between attempts included. Attributes: `aywa.operation`, `aywa.outcome` (`ok`, or what
 * the error's `outcome` says), and `error.type` (the error's tag) on failures.
 *
 * @since 0.1.0
 * @category metrics
 */
export const callDuration: Metric.Histogram<number> = Metric.histogram("aywa.client.call.duration", {
  description: "Duration of calls to the runtime, retries included.",
  attributes: { unit: "s" },
  boundaries
})

/**
 * Seconds of single attempts. Attributes: `http.request.method`, `url.template`, `http.response.status_code`, and
 * `error.type` on failures.
 *
 * @since 0.1.0
 * @category metrics
 */
export const attemptDuration: Metric.Histogram<number> = Metric.histogram("http.client.request.duration", {
  description: "Duration of HTTP requests to the runtime.",
  attributes: { unit: "s" },
  boundaries
})
