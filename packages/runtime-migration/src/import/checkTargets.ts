/**
 * Whether what a ledger leads to is there.
 *
 * @since 0.2.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import { kinds } from "../bundle/Bundle.ts"
import { checkedMappings, type Mapping } from "../ledger/Mapping.ts"
import { existingIds, type MigrationClient } from "./runtimeRows.ts"

/**
 * What a look at the runtime found.
 *
 * @since 0.2.0
 * @category models
 */
export interface TargetReport {
  /** Whether every row that could be looked for is there. */
  readonly ok: boolean
  /** Mappings whose row was looked for. */
  readonly checked: number
  /** Mappings whose row the runtime does not have: ids that lead nowhere, or another organization's. */
  readonly missing: ReadonlyArray<Mapping>
  /** Resources of the ledger that a runtime does not list. */
  readonly unchecked: ReadonlyArray<{ readonly resource: string; readonly mappings: number }>
}

/**
 * Checks the targets of a ledger against the runtime, before or after an application's ids are rewritten to them: a
 * ledger of another runtime or organization, or a row that was deleted since, would leave ids that lead nowhere. Reads
 * only.
 *
 * @since 0.2.0
 * @category import
 */
export const checkTargets = async (
  aywa: MigrationClient,
  mappings: Iterable<Mapping>,
  options: { readonly signal?: AbortSignal | undefined } = {}
): Promise<TargetReport> => {
  checkOptions("checkTargets", options, { signal: true })
  const byResource = Map.groupBy(checkedMappings(mappings), ({ resource }) => resource)
  const missing: Array<Mapping> = []
  const unchecked: Array<TargetReport["unchecked"][number]> = []
  let checked = 0
  for (const [resource, group] of byResource) {
    const kind = kinds.find((kind) => kind.resource === resource)
    const ids = new Set(group.map(({ runtimeId }) => runtimeId))
    const there = kind === undefined ? undefined : await existingIds(aywa, kind, ids, options.signal)
    if (there === undefined) unchecked.push({ resource, mappings: group.length })
    else {
      checked += group.length
      missing.push(...group.filter(({ runtimeId }) => !there.has(runtimeId)))
    }
  }
  return { ok: missing.length === 0, checked, missing, unchecked }
}
