import * as fc from "fast-check"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { assert, describe, inject, it, onTestFinished } from "vitest"
// @ts-expect-error -- the parser has no types
import parser from "parse-prometheus-text-format"
import { assertMatches, eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { bounds, makeMetrics, quantile } from "../src/operations/metrics.ts"
import { expose } from "../src/operations/prometheus.ts"
import { type Client, start, temporaryFile } from "./support.ts"

interface Parsed {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly metrics: ReadonlyArray<{
    readonly value?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly buckets?: Readonly<Record<string, string>>
    readonly count?: string
    readonly sum?: string
  }>
}

const parse = (text: string): ReadonlyArray<Parsed> => parser(text)

const scrape = async ({ call }: Client, apiKey?: string) => {
  const { text, headers } = await call("GET", "/metrics", undefined, apiKey === undefined ? {} : { apiKey })
  assert.strictEqual(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8")
  return new Map(parse(text).map((metric) => [metric.name, metric]))
}

/** Some traffic whose counts are known. */
const traffic = async (client: Client) => {
  const { call } = client
  await call("POST", "/assistant", { name: "A" }, { key: "k" })
  await call("POST", "/assistant", { name: "A" }, { key: "k" })
  await call("POST", "/tool", { type: "endCall" })
  await call("GET", "/assistant")
  await call("GET", "/assistant")
  await call("GET", "/assistant/none")
  await call("GET", "/nowhere")
  await call("GET", "/assistant", undefined, { fault: "status;code=503" })
  await call("GET", "/assistant", undefined, { fault: "reset" }).catch(() => undefined)
}

describe("/metrics", () => {
  it("says in Prometheus' format what happened", async () => {
    const client = await start()
    await traffic(client)
    const metrics = await scrape(client)
    const requests = metrics.get("aywa_runtime_http_requests_total")
    assert.strictEqual(requests?.type, "COUNTER")
    const counted = Object.fromEntries(
      (requests?.metrics ?? []).map(({ labels, value }) => [
        `${labels?.["method"]} ${labels?.["route"]} ${labels?.["status"]}`,
        Number(value)
      ])
    )
    assert.deepStrictEqual(counted, {
      "POST /assistant 201": 2,
      "POST /tool 201": 1,
      "GET /assistant 200": 2,
      "GET /assistant 503": 1,
      "GET /assistant 0": 1,
      "GET /assistant/:id 404": 1,
      "GET (none) 404": 1
    })
    const value = (name: string, label?: string) =>
      Number(
        metrics
          .get(name)
          ?.metrics.find(({ labels }) => label === undefined || Object.values(labels ?? {}).includes(label))?.value
      )
    assert.strictEqual(value("aywa_runtime_idempotent_replays_total"), 1)
    assert.strictEqual(value("aywa_runtime_faults_injected_total", "status"), 1)
    assert.strictEqual(value("aywa_runtime_faults_injected_total", "reset"), 1)
    assert.strictEqual(value("aywa_runtime_rows", "assistants"), 1)
    assert.strictEqual(value("aywa_runtime_rows", "tools"), 1)
    assert.isAbove(value("process_cpu_seconds_total"), 0)
    assert.isAbove(value("process_resident_memory_bytes"), 1e7)
    const scraped = (await scrape(client)).get("aywa_runtime_http_requests_total")
    assert.strictEqual(scraped?.metrics.find(({ labels }) => labels?.["route"] === "/metrics")?.value, "1")
  })

  it("has histograms whose buckets add up", async () => {
    const client = await start()
    await traffic(client)
    const { text } = await client.call("GET", "/metrics")
    const lines = text.split("\n").filter((line) => line.startsWith("aywa_runtime_http_request_duration_seconds"))
    const of = (route: string, suffix: string) =>
      lines
        .filter((line) => line.includes(`_${suffix}{method="GET",route="${route}"`))
        .map((line) => Number(line.split(" ").at(-1)))
    const buckets = of("/assistant", "bucket")
    assert.lengthOf(buckets, bounds.length + 1)
    assert.deepStrictEqual(
      buckets,
      buckets.toSorted((a, b) => a - b)
    )
    assert.deepStrictEqual([buckets.at(-1), of("/assistant", "count")[0]], [4, 4])
    assert.isAbove(of("/assistant", "sum")[0] ?? 0, 0)
    const histogram = parse(text).find(({ name }) => name === "aywa_runtime_http_request_duration_seconds")
    assert.strictEqual(histogram?.type, "HISTOGRAM")
  })

  it("needs a key, and counts nothing of another organization", async () => {
    const client = await start()
    assert.strictEqual((await fetch(`${client.runtime.baseUrl}/metrics`)).status, 401)
    await traffic(client)
    const { key } = client.runtime.addKey({ organization: "org_other" })
    const before = await scrape(client, key)
    assert.isUndefined(before.get("aywa_runtime_http_requests_total"))
    assert.isUndefined(before.get("aywa_runtime_rows"))
  })

  it("any label survives, as a parser reads it", () => {
    const text = fc.string({ unit: fc.constantFrom("a", '"', "\\", "\n", "n", "{", "}", "=", ",", " ", "é") })
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), fc.nat(), (labels, value) => {
        const exposed = expose([
          {
            name: "m",
            help: "Help with \\ and\nlines",
            type: "gauge",
            samples: labels.map((label, i) => ({ labels: { label, i: String(i) }, value }))
          }
        ])
        const read = parse(exposed)
        assert.deepStrictEqual(
          read.map(({ name, type }) => [name, type]),
          [["m", "GAUGE"]]
        )
        assert.deepStrictEqual(
          read[0]?.metrics.map(({ labels }) => labels?.["label"]),
          labels
        )
        assert.deepStrictEqual(
          read[0]?.metrics.map((metric) => Number(metric.value)),
          labels.map(() => value)
        )
      })
    )
  })
})

