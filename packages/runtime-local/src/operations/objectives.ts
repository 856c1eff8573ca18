/**
 * Service level objectives, and how they were met since the runtime started.
 */
import { type Counts, type RouteCounts, within } from "./metrics.ts"

/** One objective. */
export interface Objective {
  readonly id: string
  readonly description: string
  /** The share of good events that is wanted. */
  readonly objective: number
  readonly good: number
  readonly total: number
  /** The share of good events that there was; `null` when nothing happened yet. */
  readonly actual: number | null
  readonly met: boolean | null
  /** Bad events that may still happen before the objective is missed; negative when it is. */
  readonly budgetLeft: number
}

/** How often webhooks came through, by the state of their jobs. */
export type OutboxStats = Readonly<Record<string, number>>

/** The objectives of an organization. */
export const objectivesOf = (counts: Counts, outbox: OutboxStats | undefined): ReadonlyArray<Objective> => {
  const { routes } = counts
  const answered = sum(routes, ({ count, statuses }) => count - (statuses.get(0) ?? 0))
  const failed = sum(routes, ({ statuses }) => sum([...statuses], ([status, n]) => (status >= 500 ? n : 0)))
  const reads = routes.filter(({ method }) => method === "GET")
  const writes = routes.filter(({ method }) => method !== "GET")
  const fast = (list: ReadonlyArray<RouteCounts>, seconds: number) => sum(list, (route) => within(route, seconds))
  const all = (list: ReadonlyArray<RouteCounts>) => sum(list, ({ count }) => count)
  const { succeeded = 0, dead = 0 } = outbox ?? {}
  return [
    objective("availability", "Answers below 500", 0.999, answered - failed, answered),
    objective("latency-reads", "Reads within 250 ms", 0.99, fast(reads, 0.25), all(reads)),
    objective("latency-writes", "Writes within 500 ms", 0.99, fast(writes, 0.5), all(writes)),
    ...(outbox === undefined
      ? []
      : [
          objective(
            "webhook-delivery",
            "Webhooks delivered before they were given up",
            0.99,
            succeeded,
            succeeded + dead
          )
        ])
  ]
}

const objective = (id: string, description: string, objective: number, good: number, total: number): Objective => ({
  id,
  description,
  objective,
  good,
  total,
  actual: total === 0 ? null : good / total,
  met: total === 0 ? null : good / total >= objective,
  budgetLeft: Math.floor((1 - objective) * total + 1e-9) - (total - good)
})

const sum = <A>(items: ReadonlyArray<A>, f: (item: A) => number): number =>
  items.reduce((all, item) => all + f(item), 0)
