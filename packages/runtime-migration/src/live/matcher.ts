/**
 * Looks for ids in values, with other eyes than the rewriter: it knows nothing of kinds, and finds an id in any letters,
 * with or without dashes, inside of longer words, behind escapes, and as bytes.
 */
import { isUuid } from "../ledger/forms.ts"

/** Which ids a value has. */
export interface Matcher {
  /** Source ids in a value as a driver gives it; none in numbers and dates. */
  readonly idsIn: (value: unknown) => ReadonlyArray<string>
}

const none: ReadonlyArray<string> = []

/** Shorter ids are part of ordinary words: they are looked for as whole words only. */
const shortest = 12

/** Makes the matcher of some ids. */
export const makeMatcher = (ids: Iterable<string>): Matcher => {
  const uuids = new Map<string, string>()
  const others = new Map<string, string>()
  for (const id of ids) {
    const small = id.toLowerCase()
    if (isUuid(small)) uuids.set(small.replaceAll("-", ""), id)
    else others.set(small, id)
  }
  const lengths = [...new Set([...others.keys()].map(({ length }) => length))]
  const least = Math.min(uuids.size > 0 ? 32 : Number.POSITIVE_INFINITY, ...lengths)
  if (!Number.isFinite(least)) return { idsIn: () => none }
  const word = new RegExp(`[0-9A-Za-z_.:-]{${least},}`, "g")
  const bytes = byteIndex(uuids)

  const inWord = (run: string, ids: Set<string>): void => {
    const small = run.toLowerCase()
    const add = (id: string | undefined) => id !== undefined && ids.add(id)
    if (uuids.size > 0) {
      for (const [digits] of small.replaceAll("-", "").matchAll(/[0-9a-f]{32,}/g)) {
        for (let at = 0; at + 32 <= digits.length; at++) add(uuids.get(digits.slice(at, at + 32)))
      }
    }
    for (const length of lengths) {
      if (length < shortest) {
        if (length === small.length) add(others.get(small))
      } else for (let at = 0; at + length <= small.length; at++) add(others.get(small.slice(at, at + length)))
    }
  }
  const inText = (text: string, ids: Set<string>): void => {
    for (const [run] of text.matchAll(word)) inWord(run, ids)
  }
  const idsIn = (value: unknown): ReadonlyArray<string> => {
    if (typeof value === "string") {
      if (value.length < least) return none
      const ids = new Set<string>()
      inText(value, ids)
      const plain = unescaped(value)
      if (plain !== value) inText(plain, ids)
      return ids.size === 0 ? none : [...ids]
    }
    if (!(value instanceof Uint8Array) || value.length < Math.min(least, 16)) return none
    const ids = new Set<string>(bytes(value))
    inText(Buffer.from(value.buffer, value.byteOffset, value.length).toString("latin1"), ids)
    return ids.size === 0 ? none : [...ids]
  }
  return { idsIn }
}

/** A text without the escapes of JSON, however deep one is in another, and without those of URLs. */
const unescaped = (text: string): string => {
  let plain = text.includes("\\u")
    ? text.replace(/\\+u([0-9a-fA-F]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : text
  // An escape of an escape, and no deeper.
  for (let times = 0; times < 3 && /%[0-7][0-9a-fA-F]/.test(plain); times++) {
    plain = plain.replace(/%([0-7][0-9a-fA-F])/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  }
  return plain
}

/** UUIDs as bytes: as they are written, as `UUID_TO_BIN(…, 1)` of MySQL swaps them, and little-endian as in .NET. */
const byteIndex = (uuids: ReadonlyMap<string, string>): ((value: Uint8Array) => ReadonlyArray<string>) => {
  const orders = new Map<string, string>()
  for (const [digits, id] of uuids) {
    const part = (from: number, to: number) => digits.slice(from, to)
    const turned = (from: number, to: number) => (part(from, to).match(/../g) ?? []).toReversed().join("")
    orders.set(digits, id)
    orders.set(part(12, 16) + part(8, 12) + part(0, 8) + part(16, 32), id)
    orders.set(turned(0, 8) + turned(8, 12) + turned(12, 16) + part(16, 32), id)
  }
  const firsts = new Set([...orders.keys()].map((digits) => Number.parseInt(digits.slice(0, 8), 16)))
  return (value) => {
    const buffer = Buffer.from(value.buffer, value.byteOffset, value.length)
    const ids: Array<string> = []
    for (let at = 0; at + 16 <= buffer.length; at++) {
      if (!firsts.has(buffer.readUInt32BE(at))) continue
      const id = orders.get(buffer.toString("hex", at, at + 16))
      if (id !== undefined) ids.push(id)
    }
    return ids
  }
}
