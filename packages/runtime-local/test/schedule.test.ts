/** Laws of the schedule and of event ids. */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { makeIds } from "../src/time/ids.ts"
import { makeEventId } from "../src/outbox/eventId.ts"
import { deadlineOf } from "../src/outbox/replies.ts"
import { nextDelay } from "../src/outbox/schedule.ts"

const standard = [5, 300, 1800, 7200, 18_000, 36_000, 36_000]
const failure = fc.record({
  kind: fc.constantFrom("status" as const, "timeout" as const, "connection" as const),
  status: fc.option(fc.integer({ min: 300, max: 599 }), { nil: undefined }),
  retryAfter: fc.option(
    fc.oneof(
      fc.nat().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      fc.string()
    ),
    { nil: undefined }
  )
})
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const now = fc.integer({ min: 0, max: 4e12 })

const holds = <Ts>(property: fc.IProperty<Ts>) => {
  const result = fc.check(property, { numRuns: 2000 })
  assert.isFalse(
    result.failed,
    `seed ${result.seed}: ${JSON.stringify(result.counterexample)} ${String(result.errorInstance)}`
  )
}

describe("the delay before the next attempt", () => {
  it("is between four fifths and twice the schedule's own, whatever the receiver says; an overloaded one gets a minute", () => {
    holds(
      fc.property(fc.integer({ min: 1, max: 7 }), failure, random, now, (failures, failure, random, now) => {
        const delay = nextDelay({ schedule: "standard", backoffPlan: undefined, failures, failure, random, now })
        const base = (standard[failures - 1] ?? 0) * 1000
        const floor = failure.kind === "timeout" || failure.status === 429 ? 60_000 : 0
        assert.isDefined(delay)
        assert.isAtLeast(delay, Math.max(floor, Math.floor(base * 0.8)))
        assert.isAtMost(delay, Math.max(floor, base * 2))
      })
    )
  })

  it("ends after the last one, and is nothing in tests that want no waits", () => {
    holds(
      fc.property(fc.integer({ min: 1, max: 50 }), failure, random, now, (failures, failure, random, now) => {
        const input = { backoffPlan: undefined, failures, failure, random, now }
        const instant = nextDelay({ ...input, schedule: "instant" })
        assert.strictEqual(instant, failures <= 7 ? 0 : undefined)
        assert.strictEqual(nextDelay({ ...input, schedule: "standard" }) === undefined, failures > 7)
      })
    )
  })

  it("a server's own plan says how often, and what not to repeat at all", () => {
    const plan = fc.record({
      type: fc.constantFrom("fixed", "exponential"),
      maxRetries: fc.integer({ min: 0, max: 10 }),
      baseDelaySeconds: fc.integer({ min: 0, max: 10 }),
      excludedStatusCodes: fc.array(fc.integer({ min: 400, max: 599 }))
    })
    holds(
      fc.property(plan, fc.integer({ min: 1, max: 12 }), failure, random, (backoffPlan, failures, failure, random) => {
        const delay = nextDelay({ schedule: "standard", backoffPlan, failures, failure, random, now: 0 })
        const excluded = failure.status !== undefined && backoffPlan.excludedStatusCodes.includes(failure.status)
        assert.strictEqual(delay === undefined, excluded || failures > backoffPlan.maxRetries)
      })
    )
  })
})

it("the deadline of a question is its server's, within bounds; who is to speak has 7.5 seconds, always", () => {
  const deadlines = [
    deadlineOf("assistant-request", {}),
    deadlineOf("assistant-request", { timeoutSeconds: 1 }),
    deadlineOf("tool-calls", {}),
    deadlineOf("tool-calls", { timeoutSeconds: 7 }),
    deadlineOf("tool-calls", { timeoutSeconds: 0 }),
    deadlineOf("tool-calls", { timeoutSeconds: 1000 })
  ]
  assert.deepStrictEqual(deadlines, [7500, 7500, 20_000, 7000, 1000, 300_000])
})

it("event ids are unique, and sort as they were made while time does not run backwards", () => {
  holds(
    fc.property(fc.array(fc.nat(3), { maxLength: 200 }), fc.nat(), (steps, seed) => {
      let time = 1_800_000_000_000
      const next = makeEventId(makeIds(seed), () => time)
      const ids = steps.map((step) => {
        time += step
        return next()
      })
      assert.deepStrictEqual([...ids].sort(), ids)
      assert.strictEqual(new Set(ids).size, ids.length)
      for (const id of ids) assert.match(id, /^evt_[0-9A-HJKMNP-TV-Z]{26}$/)
    })
  )
})
