/**
 * Which of the due jobs are delivered now: the one place that shares the slots, in turns between organizations, and
 * between the hosts of each.
 */
import { shuffle } from "../time/ids.ts"
import type { Fired } from "../time/clock.ts"
import type { Job, Jobs, Lane } from "./jobs.ts"
import type { Lanes } from "./lanes.ts"

/** Due jobs of a lane that are looked at when their order is left to chance. */
const shuffled = 1000

/** Due jobs of a lane that are looked at first: most often there is one among them that may go. */
const near = 256

/** Every so many turns all of them are looked at, so that a call with thousands of events holds up no other one. */
const wholeEvery = 16

/** What the dispatcher needs. */
export interface DispatchContext {
  readonly jobs: Jobs
  readonly lanes: Lanes
  readonly now: () => number
  /** `"shuffled"` starts what is due together in any order, to find receivers that count on one. */
  readonly order: "created" | "shuffled"
  readonly random: () => number
  readonly deliver: (job: Job) => Promise<Fired>
}

/** Starts deliveries. */
export interface Dispatch {
  /** Starts as many deliveries as there is room for. */
  readonly take: () => ReadonlyArray<Promise<Fired>>
  /** When the next job is due that no rest holds back; with `after`, of those that are due later than that. */
  readonly nextDue: (after?: number) => number | undefined
}

/** The due jobs of a lane, as many as it may begin. */
interface Queue {
  readonly lane: Lane
  readonly due: Array<Job>
}

/** Makes the dispatcher. */
export const makeDispatch = (context: DispatchContext): Dispatch => {
  const { jobs, lanes, now, deliver } = context
  let turn = 0
  let lastOrganization = ""
  const lastHosts = new Map<string, string>()

  const run = async (job: Job): Promise<Fired> => {
    const leave = lanes.enter(job)
    try {
      return await deliver(job)
    } finally {
      leave()
    }
  }

  /** Takes the job whose turn it is in an organization; its lane goes to the end. */
  const nextOf = (queues: Array<Queue>): Job | undefined => {
    for (let queue = queues.shift(); queue !== undefined; queue = queues.shift()) {
      const job = lanes.room(queue.lane) > 0 ? queue.due.shift() : undefined
      if (job === undefined) continue
      queues.push(queue)
      lastOrganization = job.organization
      lastHosts.set(job.organization, job.host)
      return job
    }
    return undefined
  }

  const take = () => {
    const open = [...lanesOf(jobs)].filter((lane) => lanes.room(lane) > 0 && lanes.restsUntil(lane) <= now())
    const isWhole = ++turn % wholeEvery === 0
    const groups = Map.groupBy(open, ({ organization }) => organization)
    const started: Array<Promise<Fired>> = []
    let turns = startAfter([...groups.keys()], lastOrganization, (organization) => organization).map((organization) =>
      startAfter(groups.get(organization) ?? [], lastHosts.get(organization) ?? "", ({ host }) => host).map((lane) => ({
        lane,
        due: nextJobs(context, lane, isWhole)
      }))
    )
    while (turns.length > 0) {
      turns = turns.filter((queues) => {
        const job = nextOf(queues)
        if (job !== undefined) started.push(run(job))
        return job !== undefined
      })
    }
    return started
  }

  const nextDue = (after = -1) => {
    let next: number | undefined
    for (const lane of lanesOf(jobs)) {
      const rest = lanes.restsUntil(lane)
      const due = jobs.nextDue(lane, rest > after ? -1 : after)
      if (due !== undefined) next = Math.min(next ?? Number.POSITIVE_INFINITY, Math.max(due, rest))
    }
    return next
  }
  return { take, nextDue }
}

/** Lanes in which jobs wait, one look at the index each. */
function* lanesOf(jobs: Jobs): Generator<Lane> {
  let lane = jobs.laneAfter({ organization: "", host: "" })
  for (; lane !== undefined; lane = jobs.laneAfter(lane)) yield lane
}

/** Turns a sorted list so that it begins after a value. */
const startAfter = <A>(list: ReadonlyArray<A>, last: string, key: (item: A) => string): ReadonlyArray<A> => [
  ...list.filter((item) => key(item) > last),
  ...list.filter((item) => key(item) <= last)
]

const nextJobs = ({ jobs, lanes, order, random }: DispatchContext, lane: Lane, isWhole: boolean): Array<Job> => {
  const room = lanes.room(lane)
  if (order === "shuffled") return shuffle(jobs.due(lane, shuffled), random).slice(0, room)
  const ready = isWhole ? [] : jobs.ready(lane, room, near)
  return [...(ready.length > 0 ? ready : jobs.ready(lane, room, -1))]
}
