/**
 * Which of the due jobs are delivered now: the one place that shares the slots between them.
 */
import { shuffle } from "../time/ids.ts"
import type { Fired } from "../time/clock.ts"
import type { Job, Jobs } from "./jobs.ts"

/** Deliveries at a time. */
const concurrency = 16

/** Due jobs that are looked at when their order is left to chance. */
const shuffled = 1000

/** What the dispatcher needs. */
export interface DispatchContext {
  readonly jobs: Jobs
  /** `"shuffled"` starts what is due together in any order, to find receivers that count on one. */
  readonly order: "created" | "shuffled"
  readonly random: () => number
  readonly deliver: (job: Job) => Promise<Fired>
}

/** Makes the function that starts as many deliveries as there is room for. */
export const makeDispatch = (context: DispatchContext) => {
  let running = 0
  const run = async (job: Job): Promise<Fired> => {
    running += 1
    try {
      return await context.deliver(job)
    } finally {
      running -= 1
    }
  }
  return (): ReadonlyArray<Promise<Fired>> => {
    const room = concurrency - running
    return room <= 0 ? [] : nextJobs(context, room).map(run)
  }
}

const nextJobs = ({ jobs, order, random }: DispatchContext, room: number): ReadonlyArray<Job> =>
  order === "created" ? jobs.due(room, true) : shuffle(jobs.due(shuffled, false), random).slice(0, room)
