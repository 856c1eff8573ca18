/**
 * Columns that may hold ids, from the schema files of Prisma, Drizzle, Rails and Django. Hints only: what is in the database
 * counts, but a table may be empty, or its ids behind the rows that are looked at.
 *
 * @since 0.2.0
 */

/**
 * A schema file: `schema.prisma`, a TypeScript file with Drizzle tables, `schema.rb` or `models.py`.
 *
 * @since 0.2.0
 * @category models
 */
export interface SchemaFile {
  readonly name: string
  readonly text: string
}

/** A column that a schema file names. */
export interface SchemaHint {
  /** Of Django, whose tables begin with the name of their application, the end of it: `_call`. */
  readonly table: string
  readonly column: string
  readonly type: string
}

/** Names of columns that refer to something of another platform. */
const referring =
  /(^|_)(assistant|agent|squad|tool|phone_number|call|voice|credential|knowledge_base|file|ext|external|source|provider|vapi|remote|upstream)s?(_id|_ids|_ref|_uuid)?$|settings|metadata|payload|config/i

/** Reads the hints of a file; none of one that is of another kind. */
export const schemaHints = ({ name, text }: SchemaFile): ReadonlyArray<SchemaHint> => {
  const all = name.endsWith(".prisma")
    ? prisma(text)
    : name.endsWith(".rb")
      ? rails(text)
      : name.endsWith(".py")
        ? django(text)
        : drizzle(text)
  return all.filter(({ column }) => referring.test(snake(column)))
}

const snake = (name: string): string => name.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase()

const prisma = (text: string): ReadonlyArray<SchemaHint> =>
  [...text.matchAll(/^model\s+(\w+)\s*\{(.*?)^\}/gms)].flatMap(([, model = "", body = ""]) => {
    const table = /@@map\(\s*(?:name:\s*)?"([^"]+)"/.exec(body)?.[1] ?? model
    return [...body.matchAll(/^\s*(\w+)\s+(String|Json|Bytes)(\[\])?\??([^\n]*)$/gm)].map(
      ([, field = "", type = "", list = "", rest = ""]) => ({
        table,
        column: /@map\(\s*(?:name:\s*)?"([^"]+)"/.exec(rest)?.[1] ?? field,
        type: `${type}${list}`
      })
    )
  })

const drizzle = (text: string): ReadonlyArray<SchemaHint> =>
  [
    ...text.matchAll(/\b(?:pg|mysql|sqlite)Table\(\s*["'`](\w+)["'`]\s*,\s*(?:\(\w*\)\s*=>\s*\(?)?\{(.*?)\n\}/gs)
  ].flatMap(([, table = "", body = ""]) =>
    [
      ...body.matchAll(
        /^\s*(\w+):\s*(?:\w+\.)?(uuid|text|varchar|char|jsonb?|blob|binary|varbinary)\(\s*(?:["'`]([^"'`]+)["'`])?/gm
      )
    ].map(([, field = "", type = "", column]) => ({ table, column: column ?? field, type }))
  )

const rails = (text: string): ReadonlyArray<SchemaHint> =>
  [...text.matchAll(/create_table\s+"([^"]+)".*?\bdo\b(.*?)^\s*end$/gms)].flatMap(([, table = "", body = ""]) =>
    [...body.matchAll(/^\s*t\.(string|uuid|text|jsonb?|binary)\s+"([^"]+)"/gm)].map(([, type = "", column = ""]) => ({
      table,
      column,
      type
    }))
  )

const django = (text: string): ReadonlyArray<SchemaHint> =>
  [...text.matchAll(/^class\s+(\w+)\([^)]*Model[^)]*\):\n((?:[ \t]+[^\n]*\n|\n)*)/gm)].flatMap(
    ([, model = "", body = ""]) => {
      const table = /db_table\s*=\s*["']([^"']+)["']/.exec(body)?.[1] ?? `_${model.toLowerCase()}`
      return [...body.matchAll(/^\s+(\w+)\s*=\s*models\.(Char|UUID|Text|JSON|Binary|Slug|URL)Field\(([^\n]*)/gm)].map(
        ([, field = "", type = "", rest = ""]) => ({
          table,
          column: /db_column\s*=\s*["']([^"']+)["']/.exec(rest)?.[1] ?? field,
          type: `${type}Field`
        })
      )
    }
  )
