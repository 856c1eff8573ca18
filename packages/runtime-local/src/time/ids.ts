/**
 * Everything random that the runtime hands out. With a seed the same calls give the same values.
 */
import * as crypto from "node:crypto"

/** A source of ids and chance. */
export interface Ids {
  readonly uuid: () => string
  /** Text of `length` characters out of a-z and 2-7. */
  readonly token: (length: number) => string
  readonly bytes: (size: number) => Buffer
}

const base32 = "abcdefghijklmnopqrstuvwxyz234567"

/** Ids from the system's randomness, or deterministic ones from a seed. */
export const makeIds = (seed: number | undefined): Ids => {
  const bytes = seed === undefined ? pooledBytes() : seededBytes(seed)
  const token = (length: number) => {
    let text = ""
    for (const byte of bytes(length)) text += base32.charAt(byte & 31)
    return text
  }
  if (seed === undefined) return { uuid: () => crypto.randomUUID(), token, bytes }
  return {
    uuid: () => {
      const b = bytes(16)
      b[6] = ((b[6] ?? 0) & 0x0f) | 0x40
      b[8] = ((b[8] ?? 0) & 0x3f) | 0x80
      const hex = b.toString("hex")
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
    },
    token,
    bytes
  }
}

/** Random bytes, asked of the system many at a time: a system call for each id would be a good part of a request. */
const pooledBytes = () => {
  const pool = Buffer.allocUnsafeSlow(4096)
  let used = pool.length
  return (size: number) => {
    if (size > pool.length) return crypto.randomBytes(size)
    if (used + size > pool.length) {
      crypto.randomFillSync(pool)
      used = 0
    }
    const part = Buffer.from(pool.subarray(used, used + size))
    // Handed out once, and known to nobody else from then on.
    pool.fill(0, used, used + size)
    used += size
    return part
  }
}

const seededBytes = (seed: number) => {
  const random = makeRandom(seed)
  return (size: number) => Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)))
}

/** A seeded source of numbers in [0, 1) (mulberry32), so that a failing chaos run can be repeated. */
export const makeRandom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** The same items in an order that chance decides. */
export const shuffle = <A>(items: ReadonlyArray<A>, random: () => number): Array<A> => {
  const result = [...items]
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const [a, b] = [result[last], result[other]]
    if (a !== undefined && b !== undefined) [result[last], result[other]] = [b, a]
  }
  return result
}
