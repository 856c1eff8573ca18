/**
 * Values and texts as people read them in a plan.
 */
import { structuredPatch } from "diff"
import type { Change } from "../rows/diff.ts"
import { pathText } from "../rows/json.ts"

/** Longest text that stands in one line. */
const longest = 72

/** Makes text safe for a terminal: what a runtime sends is shown, never obeyed. */
export const printable = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`
  )

/** A value in one line; a long one is folded, with its size. */
export const valueText = (value: unknown): string => {
  if (value === undefined) return "nothing"
  const text = JSON.stringify(value) ?? "nothing"
  const shown = printable(text)
  if (shown.length <= longest) return shown
  const size =
    typeof value === "string"
      ? `${value.length} characters`
      : Array.isArray(value)
        ? `${value.length} items`
        : `${Object.keys(Object(value)).length} keys`
  return `${shown.slice(0, longest - 12)}… (${size})`
}

/** Whether a change is read best as a diff of lines: texts of several lines, prompts above all. */
export const isText = ({ before, after }: Change): boolean =>
  typeof before === "string" && typeof after === "string" && (before.includes("\n") || after.includes("\n"))

/** The lines of a unified diff, without a head: hunks with three lines of context. */
export const diffLines = ({ before, after }: Change): ReadonlyArray<string> =>
  structuredPatch("", "", String(before), String(after), "", "", { context: 3 }).hunks.flatMap(
    ({ oldStart, oldLines, newStart, newLines, lines }) => [
      `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
      // Prompts end without a line end: nothing to tell.
      ...lines.filter((line) => !line.startsWith("\\")).map(printable)
    ]
  )

/** `path: old -> new`. */
export const changeLine = ({ path, before, after }: Change): string => {
  const place = printable(pathText(path))
  if (before === undefined) return `${place}: ${valueText(after)}`
  return `${place}: ${valueText(before)} -> ${valueText(after)}`
}
