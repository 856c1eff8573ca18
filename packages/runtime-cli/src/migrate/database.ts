/**
 * `migrate detect`, `plan`, `apply`, `verify`, `rollback` and `cleanup` on a live database.
 */
import {
  applyDatabase,
  cleanupDatabase,
  type DatabasePlan,
  detectColumns,
  type DryRunReport,
  dryRunDatabase,
  type Finding,
  type NotRestored,
  planDatabase,
  rollbackDatabase,
  type RollbackReport,
  type SqlDriver,
  type StepOptions,
  verifyDatabase
} from "@aywa-ai/runtime-migration"
import { exitCodes } from "../core/failure.ts"
import { makeProgress } from "../core/progress.ts"
import type { Session } from "../core/session.ts"
import { table } from "../core/table.ts"
import { openSql, readConfig, readMappings } from "./inputs.ts"

/** What every step on a database takes. */
export interface DatabaseInput {
  readonly mapping: string
  readonly config: string
  readonly database: string | undefined
}

interface Prepared {
  readonly driver: SqlDriver
  readonly plan: DatabasePlan
  readonly step: StepOptions
}

const prepare = async (input: DatabaseInput, session: Session): Promise<Prepared> => {
  const config = await readConfig(input.config, await readMappings(input.mapping))
  const driver = await openSql(input.database, session)
  const plan = await planDatabase(driver, config)
  const progress = makeProgress(session.out)
  return {
    driver,
    plan,
    step: {
      signal: session.signal,
      onProgress: ({ step, location, done, total }) => progress(`${step} ${location}`, done, total)
    }
  }
}

/** Proposes where ids stand, by looking for known source ids in a live database. Reads only. */
export const detect = async (
  input: Pick<DatabaseInput, "mapping" | "database"> & { readonly sample: number | undefined },
  session: Session
): Promise<void> => {
  const { out } = session
  const mappings = await readMappings(input.mapping)
  const driver = await openSql(input.database, session)
  out.status("Looking for source ids …")
  const candidates = await detectColumns(driver, { mappings, sample: input.sample, signal: session.signal })
  out.status(undefined)
  out.result({ dialect: driver.dialect, locations: candidates.map(({ location }) => location), candidates }, () =>
    candidates.length === 0
      ? "No column has a source id."
      : table(
          [
            { title: "COLUMN" },
            { title: "KIND" },
            { title: "RESOURCE" },
            { title: "ROWS", align: "right" },
            { title: "NOTES" }
          ],
          candidates.map(({ location, hits, sampled, notes }) => [
            `${location.table}.${location.column}`,
            location.kind,
            String(location.resource ?? "*"),
            `${hits}/${sampled}`,
            notes.join("; ")
          ]),
          { paint: out.paint, width: process.stdout.columns ?? 160 }
        )
  )
}

/** Makes the ledgers and says what would change; no row of yours is changed. Exit code 1 when apply would refuse. */
export const dryRun = async (input: DatabaseInput, session: Session): Promise<number> => {
  const { driver, plan, step } = await prepare(input, session)
  const report = await dryRunDatabase(driver, plan, step)
  session.out.status(undefined)
  session.out.result({ ...report, findings: plan.findings, notes: plan.notes }, () => dryRunText(report, plan, session))
  return report.problems.length === 0 ? exitCodes.ok : exitCodes.differences
}

const colors = { error: "red", warning: "yellow", info: "dim" } as const satisfies Record<Finding["level"], string>

const dryRunText = (report: DryRunReport, plan: DatabasePlan, { out }: Session): string =>
  [
    table(
      [
        { title: "LOCATION" },
        { title: "CHANGES", align: "right" },
        { title: "VALUES", align: "right" },
        { title: "UNMAPPED", align: "right" },
        { title: "ROWS", align: "right" },
        { title: "NULLS", align: "right" }
      ],
      report.locations.map((location) => [
        location.location,
        String(location.rows),
        `${location.valuesBefore} -> ${location.valuesAfter}`,
        String(location.unmapped ?? "-"),
        String(location.tableRows),
        String(location.nulls)
      ]),
      { paint: out.paint, width: process.stdout.columns ?? 160 }
    ),
    ...plan.findings.map(({ level, subject, message }) => `${out.paint(colors[level], level)}  ${subject}: ${message}`),
    ...report.problems.map((problem) => `${out.paint("red", "stops apply")}  ${problem}`),
    ...plan.notes
  ].join("\n")

/** Dry run, question, apply, verify. */
export const apply = async (input: DatabaseInput, session: Session): Promise<number> => {
  const { out } = session
  const { driver, plan, step } = await prepare(input, session)
  const report = await dryRunDatabase(driver, plan, step)
  out.status(undefined)
  out.note(dryRunText(report, plan, session))
  if (report.rows > 0 && report.problems.length === 0)
    await session.confirm(`Rewrite ${report.rows} rows? (migrate rollback puts them back.)`)
  const result = await applyDatabase(driver, plan, step)
  const verification = await verifyDatabase(driver, plan, step)
  out.status(undefined)
  out.result({ ...result, verified: verification }, () =>
    [`${result.changed} rows rewritten.`, verifyText(verification)].join("\n")
  )
  return verification.ok ? exitCodes.ok : exitCodes.differences
}

/** Whether everything is rewritten. Exit code 1 when not. */
export const verify = async (input: DatabaseInput, session: Session): Promise<number> => {
  const { driver, plan, step } = await prepare(input, session)
  const report = await verifyDatabase(driver, plan, step)
  session.out.status(undefined)
  session.out.result(report, () => verifyText(report))
  return report.ok ? exitCodes.ok : exitCodes.differences
}

const verifyText = (report: Awaited<ReturnType<typeof verifyDatabase>>): string =>
  [
    report.ok ? "Verified: nothing is left." : "Not all is well:",
    ...report.problems.map((problem) => `- ${problem}`),
    ...(report.information.length > 0 ? ["Others wrote meanwhile:"] : []),
    ...report.information.map((line) => `- ${line}`)
  ].join("\n")

/** Puts the old ids back. Exit code 1 when a row could not be. */
export const rollback = async (input: DatabaseInput, session: Session): Promise<number> => {
  const { driver, plan, step } = await prepare(input, session)
  await session.confirm("Put the old ids back?")
  const result = await rollbackDatabase(driver, plan, step)
  session.out.status(undefined)
  session.out.result(result, () => rollbackText(result))
  return result.notRestored.length === 0 ? exitCodes.ok : exitCodes.differences
}

const reasons: Readonly<Record<NotRestored["reason"], string>> = {
  emptied: "have no value any more",
  changed: "have a value that apply did not write",
  gone: "are not there any more",
  "no parent": "refer to a row that is not there"
}

const rollbackText = ({ changed, notRestored }: RollbackReport): string =>
  [
    `${changed} rows put back.`,
    ...(notRestored.length === 0 ? [] : ["Not as they were:"]),
    ...notRestored.map(({ location, reason, rows }) => `- ${location}: ${rows} rows ${reasons[reason]}`)
  ].join("\n")

/** Drops what the dry run made. */
export const cleanup = async (input: DatabaseInput, session: Session): Promise<void> => {
  const { driver, plan } = await prepare(input, session)
  await session.confirm("Drop the ledgers? There is no rollback after that.")
  await cleanupDatabase(driver, plan)
  session.out.result({ dropped: true }, () => "Dropped.")
}
