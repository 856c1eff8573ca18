/**
 * A plan applied: backup first, then row by row, each write guarded and noted before the next one.
 *
 * @since 0.2.0
 */
import { createHash } from "node:crypto"
import type { ClientCallOptions, JsonObject } from "@aywa-ai/runtime-sdk"
import type { Problem } from "../errors/Problem.ts"
import { fail, throwIfAborted } from "../errors/RuntimeConfigError.ts"
import type { Config } from "../folder/Config.ts"
import { conflictsOf, planWithFacts } from "../plan/planConfig.ts"
import type { Plan, Step } from "../plan/Plan.ts"
import { readRemote, type Remote, remoteRow } from "../remote/readRemote.ts"
import { type Answered, type ConfigClient, rowsOf, type RuntimeRows } from "../remote/rows.ts"
import { canonical } from "../rows/json.ts"
import { kindOf, managed } from "../rows/kinds.ts"
import { fillSecrets } from "../rows/placeholders.ts"
import { toIds } from "../rows/references.ts"
import { keepSecrets } from "../rows/secrets.ts"
import { writeBackup } from "./backup.ts"
import { type Ledger, openLedger } from "../ledger/ledger.ts"
import { locked } from "../ledger/lock.ts"
import { asRowConflict, failureOf } from "./refusal.ts"

/**
 * What happens while a plan is applied.
 *
 * @since 0.2.0
 * @category models
 */
export type ApplyEvent =
  | { readonly type: "backup"; readonly name: string }
  | {
      readonly type: "row"
      readonly action: Step["action"]
      readonly address: string
      readonly id: string
      /** Rows written so far, this one included, and rows that this plan writes. */
      readonly done: number
      readonly of: number
    }
  /** The runtime sends no ETag: between the last look and the write somebody else's change would not be noticed. */
  | { readonly type: "weak-guard"; readonly address: string }

/**
 * How a plan is applied.
 *
 * @since 0.2.0
 * @category models
 */
export interface ApplyOptions {
  /** Goes on with rows that do not depend on a refused one. Default: stop at the first. */
  readonly keepGoing?: boolean | undefined
  /** Where `${env:NAME}` gets the values of secrets. Default: `process.env`. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined
  /** The runtime's address: a plan that was made for another one is refused. Default: the environment's. */
  readonly baseUrl?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: ApplyEvent) => void) | undefined
  /** Milliseconds since 1970, for the backup's name. Default: the system's clock. */
  readonly now?: (() => number) | undefined
}

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
    readonly plan?: Parameters<typeof planWithFacts>[2]
    readonly confirm?: (plan: Plan) => Promise<void>
  } = {}
): Promise<ApplyReport & { readonly plan: Plan }> =>
  locked(config.folder, config.environment.name, async () => {
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

interface Push {
  readonly runtime: RuntimeRows
  readonly ledger: Ledger
  readonly options: ApplyOptions
  /** As it is configured: a part of the keys, so it must not depend on what was read. */
  readonly organization: string
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

/** What is sent: ids for slugs, secrets for their names. */
const bodyOf = ({ ledger, options }: Push, step: Step, row: JsonObject) => {
  const { row: named, pending, problems } = toIds(step.kind, row, ledger.directory())
  if (problems.length > 0)
    fail({ _tag: "Invalid", problems: problems.map((problem) => ({ ...problem, file: step.address })) })
  return { named, pending, body: fillSecrets(named, options.variables ?? process.env, () => {}) }
}

/**
 * Makes a row. Keys that refer to a row that is not there yet are left out; they are given back, to be sent afterwards,
 * and the state knows only what was sent: whoever goes on after a crash sees them as a change.
 */
const create = async (push: Push, step: Step): Promise<{ readonly id: string; readonly missing: JsonObject }> => {
  const { ledger, options } = push
  const row = step.row ?? {}
  const early = new Set(bodyOf(push, step, row).pending.map(({ at }) => /^[^.[]+/.exec(at)?.[0] ?? at))
  const pick = (isMissing: boolean) =>
    Object.fromEntries(Object.entries(row).filter(([key, value]) => value !== null && early.has(key) === isMissing))
  const sent = pick(false)
  const { named, body } = bodyOf(push, step, sent)
  const resource = push.runtime.of(step.kind)
  const key = keyOf(push.organization, step.address, named)
  let answer = await resource.create(body, { ...callOptions(options), idempotencyKey: key })
  if (answer.replayed) {
    // Somebody may have changed or deleted it since the first request with this key.
    const now = await resource.get(idOf(answer), callOptions(options)).catch(absent)
    const again = `${key}:${idOf(answer).slice(0, 64)}`
    answer = now ?? (await resource.create(body, { ...callOptions(options), idempotencyKey: again }))
  }
  const made = remoteRow(step.kind, answer.row)
  ledger.saw(step.address, step.kind, made, sent)
  return { id: made.id, missing: pick(true) }
}

/** The same row, from the same configuration, has the same key: whoever repeats a create gets the first one's row. */
const keyOf = (organization: string, address: string, body: JsonObject): string =>
  `cfg:${createHash("sha256")
    .update(canonical([organization, address, body]))
    .digest("hex")
    .slice(0, 32)}`

const callOptions = ({ signal }: ApplyOptions): ClientCallOptions => (signal === undefined ? {} : { signal })

const idOf = ({ row }: Answered): string => String(row["id"])

const absent = (error: unknown): undefined => {
  if (Reflect.get(Object(error), "_tag") === "NotFound") return undefined
  throw error
}

/** Looks at a row once more; when it is not the one that was planned for, it is refused. */
const look = async ({ runtime, options }: Push, step: Step): Promise<Answered> => {
  const now = await runtime.of(step.kind).get(step.id ?? "", callOptions(options))
  if (step.digest !== undefined && remoteRow(step.kind, now.row).digest !== step.digest) {
    fail({ _tag: "Conflict", problems: [changedMeanwhile(step)] })
  }
  if (now.etag === undefined) options.onEvent?.({ type: "weak-guard", address: step.address })
  return now
}

const changedMeanwhile = ({ address }: Step): Problem => ({
  file: address,
  detail: `Somebody changed it on the runtime while this ran. Merge with config pull ${address}, then push again.`
})

const guarded = (options: ApplyOptions, { etag }: Answered): ClientCallOptions =>
  etag === undefined ? callOptions(options) : { ...callOptions(options), ifMatch: etag }

/** Changes a row, guarded by the version that was looked at. */
const update = async (push: Push, step: Step): Promise<string> => {
  const { runtime, ledger, options } = push
  const { body, pending } = bodyOf(push, step, step.set ?? {})
  const [missing] = pending
  if (missing !== undefined) {
    const problem = {
      file: step.address,
      path: missing.at,
      detail: `It refers to ${missing.value}, which is not on the runtime. Push that too.`
    }
    fail({ _tag: "Conflict", problems: [problem] })
  }
  const now = await look(push, step)
  const set = keepSecrets(step.kind, body, managed(step.kind, now.row))
  const answer = await runtime.of(step.kind).update(step.id ?? "", set, guarded(options, now))
  const changed = remoteRow(step.kind, { ...answer.row, id: step.id })
  // A rollback says nothing of the file: the next plan shows the row as changed by somebody else.
  if (step.row !== undefined) ledger.saw(step.address, step.kind, changed, step.row)
  return changed.id
}

const remove = async (push: Push, step: Step): Promise<string> => {
  const now = await look(push, step)
  await push.runtime.of(step.kind).remove(step.id ?? "", guarded(push.options, now))
  push.ledger.forget(step.address)
  return step.id ?? ""
}
