/**
 * Request headers in any of the shapes that frameworks hand out, read without surprises.
 *
 * @since 0.1.0
 */
import { fail, guarded } from "./WebhookVerificationError.ts"

/**
 * Headers as frameworks give them: a WHATWG `Headers`, Node's `IncomingHttpHeaders`, a record, a `Map`, or pairs.
 *
 * @since 0.1.0
 * @category models
 */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Iterable<readonly [string, string]>
  | { readonly [name: string]: string | ReadonlyArray<string> | undefined }

/** The values found for one name. */
type Values = ReadonlyArray<string>

const maxHeaderLength = 4096

/** Reads lower-case names, each as the list of its values; refuses shapes that are not headers. */
export const readHeaders = (headers: unknown, names: ReadonlyArray<string>): ReadonlyArray<Values> => {
  if (typeof headers !== "object" || headers === null) {
    return invalid("pass the request's headers (request.headers).")
  }
  return guarded({ _tag: "InvalidHeaders", detail: "they threw while they were read." }, () => read(headers, names))
}

const invalid = (detail: string): never => fail({ _tag: "InvalidHeaders", detail })

const read = (headers: object, names: ReadonlyArray<string>): ReadonlyArray<Values> => {
  const values = names.map((): Array<string> => [])
  const add = (key: string, value: unknown): void => {
    for (let index = 0; index < names.length; index++) {
      const name = names[index] ?? ""
      if (key.length === name.length && key.toLowerCase() === name) collect(values[index] ?? [], name, value)
    }
  }
  const { get } = headers as { readonly get?: unknown }
  // A WHATWG Headers answers any casing; a Map does not, and is read as pairs.
  if (typeof get === "function" && (headers instanceof Headers || !(Symbol.iterator in headers))) {
    for (const name of names) add(name, get.call(headers, name))
  } else if (Symbol.iterator in headers) {
    for (const pair of headers as Iterable<unknown>) {
      if (Array.isArray(pair) && typeof pair[0] === "string") add(pair[0], pair[1])
      else invalid("expected [name, value] pairs.")
    }
  } else {
    for (const key of Object.keys(headers)) add(key, headers[key as keyof typeof headers])
  }
  return values
}

const collect = (into: Array<string>, name: string, value: unknown): void => {
  if (typeof value === "string") into.push(value)
  else if (Array.isArray(value) && value.every((item) => typeof item === "string")) into.push(...value)
  else if (value !== undefined && value !== null) fail({ _tag: "InvalidHeader", header: name, detail: "must be text." })
}

/** The one value of a header, or undefined when it is absent or empty. */
export const single = (values: Values | undefined, header: string): string | undefined => {
  if (values !== undefined && values.length > 1) return fail({ _tag: "DuplicateHeader", header })
  return values?.[0] || undefined
}

/** The text of a header that may be a list, refused when it is too long or holds control characters. */
export const list = (values: Values | undefined, header: string): string | undefined => {
  const text = values?.length === 1 ? values[0] : values?.join(" ")
  if (text === undefined || text === "") return undefined
  if (text.length > maxHeaderLength) {
    return fail({ _tag: "InvalidHeader", header, detail: `is longer than ${maxHeaderLength} characters.` })
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what this refuses
  if (/[\0-\x08\n-\x1f\x7f]/.test(text)) {
    return fail({ _tag: "InvalidHeader", header, detail: "contains control characters." })
  }
  return text
}

/** Fails with every header that is absent, so that one look tells all. */
export const failMissing = (names: ReadonlyArray<string>, values: ReadonlyArray<string | undefined>): never =>
  fail({ _tag: "MissingHeader", headers: names.filter((_, index) => values[index] === undefined) })

/** A message id that cannot shift a delimiter and fits a queue's key. */
export const parseId = (id: string, header: string): string =>
  /^[!-+\-/-~]{1,255}$/.test(id)
    ? id
    : fail({ _tag: "InvalidHeader", header, detail: "must be 1 to 255 printable characters without '.' and ','." })

/** A unix time in canonical decimal digits, as seconds. */
export const parseTimestamp = (text: string, header: string, unit: "seconds" | "milliseconds"): number => {
  const milliseconds = unit === "milliseconds"
  if ((milliseconds ? /^(?:0|[1-9][0-9]{0,14})$/ : /^(?:0|[1-9][0-9]{0,11})$/).test(text)) {
    return milliseconds ? Math.floor(Number(text) / 1000) : Number(text)
  }
  return fail({
    _tag: "InvalidHeader",
    header,
    detail: `must be a unix time in ${unit}${/^[1-9][0-9]{12}$/.test(text) ? ", and looks like milliseconds" : ""}.`
  })
}
