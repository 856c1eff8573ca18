/**
 * The rewriting of one value in plain code: what the SQL does, for caches, queues, search indexes and files that SQL does
 * not reach. The SQL of every database is tested to give the same.
 *
 * @since 0.1.0
 */

/**
 * What an id becomes; `undefined` for one that is not known.
 *
 * @since 0.1.0
 * @category models
 */
export type Resolve = (id: string) => string | undefined

/**
 * Rewrites ids inside of text, in one pass: those of at least 20 characters that stand alone, with neither a letter, a
 * digit, `_` nor `-` beside them.
 *
 * @since 0.1.0
 * @category rewriting
 */
export const rewriteText = (text: string, resolve: Resolve): string =>
  text.replace(/[A-Za-z0-9_-]{20,}/g, (id) => resolve(id) ?? id)

/**
 * Rewrites ids inside of JSON text, in one pass: whole text values at any depth. Keys and parts of a text stay, and so
 * does every other byte.
 *
 * @since 0.1.0
 * @category rewriting
 */
export const rewriteJson = (json: string, resolve: Resolve): string =>
  json.replace(/(?<!\\)"([A-Za-z0-9_.-]+)"(?!\s*:)/g, (whole, id: string) => {
    const target = resolve(id)
    return target === undefined ? whole : `"${target}"`
  })
