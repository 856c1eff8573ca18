/**
 * Takes secrets out of whatever came from outside. The one redactor of the SDK.
 */
import * as Redacted from "effect/Redacted"
import { type ExtraHeaders, textOf } from "../config/headers.ts"
import { Copies, withoutCopies } from "./copies.ts"
import { viewsOf } from "./views.ts"

/** Takes secrets out of a text. */
export type Redact = (text: string) => string

type Keys = ReadonlyArray<Redacted.Redacted<string>>
type Headers = ExtraHeaders

/**
 * What was sent and must not be seen again: keys, and the values of extra headers. Works only when it is asked, and
 * prepares the search once: most calls never ask, and an answer may have thousands of issues. Its fields are private
 * in earnest: the promise of a call holds one, and may be printed.
 */
export class Secrets {
  readonly #keys: Keys | undefined
  readonly #headers: Headers | undefined
  readonly #others: Secrets | undefined
  #keyCopies: Copies | undefined
  #copies: Copies | undefined

  constructor(keys: Keys | undefined, headers: Headers | undefined, others?: Secrets) {
    this.#keys = keys
    this.#headers = headers
    this.#others = others
  }

  /** These, and what a single call sent beside them. */
  and(keys: Keys | undefined, headers: Headers | undefined): Secrets {
    return keys === undefined && headers === undefined ? this : new Secrets(keys, headers, this)
  }

  /** Takes keys and header values out of a text. */
  redact(text: string): string {
    return withoutCopies(text, [this.#sent()])
  }

  /** Takes only the keys out of a text: for values that a caller may have sent in order to see them again. */
  redactKeys(text: string): string {
    return withoutCopies(text, [(this.#keyCopies ??= new Copies(this.#allKeys()))])
  }

  /** Takes a request's body and the secrets in it out of a text, too. */
  redactorWith(body: string | undefined): Redact {
    if (body === undefined) return (text) => this.redact(text)
    let inBody: Copies | undefined
    return (text) => withoutCopies(text, [this.#sent(), (inBody ??= new Copies(secretsIn(body), body))])
  }

  #sent(): Copies {
    return (this.#copies ??= new Copies([...this.#allKeys(), ...this.#allValues()]))
  }

  #allKeys(): ReadonlyArray<string> {
    const others = this.#others === undefined ? [] : this.#others.#allKeys()
    return [...others, ...(this.#keys ?? []).map(Redacted.value)]
  }

  #allValues(): ReadonlyArray<string> {
    const others = this.#others === undefined ? [] : this.#others.#allValues()
    return [...others, ...valuesOf(this.#headers ?? {})]
  }
}

const secretName = /secret|password|token|api_?key|private_?key|.key$|authorization|credential$|passphrase/i

/** What gives access in a query, in the settings of a connection, and before the host of an address. */
const access = [
  /(?:secret|passw\w*|pwd|token|key|sig(?:nature)?|auth|credential)=([^&#;\s]+)/gi,
  /:\/\/(?:[^/?#\s:@]*:)?([^/?#\s]+)@/g
]

/** Strings below keys that name a secret, in headers and in addresses. Bounded, because it walks what a caller gave. */
const secretsIn = (json: string): ReadonlyArray<string> => {
  const secrets: Array<string> = []
  JSON.parse(json, (key, value: unknown) => {
    if (typeof value === "string") {
      if (secretName.test(key)) secrets.push(value, ...partsOf(value))
      for (const pattern of access) {
        // As it is, and unescaped.
        for (const [, found = ""] of value.matchAll(pattern)) secrets.push(...viewsOf(found).map(({ text }) => text))
      }
    } else if (key === "headers") {
      // Texts, or the schemas of texts.
      JSON.stringify(value, (name, text: unknown) => {
        if (name !== "description" && typeof text === "string") secrets.push(...valuesOf({ [name]: text }))
        return text
      })
    }
    return value
  })
  return secrets.filter(({ length }) => length >= 4).slice(0, 100)
}

/** Sent in order to be found again: a runtime may answer with them, above all as its request id. */
const correlation = /^(x-)?(request|correlation|trace|transaction)-?id$/i

/**
 * Header values that are long enough to be a secret: whose header it is says little about what is in it. One that is
 * wrapped is a secret, however short.
 */
const valuesOf = (headers: Headers): ReadonlyArray<string> =>
  Object.entries(headers).flatMap(([name, value]) => {
    const text = textOf(value)
    if (typeof text !== "string" || text === "") return []
    const isPlain = typeof value === "string" && (text.length < 8 || correlation.test(name))
    return isPlain ? [] : [text, ...partsOf(text)]
  })

/** What stands behind a scheme, in a cookie, and in the base64 of a user and password: each may be repeated alone. */
const partsOf = (value: string): ReadonlyArray<string> => {
  const [, basic] = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(value) ?? []
  const pair = basic === undefined ? "" : Buffer.from(basic, "base64").toString()
  return [...value.split(/[\s;,=]+/), ...pair.split(":")].filter((part) => part.length >= 8)
}
