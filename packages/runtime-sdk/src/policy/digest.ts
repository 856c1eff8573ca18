/**
 * Tells texts apart without keeping them. For what a program sends itself: nobody gains by finding another text.
 */
export const digestOf = (text: string): string => {
  let [a, b] = [1, 2]
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193)
    b = Math.imul(b + text.charCodeAt(i), 0x5bd1e995)
  }
  return `${text.length} ${a} ${b}`
}
