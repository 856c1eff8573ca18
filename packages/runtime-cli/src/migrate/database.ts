/**
 * `migrate detect`, `plan`, `apply`, `verify`, `rollback` and `cleanup` on a live database.
 */
import {
  applyDatabase,
  checkTargets,
  cleanupDatabase,
  type DatabasePlan,
  detectDatabase,
  type Detection,
  type DryRunReport,
  dryRunDatabase,
  extendDatabase,
  MigrationError,
  type Finding,
  type NotRestored,
  planDatabase,
  rollbackDatabase,
  type RollbackReport,
  type SchemaFile,
  type SqlDriver,
  type StepOptions,
  type TargetReport,
  verifyDatabase,
  watchDatabase,
  type WatchReport
} from "@aywa-ai/runtime-migration"
import { exitCodes } from "../core/failure.ts"
import { readText } from "../core/input.ts"
import { makeProgress } from "../core/progress.ts"
import type { Session } from "../core/session.ts"
import { table } from "../core/table.ts"
import { openReplicas, openSql, readConfig, readMappings } from "./inputs.ts"

/** What every step on a database takes. */
export interface DatabaseInput {
  readonly mapping: string
  readonly config: string
  readonly database: string | undefined
  readonly keepUpdatedAt: boolean
}

/** What steps that write take besides. */
export interface WritingInput extends DatabaseInput {
  readonly replica: ReadonlyArray<string>
}

interface Prepared {
  readonly driver: SqlDriver
  readonly plan: DatabasePlan
  readonly step: StepOptions
}

