/**
 * A plan applied: backup first, then row by row, each write guarded and noted before the next one.
 *
 * @since 0.2.0
 */
import type { Names } from "@aywa-ai/runtime-sdk/contract"
import type { Problem } from "../errors/Problem.ts"
import { checkOptions } from "../errors/checkOptions.ts"
import { fail, throwIfAborted } from "../errors/RuntimeConfigError.ts"
import type { Config } from "../folder/Config.ts"
import { checkPlanOptions, type PlanOptions } from "../plan/options.ts"
import { conflictsOf, planWithFacts } from "../plan/planConfig.ts"
import type { Plan, Step } from "../plan/Plan.ts"
import { readRemote, type Remote } from "../remote/readRemote.ts"
import { type ConfigClient, rowsOf, type RuntimeRows } from "../remote/rows.ts"
import { kindOf } from "../rows/kinds.ts"
import { fillSecrets } from "../rows/placeholders.ts"
import { toIds } from "../rows/references.ts"
import { writeBackup } from "./backup.ts"
import { type Ledger, openLedger } from "../ledger/ledger.ts"
import { locked } from "../ledger/lock.ts"
import type { ApplyOptions } from "./options.ts"
import { asRowConflict, failureOf } from "./refusal.ts"
import { bodyOf, create, type Push, remove, update } from "./writes.ts"

/**
 * What came of it.
 *
 * @since 0.2.0
 * @category models
 */
export interface ApplyReport {
  /** In the order in which they were written. */
  readonly applied: ReadonlyArray<{ readonly action: Step["action"]; readonly address: string; readonly id: string }>
  /** Rows that were refused; with `keepGoing` only. */
  readonly refused: ReadonlyArray<Problem>
  /** The backup that `config rollback` takes; absent when no row was changed. */
  readonly backup?: string | undefined
}

/**
 * Applies a plan, and keeps the state after every row.
 *
 * **Details**
 *
 * Every row is looked at again before it is written, and written with `If-Match`: when somebody changed it since the plan
 * was made, it is refused with a `Conflict`. Creates carry a key that is made of their content. When the answer to a write
 * is lost, it stops with `MaybeApplied`: plan and apply again, nothing is made twice.
 *
 * @since 0.2.0
 * @category push
 */
export const applyPlan = (
  aywa: ConfigClient,
  config: Config,
  plan: Plan,
  options: ApplyOptions = {}
): Promise<ApplyReport> =>
  locked(config.folder, config.environment.name, async () => {
    checkOptions("applyPlan", options, applyNames)
    const runtime = rowsOf(aywa)
    const remote = await readRemote(runtime, config, { signal: options.signal })
    assertSame(config, plan, remote, options)
    return applySteps({ runtime, config, plan, remote, options })
  })

/**
 * Plans and applies in one go, with one reading of the lists. `confirm` sees the plan, and stops everything by throwing.
 *
 * @since 0.2.0
 * @category push
 */
export const pushConfig = (
  aywa: ConfigClient,
  config: Config,
  options: ApplyOptions & {
    readonly plan?: PlanOptions
    readonly confirm?: (plan: Plan) => Promise<void>
  } = {}
): Promise<ApplyReport & { readonly plan: Plan }> =>
  locked(config.folder, config.environment.name, async () => {
    checkOptions("pushConfig", options, { ...applyNames, plan: true, confirm: true })
    checkPlanOptions("pushConfig", options.plan ?? {})
    const { signal, baseUrl } = options
    const { plan, facts } = await planWithFacts(aywa, config, { signal, baseUrl, ...options.plan })
    await options.confirm?.(plan)
    const report = await applySteps({ runtime: rowsOf(aywa), config, plan, remote: facts.remote, options })
    return { ...report, plan }
  })

interface Work {
  readonly runtime: RuntimeRows
  readonly config: Config
  readonly plan: Plan
  readonly remote: Remote
  readonly options: ApplyOptions
}

/** A plan is of one runtime, one organization and the rows as they were. */
const assertSame = (config: Config, plan: Plan, remote: Remote, { baseUrl }: ApplyOptions): void => {
  const problems: Array<Problem> = []
  const differ = (what: string, planned: string | undefined, now: string | undefined) => {
    if (planned !== undefined && now !== undefined && planned !== now) {
      problems.push({
        file: "the plan",
        path: what,
        detail: `It was made for ${planned}, this is ${now}. Make a new plan.`
      })
    }
  }
  differ("environment", plan.environment, config.environment.name)
  differ("baseUrl", plan.baseUrl, baseUrl ?? config.environment.baseUrl)
  differ("organizationId", plan.organizationId, config.environment.organizationId ?? remote.organizationId)
  for (const { action, address, kind, id, digest } of plan.steps) {
    if (action !== "update" && action !== "delete" && action !== "adopt") continue
    const now = id === undefined ? undefined : remote.rows.get(kind)?.get(id)
    if (now?.digest !== digest) {
      problems.push({
        file: address,
        detail: "It was changed on the runtime after the plan was made. Make a new plan."
      })
    }
  }
  for (const { action, address } of plan.steps) {
    if (action === "create" && Object.hasOwn(config.state.ids, address)) {
      problems.push({ file: address, detail: "It was made after the plan was. Make a new plan." })
    }
  }
  if (problems.length > 0) fail({ _tag: "Conflict", problems })
}

