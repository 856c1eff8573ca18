/**
 * What a live database says of a table: columns, keys, foreign keys, triggers.
 */
import { ledgerSchema } from "../sql/dialect.ts"
import type { ForeignKeyAction } from "../sql/foreignKeys.ts"
import { quoteText } from "../sql/names.ts"
import type { SqlDriver, SqlRow } from "./SqlDriver.ts"

/** A column. */
export interface ColumnInfo {
  readonly name: string
  /** As the catalog calls the type, in lower case: `uuid`, `jsonb`, `uuid[]`, `varchar(36)`; of a domain, what it is made of. */
  readonly type: string
  /** Values that an enum knows, or that of the items of a list; empty otherwise. */
  readonly labels: ReadonlyArray<string>
  /** PostgreSQL: the name of that enum, as statements write it. */
  readonly enumType: string
  readonly generated: boolean
  /** MySQL: changes by itself with every update. */
  readonly selfUpdating: boolean
}

/** A foreign key with both of its sides. */
export interface ForeignKeyInfo {
  readonly name: string
  readonly schema: string
  readonly table: string
  readonly columns: ReadonlyArray<string>
  readonly refSchema: string
  readonly refTable: string
  readonly refColumns: ReadonlyArray<string>
  /** What it does to its children when the key of their parent changes. */
  readonly onUpdate: ForeignKeyAction
  /** The same for a row that goes, with the columns that PostgreSQL may name. */
  readonly onDelete: string
  /** Whether several columns must all be set or all be empty. */
  readonly matchFull: boolean
  readonly deferrable: boolean
  readonly deferred: boolean
  /** Whether the rows that were there before it are known to keep it. */
  readonly validated: boolean
}

/** A trigger with its text: the body of its function in PostgreSQL, the whole statement in SQLite. */
export interface TriggerInfo {
  readonly name: string
  /** Those that it asks for (`UPDATE OF`); none where it runs for every update. */
  readonly columns: ReadonlyArray<string>
  readonly body: string
}

/** A table. */
export interface TableInfo {
  readonly schema: string
  readonly table: string
  readonly kind: "table" | "view" | "materialized view" | "foreign table" | "virtual table" | "shadow table"
  /** Whether it is no table whose rows can be written. */
  readonly view: boolean
  /** MariaDB: keeps the rows that were, too. */
  readonly versioned: boolean
  readonly columns: ReadonlyArray<ColumnInfo>
  readonly primaryKey: ReadonlyArray<string>
  /** Columns of each unique constraint or index, the primary key included. */
  readonly uniques: ReadonlyArray<ReadonlyArray<string>>
  /** Those that an update runs. */
  readonly triggers: ReadonlyArray<TriggerInfo>
}

/** All that a plan needs of a database. */
export interface Catalog {
  readonly tables: ReadonlyArray<TableInfo>
  readonly foreignKeys: ReadonlyArray<ForeignKeyInfo>
  /** The schema of tables that are named without one. */
  readonly schema: string
}

/**
 * Reads the catalog: system tables only, no row of the customer's. MySQL gives the connection's own database, and those of
 * `schemas`.
 */
export const readCatalog = (driver: SqlDriver, schemas: ReadonlyArray<string> = []): Promise<Catalog> => {
  switch (driver.dialect) {
    case "postgres":
      return readPostgres(driver)
    case "mysql":
      return readMysql(driver, schemas)
    case "sqlite":
      return readSqlite(driver)
  }
}

const str = (row: SqlRow, key: string): string => {
  const value = row[key]
  return value === null || value === undefined ? "" : String(value)
}

const yes = (row: SqlRow, key: string): boolean => row[key] === true || Number(row[key]) === 1

const list = (row: SqlRow, key: string): ReadonlyArray<string> => {
  const value = row[key] ?? "[]"
  const items: unknown = typeof value === "string" ? JSON.parse(value) : value
  return Array.isArray(items) ? items.map(String) : []
}

