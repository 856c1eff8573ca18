/**
 * Differences between account and runtime, and those that somebody has said are meant.
 *
 * @since 0.2.0
 */
import type { Names } from "@aywa-ai/runtime-sdk/contract"
import { canonical, isObject } from "../bundle/Bundle.ts"
import { checkOptions } from "../errors/checkOptions.ts"
import { invalid } from "../errors/MigrationError.ts"

/**
 * A field that is not the same on both sides.
 *
 * @since 0.1.0
 * @category models
 */
export interface Difference {
  readonly resource: string
  readonly sourceId: string
  readonly runtimeId?: string
  /** Where, such as `model.messages[0].content`; empty for a whole row. */
  readonly path: string
  /** What is wrong, in words. */
  readonly message: string
  /** The source's value with references as they must be in the runtime, and the runtime's. Secrets are masked. */
  readonly source?: unknown
  readonly runtime?: unknown
}

/**
 * A difference that is meant, such as another voice. What is absent fits any; `path` also covers what lies below it. With
 * `runtime` (or `source`) it holds for that value alone: a later change is a difference again.
 *
 * @since 0.2.0
 * @category models
 */
export interface AcceptedDifference extends Partial<Difference> {}

/** Which differences are accepted, and which entries were of no use. */
export interface Acceptance {
  readonly takes: (difference: Difference) => boolean
  readonly unused: () => ReadonlyArray<AcceptedDifference>
}

const names: Names<AcceptedDifference> = {
  resource: true,
  sourceId: true,
  runtimeId: true,
  path: true,
  message: true,
  source: true,
  runtime: true
}

const texts = ["resource", "sourceId", "runtimeId", "path", "message"] as const

/** Checks the entries. One that would fit anything is refused: it would switch the comparison off. */
export const makeAcceptance = (entries: ReadonlyArray<AcceptedDifference>): Acceptance => {
  for (const [at, entry] of entries.entries()) {
    if (!isObject(entry)) return invalid(`accept[${at}]`, "expected an object such as { sourceId, path }")
    checkOptions(`accept[${at}]`, entry, names)
    for (const name of texts) {
      const value: unknown = entry[name]
      if (value !== undefined && typeof value !== "string") return invalid(`accept[${at}].${name}`, "expected a text")
    }
    if (entry.sourceId === undefined && entry.runtimeId === undefined && (entry.path ?? "") === "") {
      return invalid(`accept[${at}]`, "it would accept everything: name a row (sourceId), a field (path), or both")
    }
  }
  const used = new Set<AcceptedDifference>()
  const takes = (difference: Difference): boolean => {
    const fitting = entries.filter((entry) => fits(entry, difference))
    for (const entry of fitting) used.add(entry)
    return fitting.length > 0
  }
  return { takes, unused: () => entries.filter((entry) => !used.has(entry)) }
}

const fits = (entry: AcceptedDifference, difference: Difference): boolean =>
  (["resource", "sourceId", "runtimeId", "message"] as const).every(
    (name) => entry[name] === undefined || entry[name] === difference[name]
  ) &&
  (["source", "runtime"] as const).every(
    (name) => !(name in entry) || canonical(entry[name]) === canonical(difference[name])
  ) &&
  (entry.path === undefined || isAtOrBelow(difference.path, entry.path))

/** An empty path is the whole row, and nothing lies below it: a row that is missing is not what its fields are. */
const isAtOrBelow = (path: string, top: string): boolean =>
  path === top || (top !== "" && (path.startsWith(`${top}.`) || path.startsWith(`${top}[`)))
