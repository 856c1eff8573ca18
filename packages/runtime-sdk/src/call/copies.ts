/**
 * Finds copies of secrets in a text that came from outside: as they are, escaped as URLs, JSON and HTML do it (all
 * characters or some, once or several times over), anywhere inside of base64, and copies that were cut off.
 *
 * It runs only after a failure, or when someone looks at an answer.
 */
import { type View, viewsOf } from "./views.ts"

/** From and until which index a copy stands. */
type Copy = readonly [from: number, until: number]

/** What gives a secret away. */
export class Copies {
  readonly #texts: ReadonlyArray<string>
  readonly #base64: ReadonlyArray<string>

  constructor(secrets: Iterable<string>) {
    this.#texts = [...new Set([...secrets].flatMap(notationsOf))]
    // The beginning will do: the whole base64 around it is taken.
    this.#base64 = this.#texts.flatMap((text) => base64Cores(text.slice(0, 4096)))
  }

  /** Where they are, in the source of a view. */
  in({ text, sourceOf }: View): ReadonlyArray<Copy> {
    const copies: Array<Copy> = []
    for (const secret of this.#texts) {
      for (const [from, until] of copiesOf(secret, text)) {
        if (secret.length >= short || !isInWord(text, from, until)) copies.push([sourceOf(from), sourceOf(until)])
      }
    }
    // Both alphabets are one here.
    const base64 = text.replaceAll("-", "+").replaceAll("_", "/")
    for (const core of this.#base64) {
      for (const copy of copiesOf(core, base64)) {
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

/** Where a text has a secret, or the beginning of one: half of a long one gives it away. */
const copiesOf = (secret: string, text: string): ReadonlyArray<Copy> => {
  const copies: Array<Copy> = []
  const enough = secret.length < 16 ? secret : secret.slice(0, Math.ceil(secret.length / 2))
  for (let from = text.indexOf(enough); from !== -1; from = text.indexOf(enough, from + 1)) {
    let length = enough.length
    while (length < secret.length && text[from + length] === secret[length]) length++
    copies.push([from, from + length])
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
