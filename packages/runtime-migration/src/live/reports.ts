/**
 * What the steps of a database migration take and report.
 *
 * @since 0.1.0
 */
import type { SqlDriver } from "./SqlDriver.ts"

/**
 * Something that the catalog says about a plan. An `error` stops the apply step, a `warning` is to be read before it,
 * `info` is good to know.
 *
 * @since 0.1.0
 * @category models
 */
export interface Finding {
  readonly level: "error" | "warning" | "info"
  /** What it is about: `calls.assistant_id`, a foreign key, or the ledgers. */
  readonly subject: string
  readonly message: string
}

/**
 * Options of every step.
 *
 * @since 0.1.0
 * @category models
 */
export interface StepOptions {
  /** Stops between two statements. What was committed stays; the step can be run again. */
  readonly signal?: AbortSignal | undefined
  /** Told after every chunk. */
  readonly onProgress?: ((progress: StepProgress) => void) | undefined
  /**
   * How long a step waits for locks of others, in total, in milliseconds. Rows that somebody holds are left out, and the rest is
   * written before they are waited for; then the step fails with `Blocked` and names them. Default 30,000.
   */
  readonly patience?: number | undefined
  /** Milliseconds by which a replica may be behind before writing pauses. Default 5,000; 0 does not look. */
  readonly replicaLag?: number | undefined
  /**
   * MySQL, MariaDB: connections to replicas, which are asked how far they are behind: a primary does not know. The user needs
   * `REPLICATION CLIENT` there (MariaDB: `REPLICA MONITOR`). PostgreSQL knows its own, as a member of `pg_monitor`.
   */
  readonly replicas?: ReadonlyArray<SqlDriver> | undefined
  /** Told, in words, when writing waits for a replica. */
  readonly onPause?: ((words: string) => void) | undefined
}

/**
 * How far a step is.
 *
 * @since 0.1.0
 * @category models
 */
export interface StepProgress {
  readonly step: "dry-run" | "apply" | "verify" | "rollback"
  /** The location at work, such as `calls.assistant_id`. */
  readonly location: string
  /** Ledger rows of this pass that were gone through, and all of them. */
  readonly done: number
  readonly total: number
}

/**
 * What a dry run found in one location.
 *
 * @since 0.1.0
 * @category models
 */
export interface DryRunLocation {
  readonly location: string
  /** Rows that the mapping changes: those that are written already, and those that are still to be. */
  readonly rows: number
  /** Of those, still to be written: as many as apply would write now. */
  readonly pending: number
  /** Distinct values in them now, and afterwards. */
  readonly valuesBefore: number
  readonly valuesAfter: number
  /** Rows whose id the mapping does not know (for arrays: items); `undefined` for texts and JSON at any depth. */
  readonly unmapped: number | undefined
  /** Rows of the table, and those of them without a value. */
  readonly tableRows: number
  readonly nulls: number
}

/**
 * What a dry run found.
 *
 * @since 0.1.0
 * @category models
 */
export interface DryRunReport {
  readonly locations: ReadonlyArray<DryRunLocation>
  readonly rows: number
  /** Of those, still to be written. */
  readonly pending: number
  /**
   * What stops the apply step: errors among the findings, rows outside of what was expected, and what the database refused
   * when some rows of each location were written and taken back.
   */
  readonly problems: ReadonlyArray<string>
  /** Locations that could not be tried out like that, and why. */
  readonly untried: ReadonlyArray<string>
}

/**
 * What apply or rollback did.
 *
 * @since 0.1.0
 * @category models
 */
export interface MoveReport {
  /**
   * Values that this very run wrote, by location; what another process wrote meanwhile is in its own report. Columns that no
   * location names and that follow others by ON UPDATE CASCADE are not counted, on any database; a location is, whether or not
   * it would have followed.
   */
  readonly locations: ReadonlyArray<{ readonly location: string; readonly changed: number }>
  /** The sum of them: 0 when all was done before. */
  readonly changed: number
  readonly transaction: "single" | "chunks"
}

/**
 * Rows that a rollback could not put back, or that it left without a parent.
 *
 * @since 0.2.0
 * @category models
 */
export interface NotRestored {
  /** The location, or the foreign key for `no parent`. */
  readonly location: string
  /**
   * `emptied`: the row has no value any more; `changed`: it has another than apply wrote; `gone`: it is not there; `no
   * parent`: what it refers to is not there; `dropped`: it held what apply wrote when a cleanup of values dropped its old
   * value; `in use`: rows that were written since refer to the id, which stays for them: `reverse` takes all of them back.
   */
  readonly reason: "emptied" | "changed" | "gone" | "no parent" | "dropped" | "in use"
  readonly rows: number
}

