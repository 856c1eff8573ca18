/**
 * Text of files that other programs wrote: UTF-8 with and without a byte order mark, and UTF-16 with one.
 */

/** Reads the bytes of a file as text; `undefined` when they are none. Lines may end as on Windows. */
export const decodeText = (bytes: Uint8Array): string | undefined => {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8"
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
