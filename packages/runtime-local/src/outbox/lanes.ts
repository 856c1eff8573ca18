/**
 * What a lane, an organization and the runtime may have under way at a time, and which lanes rest.
 *
 * A delivery that takes long moves out of the slots of its organization: whoever hangs holds a place of its own lane,
 * and nobody else's.
 */
import type { Job, Lane } from "./jobs.ts"

/** Deliveries at a time to one host, of one organization. */
const laneSlots = 4

/** Deliveries at a time of one organization, and of all, beside the slow ones. */
const organizationSlots = 16
const allSlots = 64

/** Milliseconds after which a delivery is a slow one. */
const slowMillis = 100

/** Slow deliveries at a time of one organization; more of them stay in its slots. */
const slowSlots = 256

/** Milliseconds that a lane rests after a timeout; every further one doubles it. */
const restMillis = 30_000
const longestRestMillis = 300_000

/** What the lanes need. */
export interface LanesContext {
  readonly now: () => number
  /** Looks for due jobs again: there is room. */
  readonly wake: () => void
  /** Whether a host that did not answer in time rests. */
  readonly rests: boolean
}

/** The lanes of a runtime. */
export type Lanes = ReturnType<typeof makeLanes>

const keyOf = ({ organization, host }: Lane): string => JSON.stringify([organization, host])

/** Makes the lanes. */
export const makeLanes = ({ now, wake, rests }: LanesContext) => {
  const inLane = new Map<string, number>()
  const inOrganization = new Map<string, number>()
  const slow = new Map<string, number>()
  const resting = new Map<string, { readonly until: number; readonly millis: number }>()
  let all = 0

  const enterSlots = ({ organization }: Lane) => {
    all += 1
    add(inOrganization, organization, 1)
  }
  const leaveSlots = ({ organization }: Lane) => {
    all -= 1
    add(inOrganization, organization, -1)
  }

  return {
    /** How many more deliveries a lane may begin. */
    room: (lane: Lane): number =>
      Math.min(
        laneSlots - (inLane.get(keyOf(lane)) ?? 0),
        organizationSlots - (inOrganization.get(lane.organization) ?? 0),
        allSlots - all
      ),
    /** When a lane may go on, on the runtime's clock: before now when it does not rest. */
    restsUntil: (lane: Lane): number => resting.get(keyOf(lane))?.until ?? Number.NEGATIVE_INFINITY,
    /** Takes a slot for a delivery; gives the function that gives it back. */
    enter: (job: Job): (() => void) => {
      const { organization } = job
      add(inLane, keyOf(job), 1)
      enterSlots(job)
      let isSlow = false
      const timer = setTimeout(() => {
        if ((slow.get(organization) ?? 0) >= slowSlots) return
        isSlow = true
        add(slow, organization, 1)
        leaveSlots(job)
        wake()
      }, slowMillis)
      return () => {
        clearTimeout(timer)
        add(inLane, keyOf(job), -1)
        if (isSlow) add(slow, organization, -1)
        else leaveSlots(job)
      }
    },
    /** Notes whether a host answered in time. */
    note: (job: Job, inTime: boolean): void => {
      const key = keyOf(job)
      if (inTime || !rests) return void resting.delete(key)
      const before = resting.get(key)
      // What was under way together failed together: that is one timeout.
      if (before !== undefined && before.until > now()) return
      const millis = before === undefined ? restMillis : Math.min(longestRestMillis, before.millis * 2)
      resting.set(key, { until: now() + millis, millis })
    },
    /** Forgets who rests. */
    clear: () => resting.clear()
  }
}

const add = (counts: Map<string, number>, key: string, by: number): void => {
  const sum = (counts.get(key) ?? 0) + by
  if (sum === 0) counts.delete(key)
  else counts.set(key, sum)
}
