/**
 * Takes secrets out of texts that came from outside. The one redactor of the SDK.
 */
import * as Redacted from "effect/Redacted"

const secretName = /secret|password|token|api_?key|private_?key|.key$|authorization|credential$|passphrase/i

/** Strings below keys that name a secret. Bounded, because it walks what a caller gave. */
const secretsIn = (json: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  JSON.parse(json, (key, value: unknown) => {
    if (typeof value === "string" && value.length >= 4 && secretName.test(key) && found.length < 100) found.push(value)
    return value
  })
  return found
}

/** Header values that are long enough to be a secret: whose header it is says little about what is in it. */
const valuesOf = (headers: ReadonlyArray<string>): ReadonlyArray<string> =>
  headers.filter((value, i) => i % 2 === 1 && value.length >= 8)

/**
 * Replaces the API key, the values of extra headers, and every secret of the request body, wherever a text repeats
 * them. Works only when called, and looks for the secrets once: an answer may have thousands of issues.
 */
export const redactor = (
  apiKey: unknown,
  body: string | undefined,
  extraHeaders: () => ReadonlyArray<string>
): ((text: string) => string) => {
  let secrets: ReadonlyArray<string> | undefined
  const find = (): ReadonlyArray<string> => [
    ...(body === undefined ? [] : secretsIn(body)),
    ...valuesOf(extraHeaders()),
    ...(Redacted.isRedacted(apiKey) ? [String(Redacted.value(apiKey))] : [])
  ]
  // The longest first: one may be a part of another.
  const known = () => (secrets ??= find().toSorted((a, b) => b.length - a.length))
  return (text) => known().reduce((out, secret) => out.split(secret).join("<redacted>"), text)
}
