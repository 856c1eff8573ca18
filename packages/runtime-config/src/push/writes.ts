/**
 * The writes of a push, one row each: keys from content, guarded by what was looked at, noted at once.
 */
import { createHash } from "node:crypto"
import type { ClientCallOptions, JsonObject } from "@aywa-ai/runtime-sdk"
import type { Problem } from "../errors/Problem.ts"
import { fail } from "../errors/RuntimeConfigError.ts"
import type { Ledger } from "../ledger/ledger.ts"
import type { Step } from "../plan/Plan.ts"
import { remoteRow } from "../remote/readRemote.ts"
import type { Answered, RuntimeRows } from "../remote/rows.ts"
import { canonical } from "../rows/json.ts"
import { managed } from "../rows/kinds.ts"
import { fillSecrets } from "../rows/placeholders.ts"
import { toIds, topKey } from "../rows/references.ts"
import { keepSecrets } from "../rows/secrets.ts"
import type { ApplyOptions } from "./options.ts"

/** What writes need. */
export interface Push {
  readonly runtime: RuntimeRows
  readonly ledger: Ledger
  readonly options: ApplyOptions
  /** As it is configured: a part of the keys, so it must not depend on what was read. */
  readonly organization: string
}

/** What is sent: ids for slugs, secrets for their names. */
export const bodyOf = ({ ledger, options }: Push, step: Step, row: JsonObject) => {
  const { row: named, pending, problems } = toIds(step.kind, row, ledger.directory())
  if (problems.length > 0)
    fail({ _tag: "Invalid", problems: problems.map((problem) => ({ ...problem, file: step.address })) })
  return { named, pending, body: fillSecrets(named, options.variables ?? process.env, () => {}) }
}

/**
 * Makes a row. Keys that refer to a row that is not there yet are left out; they are given back, to be sent afterwards,
 * and the state knows only what was sent: whoever goes on after a crash sees them as a change.
 */
export const create = async (
  push: Push,
  step: Step
): Promise<{ readonly id: string; readonly missing: JsonObject }> => {
  const { ledger, options } = push
  const row = step.row ?? {}
  const early = new Set(bodyOf(push, step, row).pending.map(({ at }) => topKey(at)))
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
export const update = async (push: Push, step: Step): Promise<string> => {
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

/** Deletes a row, guarded like an update. */
export const remove = async (push: Push, step: Step): Promise<string> => {
  const now = await look(push, step)
  await push.runtime.of(step.kind).remove(step.id ?? "", guarded(push.options, now))
  push.ledger.forget(step.address)
  return step.id ?? ""
}
