/** Two runs side by side: what a new version of the runtime changed. */
import type { Status } from "../model/Case.ts"
import type { Capability, CaseResult, Drift, Report } from "../model/Report.ts"
import { ConformanceError } from "../errors/ConformanceError.ts"
import { isObject } from "../model/json.ts"

/**
 * A case that came to something else than before.
 *
 * @since 0.2.0
 * @category models
 */
export interface CaseChange {
  readonly id: string
  readonly level: CaseResult["level"]
  /** `undefined`: it did not run then, or not now. */
  readonly before: Status | undefined
  readonly after: Status | undefined
  readonly got: string
}

/**
 * What is different between two runs.
 *
 * @since 0.2.0
 * @category models
 */
export interface Comparison {
  /** When the earlier run was, and of which version. */
  readonly before: { readonly createdAt: string; readonly runtimeVersion?: string | undefined }
  /** When the later run was, and of which version. */
  readonly after: { readonly createdAt: string; readonly runtimeVersion?: string | undefined }
  /** What fails now and did not before. */
  readonly broken: ReadonlyArray<CaseChange>
  /** What passes now and failed before. */
  readonly mended: ReadonlyArray<CaseChange>
  /** Every other change, such as to or from `inconclusive`. */
  readonly other: ReadonlyArray<CaseChange>
  /** Verdicts that changed. */
  readonly capabilities: ReadonlyArray<{
    readonly name: Capability["name"]
    readonly before: Capability["verdict"]
    readonly after: Capability["verdict"]
  }>
  /** Fields, words and events that were not seen before. */
  readonly drift: ReadonlyArray<Drift>
}

/**
 * Compares a run with an earlier one. A case that was skipped in one of them is no change.
 *
 * @since 0.2.0
 * @category report
 */
export const compareReports = (before: Report, after: Report): Comparison => {
  const earlier = new Map(before.cases.map((one) => [one.id, one]))
  const changes = after.cases.flatMap((now): ReadonlyArray<CaseChange> => {
    const then = earlier.get(now.id)
    if (now.status === "skip" || then === undefined || then.status === "skip" || then.status === now.status) return []
    return [{ id: now.id, level: now.level, before: then.status, after: now.status, got: now.got }]
  })
  const broken = changes.filter(({ after }) => after === "fail")
  const mended = changes.filter(({ before, after }) => before === "fail" && after === "pass")
  const key = ({ kind, place, value }: Drift) => JSON.stringify([kind, place, value])
  const seen = new Set(before.drift.map(key))
  return {
    before: { createdAt: before.createdAt, runtimeVersion: before.runtimeVersion },
    after: { createdAt: after.createdAt, runtimeVersion: after.runtimeVersion },
    broken,
    mended,
    other: changes.filter((change) => !broken.includes(change) && !mended.includes(change)),
    capabilities: after.capabilities.flatMap(({ name, verdict }) => {
      const then = before.capabilities.find((one) => one.name === name)
      return then === undefined || then.verdict === verdict || verdict === "unknown" || then.verdict === "unknown"
        ? []
        : [{ name, before: then.verdict, after: verdict }]
    }),
    drift: after.drift.filter((one) => !seen.has(key(one)))
  }
}

/**
 * A comparison as text.
 *
 * @since 0.2.0
 * @category report
 */
export const formatComparison = ({ before, after, broken, mended, other, capabilities, drift }: Comparison): string => {
  const when = ({ createdAt, runtimeVersion }: Comparison["before"]) =>
    runtimeVersion === undefined ? createdAt : `${createdAt} (version ${runtimeVersion})`
  const line = ({ id, level, before, after, got }: CaseChange) => `  ${id} (${level}): ${before} -> ${after}: ${got}`
  const part = (title: string, changes: ReadonlyArray<CaseChange>) =>
    changes.length === 0 ? [] : [title, ...changes.map(line)]
  const lines = [
    ...part("Broken since:", broken),
    ...part("Mended since:", mended),
    ...part("Otherwise changed:", other),
    ...capabilities.map(({ name, before, after }) => `${name}: ${before} -> ${after}`),
    ...drift.map(({ kind, place, value }) => `New ${kind}: ${place}${kind === "field" ? "" : ` ${value}`}`)
  ]
  return [
    `Compared with ${when(before)}, ${when(after)} has ${lines.length === 0 ? "nothing new." : "changed:"}`,
    ...lines
  ].join("\n")
}

/**
 * Reads a report that was written as JSON. Throws a ConformanceError that says what is wrong with it.
 *
 * @since 0.2.0
 * @category report
 */
export const readReport = (text: string): Report => {
  const refuse = (what: string): never => {
    throw new ConformanceError("Invalid", `The baseline ${what}. Write one with --format json.`)
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return refuse("is not JSON")
  }
  if (!isObject(json) || json["formatVersion"] !== 1) return refuse("is no report of formatVersion 1")
  for (const name of ["cases", "capabilities", "drift"]) if (!Array.isArray(json[name])) return refuse(`has no ${name}`)
  const cases = json["cases"] as ReadonlyArray<unknown> // An array, as was just seen.
  if (!cases.every((one) => isObject(one) && typeof one["id"] === "string" && typeof one["status"] === "string")) {
    return refuse("has a case without id or status")
  }
  // What is compared of it was looked at.
  return json as unknown as Report
}
