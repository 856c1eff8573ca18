/**
 * When a failed delivery is tried again.
 */
import { isObject } from "../json/object.ts"

/** `"standard"`, `"instant"` (the same number of attempts without the waits), or delays in seconds. */
export type WebhookSchedule = "standard" | "instant" | ReadonlyArray<number>

/** Seconds before each further attempt: eight attempts over about 27 hours and a half. */
const standard: ReadonlyArray<number> = [5, 300, 1800, 7200, 18_000, 36_000, 36_000]

/** A timeout, and a 429 even more so, says that the receiver is overloaded. */
const overloadedMillis = 60_000

/** A failure as far as the schedule is concerned. */
export interface Failure {
  readonly kind: "status" | "timeout" | "connection"
  readonly status: number | undefined
  /** The header, as it came. */
  readonly retryAfter: string | undefined
}

/** What decides about the next attempt. */
export interface ScheduleInput {
  readonly schedule: WebhookSchedule
  /** The server's own plan, which replaces the schedule. */
  readonly backoffPlan: unknown
  /** Failed attempts so far, this one included. */
  readonly failures: number
  readonly failure: Failure
  /** A number in [0, 1). */
  readonly random: number
  /** Real time, against which an HTTP-date is read. */
  readonly now: number
}

/** Milliseconds until the next attempt, or `undefined` when there is none. */
export const nextDelay = (input: ScheduleInput): number | undefined => {
  const { failure, failures } = input
  const plan = planOf(input.backoffPlan)
  if (plan !== undefined && failure.status !== undefined && plan.excluded.includes(failure.status)) return undefined
  const instant = input.schedule === "instant"
  const delays = plan?.delays ?? (typeof input.schedule === "string" ? standard : input.schedule)
  const base = delays[failures - 1]
  if (base === undefined) return undefined
  if (instant) return 0
  const retryAfter = retryAfterMillis(failure.retryAfter, input.now)
  // Plus or minus a fifth, so that the failures of one moment do not come back in one moment. What the receiver asks
  // for is honoured, but between the schedule's own delay and twice that: it neither hurries nor parks the job.
  const delay =
    retryAfter === undefined
      ? base * 1000 * (0.8 + 0.4 * input.random)
      : Math.min(Math.max(retryAfter, base * 1000), base * 2000)
  const overloaded = failure.kind === "timeout" || failure.status === 429
  return Math.round(overloaded ? Math.max(delay, overloadedMillis) : delay)
}

/** Milliseconds that a `Retry-After` header asks for: whole seconds or an HTTP-date. */
export const retryAfterMillis = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const time = header.endsWith("GMT") ? Date.parse(header) : Number.NaN
  return Number.isNaN(time) ? undefined : Math.max(0, time - now)
}

const planOf = (plan: unknown) => {
  if (!isObject(plan)) return undefined
  const { type, maxRetries, baseDelaySeconds, excludedStatusCodes } = plan
  if (typeof maxRetries !== "number" || typeof baseDelaySeconds !== "number") return undefined
  const retries = Math.min(10, Math.max(0, Math.floor(maxRetries)))
  const base = Math.min(10, Math.max(0, baseDelaySeconds))
  return {
    delays: Array.from({ length: retries }, (_, index) => (type === "exponential" ? base * 2 ** index : base)),
    excluded: Array.isArray(excludedStatusCodes) ? excludedStatusCodes : []
  }
}
