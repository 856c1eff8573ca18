/**
 * The only place where a signature or token is compared.
 *
 * @since 0.1.0
 */
import { timingSafeEqual } from "node:crypto"

/**
 * Whether any candidate equals any expected text, in constant time.
 *
 * **Details**
 *
 * Bytes are compared, never UTF-16 units, and only at equal length: the length of a MAC is public. Neither loop ends
 * early, so the time does not tell which candidate or which secret matched.
 */
export const anyEqual = (candidates: ReadonlyArray<string>, expected: ReadonlyArray<string>): boolean => {
  let matches = 0
  const expectedBytes = expected.map((text) => Buffer.from(text))
  for (const candidate of candidates) {
    const candidateBytes = Buffer.from(candidate)
    for (const want of expectedBytes) {
      if (candidateBytes.length === want.length) matches |= Number(timingSafeEqual(candidateBytes, want))
    }
  }
  return matches !== 0
}
