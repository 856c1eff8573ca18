/**
 * What the user says about the application's database: where ids of the source stand.
 *
 * @since 0.1.0
 */
import type { Mapping } from "../ledger/Mapping.ts"

/**
 * The databases that mapping SQL is made for. `mysql` is MySQL 8 and MariaDB 10.6 or later; `sqlite` is 3.35 or later.
 *
 * @since 0.1.0
 * @category models
 */
export type Dialect = "postgres" | "mysql" | "sqlite"

/**
 * What a column is made of, as far as a location needs it.
 *
 * @since 0.2.0
 * @category models
 */
export type ColumnType = "text" | "json" | "jsonb" | "uuid" | "bytes"

/**
 * One place of the database that holds ids of the source.
 *
 * **Details**
 *
 * `kind` says how the column holds them:
 * - `id`: the whole value is one id;
 * - `json-path`: JSON with an id at `path`;
 * - `json-any`: JSON with ids at any depth. What stands between quotes and is an id as a whole is rewritten: values, keys,
 *   and those of JSON that is a text of other JSON;
 * - `text`: free text (a URL, a file name, a log line, JSON of any sort) with ids in it. A UUID is rewritten wherever no
 *   other digit of it touches it. Where the mapping of a location has other ids too, ids of at least 20 characters are
 *   rewritten where they stand alone: neither side may be a letter, a digit, `_` or `-`;
 * - `array`: a PostgreSQL array of ids; elsewhere a JSON list, treated as `json-any`.
 *
 * Comparison is binary everywhere. A UUID is known in capital letters and without its dashes as well, and keeps that form;
 * an id in mixed letters is another value, and verify tells of it.
 *
 * **Example**
 *
 * ```ts
 * import type { Location } from "@aywa-ai/runtime-migration"
 *
 * export const locations: ReadonlyArray<Location> = [
 *   { table: "calls", column: "assistant_id", kind: "id", resource: "assistant", key: ["id"] },
 *   { table: "tenants", column: "settings", kind: "json-path", path: "assistant.id", key: ["id"] },
 *   { table: "audit", column: "url", kind: "text", key: ["tenant", "seq"] }
 * ]
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface Location {
  readonly table: string
  /** PostgreSQL: the schema; MySQL: the database. Default: the connection's own. */
  readonly schema?: string | undefined
  readonly column: string
  readonly kind: "id" | "json-path" | "json-any" | "text" | "array"
  /** Columns that together find one row. Scripts need it; on a live database the primary key is the default. */
  readonly key?: ReadonlyArray<string> | undefined
  /** Kinds of rows whose ids stand here, such as `assistant`. Default: all of the mapping. */
  readonly resource?: string | ReadonlyArray<string> | undefined
  /** For `json-path`: keys and list positions, or keys joined by dots. */
  readonly path?: string | ReadonlyArray<string | number> | undefined
  /**
   * The column's type, where it matters; found out by itself on a live database. PostgreSQL, JSON kinds: `text`, `json` or
   * `jsonb`, the default but for kind `text`. Kind `id`: `bytes` for UUIDs of 16 bytes, `uuid` for a type that writes every UUID in one form.
   */
  readonly columnType?: ColumnType | undefined
  /** MySQL: columns that an update would change by itself (`ON UPDATE CURRENT_TIMESTAMP`) and that must stay. */
  readonly keep?: ReadonlyArray<string> | undefined
  /** Rows that should change. Outside of these bounds the apply step refuses. */
  readonly expect?: { readonly min?: number | undefined; readonly max?: number | undefined } | undefined
  /** For swaps and chains of ids under a unique constraint: goes through reserved values, in two passes. */
  readonly twoStep?: boolean | undefined
}

/**
 * A foreign key between migrated columns. The apply step keeps it from refusing half-way, and verify looks for orphans.
 * On a live database they are found out by themselves.
 *
 * @since 0.1.0
 * @category models
 */
export interface ForeignKey {
  /** Name of the constraint; PostgreSQL needs it. */
  readonly name?: string | undefined
  readonly schema?: string | undefined
  readonly table: string
  readonly columns: ReadonlyArray<string>
  readonly refSchema?: string | undefined
  readonly refTable: string
  readonly refColumns: ReadonlyArray<string>
  /** Whether the constraint is declared DEFERRABLE, and INITIALLY DEFERRED: it is put back so. */
  readonly deferrable?: boolean | undefined
  readonly deferred?: boolean | undefined
}

/**
 * Everything that mapping SQL is made of.
 *
 * @since 0.1.0
 * @category models
 */
export interface MappingConfig {
  readonly dialect: Dialect
  readonly mappings: Iterable<Mapping>
  readonly locations: ReadonlyArray<Location>
  /**
   * Begins the names of the tables that are made; `a-z`, `0-9`, `_`. Default `aywa_migration`. In PostgreSQL they are in the
   * schema `aywa_migration`, whatever the prefix.
   */
  readonly prefix?: string | undefined
  /**
   * MySQL and MariaDB: a database for the tables that are made, which must be there. Default: the connection's own, unless
   * other accounts have rights on it; those are refused, because no table can be taken out of such a grant.
   */
  readonly ledgerDatabase?: string | undefined
  /** Rows per update and commit. Default 1,000; 20,000 where one transaction has all of them. */
  readonly chunk?: number | undefined
  /**
   * `single`: one transaction for all of it, so that it is done or not done at all. `chunks`: a commit per chunk, short locks,
   * to be run again after a crash. Default `chunks`, but `single` for SQLite, in scripts for PostgreSQL with foreign keys, and
   * on a live PostgreSQL where columns of foreign keys go through reserved values.
   */
  readonly transaction?: "single" | "chunks" | undefined
  readonly foreignKeys?: ReadonlyArray<ForeignKey> | undefined
  /** Allows two ids of the source to become one. Only the ledger can tell them apart afterwards. */
  readonly allowMerge?: boolean | undefined
}
