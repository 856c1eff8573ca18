/** Spans, metrics and logs, as a real OTLP receiver gets them; and the promise client's hook. */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Otlp from "effect/observability/Otlp"
import * as References from "effect/References"
import { inspect } from "node:util"
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Assistants, AywaRuntime, Policy, Telemetry } from "../src/effect.ts"
import { AywaRuntimeClient, type Trace } from "../src/index.ts"
import { receiver } from "./support/otlp.ts"
import { assistant, json, serve, serveScoped, tagOf } from "./support/server.ts"

const open: Array<AsyncDisposable> = []
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})
const start = async (handler: Parameters<typeof serve>[0]) => {
  const server = await serve(handler)
  open.push(server)
  return server
}

const quick = Policy.retry({ times: 2, baseDelay: 1, maxDelay: 2 })
const key = "canary-key-0451"
const bodyCanary = "canary-body-0451"
const headerCanary = "canary-header-0451"

/** Runs a program whose telemetry goes to a receiver; all of it has arrived when this returns. */
const exported = Effect.fnUntraced(function* (
  baseUrl: string,
  program: Effect.Effect<unknown, unknown, AywaRuntime.Services>
) {
  const collector = yield* Effect.acquireDisposable(Effect.promise(receiver))
  const telemetry = Otlp.layerJson({
    baseUrl: collector.baseUrl,
    resource: { serviceName: "test" },
    loggerMergeWithExisting: false
  }).pipe(Layer.provide(FetchHttpClient.layer), Layer.provideMerge(Layer.succeed(Metric.MetricRegistry)(new Map())))
  const runtime = AywaRuntime.layer({ baseUrl, apiKey: key, headers: { "x-team": headerCanary }, policy: quick })
  yield* program.pipe(
    Effect.ignore,
    Effect.provide(runtime),
    Effect.provide(Telemetry.layerMetrics),
    Effect.provideService(References.MinimumLogLevel, "Debug"),
    Effect.provide(telemetry)
  )
  return collector
})

