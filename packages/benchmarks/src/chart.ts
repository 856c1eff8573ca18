/** Draws the chart of the documentation from a run's results. */
import type { Results } from "./results.ts"
import { short } from "./tables.ts"

interface Bar {
  readonly name: string
  readonly value: number
}

interface Panel {
  readonly title: string
  readonly unit: string
  readonly bars: ReadonlyArray<Bar>
}

const width = 760
const nameWidth = 150
const barHeight = 16
const step = 24
const head = 34

const shown = new Set(["aywa", "aywa (Effect)", "undici.request", "fetch", "vapi", "stripe", "openai"])

const escape = (text: string): string => text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`)

const draw = ({ title, unit, bars }: Panel, top: number): string => {
  const most = Math.max(...bars.map(({ value }) => value))
  const room = width - nameWidth - 90
  const rows = bars.map(({ name, value }, i) => {
    const y = top + head + i * step
    const length = Math.max(2, (value / most) * room)
    const text = y + barHeight - 4
    return [
      `<text x="${nameWidth - 10}" y="${text}" text-anchor="end" class="${ours(name)}">${escape(name)}</text>`,
      `<rect x="${nameWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2" class="${ours(name)} bar"/>`,
      `<text x="${(nameWidth + length + 8).toFixed(1)}" y="${text}" class="${ours(name)}">${short(value)} ${unit}</text>`
    ].join("")
  })
  return [`<text x="0" y="${top + 18}" class="title">${escape(title)}</text>`, ...rows].join("\n")
}

const ours = (name: string): string => (name.startsWith("aywa") ? "ours" : "peer")

// Colours that can be read on white and on a dark page alike, because an image does not know what it stands on.
const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #7b8490 }
text.ours { font-weight: 600; fill: #2f8f6b }
text.title { font-weight: 600; font-size: 14px }
.bar.peer { fill: #98a1ad }
.bar.ours { fill: #2f9e74 }
</style>`

export const chart = (results: Results): string => {
  const sorted = (bars: ReadonlyArray<Bar>): ReadonlyArray<Bar> => [...bars].sort((a, b) => a.value - b.value)
  const calls = (task: string): ReadonlyArray<Bar> =>
    sorted(
      (results.calls ?? [])
        .filter((row) => row.task === task && shown.has(row.variant))
        .map((row) => ({ name: row.variant, value: row.cpuLow }))
    )
  const imports = sorted(
    (results.start ?? [])
      .filter((row) => row.name !== "fetch" && shown.has(row.name))
      .map((row) => ({ name: row.name, value: row.importLow }))
  )
  const panels: ReadonlyArray<Panel> = [
    { title: "CPU per call: list of 20 rows, 32 in flight", unit: "us", bars: calls("list 20, 32 in flight") },
    { title: "CPU per call: get one row, 32 in flight", unit: "us", bars: calls("get one, 32 in flight") },
    { title: "Cold import", unit: "ms", bars: imports }
  ]
  let top = 0
  const parts = panels.map((panel) => {
    const part = draw(panel, top)
    top += head + panel.bars.length * step + 14
    return part
  })
  const label = panels.map(
    ({ title, bars, unit }) =>
      `${title}: ${bars.map(({ name, value }) => `${name} ${short(value)} ${unit}`).join(", ")}`
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" width="${width}" height="${top}" role="img">`,
    `<title>${escape(label.join(". "))}</title>`,
    style,
    ...parts,
    `</svg>`,
    ""
  ].join("\n")
}
