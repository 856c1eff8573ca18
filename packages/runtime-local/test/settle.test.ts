/** What becomes of a job after an attempt, case by case. */
import { assert, describe, it } from "vitest"
import type { FailedAttempt, Success } from "../src/outbox/attemptOutcome.ts"
import type { Job } from "../src/outbox/jobs.ts"
import { askAgainAfter, settle } from "../src/outbox/settle.ts"

const now = 1_000_000

const job: Job = {
  seq: 1,
  id: "job",
  host: "hooks.example",
  organization: "org",
  eventId: "evt_1",
  signedId: "evt_1",
  type: "hang",
  callId: null,
  endpointId: null,
  level: "account",
  url: "http://127.0.0.1:1/",
  target: "http://127.0.0.1:1/",
  server: "{}",
  state: "delivering",
  reply: 0,
  attempts: 1,
  failures: 0,
  instant: 0,
  nextAt: null,
  replayOf: null,
  createdAt: 0,
  updatedAt: 0
}

const success: Success = { type: "succeeded", status: 204, body: Buffer.alloc(0), contentType: "", ms: 1 }

const failed = (fields: Partial<FailedAttempt> = {}): FailedAttempt => ({
  type: "failed",
  failure: { kind: "status", status: 500, retryAfter: undefined },
  error: "Answered 500",
  permanent: false,
  refused: false,
  ms: 5,
  ...fields
})

const noConnection = failed({
  failure: { kind: "connection", status: undefined, retryAfter: undefined },
  refused: true
})

const input = { schedule: "standard", draw: () => 0.5, now, realNow: now } as const

describe("a notice", () => {
  it.each<[string, Partial<Job>, Success | FailedAttempt, ReturnType<typeof settle>]>([
    ["is over when it is acknowledged", {}, success, { state: "succeeded", nextAt: null, failure: undefined }],
    ["is tried again later", {}, failed(), { state: "retrying", nextAt: now + 5000, failure: "counted" }],
    [
      "waits longer with every failure",
      { failures: 1 },
      failed(),
      { state: "retrying", nextAt: now + 300_000, failure: "counted" }
    ],
    [
      "is given up at the end of the schedule",
      { failures: 7 },
      failed(),
      { state: "dead", nextAt: null, failure: "counted" }
    ],
    [
      "is given up where another attempt would end the same way",
      {},
      failed({ permanent: true }),
      { state: "dead", nextAt: null, failure: "counted" }
    ],
    [
      "is tried once at once where no connection came about",
      {},
      noConnection,
      { state: "retrying", nextAt: now, failure: "instant" }
    ],
    ["but not twice", { instant: 1 }, noConnection, { state: "retrying", nextAt: now + 5000, failure: "counted" }],
    [
      "and not where the refusal took its time",
      {},
      { ...noConnection, ms: 1000 },
      { state: "retrying", nextAt: now + 5000, failure: "counted" }
    ]
  ])("%s", (_, fields, outcome, settlement) => {
    assert.deepStrictEqual(settle({ ...job, ...fields }, outcome, input), settlement)
  })

  it("draws no chance where none decides", () => {
    const draw = () => assert.fail("nothing is left to chance here")
    settle(job, success, { ...input, draw })
    settle(job, noConnection, { ...input, draw })
    settle(job, failed({ permanent: true }), { ...input, draw })
  })
})

describe("a question", () => {
  const planned = {
    ...job,
    server: JSON.stringify({ backoffPlan: { type: "fixed", maxRetries: 1, baseDelaySeconds: 2 } })
  }
  const options = { schedule: "standard", draw: () => 0.5 } as const

  it.each<[string, Job, Success | FailedAttempt, number, number | undefined]>([
    ["is not repeated without a plan", job, failed(), 1, undefined],
    ["is repeated as the plan says", planned, failed(), 1, 2000],
    ["up to its end", planned, failed(), 2, undefined],
    ["not where another attempt would end the same way", planned, failed({ permanent: true }), 1, undefined],
    ["not when it is answered", planned, success, 1, undefined]
  ])("%s", (_, question, outcome, failures, wait) => {
    assert.strictEqual(askAgainAfter(question, outcome, { ...options, failures }), wait)
  })
})
