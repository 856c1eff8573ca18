/**
 * Finds copies of secrets in a text that came from outside: as they are, escaped as URLs, JSON and HTML do it (all
 * characters or some, once or several times), anywhere inside of base64, and copies that were cut off at their end.
 *
 * One pass over the text, whatever the number of secrets. It runs only after a failure, or when someone looks at an
 * answer.
 */
import { beginsEscape, Reader } from "./escapes.ts"

/** A text to look for. */
interface Needle {
  readonly text: string
  /** Characters from its beginning that give it away. */
  readonly enough: number
  readonly base64: boolean
}

/** From and until which index a copy stands. */
type Copy = readonly [from: number, until: number]

/** Copies of what a text must not repeat. */
export class Copies {
  readonly #byFirst = new Map<number, Array<Needle>>()

  constructor(secrets: Iterable<string>) {
    for (const secret of new Set(secrets)) {
      this.#add({ text: secret, enough: enoughOf(secret), base64: false })
      for (const core of base64Cores(secret)) this.#add({ text: core, enough: enoughOf(core), base64: true })
    }
  }

  /** Where they are. */
  in(text: string): ReadonlyArray<Copy> {
    const found: Array<Copy> = []
    const reader = new Reader(text)
    let base64Until = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      const needles = beginsEscape(code)
        ? reader.at(at).flatMap((reading) => this.#byFirst.get(reading.code) ?? [])
        : this.#byFirst.get(code)
      if (needles === undefined) continue
      for (const needle of needles) {
        if (needle.base64 && at < base64Until) continue
        const until = match(needle, reader, at)
        if (until === undefined || (needle.text.length < short && isInWord(text, at, until))) continue
        const copy: Copy = needle.base64 ? wholeBase64(text, at, until) : [at, until]
        if (needle.base64) base64Until = copy[1]
        found.push(copy)
      }
    }
    return found
  }

  #add(needle: Needle): void {
    const first = needle.text.charCodeAt(0)
    for (const code of needle.base64 ? [first, ...(alike.get(first) ?? [])] : [first]) {
      const known = this.#byFirst.get(code)
      if (known === undefined) this.#byFirst.set(code, [needle])
      else known.push(needle)
    }
  }
}

/** Nobody reads further, and a server may send as much as it likes. */
const longest = 16_384
/** Room for a copy that begins before the end, however it is escaped. */
const beyond = 16_384

/** Puts `<redacted>` in the place of every copy. A text that is too long for anybody to read is cut. */
export const withoutCopies = (text: string, secrets: ReadonlyArray<Copies>): string => {
  const looked = text.slice(0, longest + beyond)
  const copies = secrets.flatMap((one) => one.in(looked)).sort(([a], [b]) => a - b)
  let out = ""
  let at = 0
  // One may be a part of another, or overlap it.
  for (const [from, until] of copies) {
    if (from >= longest) break
    if (from >= at) out += `${text.slice(at, from)}<redacted>`
    at = Math.max(at, until)
  }
  return text.length <= longest ? out + text.slice(at) : `${out}${text.slice(at, longest)}…`
}

/** A key for tests may be `k`, or `key`: words that contain it do not repeat it. */
const short = 6

const isInWord = (text: string, from: number, until: number): boolean =>
  /\w/.test(text.charAt(from - 1)) || /\w/.test(text.charAt(until))

/** A short secret is only itself; of a longer one, half gives it away. */
const enoughOf = ({ length }: string): number => (length < 16 ? length : Math.ceil(length / 2))

/** Until where a text has a needle, or enough of it, at an index. */
const match = (needle: Needle, reader: Reader, at: number): number | undefined => {
  // What stands there may be read in several ways: `%25` is a percent sign, or three characters.
  let ends: ReadonlyArray<number> = [at]
  let matched = 0
  for (; matched < needle.text.length; matched++) {
    const next = step(needle, matched, reader, ends)
    if (next.length === 0) break
    ends = next
  }
  return matched >= needle.enough ? Math.max(...ends) : undefined
}

/** Where the next character may begin, after one more of a needle. */
const step = (needle: Needle, index: number, reader: Reader, ends: ReadonlyArray<number>): ReadonlyArray<number> => {
  const expected = needle.text.charCodeAt(index)
  const [end = 0] = ends
  const only = ends.length === 1 ? reader.only(end) : undefined
  // Mostly it is what it is.
  if (only !== undefined) return isSame(only, expected, needle.base64) ? [end + 1] : []
  const next = new Set<number>()
  for (const end of ends) {
    for (const { code, end: after } of reader.at(end)) if (isSame(code, expected, needle.base64)) next.add(after)
  }
  // A run of backslashes can be read in many ways; no secret needs all of them.
  return [...next].slice(0, 16)
}

const isSame = (code: number, expected: number, base64: boolean): boolean =>
  code === expected ||
  (base64 && (alike.get(expected)?.includes(code) ?? false)) ||
  // A byte beyond ASCII that was read as UTF-8.
  (expected >= 0x80 && code === 0xfffd)

const codeOf = (character: string): number => character.charCodeAt(0)

/** The two alphabets of base64. */
const alike: ReadonlyMap<number, ReadonlyArray<number>> = new Map([
  [codeOf("+"), [codeOf("-")]],
  [codeOf("/"), [codeOf("_")]]
])

/**
 * What base64 makes of a secret whatever stands before and after it: a form for each of the three ways in which it can
 * fall on groups of three bytes, without the characters at the edges that also depend on its neighbours.
 */
const base64Cores = (secret: string): ReadonlyArray<string> => {
  if (secret.length < short) return []
  // What is encoded may be a text that quotes it.
  const quoted = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())]
  // Headers are Latin-1, bodies are UTF-8.
  const bytes = quoted.flatMap((text) => (/^[\0-\xff]*$/.test(text) ? [text, utf8(text)] : [utf8(text)]))
  return [...new Set(bytes)].flatMap((bytes) =>
    [0, 1, 2].map((before) => {
      const encoded = btoa("\0".repeat(before) + bytes).replace(/=+$/, "")
      const whole = (before + bytes.length) % 3 === 0
      return encoded.slice(before === 0 ? 0 : before + 1, whole ? undefined : -1)
    })
  )
}

/** The bytes of a text as UTF-8, each as a character. */
const utf8 = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("")

/** The whole base64 around a piece of it. */
const wholeBase64 = (text: string, from: number, until: number): Copy => {
  const isBase64 = (at: number) => /[\w+/-]/.test(text.charAt(at))
  while (from > 0 && isBase64(from - 1)) from--
  while (until < text.length && isBase64(until)) until++
  while (text.charAt(until) === "=") until++
  return [from, until]
}
