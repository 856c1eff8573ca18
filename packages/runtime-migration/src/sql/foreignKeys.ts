/**
 * Which columns change when ids do (those of the locations, and what follows them by ON UPDATE CASCADE), and which
 * foreign keys of theirs do something that no rollback undoes.
 */
import type { Dialect, Location } from "./config.ts"
import { quoteName, quoteText } from "./names.ts"
import type { SqlPlan } from "./plan.ts"

/**
 * What a foreign key does to its children when the key of their parent changes.
 *
 * @since 0.2.0
 * @category models
 */
export type ForeignKeyAction = "NO ACTION" | "RESTRICT" | "CASCADE" | "SET NULL" | "SET DEFAULT"

/**
 * What cannot be migrated. RESTRICT is checked at once, however much a transaction defers; MySQL can turn its checks off
 * for a session.
 */
export const harmfulActions: Readonly<Record<Dialect, ReadonlyArray<ForeignKeyAction>>> = {
  postgres: ["RESTRICT", "SET NULL", "SET DEFAULT"],
  sqlite: ["RESTRICT", "SET NULL", "SET DEFAULT"],
  mysql: ["SET NULL", "SET DEFAULT"]
}

type Places = ReadonlyArray<Pick<Location, "schema" | "table" | "column">>

const listed = (dialect: Dialect): string => harmfulActions[dialect].map(quoteText).join(", ")

/** A name as a literal: it may have a backslash, which `quoteText` refuses. */
export const literal = (dialect: Dialect, name: string): string => {
  const quoted = `'${name.replaceAll("'", "''")}'`
  if (!name.includes("\\")) return quoted
  // Whether it escapes depends on the session.
  const parts = name.split("\\").map((part) => `'${part.replaceAll("'", "''")}'`)
  if (dialect === "mysql") return `CONCAT(${parts.join(", CHAR(92), ")})`
  return dialect === "postgres" ? `(${parts.join(" || chr(92) || ")})` : `(${parts.join(" || char(92) || ")})`
}

/** PostgreSQL: the table of a quoted name, as its oid; NULL where there is none. */
export const regclass = (quoted: string): string => `to_regclass(${literal("postgres", quoted)})::oid`

const unicode = (value: string): string => `CONVERT(${value} USING utf8mb4) COLLATE utf8mb4_general_ci`

/** The columns as a table `changing (s, t, c, followed)`; in PostgreSQL `(rel, num, followed)`, partitions included. */
const changing: Readonly<Record<Dialect, (places: Places) => string>> = {
  postgres: (places) => {
    const seeds = places.map(({ schema, table, column }) => {
      const name = (schema === undefined ? "" : `${quoteName("postgres", schema)}.`) + quoteName("postgres", table)
      return `(${regclass(name)}, ${literal("postgres", column)}::name)`
    })
    return `changing (rel, num, followed) AS (SELECT a.attrelid, a.attnum, false FROM pg_attribute a JOIN (VALUES ${seeds.join(", ")}) s (rel, name) ON a.attrelid = s.rel AND a.attname = s.name
    UNION SELECT x.rel, x.num, x.followed FROM changing g CROSS JOIN LATERAL (
      SELECT p.inhrelid AS rel, b.attnum AS num, g.followed FROM pg_inherits p JOIN pg_attribute a ON a.attrelid = g.rel AND a.attnum = g.num JOIN pg_attribute b ON b.attrelid = p.inhrelid AND b.attname = a.attname WHERE p.inhparent = g.rel
      UNION ALL SELECT o.conrelid, o.conkey[k.at], true FROM pg_constraint o, generate_subscripts(o.confkey, 1) AS k (at) WHERE o.contype = 'f' AND o.confupdtype = 'c' AND o.confrelid = g.rel AND o.confkey[k.at] = g.num) x)`
  },
  mysql: (places) => {
    const text = (value: string, length: number) => `CAST(${value} AS CHAR(${length}) CHARACTER SET utf8mb4)`
    const seeds = places.map(
      ({ schema, table, column }) =>
        `SELECT ${text(schema === undefined ? "DATABASE()" : literal("mysql", schema), 64)} AS s, ${text(literal("mysql", table), 64)} AS t, ${text(literal("mysql", column), 64)} AS c, 0 AS followed`
    )
    const same = (left: string, right: string) => `${unicode(left)} = ${unicode(right)}`
    return `changing (s, t, c, followed) AS (${seeds.join(" UNION ")}
    UNION SELECT ${["k.TABLE_SCHEMA", "k.TABLE_NAME", "k.COLUMN_NAME"].map((name) => text(name, 64)).join(", ")}, 1 FROM changing g JOIN information_schema.KEY_COLUMN_USAGE k ON ${same("k.REFERENCED_TABLE_SCHEMA", "g.s")} AND ${same("k.REFERENCED_TABLE_NAME", "g.t")} AND ${same("k.REFERENCED_COLUMN_NAME", "g.c")} JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME WHERE r.UPDATE_RULE = 'CASCADE')`
  },
  sqlite: (places) => {
    const seeds = places.map(({ table, column }) => `(${literal("sqlite", table)}, ${literal("sqlite", column)}, 0)`)
    return `changing (t, c, followed) AS (VALUES ${seeds.join(", ")}
    UNION SELECT d.name, f."from", 1 FROM changing g, sqlite_master d, pragma_foreign_key_list(d.name) f WHERE d.type = 'table' AND f.on_update = 'CASCADE' AND f."table" = g.t COLLATE NOCASE AND ${referredTo} = g.c COLLATE NOCASE)`
  }
}

