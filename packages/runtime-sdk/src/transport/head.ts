/**
 * The head of an answer, out of what the platforms give: a list of bytes, a record, or `Headers`. Read only when someone
 * asks for a header.
 */
import type { FetchResponse } from "./options.ts"
import type { WireHead } from "./port.ts"

/** Names and values in turn, as they came. A mock may give all values of one name as a list. */
export type RawHeaders = ReadonlyArray<Uint8Array | ReadonlyArray<Uint8Array>>
export type HeaderRecord = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/** As undici 6 and 7 give it. */
export const headOfList = (status: number, raw: RawHeaders): WireHead => ({
  status,
  header: (name) => {
    const values: Array<string> = []
    for (let i = 0; i + 1 < raw.length; i += 2) {
      // Names are ASCII: one of another length in bytes is another name, and need not be decoded.
      if (raw[i]?.length === name.length && nameOf(raw, i) === name) values.push(textOf(raw[i + 1]))
    }
    return values.length === 0 ? undefined : values.join(", ")
  },
  headers: () => {
    const fields: Record<string, string> = Object.create(null)
    for (let i = 0; i + 1 < raw.length; i += 2) {
      const name = nameOf(raw, i)
      const value = textOf(raw[i + 1])
      fields[name] = name in fields ? `${fields[name]}, ${value}` : value
    }
    return plain(Object.entries(fields))
  }
})

/** As undici 8 gives it. */
export const headOfRecord = (status: number, record: HeaderRecord): WireHead => {
  const header = (name: string): string | undefined => {
    const value = Object.hasOwn(record, name) ? record[name] : undefined
    return value === undefined || typeof value === "string" ? value : value.join(", ")
  }
  return { status, header, headers: () => plain(Object.keys(record).map((name) => [name, header(name) ?? ""])) }
}

/** One that stands in for `fetch` may give a plain object, or leave the headers out. */
const readHeaders = (given: FetchResponse["headers"] | undefined): FetchResponse["headers"] =>
  typeof given?.get === "function" ? given : new Headers(given as Headers | undefined)

/** As `fetch` gives it. */
export const headOfResponse = (response: FetchResponse): WireHead => {
  const headers = readHeaders(response.headers)
  return {
    // What a `fetch` of the program's has followed all the same was a redirect.
    status: response.redirected === true ? 302 : response.status,
    header: (name) => headers.get(name) ?? undefined,
    headers: () => plain([...headers])
  }
}

// A header may have any name: `fromEntries` defines where an assignment would call a setter.
const plain = (entries: Iterable<readonly [string, string]>): Record<string, string> => Object.fromEntries(entries)

const nameOf = (raw: RawHeaders, i: number): string => textOf(raw[i]).toLowerCase()

const textOf = (raw: RawHeaders[number] | undefined): string =>
  raw === undefined ? "" : raw instanceof Uint8Array ? decode(raw) : raw.map(decode).join(", ")

const decoder = new TextDecoder()

const decode = (bytes: Uint8Array): string => (Buffer.isBuffer(bytes) ? bytes.toString("utf8") : decoder.decode(bytes))

/** A body as text, without the byte order mark that RFC 8259 lets a reader pass over. */
export const decodeText = (bytes: Uint8Array): string => {
  const text = decode(bytes)
  return text.startsWith("\uFEFF") ? text.replace(/^\uFEFF+/, "") : text
}
