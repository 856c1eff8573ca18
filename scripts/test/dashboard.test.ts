/** Every query of the dashboard asks for metrics and labels that a running runtime and the SDK really have. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { Assistants, AywaRuntime, Telemetry } from "@aywa-ai/runtime-sdk/effect"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { assert, it } from "vitest"
import { root } from "../packages.ts"

type Labels = ReadonlyMap<string, ReadonlySet<string>>

/** Metrics with their labels, from Prometheus text. */
const fromText = (text: string): Map<string, Set<string>> => {
  const found = new Map<string, Set<string>>()
  for (const [, name = "", labels = ""] of text.matchAll(/^([a-z_][a-z0-9_]*)(?:\{([^}]*)\})? /gm)) {
    const known = found.get(name) ?? new Set<string>()
    for (const [, label = ""] of labels.matchAll(/([a-z_]\w*)="/g)) known.add(label)
    found.set(name, known)
  }
  return found
}

/** What OpenTelemetry's exporter for Prometheus makes of a name. */
const prometheus = (name: string): string => name.replaceAll(/[^a-zA-Z0-9_]/g, "_")

const reality = async (): Promise<Labels> => {
  const runtime = await startLocalRuntime({ webhookSchedule: [] })
  try {
    const headers = { authorization: `Bearer ${runtime.apiKey}`, "content-type": "application/json" }
    const post = (path: string, body: object) =>
      fetch(runtime.baseUrl + path, {
        method: "POST",
        headers: { ...headers, "idempotency-key": "k" },
        body: JSON.stringify(body)
      })
    await post("/assistant", { name: "One" })
    await post("/webhook-endpoint", { url: "http://127.0.0.1:9/", scope: "account", events: ["status-update"] })
    await post("/call/web", { assistant: { name: "One" } })
    runtime.faults.next({ type: "status", code: 503 })
    await post("/tool", { type: "endCall" })
    const found = fromText(await (await fetch(`${runtime.baseUrl}/metrics`, { headers })).text())
    const program = Effect.gen(function* () {
      const assistants = yield* Assistants.Assistants
      yield* assistants.list()
      yield* Effect.flip(assistants.get("nobody"))
      return yield* Metric.snapshot
    })
    const layer = AywaRuntime.layer({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
    const metrics = await Effect.runPromise(program.pipe(Effect.provide(layer), Effect.provide(Telemetry.layerMetrics)))
    for (const { id, type, attributes = {} } of metrics) {
      const { unit, ...labels } = attributes as Record<string, string>
      const name = `${prometheus(id)}${unit === "s" ? "_seconds" : ""}`
      for (const suffix of type === "Histogram" ? ["_bucket", "_count", "_sum"] : [""]) {
        const known = found.get(name + suffix) ?? new Set<string>(suffix === "_bucket" ? ["le"] : [])
        for (const label of Object.keys(labels)) known.add(prometheus(label))
        found.set(name + suffix, known)
      }
    }
    return found
  } finally {
    await runtime.close()
  }
}

const functions = new Set(["sum", "rate", "topk", "histogram_quantile"])

/** What a query asks for: metrics, the labels that it selects and groups by, and words that are neither. */
const asked = (expr: string) => {
  const selectors = [...expr.matchAll(/([a-z_][a-z0-9_]*)\{([^}]*)\}/g)].map(([, name = "", inside = ""]) => ({
    name,
    labels: [...inside.matchAll(/([a-z_]\w*)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label)
  }))
  const groups = [...expr.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, inside = ""]) =>
    inside.split(",").map((one) => one.trim())
  )
  const rest = expr
    .replaceAll(/[a-z_][a-z0-9_]*\{[^}]*\}/g, "")
    .replaceAll(/\bby\s*\([^)]*\)/g, "")
    .replaceAll(/\[[^\]]*\]/g, "")
  const strays = [...rest.matchAll(/[a-z_][a-z0-9_]*/gi)].map(([word]) => word).filter((word) => !functions.has(word))
  return { selectors, groups, strays }
}

/** Added by Prometheus itself. */
const scraped = new Set(["instance", "job"])

const problemsOf = (expr: string, real: Labels): ReadonlyArray<string> => {
  const { selectors, groups, strays } = asked(expr)
  const known = (name: string) => real.get(name) ?? new Set<string>()
  return [
    ...(selectors.length === 0 ? ["no metric"] : []),
    ...strays.map((word) => `stray ${word}`),
    ...selectors.flatMap(({ name, labels }) => [
      ...(real.has(name) ? [] : [`no metric ${name}`]),
      ...[...labels, ...groups]
        .filter((label) => !scraped.has(label) && !known(name).has(label))
        .map((label) => `${name} has no ${label}`)
    ])
  ]
}

it("the dashboard's queries ask for what there is", async () => {
  const real = await reality()
  const { panels } = JSON.parse(readFileSync(join(root, "docs/public/grafana-aywa-runtime.json"), "utf8"))
  const targets: ReadonlyArray<{ expr: string; legendFormat: string }> = panels.flatMap(
    (panel: { targets?: [] }) => panel.targets ?? []
  )
  assert.isAbove(targets.length, 15)
  assert.deepStrictEqual(
    targets.flatMap(({ expr }) => problemsOf(expr, real).map((problem) => `${expr}: ${problem}`)),
    []
  )
  for (const { expr, legendFormat } of targets) {
    const { groups } = asked(expr)
    const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label)
    assert.deepStrictEqual([expr, shown.filter((label) => !groups.includes(label) && !scraped.has(label))], [expr, []])
  }
  // What the page says there is, there is.
  const page = readFileSync(join(root, "docs/observability.md"), "utf8")
  const documented = [...page.matchAll(/`((?:aywa_runtime|process|aywa_client|http_client)_[a-z_]+)`/g)].map(
    ([, name = ""]) => name
  )
  assert.isAbove(documented.length, 10)
  assert.deepStrictEqual(
    documented.filter((name) => !real.has(name) && !real.has(`${name}_bucket`)),
    []
  )
})

it("a query for what there is not is found", async () => {
  const real = new Map([["aywa_runtime_rows", new Set(["resource"])]])
  assert.deepStrictEqual(problemsOf('sum by (resource) (aywa_runtime_rows{instance=~"a"})', real), [])
  assert.deepStrictEqual(problemsOf('sum by (kind) (aywa_runtime_rows{shop="a"})', real), [
    "aywa_runtime_rows has no shop",
    "aywa_runtime_rows has no kind"
  ])
  assert.deepStrictEqual(problemsOf("sum(rate(aywa_rows{}[5m]))", real), ["no metric aywa_rows"])
  assert.deepStrictEqual(problemsOf("sum(aywa_runtime_rows)", real), ["no metric", "stray aywa_runtime_rows"])
})
