/**
 * The laws of a retry, over `decide` itself: everything an attempt can end with, after everything that the attempts
 * before it can have shown. What may have been applied is judged by rules of the test's own.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { decide, type Decision, type Ending, type History, type Plan } from "../../src/call/decide.ts"
import type { Failure } from "../../src/call/outcome.ts"
import { prepareOperation } from "../../src/call/prepare.ts"
import { prepareRequest, type Arguments } from "../../src/call/request.ts"
import * as RuntimeConfig from "../../src/config/RuntimeConfig.ts"
import { assistants } from "../../src/contract/assistants.ts"
import type { Group, Operation } from "../../src/contract/Operation.ts"
import { contract } from "../../src/contract.ts"
import { anyBody, gone, operation, specOf } from "../../src/contract/table.ts"
import { ConfigError, ConnectionError, InvalidRequest, type Outcome } from "../../src/errors/Errors.ts"
import * as Policy from "../../src/policy/Policy.ts"
import { WireFailure, type WireResponse } from "../../src/transport/port.ts"
import { runs } from "../support/runs.ts"

// Hundreds of thousands of errors are made here, and nobody asks where.
const { stackTraceLimit } = Error
beforeAll(() => {
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

const runtime = {
  config: RuntimeConfig.makeUnsafe({ baseUrl: "http://127.0.0.1:1", apiKey: "k" }),
  policy: Policy.defaults,
  transport: { execute: () => Effect.never }
}
const times = 3
const policy: Policy.Policy = { ...Policy.defaults, retry: { ...Policy.defaultRetry, times } }

const planOf = (op: Operation, args: Arguments, on: Policy.Policy = policy, deadlineAt = 120_000): Plan => {
  const prepared = prepareOperation(runtime, "test", op, false)
  const request = prepareRequest(prepared, args, on, () => "a-key")
  if (request instanceof InvalidRequest) throw request
  return { prepared, request, deadlineAt, secrets: () => prepared.secrets }
}

const put = operation({
  method: "PUT",
  path: "/x",
  body: anyBody,
  success: gone(Schema.Unknown),
  errors: ["ConflictError"]
})
const explicit: Policy.Policy = { ...policy, idempotency: "explicit" }

interface Case {
  readonly plan: Plan
  readonly reads: boolean
  /** Whether the runtime takes a second request for the first one. */
  readonly replayable: boolean
}

const cases: Readonly<Record<string, Case>> = {
  "a create without a key": {
    plan: planOf(assistants.create, { body: {} }, explicit),
    reads: false,
    replayable: false
  },
  "a create with the caller's key": {
    plan: planOf(assistants.create, { body: {}, options: { idempotencyKey: "k" } }, explicit),
    reads: false,
    replayable: true
  },
  "a create with a generated key": { plan: planOf(assistants.create, { body: {} }), reads: false, replayable: true },
  "an update": { plan: planOf(assistants.update, { id: "a", body: {} }), reads: false, replayable: false },
  "a put": { plan: planOf(put, { body: {} }), reads: false, replayable: true },
  "a delete": { plan: planOf(assistants.delete, { id: "a" }), reads: false, replayable: true },
  "a read": { plan: planOf(assistants.get, { id: "a" }), reads: true, replayable: true },
  "a list": { plan: planOf(assistants.list, {}), reads: true, replayable: true }
}

const response = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): WireResponse => ({
  status,
  header: (name) => headers[name],
  headers: () => headers,
  body
})

const row = JSON.stringify({ id: "a", orgId: "o", createdAt: "", updatedAt: "" })
const codes = [undefined, "idempotency_key_in_use", "idempotency_key_reused", "rate_limited", "assistant_pinned"]
const bodyOf = (code: string | undefined): string => (code === undefined ? "" : JSON.stringify({ code, message: "m" }))

interface Ended {
  readonly ending: Ending
  /** Whether a request that ended so may have been applied, if it writes. */
  readonly applied: boolean
}

const answered = (status: number, code: string | undefined, headers?: Readonly<Record<string, string>>): Ended => ({
  ending: response(status, bodyOf(code), headers),
  applied:
    status < 400 ||
    status >= 500 ||
    status === 408 ||
    status === 425 ||
    ((status === 409 || status === 412) && code === "idempotency_key_in_use") ||
    (status === 429 && code !== undefined && code !== "rate_limited")
})

