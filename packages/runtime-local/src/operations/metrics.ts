/**
 * What happened, counted: requests by organization, route and status, how long they took, replays and faults.
 *
 * Counts belong to the organization that asked: traffic says as much about rows as rows do.
 */

/** One request when it is over. */
export interface Observation {
  /** `undefined` when nobody was authenticated. */
  readonly organization: string | undefined
  readonly method: string
  /** Path of the route, `/assistant/:id`; `undefined` when there was none. */
  readonly route: string | undefined
  /** `undefined` when no answer was sent. */
  readonly status: number | undefined
  readonly seconds: number
  readonly replayed: boolean
  /** Name of the fault that was injected. */
  readonly fault: string | undefined
}

/** Requests of one route. */
export interface RouteCounts {
  readonly method: string
  readonly route: string
  /** By status; 0 stands for requests that got no answer. */
  readonly statuses: ReadonlyMap<number, number>
  /** Requests that took at most as long as the bound of the same index, and longer than the one before. */
  readonly buckets: ReadonlyArray<number>
  readonly count: number
  /** Seconds of all of them together. */
  readonly sum: number
  /** Seconds of the slowest. */
  readonly max: number
}

/** Everything that was counted for an organization. */
export interface Counts {
  readonly routes: ReadonlyArray<RouteCounts>
  readonly replays: number
  readonly faults: ReadonlyMap<string, number>
}

/** The counters of a runtime. */
export interface Metrics {
  /** Epoch milliseconds, real time. */
  readonly startedAt: number
  readonly observe: (observation: Observation) => void
  readonly of: (organization: string) => Counts
  readonly reset: () => void
}

/** Upper bounds of the buckets in seconds; whatever is slower is in the last one. */
export const bounds: ReadonlyArray<number> = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

interface Route {
  readonly method: string
  readonly route: string
  readonly statuses: Map<number, number>
  readonly buckets: Array<number>
  count: number
  sum: number
  max: number
}

interface Mine {
  readonly routes: Map<string, Route>
  readonly faults: Map<string, number>
  replays: number
}

/** Counters that start at nothing. */
export const makeMetrics = (): Metrics => {
  const organizations = new Map<string, Mine>()
  return {
    startedAt: Date.now(),
    reset: () => organizations.clear(),
    of: (organization) => {
      const mine = organizations.get(organization)
      return {
        routes: [...(mine?.routes.values() ?? [])],
        replays: mine?.replays ?? 0,
        faults: mine?.faults ?? new Map()
      }
    },
    observe: ({ organization, method, route = "(none)", status = 0, seconds, replayed, fault }) => {
      if (organization === undefined) return
      const mine = getOr(organizations, organization, () => ({ routes: new Map(), faults: new Map(), replays: 0 }))
      const counts = getOr(mine.routes, `${method} ${route}`, () => makeRoute(method, route))
      counts.statuses.set(status, (counts.statuses.get(status) ?? 0) + 1)
      const index = bounds.findIndex((bound) => seconds <= bound)
      const bucket = index === -1 ? bounds.length : index
      counts.buckets[bucket] = (counts.buckets[bucket] ?? 0) + 1
      counts.count += 1
      counts.sum += seconds
      counts.max = Math.max(counts.max, seconds)
      if (replayed) mine.replays += 1
      if (fault !== undefined) mine.faults.set(fault, (mine.faults.get(fault) ?? 0) + 1)
    }
  }
}

const makeRoute = (method: string, route: string): Route => ({
  method,
  route,
  statuses: new Map(),
  buckets: Array.from({ length: bounds.length + 1 }, () => 0),
  count: 0,
  sum: 0,
  max: 0
})

const getOr = <A>(map: Map<string, A>, key: string, make: () => A): A => {
  const value = map.get(key) ?? make()
  map.set(key, value)
  return value
}

/** How many of the requests took at most `seconds`, which is one of `bounds`. */
export const within = ({ buckets }: RouteCounts, seconds: number): number =>
  buckets.slice(0, bounds.indexOf(seconds) + 1).reduce((a, b) => a + b, 0)

/** The time in seconds that a share of the requests did not exceed, as exactly as the buckets know it. */
export const quantile = (routes: ReadonlyArray<RouteCounts>, share: number): number | undefined => {
  const total = routes.reduce((sum, { count }) => sum + count, 0)
  if (total === 0) return undefined
  const max = Math.max(...routes.map((route) => route.max))
  let below = 0
  let lower = 0
  for (const [index, bound] of bounds.entries()) {
    const here = routes.reduce((sum, { buckets }) => sum + (buckets[index] ?? 0), 0)
    if (below + here >= share * total && here > 0) {
      // Within a bucket the requests are taken to be spread evenly; none was slower than the slowest.
      return Math.min(max, lower + ((bound - lower) * (share * total - below)) / here)
    }
    below += here
    lower = bound
  }
  return max
}
