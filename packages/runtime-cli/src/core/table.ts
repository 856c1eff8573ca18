/**
 * Aligned text: tables, and the fields of one row. Control characters that a runtime sends are shown, never obeyed.
 */
import { stripVTControlCharacters, styleText } from "node:util"

/** One column of a table. */
export interface Column {
  readonly title: string
  readonly align?: "right" | undefined
  /** Whether it is never cut: ids, which are copied. Other columns give way, or the line is longer than the terminal. */
  readonly whole?: boolean | undefined
}

type Style = Parameters<typeof styleText>[0]

/** Paints text, or leaves it plain. */
export type Paint = (style: Style, text: string) => string

/** A painter; `styleText` is told not to look at the stream, the session has done that. */
export const painter =
  (color: boolean): Paint =>
  (style, text) =>
    color ? styleText(style, text, { validateStream: false }) : text

/** How many cells a text takes: wide characters take two, combining ones none. */
export const widthOf = (text: string): number => {
  let width = 0
  for (const { segment } of segmenter.segment(stripVTControlCharacters(text))) {
    width += /\p{Emoji_Presentation}/u.test(segment) || wide.test(segment) ? 2 : 1
  }
  return width
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" })
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u

/** Makes text safe for one line of a terminal. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    character === "\n" || character === "\t"
      ? " "
      : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`
  )

/** Cuts text to a width, with an ellipsis where something is missing. */
export const fit = (text: string, width: number): string => {
  if (widthOf(text) <= width) return text
  let out = ""
  for (const { segment } of segmenter.segment(text)) {
    if (widthOf(out + segment) > width - 1) break
    out += segment
  }
  return `${out}…`
}

const pad = (text: string, width: number, align: Column["align"]) => {
  const fill = " ".repeat(Math.max(0, width - widthOf(text)))
  return align === "right" ? fill + text : text + fill
}

/** A table: a dim head line and one line per row. The widest columns give way when the terminal is narrow. */
export const table = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  options: { readonly paint: Paint; readonly width: number }
): string => {
  const widths = columns.map((column, at) =>
    Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[at] ?? "")))
  )
  shrink(widths, columns, options.width)
  const line = (cells: ReadonlyArray<string>) =>
    columns
      .map((column, at) => pad(fit(cells[at] ?? "", widths[at] ?? 0), widths[at] ?? 0, column.align))
      .join("  ")
      .trimEnd()
  return [options.paint("dim", line(columns.map(({ title }) => title))), ...rows.map(line)].join("\n")
}

/** Takes width from the widest columns that may give way until the table fits; none goes below eight cells. */
const shrink = (widths: Array<number>, columns: ReadonlyArray<Column>, available: number): void => {
  const total = () => widths.reduce((sum, width) => sum + width, 0) + 2 * (widths.length - 1)
  while (total() > available) {
    const yielding = widths.map((width, at) => (columns[at]?.whole === true ? 0 : width))
    const width = Math.max(...yielding)
    if (width <= 8) return
    widths[yielding.indexOf(width)] = Math.max(8, width - (total() - available))
  }
}

/** Prose in lines of at most `width` cells, each after the first behind `hang` spaces. A long word stays whole. */
export const wrap = (text: string, width: number, hang = 0): string => {
  if (widthOf(text) <= width) return text
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(/ +/)) {
    const room = lines.length === 0 ? width : width - hang
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > room) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${" ".repeat(hang)}`)
}

/** The fields of one row, one a line. */
export const fields = (row: Readonly<Record<string, unknown>>, paint: Paint): string => {
  const entries = Object.entries(row).filter(([, value]) => value !== undefined)
  const width = Math.max(0, ...entries.map(([key]) => widthOf(key)))
  return entries.map(([key, value]) => `${paint("dim", pad(key, width, undefined))}  ${cell(value)}`).join("\n")
}

/** One value in one line. */
export const cell = (value: unknown): string => {
  if (value === undefined || value === null) return "-"
  return printable(
    typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value)
  )
}

/** How long ago, for people: `3 min ago`. Other text comes back as it is. */
export const ago = (iso: string, now: number): string => {
  const time = Date.parse(iso)
  if (Number.isNaN(time)) return iso
  const seconds = Math.round((now - time) / 1000)
  if (seconds < 0 || seconds > 30 * 86_400) return iso.slice(0, 10)
  if (seconds < 60) return seconds < 5 ? "just now" : `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  return `${Math.floor(seconds / 86_400)} d ago`
}