describe("/metrics.json and /slo", () => {
  it("say the same as JSON", async () => {
    const client = await start()
    await traffic(client)
    const { body } = await client.call("GET", "/metrics.json")
    assertMatches(body.requests, {
      total: 9,
      byStatus: { 0: 1, 200: 2, 201: 3, 404: 2, 503: 1 },
      idempotentReplays: 1,
      faultsInjected: { status: 1, reset: 1 }
    })
    const creates = body.requests.routes.filter(
      ({ method, route }: { method: string; route: string }) => method === "POST" && route === "/tool"
    )
    assertMatches(creates, [{ count: 1 }])
    assert.isAtMost(body.requests.latency.p50, body.requests.latency.p99)
    assert.isAtMost(body.requests.latency.p99, body.requests.latency.max)
    assert.deepStrictEqual([body.rows.assistants, body.rows.tools], [1, 1])
  })

  it("objectives are met or missed by what was answered", async () => {
    const client = await start()
    const objectives = async () => {
      const { body } = await client.call("GET", "/slo")
      return Object.fromEntries(body.objectives.map((one: { id: string }) => [one.id, one]))
    }
    assertMatches(await objectives(), { availability: { actual: null, met: null, total: 0, budgetLeft: 0 } })
    for (let i = 0; i < 8; i++) await client.call("GET", "/assistant")
    assertMatches(await objectives(), { availability: { actual: 1, met: true, good: 9, total: 9 } })
    await client.call("GET", "/assistant", undefined, { fault: "status;code=500" })
    // The two reads of /slo count, too.
    assertMatches(await objectives(), { availability: { met: false, good: 10, total: 11, budgetLeft: -1 } })
    await client.call("POST", "/assistant", {}, { fault: "latency;ms=600" })
    assertMatches(await objectives(), { "latency-writes": { met: false, good: 0, total: 1 } })
    const { body } = await client.call("GET", "/runbooks")
    const active = body.filter((one: { active: boolean }) => one.active).map(({ id }: { id: string }) => id)
    assert.deepStrictEqual(active, ["server-errors", "slow-answers", "faults-injected"])
  })

  it("a share of times is where the buckets say it is", () => {
    const seconds = fc.double({ min: 0, max: 20, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(seconds, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (times, share) => {
          const metrics = makeMetrics()
          for (const seconds of times) {
            metrics.observe({
              organization: "o",
              method: "GET",
              route: "/",
              status: 200,
              seconds,
              replayed: false,
              fault: undefined
            })
          }
          const value = quantile(metrics.of("o").routes, share) ?? Number.NaN
          const exact =
            times.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * times.length - 1e-9) - 1)] ?? Number.NaN
          const upper = bounds.find((bound) => exact <= bound) ?? Number.POSITIVE_INFINITY
          const lower = bounds.findLast((bound) => bound < exact) ?? 0
          assert.isAtLeast(value, Math.min(lower, Math.max(...times)))
          assert.isAtMost(value, Math.min(upper, Math.max(...times)))
        }
      )
    )
  })
})