describe("an Effect program whose tracer listens", () => {
  it.live("one span per call, a child per attempt, and the attempt's context on the wire", () =>
    Effect.gen(function* () {
      const server = yield* serveScoped((_, r, i) =>
        i === 0 ? json(r, 503, { message: "busy" }, { "retry-after": "0" }) : json(r, 200, assistant("a1"))
      )
      const collector = yield* exported(
        server.baseUrl,
        Effect.withSpan(
          Effect.flatMap(Assistants.Assistants, (assistants) => assistants.get("a1")),
          "outer"
        )
      )
      const spans = collector.spans()
      const [outer] = spans.filter((span) => span.name === "outer")
      const [call] = spans.filter((span) => span.name === "aywa.assistants.get")
      const attempts = spans.filter((span) => span.name === "GET /assistant/:id")
      assert.strictEqual(spans.length, 4)
      assert.strictEqual(call?.parentSpanId, outer?.spanId)
      assert.deepStrictEqual(
        attempts.map((span) => [span.parentSpanId, span.kind, span.attributes["http.response.status_code"]]),
        [
          [call?.spanId, 3, 503],
          [call?.spanId, 3, 200]
        ]
      )
      const url = new URL(server.baseUrl)
      assert.deepInclude(attempts[1]?.attributes, {
        "http.request.method": "GET",
        "url.template": "/assistant/:id",
        "server.address": url.hostname,
        "server.port": Number(url.port),
        "http.request.resend_count": 1,
        "aywa.request_id": "req_test"
      })
      assert.strictEqual(attempts[0]?.attributes["error.type"], "ServerError")
      assert.deepStrictEqual(
        server.seen.map((seen) => seen.headers["traceparent"]),
        attempts.map((span) => `00-${span.traceId}-${span.spanId}-01`)
      )
    })
  )

  it.live("a wait for the end of a call has a span over those of its reads", () =>
    Effect.gen(function* () {
      const server = yield* serveScoped((_, r, i) =>
        json(r, 200, { id: "c", orgId: "o", createdAt: "t", updatedAt: "t", status: i === 0 ? "ringing" : "ended" })
      )
      const collector = yield* exported(
        server.baseUrl,
        Effect.flatMap(AywaRuntime.AywaRuntime, ({ calls }) => calls.waitUntilEnded("c", { pollEvery: 1 }))
      )
      const [wait] = collector.spans().filter((span) => span.name === "aywa.calls.waitUntilEnded")
      const reads = collector.spans().filter((span) => span.name === "aywa.calls.get")
      assert.deepStrictEqual(
        reads.map(({ parentSpanId }) => parentSpanId),
        [wait?.spanId, wait?.spanId]
      )
    })
  )

  it.live("a failed call is a failed span with the error's tag and outcome", () =>
    Effect.gen(function* () {
      const server = yield* serveScoped((_, r) => json(r, 404, { message: "gone" }))
      const collector = yield* exported(
        server.baseUrl,
        Effect.flatMap(Assistants.Assistants, (assistants) => assistants.get("a1"))
      )
      const [call] = collector.spans().filter((span) => span.name === "aywa.assistants.get")
      assert.deepInclude(call, { failed: true })
      assert.deepInclude(call?.attributes, { "error.type": "NotFound", "aywa.outcome": "rejected" })
    })
  )

  it.live("metrics of calls and attempts, and a debug line per retry", () =>
    Effect.gen(function* () {
      const server = yield* serveScoped((_, r, i) =>
        i === 0 ? json(r, 503, {}, { "retry-after": "0" }) : json(r, 200, [])
      )
      const collector = yield* exported(
        server.baseUrl,
        Effect.flatMap(Assistants.Assistants, (assistants) => Effect.andThen(assistants.list(), assistants.list()))
      )
      const points = (name: string) => collector.metrics().findLast((metric) => metric.name === name)?.points ?? []
      assert.deepInclude(points("aywa.client.call.duration")[0], {
        "aywa.operation": "assistants.list",
        "aywa.outcome": "ok",
        count: 2
      })
      assert.sameDeepMembers(
        points("http.client.request.duration").map((point) => [point["http.response.status_code"], point["count"]]),
        [
          ["503", 1],
          ["200", 2]
        ]
      )
      assert.match(collector.logs().join("\n"), /assistants\.list: another attempt in \d+ ms after ServerError/)
    })
  )

  it.live("no secret and no body in anything that was sent", () =>
    Effect.gen(function* () {
      const server = yield* serveScoped((_, r) => json(r, 500, { message: `${bodyCanary} ${headerCanary} ${key}` }))
      const collector = yield* exported(
        server.baseUrl,
        Effect.flatMap(Assistants.Assistants, (assistants) =>
          Effect.tapCause(
            assistants.create({ server: { secret: bodyCanary } }, { headers: { "x-trace": headerCanary } }),
            (cause) => Effect.logError("failed", cause)
          )
        )
      )
      assert.isAbove(collector.spans().length, 1)
      assert.include(collector.text(), "ServerError")
      for (const canary of [key, bodyCanary, headerCanary]) assert.notInclude(collector.text(), canary)
    })
  )

  it.live("an interrupted call ends its spans", () =>
    Effect.gen(function* () {
      const server = yield* serveScoped(() => undefined)
      const collector = yield* exported(
        server.baseUrl,
        Effect.flatMap(Assistants.Assistants, (assistants) => Effect.timeoutOption(assistants.list(), 50))
      )
      assert.sameMembers(
        collector.spans().map((span) => span.name),
        ["aywa.assistants.list", "GET /assistant"]
      )
    })
  )
})

describe("when nobody listens", () => {
  it.live("nothing is added to a request", () =>
    Effect.gen(function* () {
      const server = yield* serveScoped((_, r) => json(r, 200, []))
      const { assistants } = yield* AywaRuntime.make({ baseUrl: server.baseUrl, apiKey: key })
      yield* assistants.list()
      assert.notProperty(server.seen[0]?.headers, "traceparent")
    })
  )
})

