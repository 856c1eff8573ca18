/**
 * The `config` commands that ask a runtime.
 */
import { existsSync } from "node:fs"
import {
  adoptRow,
  applyPlan,
  type ApplyOptions,
  type ApplyReport,
  type DriftReport,
  findDrift,
  formatPlan,
  hasChanges,
  type Plan,
  planConfig,
  planMarkdown,
  planRollback,
  pullConfig,
  pushConfig
} from "@aywa-ai/runtime-config"
import { exitCodes, usage } from "../core/failure.ts"
import { writeWhole } from "../core/files.ts"
import { readText } from "../core/input.ts"
import { makeProgress } from "../core/progress.ts"
import type { Session } from "../core/session.ts"
import { cell } from "../core/table.ts"
import { variablesOf } from "../core/variables.ts"
import { connect, open, type Place } from "./open.ts"

interface Some extends Place {
  readonly rows: ReadonlyArray<string>
}

interface Removal {
  readonly prune: boolean
  readonly recreate: boolean
}

const reading = ({ out }: Session) => ({
  onRows: (kind: string, rows: number) => out.status(`${kind}: ${rows} rows …`)
})

/** Brings the runtime's changes into the files. */
export const pull = async (input: Some, session: Session): Promise<number> => {
  const { out, signal } = session
  const config = open(input, session, "keep")
  const { aywa } = await connect(config, session)
  const report = await pullConfig(aywa, config, { only: input.rows, signal, ...reading(session) })
  out.status(undefined)
  out.result(report, () =>
    [
      ...report.written.map(({ file, change }) =>
        change === "new" ? out.paint("green", `+ ${file}`) : out.paint("yellow", `~ ${file}`)
      ),
      ...report.conflicts.map(({ file, detail }) => `${out.paint("red", `✗ ${file}`)}\n    ${cell(detail)}`),
      ...report.gone.map((address) => `${out.paint("yellow", `? ${address}`)}\n    It was deleted on the runtime.`),
      `Files: ${report.written.length} written, ${report.unchanged} unchanged, ${report.conflicts.length} in conflict.`
    ].join("\n")
  )
  return report.conflicts.length === 0 ? exitCodes.ok : exitCodes.conflict
}

/** Shows what a push would do. */
export const plan = async (
  input: Some &
    Removal & { readonly out: string | undefined; readonly markdown: boolean; readonly "exit-code": boolean },
  session: Session
): Promise<number> => {
  const { out, signal } = session
  const config = open(input, session)
  const { aywa, baseUrl } = await connect(config, session)
  const { prune, recreate, rows: only } = input
  const planned = await planConfig(aywa, config, { only, prune, recreate, baseUrl, signal, ...reading(session) })
  out.status(undefined)
  if (input.out !== undefined) await writeWhole(input.out, `${JSON.stringify(planned, null, 2)}\n`)
  if (input.markdown) out.raw(planMarkdown(planned), planned)
  else out.result(planned, () => formatPlan(planned, { paint: out.paint }))
  return input["exit-code"] && hasChanges(planned) ? exitCodes.changes : exitCodes.ok
}

/** Plans, asks, applies. */
export const push = async (
  input: Some & Removal & { readonly "keep-going": boolean; readonly "confirm-organization": string | undefined },
  session: Session
): Promise<number> => {
  const { signal } = session
  const config = open(input, session)
  const { aywa, baseUrl } = await connect(config, session)
  const file = await planFile(input.rows)
  const options = {
    ...applying(session, baseUrl),
    keepGoing: input["keep-going"]
  }
  const confirm = (planned: Plan) => ask(planned, input, session)
  if (file !== undefined) {
    await confirm(file)
    return reportOf(await applyPlan(aywa, config, file, options), session)
  }
  const { prune, recreate, rows: only } = input
  const report = await pushConfig(aywa, config, {
    ...options,
    confirm,
    plan: { only, prune, recreate, baseUrl, signal, ...reading(session) }
  })
  return reportOf(report, session)
}

/** What every step that applies a plan is given. */
const applying = (session: Session, baseUrl: string | undefined): ApplyOptions => {
  const { out, signal } = session
  const progress = makeProgress(out)
  return {
    variables: variablesOf(session),
    baseUrl,
    signal,
    onEvent: (event) => {
      if (event.type === "row") progress(event.address, event.done, event.of)
      if (event.type === "weak-guard") {
        out.warn(
          `${event.address}: the runtime sends no ETag, so a change in the very moment of the write would not be noticed.`
        )
      }
    }
  }
}

