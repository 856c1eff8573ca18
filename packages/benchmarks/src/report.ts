/**
 * Puts a run's results where people read them: the chart, and the tables between the markers of two pages. `--check`
 * fails when one of them is not what the JSON gives.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { chart } from "./chart.ts"
import type { Results, Row } from "./results.ts"
import { short } from "./tables.ts"

const path = (relative: string): URL => new URL(relative, import.meta.url)

type Cells = ReadonlyArray<string | number | undefined>

const markdown = (head: ReadonlyArray<string>, rows: ReadonlyArray<Cells>): string => {
  const line = (cells: Cells): string =>
    `| ${cells.map((cell) => (typeof cell === "number" ? short(cell) : (cell ?? ""))).join(" | ")} |`
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")
}

const about = ({ date, node, processor, cores, versions }: Results): string =>
  `Run of ${date.slice(0, 10)}: Node ${node.slice(1)}, ${cores} cores of ${processor}; ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")}.`

const targets = ({ targets }: Results): string =>
  markdown(
    ["metric", "against", "target", "measured", ""],
    targets.map((row) => [
      row.metric,
      row.against,
      `<= ${short(row.target)}`,
      row.measured,
      row.met ? "" : "**not met**"
    ])
  )

const cpu = (rows: ReadonlyArray<Row> | undefined, task: string, variant: string): number | undefined =>
  rows?.find((row) => row.task === task && row.variant === variant)?.cpuLow

const overview = (results: Results): string => {
  const names = ["aywa", "aywa (Effect)", "aywa on fetch", "undici.request", "fetch", "stripe", "vapi", "openai"]
  return markdown(
    ["", "list 20, CPU us", "get one, CPU us", "cold import, ms", "to first list, ms", "bundle, KB gzip"],
    names.map((name) => {
      const start = results.start?.find((row) => row.name === name)
      const bundle = results.bundles?.find((row) => row.name === name)
      return [
        name,
        cpu(results.calls, "list 20, 32 in flight", name),
        cpu(results.calls, "get one, 32 in flight", name),
        name === "fetch" ? undefined : start?.importLow,
        start?.listLow,
        bundle === undefined ? undefined : bundle.esbuild.gzip / 1000
      ]
    })
  )
}

const others = (results: Results): string => {
  const memory = (name: string) => results.memory?.find((row) => row.variant === name)?.more["rss"]
  const of = (rows: ReadonlyArray<Row> | undefined, task: string) => (name: string) => cpu(rows, task, name)
  const streams = of(results.streams, "page 100")
  const row = (name: string, values: Cells): Cells => [name, ...values]
  return [
    markdown(
      ["", "aywa", "aywa (Effect)", "undici.request", "fetch", "stripe", "vapi"],
      [
        row("stream of 300,000 by 100, CPU us per item", [
          streams("aywa"),
          streams("aywa (Effect)"),
          streams("undici.request"),
          streams("fetch"),
          streams("stripe"),
          undefined
        ]),
        row("10,000 calls in flight, bytes each", [
          memory("aywa"),
          memory("aywa (Effect)"),
          memory("undici.request"),
          memory("fetch"),
          memory("stripe"),
          memory("vapi")
        ])
      ]
    ),
    markdown(
      ["webhook: verify, parse, check, CPU us", "aywa", "stripe", "svix", "standardwebhooks"],
      ["1 KB", "10 KB", "100 KB"].map((size) => [
        size,
        ...["aywa", "stripe", "svix", "standardwebhooks"].map((name) => cpu(results.webhooks, size, name))
      ])
    )
  ].join("\n\n")
}

const between = (text: string, name: string, content: string): string => {
  const begin = `<!-- ${name} -->`
  const end = `<!-- end of ${name} -->`
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`no ${begin} ... ${end}`)
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`
}

const results = JSON.parse(readFileSync(path("../results/last.json"), "utf8")) as Results // What `run.ts` writes.
const readme = path("../README.md")
const page = path("../../../docs/performance.md")
const files = [
  { file: path("../../../docs/performance.svg"), text: chart(results) },
  {
    file: readme,
    text: between(readFileSync(readme, "utf8"), "targets", `${about(results)}\n\n${targets(results)}`)
  },
  {
    file: page,
    text: between(
      readFileSync(page, "utf8"),
      "results",
      `${overview(results)}\n\n${others(results)}\n\n${about(results)}`
    )
  }
]
const check = process.argv.includes("--check")
for (const { file, text } of files) {
  if (!check) writeFileSync(file, text)
  else if (readFileSync(file, "utf8") !== text)
    throw new Error(`${file.pathname} is not what the JSON gives: npm run report`)
}
