/**
 * What gets into secrets when they are copied: found and named, because every delivery would fail with a mismatch.
 *
 * @since 0.1.0
 */

/** Quotes of shells, env files and word processors. */
const quotes = "[\"'`\u2018\u2019\u201C\u201D]"

const inQuotes = new RegExp(`^\\\\?${quotes}[^]*${quotes}$`)

/** A name that is no part of a text secret: a variable's of six capitals or more. Padded base64 is none. */
const named = /^(?:export\s+|set\s+)?[A-Z_][A-Z0-9_]{5,}=(?!=?$)/

/** What an env file or a shell leaves around any secret; undefined when there is nothing of it. */
export const wrappingOf = (secret: string): string | undefined => {
  const text = secret.trim()
  if (named.test(text))
    return "it begins with the name of the variable (NAME=). Keep what stands behind the equals sign."
  return text.length > 1 && inQuotes.test(text) ? "it has quotes around it. Remove them." : undefined
}

interface Mistake {
  readonly is: RegExp
  readonly detail: string
}

/** In the order in which they are looked for: the outermost first. */
const mistakes: ReadonlyArray<Mistake> = [
  {
    is: /^(?:export\s+|set\s+)?[A-Za-z_]\w*=\W?whsec_/,
    detail: "it begins with the name of the variable (NAME=). Keep what begins with whsec_."
  },
  {
    is: new RegExp(`^\\\\?${quotes}.*whsec_|whsec_.*${quotes}$`, "s"),
    detail: "it has quotes around it. Remove them."
  },
  {
    is: /^v1a?,.*whsec_/s,
    detail: "it has a version (v1,) in front of it. Keep what begins with whsec_."
  },
  { is: /^v1a?,/, detail: "it begins with v1, like a signature. Copy the secret." },
  { is: /\s/, detail: "it contains white space. Remove the spaces or line breaks." },
  {
    is: /^whsec_.*whsec_/is,
    detail: "it has text in front of whsec_, another prefix. Keep the last one and what follows."
  },
  { is: /^[^].*whsec_/is, detail: "it has text in front of whsec_. Keep what begins with whsec_." },
  { is: /^(?!whsec_)[Ww][Hh][Ss][Ee][Cc]_/, detail: "the prefix whsec_ is lower case." },
  {
    is: /^whsec_(?:[A-Za-z0-9+/]{4}){8,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?[^A-Za-z0-9+/=_-]/,
    detail: "it has text behind it. Keep whsec_ and the letters, digits, + and / that follow, up to the last ="
  },
  { is: /^wh(?:pk|sk)_/i, detail: "it is an asymmetric key (v1a), which is not supported yet." }
]

/** What is wrong with the text of a secret of Standard Webhooks, whatever its key; undefined when nothing is. */
export const mistakeOf = (secret: string): string | undefined =>
  wrappingOf(secret) ?? mistakes.find(({ is }) => is.test(secret))?.detail

/** Whether a key is zeros and nothing else, as bytes or as digits: a placeholder, and everybody's first guess. */
export const isZeros = (key: Uint8Array): boolean => {
  const [first] = key
  return (first === 0 || first === 0x30) && key.every((byte) => byte === first)
}
