/**
 * What may not grow unnoticed, as bytes and ratios: fails when a budget is exceeded. Bytes are exact; the one ratio of
 * processor time is wide enough that a busy machine does not fail a build, and is measured again before it does.
 */
import { bundles, fileSize, filesOf } from "./bundles.ts"
import { planRatio } from "./configPlan.ts"
import { pageSize, unwatchedRatio } from "./inspector.ts"
import { rowsOf } from "./results.ts"
import { run, serve } from "./rounds.ts"
import { table } from "./tables.ts"

const [promise, webhooks, tools] = await bundles(["aywa", "aywa/webhooks", "aywa/tools"])
if (promise === undefined || webhooks === undefined || tools === undefined) throw new Error("nothing was bundled")

/** Processor time of one call with 32 in flight, over that of bare `fetch`. */
const cpuRatio = async (): Promise<number> => {
  const { baseUrl, stop } = await serve()
  const call = "get one, 32 in flight"
  const rows = rowsOf(
    await run({
      module: "./calls.ts",
      variants: ["fetch", "aywa"],
      tasks: [{ name: call, units: 1500, inFlight: 32 }],
      warmups: 4,
      rounds: 8,
      baseUrl
    })
  )
  stop()
  const of = (name: string): number => rows.find((row) => row.variant === name)?.cpuLow ?? Number.NaN
  return of("aywa") / of("fetch")
}

let cpu = await cpuRatio()
if (!(cpu <= 0.6)) cpu = Math.min(cpu, await cpuRatio())

// Some hundredths are noise: a cost that is really there is there with certainty.
const unwatched = await unwatchedRatio()

const budgets = [
  // The target is 30: see README.md for what it would take, and for what the file has grown by.
  { name: "promise entry, one-call program, KB gzip", measured: promise.esbuild.gzip / 1000, budget: 54 },
  { name: "promise entry as published, KB minified", measured: fileSize("index.js").min / 1000, budget: 156 },
  // The target is 5.
  { name: "webhooks entry, one-call program, KB gzip", measured: webhooks.esbuild.gzip / 1000, budget: 7 },
  {
    name: "a tool of Zod and its receiver, without Zod, KB gzip, by Rolldown",
    measured: tools.rolldown.gzip / 1000,
    budget: 25.4
  },
  // It keeps all of a namespace of which a part is used.
  { name: "the same by esbuild", measured: tools.esbuild.gzip / 1000, budget: 26.8 },
  { name: "files imported by the Effect entry", measured: await filesOf("effect.js"), budget: 290 },
  { name: "CPU of a call over bare fetch, 32 in flight (usually 0.3)", measured: cpu, budget: 0.6 },
  { name: "inspector's page, script and style, KB gzip", measured: await pageSize(), budget: 60 },
  {
    name: `CPU of a request with the inspector that nobody watches, over none, at least (median ${unwatched.median.toFixed(3)})`,
    measured: unwatched.atLeast,
    budget: 1.01
  },
  // 500 rows: some 0.1 s of a processor, where 1.2 s is promised.
  { name: "CPU of config plan over that of its lists, 500 rows (usually 10)", measured: await planRatio(), budget: 25 }
]

process.stdout.write(
  `${table(
    "budgets",
    ["", "budget", "measured", ""],
    budgets.map(({ name, budget, measured }) => [name, `<= ${budget}`, measured, measured <= budget ? "" : "EXCEEDED"])
  )}\n`
)
// `!` so that what could not be measured fails too.
if (!budgets.every(({ measured, budget }) => measured <= budget)) process.exitCode = 1
