/** Prints results as plain tables. */
import type { BundleRow } from "./bundles.ts"
import type { Results, Row, Target } from "./results.ts"
import type { StartRow } from "./start.ts"

type Cells = ReadonlyArray<string | number>

/** A number with about three digits that count. */
export const short = (n: number | undefined): string =>
  n === undefined || Number.isNaN(n)
    ? ""
    : Math.abs(n) >= 100
      ? n.toFixed(0)
      : Math.abs(n) >= 10
        ? n.toFixed(1)
        : n.toFixed(2)

/** Aligned text, first column to the left. */
export const table = (title: string, head: ReadonlyArray<string>, rows: ReadonlyArray<Cells>): string => {
  const text = rows.map((row) => row.map((cell) => (typeof cell === "number" ? short(cell) : cell)))
  const widths = head.map((name, i) => Math.max(name.length, ...text.map((row) => row[i]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>): string =>
    `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ")}`
  return [`\n${title}`, line(head), line(widths.map((width) => "-".repeat(width))), ...text.map(line)].join("\n")
}

const timed = (title: string, rows: ReadonlyArray<Row>, base: string, more: ReadonlyArray<string> = []): string =>
  [...new Set(rows.map((row) => row.task))]
    .map((task) => {
      const own = rows.filter((row) => row.task === task)
      const against = own.find((row) => row.variant === base)?.cpuLow
      return table(
        `${title}: ${task} (microseconds each)`,
        ["", "CPU low", "CPU median", "wall low", "wall median", `CPU / ${base}`, ...more],
        own.map((row) => [
          row.variant,
          row.cpuLow,
          row.cpuMedian,
          row.wallLow,
          row.wallMedian,
          against === undefined ? "" : row.cpuLow / against,
          ...more.map((key) => row.more[key.split(",")[0] ?? key] ?? "")
        ])
      )
    })
    .join("\n")

const starts = (rows: ReadonlyArray<StartRow>): string => {
  const list = rows.find((row) => row.name === "fetch")?.listLow ?? Number.NaN
  return table(
    "cold start (milliseconds, fresh processes)",
    ["", "import low", "import median", "RSS +MB", "to first list low", "median", "/ fetch"],
    rows.map((row) => [
      row.name,
      row.importLow,
      row.importMedian,
      row.rss,
      row.listLow ?? "",
      row.listMedian ?? "",
      row.listLow === undefined ? "" : row.listLow / list
    ])
  )
}

const bundled = (rows: ReadonlyArray<BundleRow>): string =>
  table(
    "bundle of a one-call program (KB)",
    ["", "esbuild min", "gzip", "rolldown min", "gzip"],
    rows.map((row) => [
      row.name,
      ...[row.esbuild.min, row.esbuild.gzip, row.rolldown.min, row.rolldown.gzip].map((bytes) => bytes / 1000)
    ])
  )

const kept = (title: string, rows: ReadonlyArray<Row>, keys: ReadonlyArray<string>): string =>
  table(
    title,
    ["", ...keys],
    rows.map((row) => [
      rows.some((other) => other.task !== row.task) ? `${row.variant}, ${row.task}` : row.variant,
      ...keys.map((key) => row.more[key.split(" ")[0] ?? key] ?? "")
    ])
  )

export const targets = (rows: ReadonlyArray<Target>): string =>
  table(
    "targets (ratio of the low CPU quantiles in this run, unless it says otherwise)",
    ["", "against", "target", "measured", ""],
    rows.map((row) => [row.metric, row.against, `<= ${short(row.target)}`, row.measured, row.met ? "met" : "NOT MET"])
  )

export const print = (results: Results): string =>
  [
    ...(results.calls === undefined ? [] : [timed("calls", results.calls, "fetch")]),
    ...(results.start === undefined ? [] : [starts(results.start)]),
    ...(results.bundles === undefined ? [] : [bundled(results.bundles)]),
    ...(results.streams === undefined ? [] : [timed("stream of 300,000", results.streams, "fetch", ["peak, MB"])]),
    ...(results.memory === undefined
      ? []
      : [kept("10,000 calls in flight (bytes each)", results.memory, ["rss", "heap", "sockets (in all)"])]),
    ...(results.webhooks === undefined ? [] : [timed("webhook", results.webhooks, "stripe")]),
    ...(results.leaks === undefined
      ? []
      : [
          kept("what stays behind (per call: heap; in all: the rest)", results.leaks, ["heap", "sockets", "listeners"])
        ]),
    ...(results.storm === undefined
      ? []
      : [kept("500 calls told to wait 2 s", results.storm, ["early", "over-ideal", "share-in-100-ms"])]),
    ...(results.walk === undefined ? [] : [timed("walk of 100 pages", results.walk, "aywa")]),
    targets(results.targets)
  ].join("\n")
