/**
 * Runs the benchmarks, prints their tables, and writes the JSON that the chart is made from.
 *
 * `--only calls,streams` runs some, `--quick` runs each for a moment, `--out file` says where the JSON goes.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import { bundles } from "./bundles.ts"
import * as calls from "./calls.ts"
import * as leaks from "./leaks.ts"
import * as memory from "./memory.ts"
import { judge, rowsOf } from "./results.ts"
import { processor, run, serve } from "./rounds.ts"
import { start } from "./start.ts"
import * as storm from "./storm.ts"
import * as streams from "./streams.ts"
import { print } from "./tables.ts"
import * as walk from "./walk.ts"
import * as webhooks from "./webhooks.ts"

const { values } = parseArgs({
  options: { only: { type: "string" }, quick: { type: "boolean", default: false }, out: { type: "string" } }
})
const suites = ["calls", "start", "bundles", "streams", "memory", "webhooks", "leaks", "storm", "walk"] as const
const chosen = new Set<string>(values.only?.split(",") ?? suites)
for (const name of chosen) {
  if (!suites.some((suite) => suite === name)) throw new Error(`--only takes ${suites.join(", ")}, not ${name}`)
}
const quick = values.quick

const began = performance.now()
const { baseUrl, stop } = await serve()
const timed = async <A>(name: (typeof suites)[number], work: () => A | Promise<A>): Promise<A | undefined> => {
  if (!chosen.has(name)) return undefined
  const from = performance.now()
  const result = await work()
  process.stderr.write(`${name}: ${Math.round((performance.now() - from) / 1000)} s\n`)
  return result
}
const side = async (plan: Omit<Parameters<typeof run>[0], "baseUrl">) => rowsOf(await run({ ...plan, baseUrl }))
const heap = ["--expose-gc"]

const measured = {
  bundles: await timed("bundles", () => bundles()),
  start: await timed("start", () => start(baseUrl, quick ? 3 : 11)),
  calls: await timed("calls", () =>
    side({
      module: "./calls.ts",
      variants: calls.names,
      tasks: calls.tasks(quick ? 1000 : 2500),
      warmups: quick ? 2 : 5,
      rounds: quick ? 3 : 10
    })
  ),
  webhooks: await timed("webhooks", () =>
    side({
      module: "./webhooks.ts",
      variants: webhooks.names,
      tasks: webhooks.tasks,
      warmups: 2,
      rounds: quick ? 3 : 10
    })
  ),
  streams: await timed("streams", () =>
    side({
      module: "./streams.ts",
      variants: streams.names,
      tasks: streams.tasks(300_000),
      warmups: 0,
      rounds: quick ? 1 : 3,
      fresh: true
    })
  ),
  memory: await timed("memory", () =>
    side({
      module: "./memory.ts",
      variants: memory.names,
      tasks: memory.tasks(quick ? 2000 : 10_000),
      warmups: 0,
      rounds: quick ? 1 : 2,
      fresh: true,
      execArgv: heap
    })
  ),
  leaks: await timed("leaks", () =>
    side({
      module: "./leaks.ts",
      variants: leaks.names,
      tasks: leaks.tasks(20_000),
      warmups: 0,
      rounds: 1,
      execArgv: heap
    })
  ),
  storm: await timed("storm", () =>
    side({
      module: "./storm.ts",
      variants: storm.names,
      tasks: storm.tasks(500),
      warmups: 1,
      rounds: quick ? 1 : 3
    })
  ),
  walk: await timed("walk", () =>
    side({ module: "./walk.ts", variants: walk.names, tasks: walk.tasks(100), warmups: 0, rounds: quick ? 1 : 3 })
  )
}
stop()

const versionOf = (name: string): string => {
  const json = readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8")
  return String(JSON.parse(json).version)
}
const peers = ["effect", "undici", "@vapi-ai/server-sdk", "stripe", "openai", "standardwebhooks", "svix"]
const about = {
  date: new Date().toISOString(),
  node: process.version,
  processor: processor(),
  cores: availableParallelism(),
  seconds: Math.round((performance.now() - began) / 1000),
  versions: Object.fromEntries([
    ["undici in Node", process.versions["undici"] ?? ""],
    ...peers.map((name) => [name, versionOf(name)])
  ])
}
// What was not asked for is left out.
const done = Object.fromEntries(Object.entries(measured).filter(([, value]) => value !== undefined))
const results = { ...about, ...done, targets: judge({ ...about, ...done }) }
process.stdout.write(`${print(results)}\n`)
const out = values.out ?? new URL("../results/last.json", import.meta.url).pathname
writeFileSync(out, `${JSON.stringify(results, undefined, 2)}\n`)
process.stderr.write(
  `\n${results.seconds} s on ${about.cores} cores of ${about.processor}, Node ${about.node}; JSON in ${out}\n`
)