/**
 * Options of `rollbackDatabase`.
 *
 * @since 0.2.0
 * @category models
 */
export interface RollbackOptions extends StepOptions {
  /**
   * Takes every row that holds an id of the runtime afterwards back through the inverse mapping: those that were written since
   * apply, and those that held one before, as texts that were put back may: nobody can tell them apart. Refused where an id of
   * the runtime stands for several of the source. Default false.
   */
  readonly reverse?: boolean | undefined
}

/**
 * What a rollback did, and what it could not do.
 *
 * @since 0.2.0
 * @category models
 */
export interface RollbackReport extends MoveReport {
  /** Rows that were written since and went back through the inverse mapping. */
  readonly reversed: number
  /** Empty when every row of the ledgers is as it was. */
  readonly notRestored: ReadonlyArray<NotRestored>
  /** Rows that are as somebody wrote them after the first dry run, which a later one took anew, and not as that one found them. */
  readonly writtenSince: ReadonlyArray<{ readonly location: string; readonly rows: number }>
}

/**
 * What a cleanup takes.
 *
 * @since 0.2.0
 * @category models
 */
export interface CleanupOptions {
  /** Drops old and new values of documents, texts and lists only; default: everything. */
  readonly values?: boolean | undefined
  /** Rows that somebody changed since apply stop it, unless they are accepted. Default `refuse`. */
  readonly drifted?: "refuse" | "accept" | undefined
}

/**
 * What a cleanup did.
 *
 * @since 0.2.0
 * @category models
 */
export interface CleanupReport {
  readonly dropped: "all" | "values"
  /** Rows of ledgers whose values were dropped; 0 where all was. */
  readonly rows: number
}

/**
 * What verify found in one location.
 *
 * @since 0.1.0
 * @category models
 */
export interface VerifyLocation {
  readonly location: string
  /** Rows of the ledger. */
  readonly rows: number
  /**
   * Of those: holding the new value, the old one as it was found, none, another (the application wrote it), or gone. After a
   * rollback `renewed` are those that still hold what apply wrote.
   */
  readonly renewed: number
  readonly old: number
  readonly emptied: number
  readonly drifted: number
  readonly missing: number
  /** Rows of the ledger whose values the mapping does not make: somebody wrote into it. */
  readonly forged: number
  /** Rows that still hold an id of the source; ids that are source and target are not counted. */
  readonly leftovers: number
  /** Rows of the table, and rows without a value: at the last dry run, and now. */
  readonly tableRows: { readonly then: number; readonly now: number }
  readonly nulls: { readonly then: number; readonly now: number }
}

/**
 * Something that verify or detect did not look at, and why: a table, or what it keeps besides its rows.
 *
 * @since 0.2.0
 * @category models
 */
export interface NotScanned {
  readonly schema?: string | undefined
  readonly table: string
  readonly reason: string
}

/**
 * A column in which ids of the source are left, as a pass over the whole database found it: in any form, whatever the
 * locations say.
 *
 * @since 0.2.0
 * @category models
 */
export interface LeftColumn {
  /** Such as `calls.note`. */
  readonly column: string
  readonly rows: number
  /** The kind of location that would rewrite all of them; `undefined` where none does. */
  readonly kind: "id" | "array" | "json-any" | "text" | undefined
  /** Whether the config says that ids may stay here. */
  readonly expected: boolean
}

/**
 * What verify found. `ok` says that nothing is left, no row lost its parent, and nobody wrote into a ledger: it holds
 * while others write.
 *
 * @since 0.1.0
 * @category models
 */
export interface VerifyReport {
  readonly ok: boolean
  /** What others did since the dry run, with counts: rows changed to an id of the runtime or to none, emptied, gone, new. */
  readonly information: ReadonlyArray<string>
  readonly locations: ReadonlyArray<VerifyLocation>
  /** Columns of the whole database in which ids of the source are left. */
  readonly left: ReadonlyArray<LeftColumn>
  /** What was not looked at. */
  readonly notScanned: ReadonlyArray<NotScanned>
  readonly orphans: ReadonlyArray<{ readonly foreignKey: string; readonly rows: number }>
  /** One sentence per thing that is not as it must be. */
  readonly problems: ReadonlyArray<string>
}
