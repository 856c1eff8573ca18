/**
 * Ids of events: `evt_` and a ULID, so that they sort by time, also within one millisecond.
 */
import type { Ids } from "../time/ids.ts"

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const encode = (value: number, length: number): string => {
  let text = ""
  let rest = value
  for (let index = 0; index < length; index++) {
    text = (alphabet[rest % 32] ?? "") + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** Makes a source of event ids. */
export const makeEventId = (ids: Ids, now: () => number): (() => string) => {
  let time = -1
  let random = ""
  return () => {
    const current = Math.max(0, Math.floor(now()))
    // In the same millisecond the random part counts on, as the ULID specification has it for monotonic ids.
    random = current === time ? increment(random) : randomPart(ids)
    time = current
    return `evt_${encode(current, 10)}${random}`
  }
}

/** Out of a-z2-7 into the alphabet of ULIDs; the first character stays low, so that counting never overflows. */
const randomPart = (ids: Ids): string => {
  const letters = [...ids.token(16)].map((letter) => {
    const code = letter.charCodeAt(0)
    return alphabet[code >= 97 ? code - 97 : code - 50 + 26] ?? "0"
  })
  return ["0", ...letters.slice(1)].join("")
}

const increment = (text: string): string => {
  const letters = [...text]
  for (let at = letters.length - 1; at >= 0; at--) {
    const value = alphabet.indexOf(letters[at] ?? "0")
    if (value < 31) {
      letters[at] = alphabet[value + 1] ?? "0"
      return letters.join("")
    }
    letters[at] = "0"
  }
  return letters.join("")
}