/** The plan of a file, when the first word is one. */
const planFile = async ([first, second]: ReadonlyArray<string>): Promise<Plan | undefined> => {
  if (first === undefined || !first.endsWith(".json") || !existsSync(first)) return undefined
  if (second !== undefined)
    throw usage("A plan's file is applied as a whole.", `Leave ${second} out, or make a plan of it alone.`)
  const parsed: unknown = JSON.parse(await readText(first))
  if (isPlan(parsed)) return parsed
  throw usage(`${first} is no plan of this version.`, "Write it with aywa-runtime config plan --out FILE.")
}

const isPlan = (value: unknown): value is Plan =>
  typeof value === "object" &&
  value !== null &&
  Reflect.get(value, "formatVersion") === 1 &&
  Array.isArray(Reflect.get(value, "steps"))

/** Shows the plan, and asks; deletes need the organization's id. */
const ask = async (
  planned: Plan,
  input: { readonly "confirm-organization"?: string | undefined; readonly "keep-going"?: boolean },
  session: Session
): Promise<void> => {
  const { out } = session
  out.status(undefined)
  if (!out.json) out.raw(formatPlan(planned, { paint: out.paint }))
  const { create, update, delete: deletes, conflict } = planned.counts
  // It is refused anyway.
  if (conflict > 0 && input["keep-going"] !== true) return
  if (create + update + deletes === 0) return
  if (deletes === 0) return session.confirm(`Apply this to ${planned.organizationId ?? planned.environment}?`)
  const organization = planned.organizationId ?? planned.environment
  const confirmed = input["confirm-organization"]
  if (confirmed === undefined)
    return session.confirm(`Rows that this deletes: ${deletes}. Write ${organization} to go on:`, organization)
  if (confirmed !== organization) {
    throw usage(`--confirm-organization ${confirmed} is not the organization of this plan.`, `It is ${organization}.`)
  }
}

const reportOf = ({ applied, refused, backup }: ApplyReport, session: Session): number => {
  const { out } = session
  out.status(undefined)
  out.result({ applied, refused, backup: backup ?? null }, () =>
    [
      ...applied.map(
        ({ action, address, id }) => `${out.paint("green", `✓ ${action}`)} ${address} ${out.paint("dim", id)}`
      ),
      ...refused.map(({ file, detail }) => `${out.paint("red", `✗ ${file}`)}\n    ${cell(detail)}`),
      `Rows: ${applied.length} written, ${refused.length} refused.${backup === undefined ? "" : ` To go back: aywa-runtime config rollback ${backup}`}`
    ].join("\n")
  )
  return refused.length === 0 ? exitCodes.ok : exitCodes.conflict
}

/** Says what is not as it should be. */
export const drift = async (input: Place, session: Session): Promise<number> => {
  const { out, signal } = session
  const config = open(input, session)
  const { aywa } = await connect(config, session)
  const report = await findDrift(aywa, config, { signal, ...reading(session) })
  out.status(undefined)
  out.result(report, () => driftText(report, session))
  return report.ok ? exitCodes.ok : exitCodes.differences
}

const driftText = ({ drifted, orphans, ghosts, twins, ok }: DriftReport, { out: { paint } }: Session): string =>
  [
    ...drifted.map(
      ({ address, changes }) =>
        `${paint("yellow", "changed ")} ${address}: ${changes.map(({ path }) => cell(path.join("."))).join(", ")}`
    ),
    ...orphans.map(({ kind, id, name }) => `${paint("yellow", "no file ")} ${kind} ${id} ${cell(name)}`),
    ...ghosts.map(({ address, id }) => `${paint("red", "gone    ")} ${address} ${id}`),
    ...twins.map(({ kind, ids, name }) => `${paint("red", "twins   ")} ${kind} ${cell(name)}: ${ids.join(", ")}`),
    ok
      ? "Everything is as the files and the state say."
      : "config pull takes changes and new rows over; config adopt says which row a file is."
  ].join("\n")

/** Says which row a file is. */
export const adopt = async (
  input: Place & { readonly address: string; readonly id: string },
  session: Session
): Promise<void> => {
  const { out, signal } = session
  const config = open(input, session, "keep")
  const { aywa } = await connect(config, session)
  const { address, id } = input
  const report = await adoptRow(aywa, config, address, id, { signal })
  out.result({ address, id, ...report }, () =>
    report.differences === 0
      ? `${report.file} is ${id}; they are the same.`
      : `${report.file} is ${id}; places where they differ: ${report.differences}. config plan shows them.`
  )
}

/** Puts rows back. */
export const rollback = async (
  input: Place & { readonly time: string | undefined },
  session: Session
): Promise<number> => {
  const { signal } = session
  const config = open(input, session, "keep")
  const { aywa, baseUrl } = await connect(config, session)
  const planned = await planRollback(aywa, config, { time: input.time, baseUrl, signal })
  await ask(planned, {}, session)
  return reportOf(await applyPlan(aywa, config, planned, applying(session, baseUrl)), session)
}