describe("the trace hook of the promise client", () => {
  const follow = () => {
    const told: Array<unknown> = []
    const trace: Trace = (call) => {
      told.push(`${call.operation} ${call.method} ${call.path}`)
      return {
        attempt: (attempt) => ({
          traceparent: `00-${"1".repeat(32)}-${String(attempt).padStart(16, "2")}-01`,
          end: (result) => void told.push([attempt, result.status, result.error])
        }),
        end: (error) => void told.push(error?._tag ?? "ok")
      }
    }
    return { told, trace }
  }

  it("sees calls and attempts, and its context goes along", async () => {
    const { told, trace } = follow()
    const server = await start((_, r, i) => (i === 0 ? json(r, 503, {}, { "retry-after": "0" }) : json(r, 404, {})))
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: key, trace })
    await tagOf(aywa.assistants.get("a"))
    assert.deepStrictEqual(told, [
      "assistants.get GET /assistant/:id",
      [0, 503, "ServerError"],
      [1, 404, "NotFound"],
      "NotFound"
    ])
    assert.deepStrictEqual(
      server.seen.map((seen) => seen.headers["traceparent"]?.slice(36)),
      ["2222222222222220-01", "2222222222222221-01"]
    )
  })

  it("sees an abort", async () => {
    const { told, trace } = follow()
    const abort = new AbortController()
    const server = await start(() => abort.abort())
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: key, trace })
    await tagOf(aywa.assistants.list({}, { signal: abort.signal }))
    assert.deepStrictEqual(told.slice(1), [[0, undefined, "Aborted"], "Aborted"])
  })

  it("a hook that throws changes nothing", async () => {
    const boom = (): never => {
      throw new Error("boom")
    }
    const server = await start((_, r) => json(r, 200, []))
    for (const trace of [boom, () => ({ attempt: boom, end: boom }), () => ({ attempt: () => ({ end: boom }) })]) {
      const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: key, trace })
      assert.deepStrictEqual((await aywa.assistants.list()).items, [])
    }
  })

  it("an async hook that rejects changes nothing either, and nobody hears of it", async () => {
    const unhandled: Array<unknown> = []
    const hear = (error: unknown): void => void unhandled.push(error)
    process.on("unhandledRejection", hear)
    const boom = (): Promise<never> => Promise.reject(new Error("boom"))
    const server = await start((_, r) => json(r, 200, []))
    // An async function may stand where one without a result is asked for.
    for (const trace of [
      boom as never,
      () => ({ attempt: boom as never, end: boom }),
      () => ({ attempt: () => ({ end: boom }) })
    ]) {
      const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: key, trace })
      assert.deepStrictEqual((await aywa.assistants.list()).items, [])
    }
    // The event comes after the microtasks of a turn.
    for (let turn = 0; turn < 10; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
    process.off("unhandledRejection", hear)
    assert.deepStrictEqual(unhandled, [])
  })

  it.each(["a\r\nx-injected: 1", "ü", "", 7])("what is no trace context is not sent: %j", async (traceparent) => {
    const server = await start((_, r) => json(r, 200, []))
    const trace: Trace = () => ({ attempt: () => ({ traceparent: traceparent as string }) })
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: key, trace })
    assert.deepStrictEqual((await aywa.assistants.list()).items, [])
    assert.notProperty(server.seen[0]?.headers, "traceparent")
    assert.notProperty(server.seen[0]?.headers, "x-injected")
  })

  it("never gets a secret", async () => {
    const seen: Array<unknown> = []
    const server = await start((_, r) => json(r, 500, { message: `${bodyCanary} ${headerCanary} ${key}` }))
    const aywa = new AywaRuntimeClient({
      baseUrl: server.baseUrl,
      apiKey: key,
      retries: 0,
      trace: (call) => {
        seen.push(call)
        return { attempt: () => ({ end: (result) => void seen.push(result) }), end: (error) => void seen.push(error) }
      }
    })
    await tagOf(aywa.assistants.create({ server: { secret: bodyCanary } }, { headers: { "x-trace": headerCanary } }))
    assert.strictEqual(seen.length, 3)
    const text = inspect(seen, { depth: 20, showHidden: true }) + JSON.stringify(seen)
    for (const canary of [key, bodyCanary, headerCanary]) assert.notInclude(text, canary)
  })
})
