/** The same spans from plain async code: the `trace` hook and @opentelemetry/api. */
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient, type Trace } from "@aywa-ai/runtime-sdk"
import { context, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node"
import { startCollector } from "./collector.ts"

const collector = await startCollector()
const provider = new NodeTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: collector.url }))]
})
provider.register()
const tracer = trace.getTracer("support-backend")

const finish = (span: Span, error: string | undefined) => {
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error })
  span.end()
}

/** Copy this into your application: one span per call, a child per attempt, its context sent along. */
const spans: Trace = ({ operation, method, path }) => {
  const call = tracer.startSpan(`aywa.${operation}`)
  return {
    attempt: (attempt) => {
      const span = tracer.startSpan(
        `${method} ${path}`,
        { kind: SpanKind.CLIENT, attributes: { "http.request.method": method, "http.request.resend_count": attempt } },
        trace.setSpan(context.active(), call)
      )
      const { traceId, spanId } = span.spanContext()
      return {
        traceparent: `00-${traceId}-${spanId}-01`,
        end: ({ status, error }) => {
          if (status !== undefined) span.setAttribute("http.response.status_code", status)
          finish(span, error)
        }
      }
    },
    end: (error) => finish(call, error?._tag)
  }
}

await using runtime = await startLocalRuntime()
await using aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey, trace: spans })
runtime.faults.next({ type: "status", code: 503 })
await tracer.startActiveSpan("support.setup", async (span) => {
  await aywa.assistants.create({ name: "Traced" })
  span.end()
})

await provider.shutdown()
collector.print()
collector.close()
const names = collector.spans.map((span) => span.name)
if (names.filter((name) => name === "POST /assistant").length !== 2 || !names.includes("aywa.assistants.create")) {
  throw new Error(`Expected a span for the call and one for each of its two attempts, got ${names.join(", ")}`)
}
