/** Spans of an Effect program through @effect/opentelemetry: nothing to configure in the SDK. */
import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import { LocalRuntime } from "@aywa-ai/runtime-local"
import { Assistants, AywaRuntime } from "@aywa-ai/runtime-sdk/effect"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { startCollector } from "./collector.ts"

const collector = await startCollector()

const telemetry = NodeSdk.layer(() => ({
  resource: { serviceName: "support-backend" },
  spanProcessor: new BatchSpanProcessor(new OTLPTraceExporter({ url: collector.url }))
}))

const runtime = Layer.unwrap(
  Effect.map(LocalRuntime, ({ baseUrl, apiKey }) => AywaRuntime.layer({ baseUrl, apiKey }))
).pipe(Layer.provideMerge(LocalRuntime.layer()))

await Effect.gen(function* () {
  const assistants = yield* Assistants.Assistants
  const local = yield* LocalRuntime
  local.faults.next({ type: "status", code: 503 })
  yield* assistants.create({ name: "Traced" })
}).pipe(Effect.withSpan("support.setup"), Effect.provide([runtime, telemetry]), Effect.runPromise)

collector.print()
collector.close()
const names = collector.spans.map((span) => span.name)
if (names.filter((name) => name === "POST /assistant").length !== 2 || !names.includes("aywa.assistants.create")) {
  throw new Error(`Expected a span for the call and one for each of its two attempts, got ${names.join(", ")}`)
}
