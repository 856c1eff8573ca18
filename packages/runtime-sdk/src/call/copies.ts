/**
 * Finds copies of secrets in a text that came from outside: as they are, escaped as URLs, JSON and HTML do it (all
 * characters or some, once or several times over), anywhere inside of base64, and pieces of them: see `enoughOf`.
 *
 * It runs only after a failure, or when someone looks at an answer.
 */
import { type View, viewsOf } from "./views.ts"

/** From and until which index a copy stands. */
type Copy = readonly [from: number, until: number]

/** What gives a secret away. */
export class Copies {
  /** Texts, and how many characters of each give it away. */
  readonly #texts: Map<string, number>
  readonly #base64: ReadonlyArray<string>

  /** `body` is no secret, and yet not to be repeated: a long piece of it is no value which somebody has to read. */
  constructor(secrets: Iterable<string>, body = "") {
    this.#texts = new Map([...secrets].flatMap(notationsOf).map((text) => [text, enoughOf(text)]))
    // The beginning will do: the whole base64 around it is taken.
    this.#base64 = [...this.#texts.keys()].flatMap((text) => base64Cores(text.slice(0, 4096)))
    if (body.length > short) this.#texts.set(body.slice(0, 65_536), Math.min(body.length, 64))
  }

  /** Where they are, in the source of a view. */
  in({ text, sourceOf }: View): ReadonlyArray<Copy> {
    const copies: Array<Copy> = []
    for (const [secret, enough] of this.#texts) {
      for (const [from, until] of copiesOf(secret, text, enough)) {
        if (secret.length >= short || !isInWord(text, from, until)) copies.push([sourceOf(from), sourceOf(until)])
      }
    }
    // Both alphabets are one here.
    const base64 = text.replaceAll("-", "+").replaceAll("_", "/")
    for (const core of this.#base64) {
      for (const copy of copiesOf(core, base64, enoughOf(core))) {
        const [from, until] = wholeBase64(base64, copy)
        copies.push([sourceOf(from), sourceOf(until)])
      }
    }
    return copies
  }
}

/** A secret as gateways write it in their logs: in other letters, and as hexadecimal digits. */
const notationsOf = (secret: string): ReadonlyArray<string> => {
  if (secret.length < 16) return [secret]
  const hex = Array.from(new TextEncoder().encode(secret.slice(0, 1024)), (byte) => byte.toString(16).padStart(2, "0"))
  const digits = hex.join("")
  return [secret, secret.toLowerCase(), secret.toUpperCase(), digits, digits.toUpperCase()]
}

/** Nobody reads further, and a server may send as much as it likes. */
const longest = 16_384

/** Puts `<redacted>` in the place of every copy. A text that is too long for anybody to read is cut. */
export const withoutCopies = (text: string, secrets: ReadonlyArray<Copies>): string => {
  // Looked at beyond its end, for a copy that begins before it.
  const copies = viewsOf(text.slice(0, 2 * longest))
    .flatMap((view) => secrets.flatMap((one) => one.in(view)))
    .sort(([a], [b]) => a - b)
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

/** How much of a secret gives it away: half of a long one. */
const enoughOf = ({ length }: string): number => (length < 16 ? length : Math.ceil(length / 2))

/** Where a text has a secret, or enough of it. */
const copiesOf = (secret: string, text: string, enough: number): ReadonlyArray<Copy> => {
  const copies: Array<Copy> = []
  // Wherever a piece of it begins, there is a whole one of these blocks in it.
  const size = enough < secret.length ? (enough + 1) >> 1 : enough
  for (let at = 0; at + size <= secret.length; at += size) {
    const block = secret.slice(at, at + size)
    let from = text.indexOf(block)
    while (from !== -1) {
      // Where the secret would begin, were it whole.
      const start = from - at
      let [first, until] = [from, from + size]
      while (first > start && text[first - 1] === secret[first - start - 1]) first--
      while (until < start + secret.length && text[until] === secret[until - start]) until++
      const isCopy = until - first >= enough
      if (isCopy) copies.push([first, until])
      // Behind it: in a long run of one character each place would begin another. What overlaps has blocks behind it, too.
      from = text.indexOf(block, isCopy ? until : from + 1)
    }
  }
  return copies
}

/**
 * What base64 makes of a secret whatever stands before and after it: a form for each of the three ways in which it can
 * fall on groups of three bytes, without the characters at the edges that also depend on its neighbours.
 */
const base64Cores = (secret: string): ReadonlyArray<string> => {
  if (secret.length < short) return []
  // What is encoded may be a text that quotes it.
  const texts = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())]
  return [...new Set(texts)].flatMap((text) =>
    [0, 1, 2].map((before) => {
      const bytes = new TextEncoder().encode(" ".repeat(before) + text)
      const encoded = btoa(String.fromCharCode(...bytes)).replace(/=+$/, "")
      return encoded.slice(before && before + 1, bytes.length % 3 === 0 ? undefined : -1)
    })
  )
}

/** The whole base64 around a piece of it. */
const wholeBase64 = (text: string, [from, until]: Copy): Copy => {
  while (/[\w+/]/.test(text.charAt(from - 1))) from--
  while (/[\w+/=]/.test(text.charAt(until))) until++
  return [from, until]
}