const writes: ReadonlySet<Step["action"]> = new Set(["create", "update", "delete"])

/** The steps of a plan, in its order. */
const applySteps = async ({ runtime, config, plan, remote, options }: Work): Promise<ApplyReport> => {
  const conflicts = conflictsOf(plan)
  if (conflicts.length > 0 && options.keepGoing !== true) fail({ _tag: "Conflict", problems: conflicts })
  const organization = config.environment.organizationId ?? plan.organizationId
  const ledger = openLedger(config, remote.credentials, organization)
  const push: Push = { runtime, ledger, options, organization: config.environment.organizationId ?? "" }
  noteSeen(plan, remote, ledger)
  const steps = plan.steps.filter(({ action }) => writes.has(action))
  assertSecrets(steps, options)
  const backup = saveRows(config, steps, remote, options)
  const applied: Array<ApplyReport["applied"][number]> = []
  const refused = [...conflicts]
  const stopped = new Set(conflicts.map(({ file }) => file))
  const pending: Array<Step> = []
  const done = (action: Step["action"], address: string, id: string) => {
    applied.push({ action, address, id })
    options.onEvent?.({ type: "row", action, address, id, done: applied.length, of: steps.length })
  }
  const attempt = async (step: Step, run: () => Promise<void>): Promise<void> => {
    throwIfAborted(options.signal)
    const blocker = dependsOn(step, stopped, ledger)
    if (blocker !== undefined) {
      refused.push({ file: step.address, detail: `It refers to ${blocker}, which was refused.` })
      stopped.add(step.address)
      return
    }
    try {
      await run()
    } catch (error) {
      const problem = asRowConflict(step, error)
      if (problem === undefined) throw failureOf(step, error)
      if (options.keepGoing !== true) fail({ _tag: "Conflict", problems: [problem] }, error)
      refused.push(problem)
      stopped.add(step.address)
    }
  }
  for (const step of steps) {
    await attempt(step, async () => {
      if (step.action === "create") {
        const { id, missing } = await create(push, step)
        if (Object.keys(missing).length > 0) pending.push({ ...step, id, set: missing })
        done("create", step.address, id)
      } else if (step.action === "update") {
        // It refers to a row that is made further down.
        if (bodyOf(push, step, step.set ?? {}).pending.length > 0) pending.push(step)
        else done("update", step.address, await update(push, step))
      } else done("delete", step.address, await remove(push, step))
    })
  }
  // Rows that refer to one another in a circle: the references back, now that both have ids.
  for (const step of pending) {
    await attempt(step, async () => {
      const id = await update(push, step)
      if (step.action === "update") done("update", step.address, id)
    })
  }
  return { applied, refused, ...(backup === undefined ? {} : { backup }) }
}

/** What needs no write is noted: rows that are there already, and rows as they are now. */
const noteSeen = (plan: Plan, remote: Remote, ledger: Ledger): void => {
  for (const { action, address, kind, id, row } of plan.steps) {
    const found = id === undefined ? undefined : remote.rows.get(kind)?.get(id)
    if (found === undefined || row === undefined) continue
    if (action === "adopt" || action === "unchanged") ledger.saw(address, kind, found, row)
  }
}

/** A secret that is missing is found before anything is sent. */
const assertSecrets = (steps: ReadonlyArray<Step>, { variables = process.env }: ApplyOptions): void => {
  const problems: Array<Problem> = []
  for (const { address, action, set, row } of steps) {
    const body = action === "create" ? row : set
    if (body !== undefined)
      fillSecrets(body, variables, (path, detail) => problems.push({ file: address, path, detail }))
  }
  if (problems.length > 0) fail({ _tag: "Invalid", problems })
}

const saveRows = (
  config: Config,
  steps: ReadonlyArray<Step>,
  remote: Remote,
  options: ApplyOptions
): string | undefined => {
  const rows = steps.flatMap(({ kind, id, address }) => {
    const found = id === undefined ? undefined : remote.rows.get(kind)?.get(id)
    return found === undefined ? [] : [{ address, kind, id: found.id, row: found.row }]
  })
  if (rows.length === 0) return undefined
  const time = new Date((options.now ?? Date.now)()).toISOString()
  const created = steps.filter(({ action }) => action === "create").map(({ address }) => address)
  const name = writeBackup(config.folder, config.environment.name, { time, rows, created })
  options.onEvent?.({ type: "backup", name })
  return name
}

/** The refused row that a step refers to, if it does. */
const dependsOn = (step: Step, stopped: ReadonlySet<string>, ledger: Ledger): string | undefined => {
  if (stopped.size === 0 || step.row === undefined) return undefined
  return toIds(step.kind, step.row, ledger.directory())
    .pending.map(({ to, value }) => (to === undefined || to === "credentials" ? "" : `${kindOf(to).folder}/${value}`))
    .find((address) => stopped.has(address))
}

/** The names of `ApplyOptions`. */
const applyNames: Names<ApplyOptions> = {
  keepGoing: true,
  variables: true,
  baseUrl: true,
  signal: true,
  onEvent: true,
  now: true
}
