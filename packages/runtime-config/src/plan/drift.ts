/**
 * What is not as the files and the state say, and who is there twice.
 *
 * @since 0.2.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import type { Config } from "../folder/Config.ts"
import type { ConfigClient } from "../remote/rows.ts"
import { kindOf } from "../rows/kinds.ts"
import type { PlanOptions } from "./options.ts"
import { planWithFacts } from "./planConfig.ts"
import type { Step } from "./Plan.ts"

/**
 * What a look at the runtime found.
 *
 * @since 0.2.0
 * @category models
 */
export interface DriftReport {
  /** Rows that somebody changed on the runtime since they were last seen. */
  readonly drifted: ReadonlyArray<Pick<Step, "address" | "id" | "changes" | "detail">>
  /** Rows of the runtime that no file has. */
  readonly orphans: ReadonlyArray<{ readonly kind: string; readonly id: string; readonly name?: string | undefined }>
  /** Addresses whose row the runtime has no longer. */
  readonly ghosts: ReadonlyArray<{ readonly address: string; readonly id: string }>
  /** Rows of the runtime that are equal in everything. */
  readonly twins: ReadonlyArray<{
    readonly kind: string
    readonly ids: ReadonlyArray<string>
    readonly name?: string | undefined
  }>
  /** Whether nothing was found. */
  readonly ok: boolean
}

/**
 * Compares state and runtime. Reads lists only.
 *
 * @since 0.2.0
 * @category plan
 */
export const findDrift = async (
  aywa: ConfigClient,
  config: Config,
  options: Pick<PlanOptions, "signal" | "onRows"> = {}
): Promise<DriftReport> => {
  checkOptions("findDrift", options, { signal: true, onRows: true })
  const { plan, facts } = await planWithFacts(aywa, config, options)
  const { state } = config
  const drifted = plan.steps.filter(
    ({ action, address, digest }) =>
      digest !== undefined && (action === "drift" || (action === "conflict" && state.seen[address]?.row !== digest))
  )
  const known = new Set(Object.values(state.ids))
  const all = config.include.flatMap((kind) => [...(facts.remote.rows.get(kind)?.values() ?? [])])
  const named = ({ kind, row }: (typeof all)[number]) => {
    const name = kindOf(kind).nameOf(row)
    return name === undefined ? {} : { name }
  }
  const groups = new Map<string, Array<(typeof all)[number]>>()
  for (const row of all) {
    const key = `${row.kind} ${row.digest}`
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  const there = new Set(all.map(({ id }) => id))
  const report = {
    drifted: drifted.map(({ address, id, changes, detail }) => ({ address, id, changes, detail })),
    orphans: all.filter(({ id }) => !known.has(id)).map((row) => ({ kind: row.kind, id: row.id, ...named(row) })),
    ghosts: Object.entries(state.ids)
      .filter(
        ([address, id]) =>
          !there.has(id) && config.include.some((kind) => address.startsWith(`${kindOf(kind).folder}/`))
      )
      .map(([address, id]) => ({ address, id })),
    twins: [...groups.values()].flatMap((rows) => {
      const [first, second] = rows
      return first === undefined || second === undefined
        ? []
        : [{ kind: first.kind, ids: rows.map(({ id }) => id), ...named(first) }]
    })
  }
  const { orphans, ghosts, twins } = report
  return { ...report, ok: drifted.length + orphans.length + ghosts.length + twins.length === 0 }
}
