/**
 * Colours the lines of an alignment by their first word.
 */
import type { Paint } from "../core/table.ts"

const colors: Readonly<Record<string, "green" | "red" | "yellow">> = {
  missing: "green",
  extra: "red",
  double: "red",
  drifted: "yellow",
  server: "yellow",
  timeout: "yellow"
}

/** The text with its first words in colour. */
export const paintDiff = (text: string, paint: Paint): string =>
  text.replace(/^\w+(?= )/gm, (word) => {
    const color = colors[word]
    return color === undefined ? word : paint(color, word)
  })