const grouped = <A>(
  rows: ReadonlyArray<SqlRow>,
  keys: ReadonlyArray<string>,
  make: (rows: ReadonlyArray<SqlRow>) => A
) => {
  const groups = new Map<string, Array<SqlRow>>()
  for (const row of rows) {
    const key = JSON.stringify(keys.map((name) => str(row, name)))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return [...groups.values()].map(make)
}

const own = `n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', '${ledgerSchema}') AND n.nspname NOT LIKE 'pg\\_temp%'`

const readPostgres = async (driver: SqlDriver): Promise<Catalog> => {
  const rows = async (sql: string) => (await driver.run(sql)).rows
  const schema = str((await rows("SELECT current_schema() AS s"))[0] ?? {}, "s")
  const names = (attributes: string, table: string) =>
    `(SELECT json_agg(a.attname ORDER BY k.at) FROM unnest(${attributes}) WITH ORDINALITY AS k(num, at) JOIN pg_attribute a ON a.attrelid = ${table} AND a.attnum = k.num)::text`
  // A domain is what it is made of, and so is a domain over a domain: all of them are looked up once.
  const domains = `WITH RECURSIVE d (id, base, mod) AS (SELECT y.oid, y.typbasetype, y.typtypmod FROM pg_type y WHERE y.typtype = 'd' UNION ALL SELECT d.id, y.typbasetype, y.typtypmod FROM d JOIN pg_type y ON y.oid = d.base AND y.typtype = 'd')`
  const columns = await rows(
    `${domains} SELECT n.nspname AS s, c.relname AS t, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind, a.attname AS name, lower(format_type(coalesce(d.base, a.atttypid), coalesce(d.mod, a.atttypmod))) AS type, (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = i.id)::text AS labels, format_type(i.id, NULL) AS enum_type, a.attgenerated <> '' OR a.attidentity = 'a' AS generated FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped LEFT JOIN d ON d.id = a.atttypid AND NOT EXISTS (SELECT 1 FROM pg_type y WHERE y.oid = d.base AND y.typtype = 'd') LEFT JOIN LATERAL (SELECT CASE y.typcategory WHEN 'A' THEN y.typelem ELSE y.oid END AS id FROM pg_type y WHERE y.oid = coalesce(d.base, a.atttypid)) i ON true WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND ${own} ORDER BY 1, 2, a.attnum`
  )
  const indexes = await rows(
    `SELECT n.nspname AS s, c.relname AS t, i.indisprimary AS pk, ${names("(i.indkey::int2[])[0:i.indnkeyatts - 1]", "c.oid")} AS names FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.indisunique AND i.indexprs IS NULL AND ${own}`
  )
  const triggers = await rows(
    `SELECT n.nspname AS s, c.relname AS t, g.tgname AS name, ${names("g.tgattr", "c.oid")} AS columns, CASE WHEN p.proname = 'moddatetime' THEN 'NEW.' || quote_ident(split_part(encode(g.tgargs, 'escape'), chr(92) || '000', 1)) || ' := now()' ELSE p.prosrc END AS body FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT g.tgisinternal AND (g.tgtype & 16) <> 0 AND g.tgenabled IN ('O', 'A') AND ${own}`
  )
  const action = (column: string) =>
    `CASE ${column} WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' ELSE 'NO ACTION' END`
  // Columns of ON DELETE SET NULL are from PostgreSQL 15 on.
  const onDelete = `${action("o.confdeltype")} || coalesce((SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')' FROM pg_attribute a WHERE a.attrelid = o.conrelid AND to_jsonb(a.attnum) <@ (to_jsonb(o) -> 'confdelsetcols')), '')`
  const keys = await rows(
    `SELECT o.conname AS name, n.nspname AS s, c.relname AS t, ${names("o.conkey", "c.oid")} AS names, rn.nspname AS rs, r.relname AS rt, ${names("o.confkey", "r.oid")} AS refs, ${action("o.confupdtype")} AS on_update, ${onDelete} AS on_delete, o.confmatchtype = 'f' AS match_full, o.condeferrable AS deferrable, o.condeferred AS deferred, o.convalidated AS validated FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class r ON r.oid = o.confrelid JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE o.contype = 'f' AND o.conparentid = 0 AND ${own}`
  )
  return { schema, tables: tablesOf(columns, indexes, triggers), foreignKeys: keys.map(foreignKey) }
}

const actions: ReadonlyArray<ForeignKeyAction> = ["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"]

const foreignKey = (row: SqlRow): ForeignKeyInfo => ({
  name: str(row, "name"),
  schema: str(row, "s"),
  table: str(row, "t"),
  columns: list(row, "names"),
  refSchema: str(row, "rs"),
  refTable: str(row, "rt"),
  refColumns: list(row, "refs"),
  onUpdate: actions.find((action) => action === str(row, "on_update")) ?? "NO ACTION",
  onDelete: str(row, "on_delete"),
  matchFull: yes(row, "match_full"),
  deferrable: yes(row, "deferrable"),
  deferred: yes(row, "deferred"),
  validated: row["validated"] === undefined || yes(row, "validated")
})

const kinds: ReadonlyArray<TableInfo["kind"]> = [
  "table",
  "view",
  "materialized view",
  "foreign table",
  "virtual table",
  "shadow table"
]

const tablesOf = (
  columns: ReadonlyArray<SqlRow>,
  indexes: ReadonlyArray<SqlRow>,
  triggers: ReadonlyArray<SqlRow>
): ReadonlyArray<TableInfo> =>
  grouped(columns, ["s", "t"], (rows) => {
    const first = rows[0] ?? {}
    const here = (row: SqlRow) => str(row, "s") === str(first, "s") && str(row, "t") === str(first, "t")
    const uniques = indexes.filter(here)
    return {
      schema: str(first, "s"),
      table: str(first, "t"),
      kind: kinds.find((kind) => kind === str(first, "kind")) ?? "table",
      view: !["", "table"].includes(str(first, "kind")),
      versioned: yes(first, "versioned"),
      columns: rows.map((row) => ({
        name: str(row, "name"),
        type: str(row, "type"),
        labels: list(row, "labels"),
        enumType: str(row, "enum_type"),
        generated: yes(row, "generated"),
        selfUpdating: yes(row, "self_updating")
      })),
      primaryKey: uniques.filter((row) => yes(row, "pk")).flatMap((row) => list(row, "names")),
      uniques: uniques.map((row) => list(row, "names")),
      triggers: triggers
        .filter(here)
        .map((row) => ({ name: str(row, "name"), columns: list(row, "columns"), body: str(row, "body") }))
    }
  })

const readMysql = async (driver: SqlDriver, schemas: ReadonlyArray<string>): Promise<Catalog> => {
  const rows = async (sql: string) => (await driver.run(sql)).rows
  const here = `IN (${["DATABASE()", ...schemas.map(quoteText)].join(", ")})`
  const schema = str((await rows("SELECT DATABASE() AS s"))[0] ?? {}, "s")
  // Aliases in quotes: MySQL 8 gives the catalog's column names in capitals otherwise.
  const columns = labelled(
    await rows(
      `SELECT c.TABLE_SCHEMA AS 's', c.TABLE_NAME AS 't', IF(t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED'), 'table', 'view') AS 'kind', t.TABLE_TYPE = 'SYSTEM VERSIONED' AS 'versioned', c.COLUMN_NAME AS 'name', LOWER(c.COLUMN_TYPE) AS 'type', c.COLUMN_TYPE AS 'declared', COALESCE(c.GENERATION_EXPRESSION, '') <> '' AS 'generated', LOWER(c.EXTRA) LIKE '%on update%' AS 'self_updating' FROM information_schema.COLUMNS c JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME WHERE c.TABLE_SCHEMA ${here} ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION`
    )
  )
  const indexes = grouped(
    await rows(
      `SELECT TABLE_SCHEMA AS 's', TABLE_NAME AS 't', INDEX_NAME AS 'name', COLUMN_NAME AS 'col' FROM information_schema.STATISTICS WHERE NON_UNIQUE = 0 AND TABLE_SCHEMA ${here} ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`
    ),
    ["s", "t", "name"],
    (group): SqlRow => ({
      ...group[0],
      pk: str(group[0] ?? {}, "name") === "PRIMARY",
      names: group.map((row) => str(row, "col"))
    })
  )
  const triggers = await rows(
    `SELECT EVENT_OBJECT_SCHEMA AS 's', EVENT_OBJECT_TABLE AS 't', TRIGGER_NAME AS 'name', ACTION_STATEMENT AS 'body' FROM information_schema.TRIGGERS WHERE EVENT_MANIPULATION = 'UPDATE' AND EVENT_OBJECT_SCHEMA ${here}`
  )
  const keys = grouped(
    await rows(
      `SELECT k.CONSTRAINT_NAME AS 'name', k.TABLE_SCHEMA AS 's', k.TABLE_NAME AS 't', k.COLUMN_NAME AS 'col', k.REFERENCED_TABLE_SCHEMA AS 'rs', k.REFERENCED_TABLE_NAME AS 'rt', k.REFERENCED_COLUMN_NAME AS 'ref', r.UPDATE_RULE AS 'on_update', r.DELETE_RULE AS 'on_delete' FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME WHERE (k.TABLE_SCHEMA ${here} OR k.REFERENCED_TABLE_SCHEMA ${here}) AND k.REFERENCED_TABLE_NAME IS NOT NULL ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION`
    ),
    ["s", "t", "name"],
    (group) =>
      foreignKey({
        ...group[0],
        names: group.map((row) => str(row, "col")),
        refs: group.map((row) => str(row, "ref"))
      })
  )
  return { schema, tables: tablesOf(columns, indexes, triggers), foreignKeys: keys }
}

/** MySQL: the values of an enum are in its type. */
const labelled = (columns: ReadonlyArray<SqlRow>): ReadonlyArray<SqlRow> =>
  columns.map((row) => {
    const [, values] = /^(?:enum|set)\((.*)\)$/is.exec(str(row, "declared")) ?? []
    const labels = [...(values ?? "").matchAll(/'((?:[^']|'')*)'/g)].map(([, label = ""]) =>
      label.replaceAll("''", "'")
    )
    return { ...row, labels: JSON.stringify(labels) }
  })

