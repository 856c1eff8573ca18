/** What a run will do, for people who are asked whether it may. */
import type { ConformancePlan } from "../run/plan.ts"

/**
 * A plan as text.
 *
 * @since 0.2.0
 * @category report
 */
export const formatPlan = ({ cases, rows, imports, calls, maxRequests }: ConformancePlan): string => {
  const all = Object.entries(cases)
  const count = all.reduce((sum, [, number]) => sum + number, 0)
  return [
    `${count} cases (${all.map(([group, number]) => `${group} ${number}`).join(", ")}), at most ${maxRequests} requests.`,
    ...(rows === 0
      ? ["It only reads."]
      : [
          `It creates at most ${rows} rows named aywa-conformance-<run>-…, marked with the run, and removes them at the end, also after Ctrl-C; that is a request for each on top.`
        ]),
    ...(imports === 0 ? [] : [`At most ${imports} records of imports stay: the contract has no way to remove them.`]),
    ...(calls === 0 ? [] : [`It places at most ${calls} calls. Nobody is called unless a number is given.`])
  ].join("\n")
}