/** Opens the database and makes the plan. */
export const prepare = async (input: DatabaseInput, session: Session): Promise<Prepared> => {
  const config = await readConfig(input.config, await readMappings(input.mapping))
  const driver = await openSql(input.database, session)
  const plan = await planDatabase(driver, input.keepUpdatedAt ? { ...config, keepUpdatedAt: true } : config)
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

/** The same for steps that write, which wait for replicas. */
const prepareWriting = async (input: WritingInput, session: Session): Promise<Prepared> => {
  const { driver, plan, step } = await prepare(input, session)
  const replicas = await openReplicas(input.replica, session)
  return { driver, plan, step: { ...step, replicas, onPause: (words) => session.out.note(words) } }
}

/** Proposes where ids stand, by looking for known source ids in a live database. Reads only. */
export const detect = async (
  input: Pick<DatabaseInput, "mapping" | "database"> & {
    readonly sample: number | undefined
    readonly schema: ReadonlyArray<string>
  },
  session: Session
): Promise<void> => {
  const { out } = session
  const mappings = await readMappings(input.mapping)
  const driver = await openSql(input.database, session)
  out.status("Looking for source ids …")
  const schemas: Array<SchemaFile> = []
  for (const name of input.schema) schemas.push({ name, text: await readText(name) })
  const found = await detectDatabase(driver, { mappings, sample: input.sample, schemas, signal: session.signal })
  out.status(undefined)
  const locations = found.candidates.map(({ location }) => location)
  out.result({ dialect: driver.dialect, locations, ...found }, () => detectText(found, session))
}

const detectText = ({ candidates, unfit, notScanned, unseen }: Detection, { out }: Session): string => {
  const columns = [
    { title: "COLUMN" },
    { title: "KIND" },
    { title: "RESOURCE" },
    { title: "ROWS", align: "right" },
    { title: "NOTES" }
  ] as const
  const rows = candidates.map(({ location, hits, sampled, notes }) => [
    `${location.table}.${location.column}`,
    location.kind,
    String(location.resource ?? "*"),
    `${hits}/${sampled}`,
    notes.join("; ")
  ])
  return [
    candidates.length === 0
      ? "No column has a source id."
      : table(columns, rows, { paint: out.paint, width: process.stdout.columns ?? 160 }),
    ...unfit.map(({ table: name, reason }) => `${out.paint("yellow", "no location")}  ${name}.${reason}`),
    ...unseen.map(({ table: name, reason }) => `${out.paint("dim", "look again")}  ${name}.${reason}`),
    ...notScanned.map(({ table: name, reason }) => `${out.paint("dim", "not looked at")}  ${name}: ${reason}`)
  ].join("\n")
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
    ...(report.pending === report.rows
      ? []
      : [
          `${report.rows - report.pending} of ${report.rows} are written already or were changed since; ${report.pending} are still to be written.`
        ]),
    ...plan.findings.map(({ level, subject, message }) => `${out.paint(colors[level], level)}  ${subject}: ${message}`),
    ...report.untried.map((line) => `${out.paint("yellow", "warning")}  ${line}`),
    ...report.problems.map((problem) => `${out.paint("red", "stops apply")}  ${problem}`),
    ...plan.notes
  ].join("\n")

/** What `migrate apply` takes besides. */
export interface ApplyInput extends WritingInput {
  readonly watch: boolean
  readonly every: number | undefined
  readonly untilQuiet: number | undefined
}

/** Dry run, question, apply, verify; with `watch` again and again. Exit code 1 when something stands against it, or is left. */
export const apply = async (input: ApplyInput, session: Session): Promise<number> => {
  const { out } = session
  const { driver, plan, step } = await prepareWriting(input, session)
  const report = await dryRunDatabase(driver, plan, step)
  out.status(undefined)
  out.note(dryRunText(report, plan, session))
  if (report.problems.length > 0) throw new MigrationError({ _tag: "Refused", problems: report.problems })
  if (report.pending > 0) await session.confirm(`Rewrite ${report.pending} rows? (migrate rollback puts them back.)`)
  const result = await applyDatabase(driver, plan, step)
  const watched = input.watch ? await watch(input, session, driver, plan, step) : undefined
  // Interrupted is how a watch ends: what it did is looked at all the same.
  const verified = await verifyDatabase(driver, plan, input.watch ? { ...step, signal: undefined } : step)
  out.status(undefined)
  const changed = result.changed + (watched?.changed ?? 0)
  out.result({ ...result, changed, ...(watched && { passes: watched.passes }), verified }, () =>
    [`${changed} rows rewritten.`, verifyText(verified)].join("\n")
  )
  return verified.ok ? exitCodes.ok : exitCodes.differences
}

const watch = (
  { every, untilQuiet }: ApplyInput,
  { out, signal }: Session,
  driver: SqlDriver,
  plan: DatabasePlan,
  step: StepOptions
): Promise<WatchReport> =>
  watchDatabase(driver, plan, {
    ...step,
    signal,
    quiet: untilQuiet,
    every: every === undefined ? undefined : every * 1000,
    onPass: ({ pass, changed }) => out.note(`pass ${pass}: ${changed} rows caught up with`)
  })

/** Takes a mapping that has grown into the run that is there. */
export const extend = async (input: DatabaseInput, session: Session): Promise<void> => {
  const { driver, plan } = await prepare(input, session)
  const report = await extendDatabase(driver, plan)
  session.out.result(report, () =>
    report.added === 0
      ? "There is nothing new in the mapping."
      : "Extended. Go on with migrate dry-run, which finds the rows, and migrate apply."
  )
}

/** Whether everything is rewritten. Exit code 1 when not. */
export const verify = async (
  input: DatabaseInput & { readonly scan: boolean; readonly api: boolean; readonly rolledBack: boolean },
  session: Session
): Promise<number> => {
  const { out, signal } = session
  // First: a runtime that cannot be reached is known before a long look at the database.
  const api = input.api
    ? await checkTargets(await session.client(), await readMappings(input.mapping), { signal })
    : undefined
  const { driver, plan, step } = await prepare(input, session)
  const report = await verifyDatabase(driver, plan, {
    ...step,
    scan: input.scan,
    state: input.rolledBack ? "original" : "applied"
  })
  out.status(undefined)
  out.result({ ...report, ...(api && { api }) }, () =>
    [verifyText(report), ...(api === undefined ? [] : targetsText(api))].join("\n")
  )
  return report.ok && api?.ok !== false ? exitCodes.ok : exitCodes.differences
}

const targetsText = ({ checked, missing, unchecked }: TargetReport): ReadonlyArray<string> => [
  missing.length === 0
    ? `The runtime has all ${checked} rows that the mapping leads to.`
    : `The runtime does not have ${missing.length} of ${checked} rows that the mapping leads to:`,
  ...missing.map(({ resource, sourceId, runtimeId }) => `- ${resource} ${runtimeId}, which was ${sourceId}`),
  ...unchecked.map(
    ({ resource, mappings }) => `${mappings} of ${resource} were not looked for: a runtime has no such list.`
  )
]

const verifyText = (report: Awaited<ReturnType<typeof verifyDatabase>>): string =>
  [
    report.ok ? "Verified: nothing is left." : "Not all is well:",
    ...report.problems.map((problem) => `- ${problem}`),
    ...(report.information.length > 0 ? ["Others wrote meanwhile:"] : []),
    ...report.information.map((line) => `- ${line}`)
  ].join("\n")

/** Puts the old ids back. Exit code 1 when a row could not be. */
export const rollback = async (
  input: WritingInput & { readonly reverse: boolean },
  session: Session
): Promise<number> => {
  const { driver, plan, step } = await prepareWriting(input, session)
  await session.confirm("Put the old ids back?")
  const result = await rollbackDatabase(driver, plan, { ...step, reverse: input.reverse })
  session.out.status(undefined)
  session.out.result(result, () => rollbackText(result))
  return result.notRestored.length === 0 ? exitCodes.ok : exitCodes.differences
}

const reasons: Readonly<Record<NotRestored["reason"], string>> = {
  emptied: "have no value any more",
  changed: "have a value that apply did not write",
  gone: "are not there any more",
  "no parent": "refer to a row that is not there",
  "in use": "keep the id of the runtime, to which rows refer that were written since (--reverse takes those along)",
  dropped: "have no old value in the ledger any more: cleanup --values dropped it"
}

const rollbackText = ({ changed, reversed, notRestored, writtenSince }: RollbackReport): string =>
  [
    `${changed} rows put back.`,
    ...(reversed === 0
      ? []
      : [`${reversed} rows that held an id of the runtime went back through the inverse mapping.`]),
    ...(notRestored.length === 0 ? [] : ["Not as they were:"]),
    ...notRestored.map(({ location, reason, rows }) => `- ${location}: ${rows} rows ${reasons[reason]}`),
    ...(writtenSince.length === 0 ? [] : ["As somebody wrote them since the first dry run:"]),
    ...writtenSince.map(({ location, rows }) => `- ${location}: ${rows} rows`)
  ].join("\n")

/** Drops what the dry run made, or the values in it alone. */
export const cleanup = async (
  input: DatabaseInput & { readonly values: boolean; readonly acceptDrift: boolean },
  session: Session
): Promise<void> => {
  const { driver, plan } = await prepare(input, session)
  await session.confirm(
    input.values
      ? "Drop the old values of documents and texts? There is no rollback of those after that."
      : "Drop the ledgers? There is no rollback after that."
  )
  const report = await cleanupDatabase(driver, plan, {
    values: input.values,
    drifted: input.acceptDrift ? "accept" : "refuse"
  })
  session.out.result(report, () =>
    report.dropped === "all" ? "Dropped." : `${report.rows} rows of values dropped; ids are kept.`
  )
}
