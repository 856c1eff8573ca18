/** What a run writes as JSON, and what tables, chart and budgets are made from. */
import type { BundleRow } from "./bundles.ts"
import { low, quantile, type Samples } from "./rounds.ts"
import type { StartRow } from "./start.ts"

/** One variant of one task: microseconds per unit. */
export interface Row {
  readonly task: string
  readonly variant: string
  readonly cpuLow: number
  readonly cpuMedian: number
  readonly wallLow: number
  readonly wallMedian: number
  /** Medians of what the variant measured itself. */
  readonly more: Readonly<Record<string, number>>
}

export interface Results {
  readonly date: string
  readonly node: string
  readonly processor: string
  readonly cores: number
  readonly seconds: number
  readonly versions: Readonly<Record<string, string>>
  readonly calls?: ReadonlyArray<Row>
  readonly streams?: ReadonlyArray<Row>
  readonly memory?: ReadonlyArray<Row>
  readonly webhooks?: ReadonlyArray<Row>
  readonly leaks?: ReadonlyArray<Row>
  readonly storm?: ReadonlyArray<Row>
  readonly walk?: ReadonlyArray<Row>
  readonly start?: ReadonlyArray<StartRow>
  readonly bundles?: ReadonlyArray<BundleRow>
  readonly targets: ReadonlyArray<Target>
}

/** A target of the design beside what was measured. */
export interface Target {
  readonly metric: string
  readonly against: string
  readonly target: number
  readonly measured: number
  readonly met: boolean
}

export const rowsOf = (samples: Samples): ReadonlyArray<Row> =>
  [...samples].flatMap(([task, variants]) =>
    [...variants].map(([variant, all]) => {
      const cpu = all.map((one) => one.cpu)
      const wall = all.map((one) => one.wall)
      const keys = Object.keys(all[0]?.more ?? {})
      return {
        task,
        variant,
        cpuLow: low(cpu),
        cpuMedian: quantile(cpu, 0.5),
        wallLow: low(wall),
        wallMedian: quantile(wall, 0.5),
        more: Object.fromEntries(
          keys.map((key) => [
            key,
            quantile(
              all.map((one) => one.more?.[key] ?? Number.NaN),
              0.5
            )
          ])
        )
      }
    })
  )

type Measured = Omit<Results, "targets">

/** Judges a run by the targets; what was not measured is left out. */
export const judge = (run: Measured): ReadonlyArray<Target> => {
  const targets: Array<Target> = []
  const add = (metric: string, against: string, target: number, measured: number | undefined): void => {
    if (measured === undefined || Number.isNaN(measured)) return
    targets.push({ metric, against, target, measured, met: measured <= target })
  }
  const cpu = (rows: ReadonlyArray<Row> | undefined, task: string, variant: string): number =>
    rows?.find((row) => row.task === task && row.variant === variant)?.cpuLow ?? Number.NaN
  const ratio = (
    rows: ReadonlyArray<Row> | undefined,
    label: string,
    task: string,
    ours: string,
    peers: Readonly<Record<string, number>>
  ): void => {
    for (const [peer, target] of Object.entries(peers)) {
      add(label, peer, target, cpu(rows, task, ours) / cpu(rows, task, peer))
    }
  }
  const list = "list 20, 32 in flight"
  const get = "get one, 32 in flight"
  ratio(run.calls, `${list}, CPU`, list, "aywa", { "bare dispatcher": 1.05 })
  ratio(run.calls, `${get}, CPU`, get, "aywa", { "bare dispatcher": 1.12 })
  ratio(run.calls, `Effect service, ${list}, CPU`, list, "aywa (Effect)", { "bare dispatcher": 1.15 })
  ratio(run.calls, `Effect service, ${get}, CPU`, get, "aywa (Effect)", { "bare dispatcher": 1.35 })
  ratio(run.calls, `fetch transport, ${list}, CPU`, list, "aywa on fetch", { fetch: 1.06 })
  ratio(run.calls, `fetch transport, ${get}, CPU`, get, "aywa on fetch", { fetch: 1.1 })

  const started = (name: string) => run.start?.find((row) => row.name === name)
  const imported = (name: string): number => started(name)?.importLow ?? Number.NaN
  add("cold import, promise entry", "stripe", 0.12, imported("aywa") / imported("stripe"))
  const listed = (name: string): number => started(name)?.listLow ?? Number.NaN
  add("cold process to first list", "fetch", 1.08, listed("aywa") / listed("fetch"))

  const bundle = (name: string): number | undefined => {
    const row = run.bundles?.find((one) => one.name === name)
    return row === undefined ? undefined : Math.min(row.esbuild.gzip, row.rolldown.gzip) / 1000
  }
  add("bundle, one list call, KB min+gzip", "absolute", 42, bundle("aywa"))
  add("bundle, webhooks, KB min+gzip", "absolute", 6, bundle("aywa/webhooks"))

  for (const [page, target] of [
    ["page 100", 0.6],
    ["page 1000", 0.9]
  ] as const) {
    ratio(run.streams, `stream of 300,000, ${page}, CPU`, page, "aywa pages", { fetch: target })
  }
  for (const [size, target] of [
    ["1 KB", 0.95],
    ["10 KB", 0.95],
    ["100 KB", 1]
  ] as const) {
    ratio(run.webhooks, `webhook ${size}, CPU`, size, "aywa", { stripe: target })
  }

  const held = (variant: string): number =>
    run.memory?.find((row) => row.variant === variant)?.more["rss"] ?? Number.NaN
  add("memory per call in flight, 10,000, RSS", "bare dispatcher", 1.65, held("aywa") / held("bare dispatcher"))
  const storm = run.storm?.[0]?.more
  add("500 calls told to wait 2 s: time until all are done", "ideal", 1.5, storm?.["over-ideal"])
  add("500 calls told to wait 2 s: most of them in 100 ms", "all", 0.2, storm?.["share-in-100-ms"])
  const walked = (variant: string) => run.walk?.find((row) => row.variant === variant)?.wallMedian ?? Number.NaN
  const label = "walk of 100 pages, 20 ms each and 20 ms of work, wall"
  add(label, "without prefetch", 0.6, walked("aywa, prefetch") / walked("aywa"))
  return targets
}
