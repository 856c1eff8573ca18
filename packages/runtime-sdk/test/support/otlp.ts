/** A small OTLP receiver on a real socket: what an OpenTelemetry collector would be sent, as JSON. */
import { serve } from "./server.ts"

export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly kind: number
  readonly failed: boolean
  readonly attributes: Readonly<Record<string, unknown>>
}

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

const attributesOf = (list: ReadonlyArray<Attribute> = []): Record<string, unknown> =>
  Object.fromEntries(
    list.map(({ key, value }) => [key, "intValue" in value ? Number(value["intValue"]) : Object.values(value)[0]])
  )

export const receiver = async () => {
  const server = await serve((_, response) => {
    response.writeHead(200, { "content-type": "application/json" })
    response.end("{}")
  })
  const bodies = (path: string) => server.seen.filter((seen) => seen.url === path).map((seen) => JSON.parse(seen.body))
  return {
    baseUrl: server.baseUrl,
    /** All that arrived, as text. */
    text: () => server.seen.map((seen) => seen.body).join("\n"),
    spans: (): ReadonlyArray<ReceivedSpan> =>
      bodies("/v1/traces").flatMap((body) =>
        body.resourceSpans.flatMap((resource: { scopeSpans: ReadonlyArray<{ spans: ReadonlyArray<never> }> }) =>
          resource.scopeSpans.flatMap(({ spans }) =>
            spans.map((span: ReceivedSpan & { attributes: ReadonlyArray<Attribute>; status?: { code?: number } }) => ({
              traceId: span.traceId,
              spanId: span.spanId,
              parentSpanId: span.parentSpanId,
              name: span.name,
              kind: span.kind,
              failed: span.status?.code === 2,
              attributes: attributesOf(span.attributes)
            }))
          )
        )
      ),
    metrics: (): ReadonlyArray<{ readonly name: string; readonly points: ReadonlyArray<Record<string, unknown>> }> =>
      bodies("/v1/metrics").flatMap((body) =>
        body.resourceMetrics.flatMap((resource: { scopeMetrics: ReadonlyArray<{ metrics: ReadonlyArray<never> }> }) =>
          resource.scopeMetrics.flatMap(({ metrics }) =>
            metrics.map(
              (metric: {
                name: string
                histogram?: { dataPoints: ReadonlyArray<{ attributes: ReadonlyArray<Attribute>; count: unknown }> }
              }) => ({
                name: metric.name,
                points: (metric.histogram?.dataPoints ?? []).map((point) => ({
                  ...attributesOf(point.attributes),
                  count: Number(point.count)
                }))
              })
            )
          )
        )
      ),
    logs: (): ReadonlyArray<string> =>
      bodies("/v1/logs").flatMap((body) =>
        body.resourceLogs.flatMap((resource: { scopeLogs: ReadonlyArray<{ logRecords: ReadonlyArray<never> }> }) =>
          resource.scopeLogs.flatMap(({ logRecords }) =>
            logRecords.map((record: { body: { stringValue?: string } }) => record.body.stringValue ?? "")
          )
        )
      ),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]()
  }
}
