/**
 * A text as those see it who unescape it: as it is, and after what URLs, JSON and HTML escape is taken back, up to three
 * times over.
 */

/** A text, and where in the source its characters stand. */
export interface View {
  readonly text: string
  /** Takes an index of the view, or its length, to one of the source. */
  readonly sourceOf: (index: number) => number
}

/** A kind of escape: what it looks like, and what it stands for. */
type Escape = readonly [pattern: RegExp, meaning: (...match: ReadonlyArray<string | undefined>) => string]

const character = (digits: string, radix: number): string => String.fromCharCode(Number.parseInt(digits, radix))

const characters: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'"
}

const escapes: ReadonlyArray<Escape> = [
  [/%([\da-f]{2})/gi, (_, hex = "") => character(hex, 16)],
  [
    /\\(?:u([\da-f]{4})|x([\da-f]{2})|(["'\\/nrt]))/gi,
    (_, u, x, letter = "") => (letter === "" ? character(u ?? x ?? "", 16) : (characters[letter] ?? letter))
  ],
  [
    /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi,
    (_, hex, decimal, name = "") => characters[name.toLowerCase()] ?? character(hex ?? decimal ?? "", hex ? 16 : 10)
  ]
]

/** All views of a text that differ. */
export const viewsOf = (text: string): ReadonlyArray<View> => {
  const views: Array<View> = [{ text, sourceOf: (index) => index }]
  let newest: ReadonlyArray<View> = views
  for (let times = 0; times < 3; times++) {
    newest = newest.flatMap((view) =>
      escapes.flatMap((escape) => {
        const next = unescaped(view, escape)
        return views.some((other) => other.text === next.text) ? [] : [next]
      })
    )
    views.push(...newest)
  }
  return views
}

const unescaped = (view: View, [pattern, plainText]: Escape): View => {
  // Where characters stand that were escaped, in this text and in the view: all others are counted from the last one.
  const places: Array<readonly [here: number, there: number]> = [[0, 0]]
  let text = ""
  let at = 0
  for (const match of view.text.matchAll(pattern)) {
    text += view.text.slice(at, match.index)
    places.push([text.length, match.index])
    text += plainText(...match)
    at = match.index + match[0].length
    places.push([text.length, at])
  }
  return {
    text: text + view.text.slice(at),
    sourceOf: (index) => {
      const [here, there] = places.findLast(([here]) => here <= index) ?? [0, 0]
      return view.sourceOf(there + index - here)
    }
  }
}
