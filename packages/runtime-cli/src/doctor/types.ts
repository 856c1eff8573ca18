/**
 * What the production checklist is made of.
 */
import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import type { Settings } from "../core/settings.ts"
import type { Probe } from "./probe.ts"

/** What a check came to. `skip`: it does not apply, or something before it failed. */
export type Status = "ok" | "warn" | "fail" | "skip"

/** What a check found. */
export interface Outcome {
  readonly status: Status
  /** What was found, in one sentence. */
  readonly detail: string
  /** What to do about it; for `warn` and `fail`. */
  readonly fix?: string | undefined
}

/** An outcome with its check: one line of the report, and one object of its JSON. */
export interface Finding extends Outcome {
  /** Such as `net.tls`. Stable. */
  readonly id: string
  /** What the check is for: why it matters. */
  readonly meaning: string
  readonly ms: number
}

/** What `doctor` takes. */
export interface DoctorInput {
  readonly only: string | undefined
  readonly write: boolean
  readonly clientDir: string | undefined
  readonly webhookUrl: string | undefined
  readonly mapping: string | undefined
  readonly profile: string | undefined
}

/** What checks work with. */
export interface CheckContext {
  readonly input: DoctorInput
  readonly settings: Settings
  readonly signal: AbortSignal
  readonly env: Readonly<Record<string, string | undefined>>
  /** The parsed address; only for checks that need `config.base-url`. */
  readonly base: () => URL
  /** The key; only for checks that need `config.key`. */
  readonly key: () => string
  readonly probe: Probe
  /** The same, not cut short by Ctrl-C: for making what must be taken back, and for taking it back. */
  readonly steady: Probe
  /** The SDK's client, for checks that read whole lists. */
  readonly client: () => Promise<AywaRuntimeClient>
}

/** One check. */
export interface Check {
  readonly id: string
  /** What it is for: why it matters. */
  readonly meaning: string
  /** Checks without whose failure this one makes sense: it is skipped when one of them failed, or what that needs. */
  readonly needs: ReadonlyArray<string>
  readonly run: (context: CheckContext) => Promise<Outcome>
}

export const ok = (detail: string): Outcome => ({ status: "ok", detail })
export const warn = (detail: string, fix: string): Outcome => ({ status: "warn", detail, fix })
export const fail = (detail: string, fix: string): Outcome => ({ status: "fail", detail, fix })
export const skip = (detail: string): Outcome => ({ status: "skip", detail })

/** The worse of two statuses decides. */
export const worst = (outcomes: ReadonlyArray<Outcome>): Status => {
  for (const status of ["fail", "warn", "ok"] as const) {
    if (outcomes.some((outcome) => outcome.status === status)) return status
  }
  return "skip"
}
