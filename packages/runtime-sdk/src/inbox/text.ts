/**
 * Text that every store takes.
 */

/** PostgreSQL has no NUL, and UTF-8 no half characters: both are replaced. Most text is given back as it is. */
export const wellFormed = (text: string): string =>
  (text.isWellFormed() ? text : text.toWellFormed()).replaceAll("\0", "\ufffd")
