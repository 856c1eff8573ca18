/**
 * What each step holds, in words: by database, and by what the plan has to do there.
 */
import type { DatabasePlan } from "../live/planDatabase.ts"

/** Words for each step. */
export interface Locks {
  readonly copy: string
  readonly prepare: string
  /** What an operator may have to do before. */
  readonly preparations: ReadonlyArray<string>
  readonly dryRun: string
  readonly apply: string
  readonly verify: string
  readonly cleanup: string
}

/** What is locked when. */
export const locksOf = (plan: DatabasePlan): Locks => {
  const common = { copy: "nothing of production.", verify: "nothing; it reads every table once." }
  const whole = "rows stay locked until all of them are written: in one transaction, as the plan says."
  const rows = `the rows of one transaction, ${plan.chunk} or fewer, for about a tenth of a second; rows that others hold are left out, and come at the end.`
  const apply = plan.transaction === "single" ? whole : rows
  switch (plan.dialect) {
    case "postgres": {
      const keys = plan.foreignKeys.filter(({ deferrable }) => deferrable !== true).length
      const loosened = `Before and after, each of ${keys} foreign keys is altered in a transaction of its own that waits for its lock for 200 ms at most, and tries again.`
      return {
        ...common,
        prepare: "nothing.",
        preparations: [
          "The role may make the schema aywa_migration (CREATE on the database), or it was made for the role.",
          ...(keys === 0
            ? []
            : [`The role owns the tables of ${keys} foreign keys, which are made deferrable meanwhile.`]),
          ...plan.keeps.map(
            ({ table, columns }) => `The role owns ${table}: a trigger keeps ${columns.join(", ")} meanwhile.`
          )
        ],
        dryRun: "nothing of yours; some rows of each column are written and taken back, and held for that moment.",
        apply: keys === 0 ? apply : `${apply} ${loosened}`,
        cleanup: "nothing of yours. VACUUM the tables that changed, when it is quiet."
      }
    }
    case "mysql":
      return {
        ...common,
        prepare: "nothing.",
        preparations: [
          plan.ledgerDatabase === undefined
            ? "No other account has rights on the whole database while the ledgers are in it."
            : `The database ${plan.ledgerDatabase} is there, and nobody else has rights on it.`,
          "Replicas are watched: apply pauses while one is behind."
        ],
        dryRun: "nothing of yours; some rows of each column are written and taken back, and held for that moment.",
        apply,
        cleanup: "nothing of yours."
      }
    case "sqlite":
      return {
        ...common,
        prepare: "nothing.",
        preparations: [
          "Everything that writes the file has a busy timeout of seconds, or is stopped for steps 3 to 5."
        ],
        dryRun: "the file, for writers, while ledgers are filled: one transaction.",
        apply: "the file, for writers, until all rows are written: one transaction. Readers go on in WAL mode.",
        cleanup: "the file, for writers, for a moment. Checkpoint it in WAL mode."
      }
  }
}