/** Every status, with every code that means something. */
const statuses = Array.from({ length: 501 }, (_, i) => 100 + i)
const refused = statuses.filter((status) => status < 200 || status >= 300)
const plain = refused.flatMap((status) => codes.map((code) => answered(status, code)))

/** What a runtime may say about repeating, on one status of each kind. */
const hinted = [301, 400, 401, 404, 408, 409, 412, 418, 422, 425, 429, 500, 501, 503, 505].flatMap((status) =>
  codes.flatMap((code) =>
    [undefined, "0", "2", "60", "61", "nonsense"].flatMap((after) =>
      [undefined, "true", "false"].map((should) =>
        answered(status, code, {
          ...(after === undefined ? undefined : { "retry-after": after }),
          ...(should === undefined ? undefined : { "x-should-retry": should })
        })
      )
    )
  )
)

const wordless: ReadonlyArray<Ended> = [
  ...(["no", "unknown"] as const).flatMap((sent) =>
    (["connection", "response"] as const).flatMap((phase) =>
      [undefined, "ECONNRESET", "ECONNREFUSED", "ENOTFOUND", "CERT_HAS_EXPIRED", "UPLOAD_SOURCE", "NO_STREAM"].map(
        (code) => ({
          ending: new WireFailure({ sent, phase, code, cause: undefined }),
          applied: sent === "unknown"
        })
      )
    )
  ),
  ...(["attempt", "deadline"] as const).flatMap((scope) =>
    (["held", "queued", "sent"] as const).map((stage) => ({
      ending: { _tag: "TimedOut", scope, stage, head: undefined } as const,
      applied: stage === "sent"
    }))
  ),
  { ending: new ConfigError({ field: "apiKey", message: "none" }), applied: false }
]

/** Answers of which only the head came: which conflict it is, or who limits, nobody knows then. */
const headOnly: ReadonlyArray<Ended> = statuses.flatMap((status) => {
  const head = response(status, "")
  const applied = answered(status, undefined).applied || status === 409 || status === 412 || status === 429
  return [
    { ending: new WireFailure({ sent: "unknown", phase: "response", code: "ECONNRESET", cause: 1, head }), applied },
    { ending: { _tag: "TimedOut", scope: "attempt", stage: "sent", head }, applied }
  ]
})

const unreadable: ReadonlyArray<Ended> = [200, 201, 299].flatMap((status) =>
  ["", "<html>", "null", '"x"'].map((body) => ({ ending: response(status, body), applied: true }))
)

const outcomes = ["not-sent", "rejected", "maybe-applied"] as const
const rank = (outcome: Outcome): number => outcomes.indexOf(outcome)

/** How the attempt before ended; there was none of a call that has not been sent. */
const lastOf = (outcome: Outcome): Failure | undefined =>
  outcome === "not-sent"
    ? undefined
    : { outcome, transient: true, toError: (call) => new ConnectionError({ ...call, message: "lost" }) }

const histories: ReadonlyArray<History> = Array.from({ length: times + 2 }, (_, i) => i + 1).flatMap((attempts) =>
  outcomes.flatMap((outcome) =>
    [true, false].map((isConsumed) => Object.freeze({ attempts, outcome, isConsumed, last: lastOf(outcome) }))
  )
)

const now = { monotonic: 5000, wall: 0 }

const statusOf = (ending: Ending): number | undefined =>
  "status" in ending ? ending.status : "head" in ending ? ending.head?.status : undefined

/** The laws, for one decision. */
const check = ({ plan, reads, replayable }: Case, { ending, applied }: Ended, history: History): Decision => {
  const decision = decide(plan, history, ending, now, 0.5)
  const label = () => `${plan.prepared.spec.method} ${JSON.stringify({ history, ending, decision })}`
  if (decision.kind === "done") {
    const lostDelete =
      plan.prepared.spec.method === "DELETE" &&
      history.outcome === "maybe-applied" &&
      (statusOf(ending) === 404 || statusOf(ending) === 410)
    // An answer without a body is a success where the contract says so.
    const empty = "body" in ending && ending.status >= 200 && ending.status < 300
    if (!lostDelete && !empty) assert.fail(`done: ${label()}`)
    return decision
  }
  const mayBeApplied = history.outcome === "maybe-applied" || (applied && !reads)
  if ((decision.outcome === "maybe-applied") !== mayBeApplied) assert.fail(`not the truth: ${label()}`)
  if (rank(decision.outcome) < rank(history.outcome)) assert.fail(`taken back: ${label()}`)
  const status = statusOf(ending)
  if (status !== undefined && Reflect.get(decision.error, "status") !== status)
    assert.fail(`another status: ${label()}`)
  if (decision.error.outcome !== decision.outcome) {
    assert.fail(`the error says something else: ${label()}`)
  }
  if (decision.kind === "again") {
    if (mayBeApplied && !replayable) assert.fail(`may be applied twice: ${label()}`)
    if (history.attempts > times) assert.fail(`more than ${times} retries: ${label()}`)
    if (history.isConsumed) assert.fail(`nothing is left to send: ${label()}`)
    if (!(decision.delay > 0) || now.monotonic + decision.delay >= plan.deadlineAt)
      assert.fail(`a wrong pause: ${label()}`)
  }
  return decision
}

