/**
 * How things are written: times, sizes, and text of which nobody knows what is in it.
 */

/** Marks that change the direction or the look of other text, without being seen. */
const unseen = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}]/gu

/** Text in which what is not seen is written out. */
export const seen = (text: string): string =>
  text.replace(unseen, (mark) => `⟨${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`)

const two = (n: number) => String(n).padStart(2, "0")

/** `12:04:31`, on the clock of this machine. */
export const clock = (iso: unknown): string => {
  const date = new Date(String(iso))
  if (Number.isNaN(date.getTime())) return ""
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `148 ms`, `1.5 s`, `2 min`. */
export const duration = (ms: unknown): string => {
  if (typeof ms !== "number" || !Number.isFinite(ms)) return ""
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`
}

/** `12 s ago`, `in 3 min`. */
export const ago = (iso: string, now: number): string => {
  const ms = now - Date.parse(iso)
  if (Number.isNaN(ms)) return ""
  if (Math.abs(ms) < 2000) return "now"
  const text = Math.abs(ms) < 60_000 ? `${Math.round(Math.abs(ms) / 1000)} s` : duration(Math.abs(ms))
  return ms < 0 ? `in ${text}` : `${text} ago`
}

/** `243 B`, `1.2 MB`. */
export const size = (bytes: unknown): string => {
  if (typeof bytes !== "number") return ""
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** `1 attempt`, `3 attempts`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`

/** A long text for the middle of a sentence; the whole of it stands elsewhere. */
export const shortened = (text: string): string => (text.length <= 120 ? text : `${text.slice(0, 118)}…`)

/** A value as text, whatever it is. */
export const textOf = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value)

/** Parses JSON; says what is wrong with it. */
export const readJson = (text: string): { readonly value: unknown } | { readonly issue: string } => {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { issue: `Not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}