/** SQLite: the columns of a table that a trigger asks for, of which only its text knows. */
const askedFor = (body: string, columns: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [, list = ""] = /\bupdate\s+of\s+(.*?)\s+on\s/is.exec(body) ?? []
  const asked = [...list.matchAll(/"((?:[^"]|"")+)"|`([^`]+)`|\[([^\]]+)\]|([^\s,]+)/g)].map(
    ([, quoted, ticked, bracketed, plain]) =>
      (quoted?.replaceAll('""', '"') ?? ticked ?? bracketed ?? plain ?? "").toLowerCase()
  )
  return columns.filter((name) => asked.includes(name.toLowerCase()))
}

const readSqlite = async (driver: SqlDriver): Promise<Catalog> => {
  const rows = async (sql: string) => (await driver.run(sql)).rows
  const columns = await rows(
    `SELECT '' AS s, t.name AS t, CASE t.type WHEN 'view' THEN 'view' ELSE 'table' END AS kind, c.name AS name, lower(c.type) AS type, c.hidden IN (2, 3) AS generated, 0 AS self_updating, c.pk AS pk FROM pragma_table_list t, pragma_table_xinfo(t.name) c WHERE t.schema = 'main' AND t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, c.cid`
  )
  // Asked for its columns, a virtual table whose extension is missing is an error: it is named without any.
  const others = await rows(
    `SELECT '' AS s, t.name AS t, t.type || ' table' AS kind FROM pragma_table_list t WHERE t.schema = 'main' AND t.type IN ('virtual', 'shadow') ORDER BY t.name`
  )
  const indexes = grouped(
    await rows(
      `SELECT '' AS s, t.name AS t, i.name AS i, x.name AS col FROM sqlite_master t, pragma_index_list(t.name) i, pragma_index_info(i.name) x WHERE t.type = 'table' AND i."unique" = 1 ORDER BY t.name, i.seq, x.seqno`
    ),
    ["t", "i"],
    (group): SqlRow => ({ ...group[0], pk: false, names: group.map((row) => str(row, "col")) })
  )
  const primary = grouped(
    columns.filter((row) => Number(row["pk"]) > 0).toSorted((a, b) => Number(a["pk"]) - Number(b["pk"])),
    ["t"],
    (group): SqlRow => ({ ...group[0], pk: true, names: group.map((row) => str(row, "name")) })
  )
  const triggers = await rows(
    `SELECT '' AS s, tbl_name AS t, name, sql AS body FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%update%'`
  )
  const asking = triggers.map((row): SqlRow => ({
    ...row,
    columns: askedFor(
      str(row, "body"),
      columns.filter((column) => str(column, "t") === str(row, "t")).map((column) => str(column, "name"))
    )
  }))
  const keys = grouped(
    await rows(
      `SELECT '' AS s, t.name AS t, f.id AS id, f."from" AS col, f."table" AS rt, f."to" AS ref, f.on_update AS on_update, f.on_delete AS on_delete FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table' ORDER BY t.name, f.id, f.seq`
    ),
    ["t", "id"],
    (group) => {
      const first = group[0] ?? {}
      const target = str(first, "rt").toLowerCase()
      // As the key writes them: whatever the case, they are the names of the table.
      const there = columns.filter((row) => str(row, "t").toLowerCase() === target)
      const named = (name: string) =>
        str(there.find((row) => str(row, "name").toLowerCase() === name.toLowerCase()) ?? {}, "name") || name
      const own = primary.find((row) => str(row, "t").toLowerCase() === target) ?? {}
      return foreignKey({
        ...first,
        name: `${str(first, "t")}.${group.map((row) => str(row, "col")).join(",")}`,
        rs: "",
        rt: str(there[0] ?? first, there.length > 0 ? "t" : "rt"),
        names: group.map((row) => str(row, "col")),
        // Without columns of its own it refers to the primary key.
        refs: group.map((row, at) =>
          str(row, "ref") === "" ? (list(own, "names")[at] ?? "") : named(str(row, "ref"))
        ),
        deferrable: true
      })
    }
  )
  const tables = [...tablesOf(columns, [...primary, ...indexes], asking), ...tablesOf(others, [], [])]
  return { schema: "", tables, foreignKeys: keys }
}
