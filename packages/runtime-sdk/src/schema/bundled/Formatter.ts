/**
 * What the one-file entries have in place of `effect/Formatter`: how Effect's own values look as text, which no caller of a
 * promise client gets to see. Objects are named and not looked into.
 */
export const format = (u: unknown): string =>
  typeof u === "object" && u !== null ? Object.prototype.toString.call(u) : String(u)

export const formatJson = (u: unknown): string => format(u)
