/**
 * The character that stands at an index of a text, in every way in which it can be read: as it is, or as an escape of
 * URLs, JSON or HTML, whose own characters may be escaped again.
 */

/** A character, and where the next one begins. */
export interface Reading {
  readonly code: number
  readonly end: number
}

/** So many escapes may lie over each other. */
const layers = 3

const percent = 0x25
const ampersand = 0x26
const plus = 0x2b
const semicolon = 0x3b
const backslash = 0x5c

/** Whether an escape may begin with a character. */
export const beginsEscape = (code: number): boolean => code === percent || code === backslash || code === ampersand

/** Reads a text. What is read twice is remembered, so that a text made of escapes takes no longer than its length. */
export class Reader {
  private readonly text: string
  private readonly known: ReadonlyArray<Map<number, ReadonlyArray<Reading>>> = Array.from(
    { length: layers },
    () => new Map()
  )

  constructor(text: string) {
    this.text = text
  }

  /** The character at an index, if it can be read in one way only. */
  only(index: number): number | undefined {
    const code = this.text.charCodeAt(index)
    return Number.isNaN(code) || code === plus || beginsEscape(code) ? undefined : code
  }

  /** All readings at an index; none at the end of the text. */
  at(index: number, layer = layers): ReadonlyArray<Reading> {
    const { text } = this
    if (index >= text.length) return []
    const code = text.charCodeAt(index)
    const itself = { code, end: index + 1 }
    if (code === plus) return [itself, { code: 0x20, end: index + 1 }]
    // An escape of an escape begins with an escape, too.
    if (layer === 0 || !beginsEscape(code)) return [itself]
    const known = this.known[layer - 1]?.get(index)
    if (known !== undefined) return known
    const readings = this.escaped(index, layer)
    this.known[layer - 1]?.set(index, readings)
    return readings
  }

  private escaped(index: number, layer: number): ReadonlyArray<Reading> {
    const below = this.at(index, layer - 1)
    const escapes = below.flatMap(({ code, end }) => {
      switch (code) {
        case percent:
          return this.afterPercent(end, layer)
        case backslash:
          return this.afterBackslash(end, layer - 1)
        case ampersand:
          return this.entity(end, layer - 1)
        default:
          return []
      }
    })
    return [...below, ...escapes].filter(isFirst)
  }

  /** A number of so many hexadecimal digits. */
  private hexadecimal(index: number, count: number, layer: number, value = 0): ReadonlyArray<Reading> {
    if (count === 0) return [{ code: value, end: index }]
    return this.at(index, layer).flatMap(({ code, end }) => {
      const digit = Number.parseInt(String.fromCharCode(code), 16)
      return Number.isNaN(digit) ? [] : this.hexadecimal(end, count - 1, layer, value * 16 + digit)
    })
  }

  private afterPercent(index: number, layer: number): ReadonlyArray<Reading> {
    return this.hexadecimal(index, 2, layer - 1).flatMap((byte) => {
      // Beyond ASCII it is Latin-1, or the first of two bytes of UTF-8.
      if ((byte.code !== 0xc2 && byte.code !== 0xc3) || this.text.charCodeAt(byte.end) !== percent) return [byte]
      const second = this.hexadecimal(byte.end + 1, 2, layer - 1).filter(({ code }) => code >= 0x80 && code < 0xc0)
      return [byte, ...second.map(({ code, end }) => ({ code: ((byte.code & 0x1f) << 6) | (code & 0x3f), end }))]
    })
  }

  private afterBackslash(index: number, layer: number): ReadonlyArray<Reading> {
    return this.at(index, layer).flatMap(({ code, end }) => {
      const letter = String.fromCharCode(code)
      if (letter === "u" || letter === "x") return this.hexadecimal(end, letter === "u" ? 4 : 2, layer)
      const named = letters.get(letter)
      return named === undefined ? [] : [{ code: named, end }]
    })
  }

  private entity(index: number, layer: number, name = ""): ReadonlyArray<Reading> {
    return this.at(index, layer).flatMap(({ code, end }) => {
      const next = String.fromCharCode(code)
      if (code === semicolon) return entityOf(name).map((code) => ({ code, end }))
      return name.length < 8 && /[#\da-z]/i.test(next) ? this.entity(end, layer, name + next) : []
    })
  }
}

const isFirst = ({ code, end }: Reading, i: number, all: ReadonlyArray<Reading>): boolean =>
  all.findIndex((other) => other.code === code && other.end === end) === i

const letters: ReadonlyMap<string, number> = new Map([
  ["n", 0x0a],
  ["r", 0x0d],
  ["t", 0x09],
  ['"', 0x22],
  ["'", 0x27],
  ["/", 0x2f],
  ["\\", 0x5c]
])

const entities: ReadonlyMap<string, number> = new Map([
  ["amp", 0x26],
  ["lt", 0x3c],
  ["gt", 0x3e],
  ["quot", 0x22],
  ["apos", 0x27]
])

/** The character that an entity names: none for an unknown one. */
const entityOf = (name: string): ReadonlyArray<number> => {
  const [, hex, decimal = ""] = /^#(?:x([0-9a-f]+)|([0-9]+))$/i.exec(name) ?? []
  const code =
    entities.get(name.toLowerCase()) ?? (hex === undefined ? Number(decimal || NaN) : Number.parseInt(hex, 16))
  return Number.isNaN(code) ? [] : [code]
}