describe("decide", () => {
  for (const [name, one] of Object.entries(cases)) {
    it(`never repeats what may be applied twice, and never takes back that it may be: ${name}`, () => {
      let again = 0
      for (const history of histories) {
        for (const ended of [...plain, ...hinted, ...wordless, ...headOnly, ...unreadable]) {
          if (check(one, ended, history).kind === "again") again++
        }
      }
      assert.isAbove(again, 100)
    })
  }

  it("every operation that writes knows the conflict of a key that is in use", () => {
    for (const operation of Object.values(contract).flatMap((group: Group) => Object.values(group))) {
      const { method, path, errors } = specOf(operation)
      assert.isTrue(method === "GET" || errors.includes("ConflictError"), `${method} ${path}`)
    }
  })

  it("what an answer means stays, when its body is lost", () => {
    const first: History = { attempts: 1, outcome: "not-sent", isConsumed: false }
    for (const one of Object.values(cases)) {
      for (const status of refused.filter((status) => ![409, 412, 429].includes(status))) {
        const head = response(status, "")
        const whole = decide(one.plan, first, head, now, 0.5)
        for (const ending of [
          new WireFailure({ sent: "unknown", phase: "response", code: undefined, cause: undefined, head }),
          { _tag: "TimedOut", scope: "attempt", stage: "sent", head } as const
        ]) {
          const lost = decide(one.plan, first, ending, now, 0.5)
          const { error: a, ...seen } = { error: undefined, ...lost, failure: undefined }
          const { error: b, ...expected } = { error: undefined, ...whole, failure: undefined }
          assert.deepStrictEqual({ ...seen, tag: a?._tag }, { ...expected, tag: b?._tag })
        }
      }
    }
  })

  it("is done with an answer that fits, whatever was before", () => {
    for (const history of histories) {
      for (const one of Object.values(cases)) {
        const body = one.plan.request.page === undefined ? row : `[${row}]`
        assert.strictEqual(decide(one.plan, history, response(200, body), now, 0).kind, "done")
      }
    }
  })
})

/** Endings of every kind, few enough that all sequences of them can be gone through. */
const kinds: ReadonlyArray<Ended> = [
  answered(429, "rate_limited"),
  answered(429, "assistant_pinned"),
  answered(503, undefined),
  answered(409, "idempotency_key_in_use"),
  answered(404, undefined),
  answered(422, undefined),
  {
    ending: new WireFailure({ sent: "no", phase: "connection", code: "ECONNREFUSED", cause: undefined }),
    applied: false
  },
  {
    ending: new WireFailure({ sent: "unknown", phase: "connection", code: "ECONNRESET", cause: undefined }),
    applied: true
  },
  { ending: new WireFailure({ sent: "unknown", phase: "response", code: undefined, cause: undefined }), applied: true },
  { ending: { _tag: "TimedOut", scope: "attempt", stage: "sent", head: undefined }, applied: true },
  { ending: { _tag: "TimedOut", scope: "attempt", stage: "queued", head: undefined }, applied: false },
  { ending: new ConfigError({ field: "apiKey", message: "none" }), applied: false },
  { ending: response(201, row), applied: true }
]

