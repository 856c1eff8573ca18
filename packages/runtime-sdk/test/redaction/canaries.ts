/** Secrets that can be told apart, the forms in which a server may repeat them, and what finds them again. */
import { randomBytes } from "node:crypto"

/** A secret. Its core is letters and digits, which most encodings leave as they are. */
export interface Canary {
  readonly text: string
  readonly core: string
}

/** `token` looks like a machine code; `symbols` has every character that some encoding treats. */
export const makeCanary = (shape: "token" | "symbols"): Canary => {
  const core = `q${randomBytes(10).toString("hex")}`
  return { core, text: shape === "token" ? `sk_live_${core}` : `q"\\%/+&<'=${core}:~%41\\u0041` }
}

const base64 = (text: string) => Buffer.from(text, "latin1").toString("base64")
const each = (text: string, escape: (hex: string) => string) =>
  text.replace(/./gs, (c) => escape(c.charCodeAt(0).toString(16).padStart(2, "0")))
const json = (text: string) => JSON.stringify(text).slice(1, -1)

/** What a server may make of a secret that it was sent. */
export const formsOf = ({ text }: Canary): ReadonlyArray<string> => [
  text,
  `Bearer ${text}`,
  base64(text),
  base64(text).replace(/=+$/, ""),
  Buffer.from(text).toString("base64url"),
  base64(`Bearer ${text}`),
  base64(`user:${text}`),
  base64(JSON.stringify({ authorization: `Bearer ${text}` })),
  encodeURIComponent(text),
  encodeURIComponent(encodeURIComponent(text)),
  encodeURIComponent(base64(text)),
  each(text, (hex) => `%${hex}`),
  json(text),
  json(json(text)),
  each(text, (hex) => `\\u00${hex}`),
  text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`),
  each(text, (hex) => `&#x${hex};`),
  // Cut off, as logs and gateways do with long values.
  text.slice(0, Math.ceil(text.length * 0.8))
]

/** Which cores a text shows, in whatever form. */
export const shownIn = (text: string, canaries: ReadonlyArray<Canary>): ReadonlyArray<string> => {
  // Printing escapes what was escaped already.
  const plain = text.replace(/\\+/g, "\\")
  return canaries.flatMap(({ core }) => {
    // A part gives it away too, where it was cut.
    const part = core.slice(0, 12)
    const encoded = [0, 1, 2].map((shift) => base64("\0".repeat(shift) + part).slice(4, 14))
    const forms = [
      part,
      each(part, (hex) => `%${hex}`),
      each(part, (hex) => `%25${hex}`),
      each(part, (hex) => `\\u00${hex}`),
      each(part, (hex) => `&#x${hex};`),
      ...encoded,
      ...encoded.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))
    ]
    return forms.filter((form) => plain.includes(form)).map((form) => `${core} as ${form}`)
  })
}
