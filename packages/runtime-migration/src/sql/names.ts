/**
 * What may become part of a statement: names are quoted, texts are literals, ids are checked.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import { invalid } from "../errors/MigrationError.ts"
import type { Dialect } from "./config.ts"

/** Bytes of a name, by dialect; SQLite has no limit of its own. */
const limits = { postgres: 63, mysql: 64 * 4, sqlite: 1024 } as const

/** Checks a name. Control characters could end a comment of the script, or speak to the database's shell. */
export const checkName = (dialect: Dialect, field: string, name: unknown): string => {
  if (typeof name !== "string" || name === "") return invalid(field, "expected a name")
  if (/\p{Cc}|\u2028|\u2029/u.test(name)) return invalid(field, "control characters cannot be part of a name")
  if (!name.isWellFormed()) return invalid(field, "this is not well-formed Unicode")
  if (Buffer.byteLength(name) > limits[dialect]) return invalid(field, `longer than ${dialect} allows, it would be cut`)
  return name
}

/** A name as an identifier. */
export const quoteName = (dialect: Dialect, name: string): string =>
  dialect === "mysql" ? `\`${name.replaceAll("`", "``")}\`` : `"${name.replaceAll('"', '""')}"`

/**
 * A text as a literal. Backslashes and control characters are refused by whoever lets data in here: whether a
 * backslash escapes depends on a session's settings.
 */
export const quoteText = (text: string): string => {
  if (/[\\\p{Cc}]/u.test(text)) return invalid("literal", "backslashes and control characters cannot be written safely")
  return `'${text.replaceAll("'", "''")}'`
}

/** Ids: what every database compares and quotes alike. */
export const checkId = (field: string, id: string): string =>
  /^[A-Za-z0-9_.:-]{1,255}$/.test(id)
    ? id
    : invalid(field, "an id may have 1 to 255 letters, digits and _ . : - only; map this one by hand")

/** The reserved value that stands for a source id between the two passes. Shaped like a UUID, to fit any id column. */
export const temporaryId = (set: string, source: string): string => {
  const hex = createHash("sha256")
    .update(JSON.stringify(["aywa-tmp", set, source]))
    .digest("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-b${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** PostgreSQL: the text of a function, in quotes that nothing in it can end. */
export const quoteFunction = (body: string): string => {
  let tag = "$aywa$"
  for (let at = 1; body.includes(tag); at++) tag = `$aywa${at}$`
  return `${tag} ${body} ${tag}`
}

/** PostgreSQL: an anonymous block. */
export const quoteBlock = (body: string): string => `DO ${quoteFunction(body)}`
