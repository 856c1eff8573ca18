/** What a run will do, before it does it. */
import { allCases } from "../cases/table.ts"
import type { Case } from "../cases/define.ts"
import { type GroupName, groups, type Power } from "../model/Case.ts"
import { checkOptions, type ConformanceOptions } from "./options.ts"

/**
 * What a run will do at most.
 *
 * @since 0.2.0
 * @category models
 */
export interface ConformancePlan {
  /** How many cases of each group run. */
  readonly cases: Readonly<Partial<Record<GroupName, number>>>
  /** Rows that are created, and removed again. */
  readonly rows: number
  /** Records of imports, which stay: the contract has no way to remove them. */
  readonly imports: number
  /** Calls that are placed. */
  readonly calls: number
  readonly maxRequests: number
}

/** Rows that the cases of a group create at most, those that are caught by a mistake of the runtime included. */
const rowsOf: Readonly<Record<GroupName, number>> = {
  auth: 1,
  transport: 4,
  lists: 36,
  rows: 48,
  idempotency: 48,
  errors: 2,
  credentials: 3,
  imports: 14,
  calls: 5,
  webhooks: 22
}

const importsOf: Readonly<Partial<Record<GroupName, number>>> = { lists: 1, imports: 12 }
const callsOf: Readonly<Partial<Record<GroupName, number>>> = { calls: 5, webhooks: 12 }

/** Whether a run may do what a case does. */
export const isAllowed = (power: Power, { write, calls, webhookUrl }: ConformanceOptions): boolean =>
  power === "read" ||
  (write === true && power === "write") ||
  (calls === true && power === "calls") ||
  (webhookUrl !== undefined && power === "webhooks")

/** The cases that are asked for. */
export const selectCases = ({ only, skip = [] }: ConformanceOptions): ReadonlyArray<Case> => {
  const isNamed = (words: ReadonlyArray<string>, { id, group }: Case) => words.includes(id) || words.includes(group)
  const cases = allCases.filter((one) => (only === undefined || isNamed(only, one)) && !isNamed(skip, one))
  return [...cases.filter(({ late }) => late !== true), ...cases.filter(({ late }) => late === true)]
}

/**
 * Says what a run with these options will do at most. Sends nothing.
 *
 * @since 0.2.0
 * @category run
 */
export const planConformance = (options: ConformanceOptions): ConformancePlan => {
  checkOptions(options)
  const cases = selectCases(options).filter(({ power }) => isAllowed(power, options))
  const used = groups.filter((group) => cases.some((one) => one.group === group && one.power !== "read"))
  const sum = (of: Readonly<Partial<Record<GroupName, number>>>) =>
    used.reduce((total, group) => total + (of[group] ?? 0), 0)
  const placing = groups.filter((group) =>
    cases.some(({ power, ...one }) => one.group === group && (power === "calls" || power === "webhooks"))
  )
  return {
    cases: Object.fromEntries(
      groups.flatMap((group) => {
        const { length } = cases.filter((one) => one.group === group)
        return length === 0 ? [] : [[group, length]]
      })
    ),
    rows: sum(rowsOf),
    imports: sum(importsOf),
    calls: placing.reduce((total, group) => total + (callsOf[group] ?? 0), 0),
    maxRequests: options.maxRequests ?? 400
  }
}
