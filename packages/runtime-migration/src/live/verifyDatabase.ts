/**
 * Checks a database after apply or rollback.
 *
 * @since 0.1.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import { forgedRows, mappingGuards } from "../sql/guards.ts"
import { mysqlSession } from "../sql/mysql.ts"
import * as Sql from "../sql/statements.ts"
import { withAllRows } from "./allRows.ts"
import { assertPrepared, check, count, enforce, select } from "./checks.ts"
import { findLeftovers, type Leftovers } from "./leftovers.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import type { StepOptions, VerifyLocation, VerifyReport } from "./reports.ts"
import { stepNames } from "./stepNames.ts"
import { numberOf, runAll, type SqlDriver } from "./SqlDriver.ts"

/**
 * Checks a database after apply (`state: "applied"`, the default) or after rollback (`"original"`). Changes nothing.
 *
 * **Details**
 *
 * After apply it looks over every table of the database, with other eyes than the rewriter's: for ids in any letters, with
 * or without dashes, inside of longer words, as keys of JSON, behind escapes, and as bytes. `left` has the columns, with the
 * kind that would rewrite them, and `notScanned` what was not looked at. It finds no ids in what is compressed or encrypted.
 *
 * @since 0.1.0
 * @category database
 */
export const verifyDatabase = (
  driver: SqlDriver,
  plan: DatabasePlan,
  options: VerifyOptions = {}
): Promise<VerifyReport> =>
  withAllRows(driver, async (driver) => {
    checkOptions("verifyDatabase", options, { ...stepNames, state: true, scan: true })
    return verify(driver, plan, options)
  })

/**
 * Options of `verifyDatabase`.
 *
 * @since 0.2.0
 * @category models
 */
export interface VerifyOptions extends StepOptions {
  /** Whether apply (the default) or a rollback came last. */
  readonly state?: "applied" | "original" | undefined
  /** Whether the whole database is looked over after apply: one pass over every table. Default true. */
  readonly scan?: boolean | undefined
}

const verify = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  { signal, onProgress, state = "applied", scan = true }: VerifyOptions
): Promise<VerifyReport> => {
  const way = Sql.dialects[plan.dialect]
  await assertPrepared(driver, plan)
  if (plan.dialect === "mysql") await runAll(driver, mysqlSession)
  // What is left is looked for by it.
  await enforce(driver, mappingGuards(plan, way))
  const locations: Array<VerifyLocation> = []
  for (const location of plan.locations) {
    check(signal)
    const keys = await select(driver, Sql.stateCounts(plan, location, state === "applied" ? "after" : "before"))
    const table = await select(driver, Sql.tableCounts(plan, location))
    const of = (name: string) => numberOf(keys[name])
    const [rows, renewed, old] = [of("changes"), of("renewed"), of("old")]
    const [emptied, missing] = [of("emptied"), of("missing")]
    locations.push({
      location: location.label,
      rows,
      renewed,
      old,
      emptied,
      missing,
      drifted: rows - renewed - old - emptied - missing,
      forged: await count(driver, forgedRows(plan, location, way)),
      leftovers: state === "applied" ? await count(driver, way.leftovers(plan, location)) : 0,
      tableRows: { then: numberOf(table["rows_then"]), now: numberOf(table["rows_now"]) },
      nulls: { then: numberOf(table["nulls_then"]), now: numberOf(table["nulls_now"]) }
    })
    onProgress?.({ step: "verify", location: location.label, done: location.index + 1, total: plan.locations.length })
  }
  const orphans: Array<{ readonly foreignKey: string; readonly rows: number }> = []
  for (const { label, sql } of Sql.orphans(plan, plan.references))
    orphans.push({ foreignKey: label, rows: await count(driver, sql) })
  const known = new Map(locations.map(({ location, leftovers }) => [location, leftovers]))
  const whole =
    scan && state === "applied" ? await findLeftovers(driver, plan, known, { signal, onProgress }) : notLooked
  const problems = [
    ...locations.flatMap((location) => problemsOf(location, state, whole.unfit)),
    ...whole.problems,
    ...orphans.flatMap(({ foreignKey, rows }) => (rows === 0 ? [] : [`${foreignKey}: ${rows} rows have no parent`]))
  ]
  const information = [...locations.flatMap(informationOf), ...whole.information]
  const { left, notScanned } = whole
  return { ok: problems.length === 0, locations, left, notScanned, orphans, problems, information }
}

const notLooked: Leftovers = { left: [], notScanned: [], problems: [], information: [], unfit: new Set() }

/** What must not be, whoever writes meanwhile. */
const problemsOf = (
  { location, old, renewed, forged, leftovers }: VerifyLocation,
  state: "applied" | "original",
  unfit: ReadonlySet<string>
): ReadonlyArray<string> => {
  const wrong = state === "applied" ? old : renewed
  const lines: ReadonlyArray<readonly [boolean, string]> = [
    [wrong > 0, `${wrong} rows hold the ${state === "applied" ? "old" : "new"} value: run the step again`],
    [forged > 0, `${forged} rows of the ledger hold values that the mapping does not make: somebody wrote into it`],
    [
      leftovers > 0 && !unfit.has(location),
      `${leftovers} rows still hold ids of the source: run dry run and apply again`
    ]
  ]
  return linesOf(location, lines)
}

/** What happens to a database that somebody uses. Ids of the source are not among it: those are left. */
const informationOf = ({
  location,
  emptied,
  drifted,
  missing,
  tableRows,
  nulls
}: VerifyLocation): ReadonlyArray<string> =>
  linesOf(location, [
    [drifted > 0, `${drifted} rows were changed by somebody else since the dry run`],
    [emptied > 0, `${emptied} rows were emptied since the dry run`],
    [missing > 0, `${missing} rows are gone since the dry run`],
    [tableRows.then !== tableRows.now, `${tableRows.then} rows before, ${tableRows.now} now`],
    [nulls.then !== nulls.now, `${nulls.then} rows without a value before, ${nulls.now} now`]
  ])

const linesOf = (location: string, lines: ReadonlyArray<readonly [boolean, string]>): ReadonlyArray<string> =>
  lines.filter(([holds]) => holds).map(([, line]) => `${location}: ${line}`)