describe("a whole call", () => {
  for (const [name, one] of Object.entries(cases)) {
    it(`against a runtime that applies whatever it may: ${name}`, () => {
      let calls = 0
      /** `applied` counts what a runtime without knowledge of keys would have done. */
      const go = (history: History, applied: number): void => {
        for (const ended of kinds) {
          const decision = check(one, ended, history)
          const total = applied + (ended.applied && !one.reads ? 1 : 0)
          if (total > 1 && !one.replayable) assert.fail(`${total} times: ${JSON.stringify(history)}`)
          if (decision.kind === "again") {
            const { outcome, failure } = decision
            go({ attempts: history.attempts + 1, outcome, isConsumed: false, last: failure }, total)
            continue
          }
          calls++
          if (decision.kind === "fail" && (decision.outcome === "maybe-applied") !== total > 0) {
            assert.fail(`${decision.outcome} after ${total}: ${JSON.stringify(history)}`)
          }
        }
      }
      go({ attempts: 1, outcome: "not-sent", isConsumed: false }, 0)
      assert.isAbove(calls, 300)
    })
  }
})

const retries: fc.Arbitrary<Policy.Retry> = fc.record({
  times: fc.nat(6),
  baseDelay: fc.integer({ min: 1, max: 10_000 }),
  maxDelay: fc.integer({ min: 1, max: 20_000 }),
  maxRetryAfter: fc.integer({ min: 0, max: 100_000 }),
  while: fc.constant(undefined)
})
const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe("the pause", () => {
  it("is what the runtime asks and a part more, else between a tenth and the whole of the backoff, and within the deadline", () => {
    fc.assert(
      fc.property(
        retries,
        fc.integer({ min: 1, max: 200_000 }),
        fc.option(fc.nat(120), { nil: undefined }),
        fc.integer({ min: 1, max: 8 }),
        draws,
        (retry, left, seconds, attempts, random) => {
          const plan = planOf(assistants.get, { id: "a" }, { ...Policy.none, retry }, now.monotonic + left)
          const { ending } = answered(503, undefined, seconds === undefined ? {} : { "retry-after": `${seconds}` })
          const decision = decide(plan, { attempts, outcome: "rejected", isConsumed: false }, ending, now, random)
          const ceiling = Math.min(retry.maxDelay, retry.baseDelay * 2 ** (attempts - 1))
          const asked = seconds === undefined ? undefined : seconds * 1000
          const floor = Math.floor(ceiling * 0.1)
          if (decision.kind === "again") {
            assert.isAtMost(attempts, retry.times)
            assert.isBelow(decision.delay, left)
            if (asked === undefined) {
              assert.isTrue(floor <= decision.delay && decision.delay <= ceiling)
            } else {
              assert.isAtMost(asked, retry.maxRetryAfter)
              assert.isTrue(asked <= decision.delay && decision.delay <= asked * 1.35 + ceiling)
            }
          } else {
            // It fails only for a reason. What the runtime asks for is waited for if it fits at all.
            assert.isTrue(
              attempts > retry.times ||
                (asked === undefined
                  ? ceiling >= left
                  : asked > retry.maxRetryAfter || Math.max(asked, ceiling * 0.1) >= left)
            )
          }
        }
      ),
      { numRuns: runs(600) }
    )
  })

  it("spreads those that were told to wait for the same time, and brings none of them back before", () => {
    const plan = planOf(assistants.get, { id: "a" })
    const { ending } = answered(429, undefined, { "retry-after": "2" })
    const delays = Array.from({ length: 500 }, (_, i) => {
      const decision = decide(plan, { attempts: 1, outcome: "not-sent", isConsumed: false }, ending, now, i / 500)
      return decision.kind === "again" ? decision.delay : Number.NaN
    })
    for (const delay of delays) assert.isTrue(delay >= 2000 && delay < 3000, `${delay}`)
    for (const from of delays) assert.isAtMost(delays.filter((at) => from <= at && at < from + 100).length, 100)
  })

  it("`while` narrows what is retried, and is not asked about what is unsafe", () => {
    const asked: Array<string> = []
    const retry = {
      ...Policy.defaultRetry,
      while: (error: { readonly _tag: string }) => {
        asked.push(error._tag)
        return error._tag === "RateLimited"
      }
    }
    const plan = planOf(assistants.create, { body: {} }, { ...explicit, retry })
    const first: History = { attempts: 1, outcome: "not-sent", isConsumed: false }
    assert.strictEqual(decide(plan, first, answered(503, undefined).ending, now, 0).kind, "fail")
    assert.deepStrictEqual(asked, [])
    assert.strictEqual(decide(plan, first, answered(429, undefined).ending, now, 0).kind, "again")
    assert.deepStrictEqual(asked, ["RateLimited"])
  })
})
