/**
 * The rewriting of one value in plain code: what the SQL does, for caches, queues, search indexes and files that SQL does
 * not reach. The SQL of every database is tested to give the same.
 *
 * @since 0.1.0
 */
import { dashed, isUuid } from "./forms.ts"

/**
 * What an id becomes; `undefined` for one that is not known.
 *
 * @since 0.1.0
 * @category models
 */
export type Resolve = (id: string) => string | undefined

/**
 * Rewrites ids inside of text, in one pass: UUIDs wherever no other digit of theirs touches them, in small or capital
 * letters and without dashes as well; other ids of at least 20 characters where they stand alone, with neither a letter, a
 * digit, `_` nor `-` beside them.
 *
 * @since 0.1.0
 * @category rewriting
 */
export const rewriteText = (text: string, resolve: Resolve, { alone = false }: RewriteTextOptions = {}): string => {
  const known = anyForm(resolve)
  const inside = (run: string) => (alone ? run : run.replace(uuidInText, (id) => known(id) ?? id))
  return text.replace(/[A-Za-z0-9_-]{20,}/g, (run) => known(run) ?? inside(run))
}

/**
 * Options of `rewriteText`.
 *
 * @since 0.2.0
 * @category models
 */
export interface RewriteTextOptions {
  /** Leaves UUIDs inside of words, as the SQL does where a location's mapping has ids that are no UUIDs. Default false. */
  readonly alone?: boolean | undefined
}

const uuidInText =
  /(?<![0-9a-fA-F])(?:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32})(?![0-9a-fA-F])/g

/**
 * Rewrites ids inside of JSON text, in one pass: what stands between quotes and is an id as a whole, values and keys at
 * any depth, in JSON that is a text of other JSON as well. Every other byte stays.
 *
 * @since 0.1.0
 * @category rewriting
 */
export const rewriteJson = (json: string, resolve: Resolve): string => {
  const known = anyForm(resolve)
  return json.replace(/"([A-Za-z0-9_.-]+)(?=\\*")/g, (whole, id: string) => {
    const target = known(id)
    return target === undefined ? whole : `"${target}`
  })
}

/** A UUID in another form becomes what it leads to in that form. */
const anyForm =
  (resolve: Resolve): Resolve =>
  (id) => {
    const target = resolve(id)
    if (target !== undefined) return target
    const small = id.toLowerCase()
    const uuid = dashed(id)
    if (!isUuid(uuid) || (small !== id && id.toUpperCase() !== id)) return undefined
    const found = resolve(uuid)
    if (found === undefined || !isUuid(found)) return undefined
    const form = uuid === small ? found : found.replaceAll("-", "")
    return small === id ? form : form.toUpperCase()
  }
