/** Stands where your OpenTelemetry collector would: prints the spans that it is sent. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

interface Span {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId?: string
}

export const startCollector = async () => {
  const spans: Array<Span> = []
  const server = createServer(async (request, response) => {
    const chunks: Array<Buffer> = []
    for await (const chunk of request) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8"))
    for (const resource of body.resourceSpans ?? []) {
      for (const scope of resource.scopeSpans) spans.push(...scope.spans)
    }
    response.writeHead(200, { "content-type": "application/json" }).end("{}")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    spans,
    print: () => {
      const below = (parent: string | undefined, indent: string): void => {
        for (const span of spans) {
          if ((span.parentSpanId || undefined) !== parent) continue
          console.log(indent + span.name)
          below(span.spanId, `${indent}  `)
        }
      }
      below(undefined, "")
    },
    close: () => server.close()
  }
}