describe("/setup/requirements, /runbooks and /analytics/summary", () => {
  const failing = async ({ call }: Client) =>
    (await call("GET", "/setup/requirements")).body
      .filter(({ ok }: { ok: boolean }) => !ok)
      .map(({ id }: { id: string }) => id)

  it("ask for what is missing, until it is there", async () => {
    const client = await start()
    const { call } = client
    assert.deepStrictEqual(await failing(client), ["assistants", "phone-numbers", "webhooks"])
    const { body: assistant } = await call("POST", "/assistant", { server: { url: "http://127.0.0.1:9/hook" } })
    await call("POST", "/phone-number", { provider: "vapi", number: "+14155550100" })
    assert.deepStrictEqual(await failing(client), ["phone-numbers"])
    await call("POST", "/phone-number", { provider: "vapi", number: "+14155550101", assistantId: assistant.id })
    assert.deepStrictEqual(await failing(client), [])
    const { body } = await call("POST", "/imports/vapi", {
      credentials: [{ id: "c", provider: "openai", name: "Models" }]
    })
    assert.deepStrictEqual(await failing(client), ["credentials"])
    const runbooks = (await call("GET", "/runbooks")).body
    assertMatches(runbooks[0], { id: "credentials-disabled", active: true, evidence: "Disabled: Models" })
    await call("PATCH", `/credential/${body.mappings[0].runtimeId}`, { apiKey: "sk", enabled: true })
    assert.deepStrictEqual(await failing(client), [])
  })

  it("add up the calls of the organization", async () => {
    const client = await start({
      rows: {
        calls: [
          {
            id: "1",
            type: "webCall",
            status: "ended",
            endedReason: "customer-ended-call",
            startedAt: "2026-01-01T00:00:00.000Z",
            endedAt: "2026-01-01T00:01:30.500Z",
            cost: 0.25
          },
          {
            id: "2",
            type: "outboundPhoneCall",
            status: "ended",
            endedReason: "voicemail",
            startedAt: "2026-01-01T00:00:00.000Z",
            endedAt: "2026-01-01T00:00:29.500Z",
            cost: 0.5
          },
          { id: "3", type: "webCall", status: "queued" }
        ]
      }
    })
    assert.deepStrictEqual((await client.call("GET", "/analytics/summary")).body, {
      calls: {
        total: 3,
        byType: { outboundPhoneCall: 1, webCall: 2 },
        byStatus: { ended: 2, queued: 1 },
        byEndedReason: { "customer-ended-call": 1, voicemail: 1 },
        minutes: 2,
        averageSeconds: 60,
        cost: 0.75
      },
      rows: { calls: 3 }
    })
    const { key: apiKey } = client.runtime.addKey({ organization: "org_other" })
    assertMatches((await client.call("GET", "/analytics/summary", undefined, { apiKey })).body.calls, {
      total: 0,
      minutes: 0,
      averageSeconds: null
    })
    const { text } = await client.call("GET", "/metrics")
    assert.include(text, 'aywa_runtime_calls{status="ended"} 2')
  })
})

