/**
 * JSON whose integers survive: those that a number cannot hold exactly become text.
 *
 * @since 0.1.0
 */

/** Whether there can be such a number at all: sixteen digits, or an exponent of three. */
export const mayLoseDigits = (json: string): boolean => /\d{16}|[eE][+-]?\d{3}/.test(json)

const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Numbers in quotes where JavaScript would read another one, or infinity. Takes valid JSON, gives valid JSON. */
export const quoteInexact = (json: string): string => {
  const pieces: Array<string> = []
  for (let at = 0; at < json.length;) {
    const open = json.indexOf('"', at)
    const text = open === -1 ? json.length : open
    pieces.push(json.slice(at, text).replace(number, (token) => (isExact(token) ? token : `"${token}"`)))
    at = endOfText(json, text)
    pieces.push(json.slice(text, at))
  }
  return pieces.join("")
}

const isExact = (token: string): boolean => {
  const value = Number(token)
  if (!Number.isFinite(value)) return false
  // What has a fraction or an exponent is an amount, and no identity whose every digit counts.
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(token) || BigInt(token) === BigInt(value)
}

/** Behind the closing quote of the text that begins there: the first one with an even number of backslashes before it. */
const endOfText = (json: string, open: number): number => {
  for (let close = json.indexOf('"', open + 1); close !== -1; close = json.indexOf('"', close + 1)) {
    let slashes = 0
    while (json[close - 1 - slashes] === "\\") slashes++
    if (slashes % 2 === 0) return close + 1
  }
  return json.length
}
