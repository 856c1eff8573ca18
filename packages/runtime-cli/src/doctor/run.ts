/**
 * Runs the production checklist, in order: what needs a check that failed is not tried.
 */
import * as Redacted from "effect/Redacted"
import { CliFailure, messageOf, usage } from "../core/failure.ts"
import type { Session } from "../core/session.ts"
import { authChecks } from "./checks/auth.ts"
import { bundleChecks } from "./checks/bundle.ts"
import { configChecks } from "./checks/config.ts"
import { idempotencyChecks } from "./checks/idempotency.ts"
import { migrationChecks } from "./checks/migration.ts"
import { networkChecks } from "./checks/network.ts"
import { profileChecks } from "./checks/profile.ts"
import { runtimeChecks, setupChecks } from "./checks/runtime.ts"
import { webhookDeliveryChecks } from "./checks/webhookDelivery.ts"
import { webhookHandlerChecks } from "./checks/webhookHandler.ts"
import { webhookSecretChecks } from "./checks/webhookSecret.ts"
import { makeProbe } from "./probe.ts"
import { report } from "./report.ts"
import { type Check, type CheckContext, type DoctorInput, fail, type Finding, skip } from "./types.ts"

/** Every check, in the order of what needs what. */
export const checks: ReadonlyArray<Check> = [
  ...configChecks,
  ...networkChecks,
  ...runtimeChecks,
  ...authChecks,
  ...setupChecks,
  ...bundleChecks,
  ...idempotencyChecks,
  ...profileChecks,
  ...webhookSecretChecks,
  ...webhookHandlerChecks,
  ...webhookDeliveryChecks,
  ...migrationChecks
]

/** Runs the checks and reports. Exit code 0, 1 with warnings, 2 with failures. */
export const doctor = async (input: DoctorInput, session: Session): Promise<number> => {
  const { out, signal } = session
  const selection = selectionOf(input.only)
  const findings: Array<Finding> = []
  const blockers = new Map<string, string>()
  const context = contextOf(input, session)
  for (const check of checks) {
    if (!selection.has(check.id)) continue
    signal.throwIfAborted()
    out.status(`${check.id} …`)
    const began = performance.now()
    const cause = check.needs.map((need) => blockers.get(need)).find((why) => why !== undefined)
    const outcome = cause === undefined ? await run(check, context) : skip(`because ${cause} failed`)
    if (cause !== undefined) blockers.set(check.id, cause)
    if (outcome.status === "fail") blockers.set(check.id, check.id)
    findings.push({ id: check.id, ...outcome, meaning: check.meaning, ms: Math.round(performance.now() - began) })
  }
  out.status(undefined)
  return report(findings, session)
}

/** The checks of the groups or ids that are asked for, and what those need. */
const selectionOf = (only: string | undefined): ReadonlySet<string> => {
  const ids = new Set(checks.map(({ id }) => id))
  if (only === undefined) return ids
  const words = only.split(",").map((word) => word.trim())
  const selection = new Set<string>()
  const add = (check: Check): void => {
    selection.add(check.id)
    for (const need of checks) if (check.needs.includes(need.id) && !selection.has(need.id)) add(need)
  }
  for (const word of words) {
    const matches = checks.filter(({ id }) => id === word || id.startsWith(`${word}.`))
    if (matches.length === 0) {
      const groups = [...new Set([...ids].map((id) => id.split(".")[0]))]
      throw usage(`There is no check ${word}.`, `There are: ${groups.join(", ")}; or one check such as net.tls.`)
    }
    for (const check of matches) add(check)
  }
  return selection
}

const run = async (check: Check, context: CheckContext) => {
  try {
    return await check.run(context)
  } catch (error) {
    context.signal.throwIfAborted()
    if (error instanceof CliFailure) return fail(error.message, error.hint ?? "Correct it, and run this check again.")
    return fail(`The check itself failed: ${messageOf(error)}`, "Run it again with --debug, and report what it prints.")
  }
}

const contextOf = (input: DoctorInput, { settings, signal, client }: Session): CheckContext => {
  const base = () => new URL(settings.address?.value ?? "")
  const key = () => (settings.key === undefined ? "" : Redacted.value(settings.key.value))
  const options = { base, key, organization: () => settings.orgId?.value, timeoutMs: (settings.timeout ?? 15) * 1000 }
  return {
    input,
    settings,
    signal,
    base,
    key,
    env: process.env,
    probe: makeProbe({ ...options, signal }),
    steady: makeProbe({ ...options, signal: new AbortController().signal }),
    client
  }
}