describe("/readyz", () => {
  const ready = ({ runtime }: Client) =>
    fetch(`${runtime.baseUrl}/readyz`).then(async (response) => ({
      status: response.status,
      body: JSON.parse(await response.text())
    }))

  it("is public, and 200 while the store takes writes", async () => {
    for (const store of ["memory", { file: temporaryFile() }] as const) {
      assert.deepStrictEqual(await ready(await start({ store })), { status: 200, body: { status: "ready" } })
    }
  })

  it("503 when the file is gone, replaced or damaged; /health stays 200", async () => {
    const damage: ReadonlyArray<readonly [(file: string) => void, string]> = [
      [(file) => fs.rmSync(file), "the database file is gone: put it back, or start the runtime again"],
      [
        (file) => {
          fs.copyFileSync(file, `${file}.copy`)
          fs.renameSync(`${file}.copy`, file)
        },
        "the database file was replaced: put it back, or start the runtime again"
      ],
      [
        (file) => {
          const descriptor = fs.openSync(file, "r+")
          fs.writeSync(descriptor, Buffer.alloc(100, "x"), 0, 100, 0)
          fs.closeSync(descriptor)
        },
        "the database file is damaged"
      ]
    ]
    for (const [act, problem] of damage) {
      const file = temporaryFile()
      const client = await start({ store: { file } })
      act(file)
      const { status, body } = await ready(client)
      assert.deepStrictEqual([status, body.code], [503, "store_unavailable"])
      assert.strictEqual(body.message, `The store does not work: ${problem}`)
      assert.strictEqual((await fetch(`${client.runtime.baseUrl}/health`)).status, 200)
      assertMatches((await client.call("GET", "/runbooks")).body[0], { id: "store-unavailable", active: true })
      if (problem.includes("damaged")) continue
      // What would not be there after the process is not acknowledged.
      const write = await client.call("POST", "/assistant", { name: "lost" }, { key: "k" })
      assert.deepStrictEqual(
        [write.status, write.body.code, client.runtime.count("assistants")],
        [503, "store_unavailable", 0]
      )
    }
  })

  it("503 by a fault, too", async () => {
    const client = await start()
    client.runtime.faults.add({ action: { type: "status", code: 503 }, match: { path: "/readyz" }, times: 1 })
    assert.deepStrictEqual([(await ready(client)).status, (await ready(client)).status], [503, 200])
  })

  it("503 when the disk is full; what was acknowledged is still there, and writes are refused, not lost", async () => {
    const file = temporaryFile()
    const bin = inject("localBin")
    // No file of this process may grow beyond 1,000 KiB: writes fail as they do on a full disk.
    const script = `trap '' XFSZ; ulimit -f 1000; exec "$0" "$@"`
    const args = ["-c", script, process.execPath, bin, "--db", file, "--api-key", "sk_1", "--rate-limit", "0"]
    const child = spawn("bash", args, { stdio: ["ignore", "pipe", "pipe"] })
    onTestFinished(() => void child.kill("SIGKILL"))
    let [output, errors] = ["", ""]
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()))
    await eventually(() => assert.include(output, "\n"))
    const { baseUrl } = JSON.parse(output)
    const headers = { authorization: "Bearer sk_1", "content-type": "application/json" }
    const stored: Array<string> = []
    let refused: { status: number; code: string } | undefined
    for (let i = 0; i < 200 && refused === undefined; i++) {
      const body = JSON.stringify({ firstMessage: "x".repeat(10_000) })
      const response = await fetch(`${baseUrl}/assistant`, { method: "POST", headers, body })
      const row = JSON.parse(await response.text())
      if (response.status === 201) stored.push(row.id)
      else refused = { status: response.status, code: row.code }
    }
    assert.deepStrictEqual(refused, { status: 503, code: "store_unavailable" })
    assert.isAbove(stored.length, 5)
    assert.strictEqual((await fetch(`${baseUrl}/health`)).status, 200)
    // A probe writes little: what was too much for a row may still be room for it, until its own writes have filled it.
    let readiness = await fetch(`${baseUrl}/readyz`)
    for (let i = 0; i < 500 && readiness.status === 200; i++) readiness = await fetch(`${baseUrl}/readyz`)
    assertMatches([readiness.status, await readiness.text()], [503, /store_unavailable/])
    const list = JSON.parse(await (await fetch(`${baseUrl}/assistant?limit=1000`, { headers })).text())
    assert.deepStrictEqual(new Set(list.map(({ id }: { id: string }) => id)), new Set(stored))
    assert.notInclude(errors, "at ")
  })
})
