/** The page of the documentation that says where the packages run, and the rows of the matrix: each names the other's. */
import { readFileSync } from "node:fs"

/** A row's name without the versions in it, which change by themselves. */
export const nameOf = (what: string): string =>
  what
    .replace(", the newest 4.x", "")
    .replaceAll(/(?: |@)\d+(?:\.\d+)*(?=[,: ]|$)/g, "")
    .trim()

const page = new URL("../../docs/where-it-runs.md", import.meta.url)

const named = (): ReadonlySet<string> =>
  new Set(
    readFileSync(page, "utf8")
      .split("\n")
      .flatMap((line) => /^\| ([^|-].*?) \|/.exec(line)?.[1] ?? [])
  )

/** Rows that the page does not name, and rows of the page that there are not. Some only take their turn: `known` has all. */
export const differences = (ran: ReadonlyArray<string>, known: ReadonlyArray<string>): ReadonlyArray<string> => {
  const onPage = named()
  const rows = new Set([...ran, ...known].map(nameOf))
  return [
    ...[...rows].filter((name) => !onPage.has(name)).map((name) => `${name}: not on the page`),
    ...[...onPage].filter((name) => !rows.has(name)).map((name) => `${name}: on the page, and no row`)
  ]
}