/** Without columns of its own a key refers to the primary key. */
const referredTo = `coalesce(f."to", (SELECT x.name FROM pragma_table_info(f."table") x WHERE x.pk = f.seq + 1))`

/** Selects the columns that change: schema `s`, table `t`, column `c`, and whether they only follow: `followed`. */
export const changingColumns = (dialect: Dialect, places: Places): string => {
  const all = `WITH RECURSIVE ${changing[dialect](places)}`
  if (dialect === "mysql")
    return `${all} SELECT g.s AS 's', g.t AS 't', g.c AS 'c', g.followed AS 'followed' FROM changing g`
  if (dialect === "sqlite") return `${all} SELECT '' AS s, g.t, g.c, g.followed FROM changing g`
  return `${all} SELECT n.nspname AS s, c.relname AS t, a.attname AS c, g.followed::int AS followed FROM changing g JOIN pg_class c ON c.oid = g.rel JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = g.rel AND a.attnum = g.num`
}

/** Selects, as `v`, the foreign keys of columns that change whose action cannot be migrated. */
export const harmfulKeys = (plan: SqlPlan): string => {
  const all = `WITH RECURSIVE ${changing[plan.dialect](plan.locations)}`
  switch (plan.dialect) {
    case "postgres": {
      const action = "CASE o.confupdtype WHEN 'r' THEN 'RESTRICT' WHEN 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END"
      const names = `(SELECT string_agg(a.attname, ', ' ORDER BY k.at) FROM unnest(o.conkey) WITH ORDINALITY AS k (num, at) JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.num)`
      return `${all} SELECT o.conname || ': ' || c.relname || '(' || ${names} || ') has ON UPDATE ' || ${action} AS v FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid WHERE o.contype = 'f' AND o.conparentid = 0 AND o.confupdtype IN ('r', 'n', 'd') AND EXISTS (SELECT 1 FROM changing g WHERE (g.rel = o.conrelid AND g.num = ANY (o.conkey)) OR (g.rel = o.confrelid AND g.num = ANY (o.confkey)))`
    }
    case "mysql": {
      const one = (schema: string, table: string, column: string) =>
        `(${unicode(`k.${schema}`)} = ${unicode("g.s")} AND ${unicode(`k.${table}`)} = ${unicode("g.t")} AND ${unicode(`k.${column}`)} = ${unicode("g.c")})`
      return `${all} SELECT CONCAT(k.CONSTRAINT_NAME, ': ', k.TABLE_NAME, '(', GROUP_CONCAT(DISTINCT k.COLUMN_NAME ORDER BY k.ORDINAL_POSITION SEPARATOR ', '), ') has ON UPDATE ', MAX(r.UPDATE_RULE)) AS v FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME JOIN changing g ON ${one("TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME")} OR ${one("REFERENCED_TABLE_SCHEMA", "REFERENCED_TABLE_NAME", "REFERENCED_COLUMN_NAME")} WHERE r.UPDATE_RULE IN (${listed("mysql")}) GROUP BY k.CONSTRAINT_SCHEMA, k.CONSTRAINT_NAME, k.TABLE_NAME`
    }
    case "sqlite":
      return `${all} SELECT DISTINCT d.name || '(' || f."from" || ') has ON UPDATE ' || f.on_update AS v FROM sqlite_master d, pragma_foreign_key_list(d.name) f, changing g WHERE d.type = 'table' AND f.on_update IN (${listed("sqlite")}) AND ((d.name = g.t COLLATE NOCASE AND f."from" = g.c COLLATE NOCASE) OR (f."table" = g.t COLLATE NOCASE AND ${referredTo} = g.c COLLATE NOCASE))`
  }
}
