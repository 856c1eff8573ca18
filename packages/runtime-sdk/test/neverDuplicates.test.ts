/**
 * One logical create makes at most one resource, under any pattern of refusals, resets, 429, 5xx, stalls, cut bodies
 * and restarts, before or after the commit; and a failure says truly whether something may have happened.
 *
 * `AYWA_SCHEDULES=n` sets how many schedules run, `AYWA_FIRST_SEED=n` which is the first, `AYWA_SEED=n` runs a single
 * one again. The same laws over the decision alone, without sockets: `call/decide.test.ts`.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startLocalRuntime, type LocalRuntimeHandle } from "@aywa-ai/runtime-local"
import * as Effect from "effect/Effect"
import { flow } from "effect/Function"
import * as Result from "effect/Result"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as Assistants from "../src/effect/Assistants.ts"
import * as AywaRuntime from "../src/effect/AywaRuntime.ts"
import type { CallError, ConfigError } from "../src/errors/Errors.ts"
import { isRuntimeError } from "../src/errors/Errors.ts"
import * as Policy from "../src/policy/Policy.ts"
import { arm, randomOf, scheduleOf, type Schedule } from "./support/schedules.ts"

const single = process.env["AYWA_SEED"]
const count = Number(process.env["AYWA_SCHEDULES"] ?? 500)
const first = Number(process.env["AYWA_FIRST_SEED"] ?? 1)
const deadline = 8000

let runtime: LocalRuntimeHandle
// Milliseconds for one attempt: enough for an answer on this machine now, so that only a stall takes longer.
let patience = 60
beforeAll(async () => {
  runtime = await startLocalRuntime({ seed: 1 })
  for (let round = 0; round < 5; round++) {
    const begin = performance.now()
    const many = Array.from({ length: 24 }, (_, i) => 900_000 + round * 24 + i)
    await inBatches(many, 24, async (seed) => {
      await Effect.runPromise(create(at(), { seed, steps: [], key: "generated", retries: 0 }, undefined, 10_000))
    })
    patience = Math.min(800, Math.max(patience, Math.ceil((performance.now() - begin) * 3)))
  }
}, 60_000)
afterAll(() => runtime.close())

const at = () => ({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })

const marker = (schedule: Schedule) => `s${schedule.seed}.`

type Failure = CallError | ConfigError

/** Makes the create of a schedule through the SDK. */
const create = (
  address: { readonly baseUrl: string; readonly apiKey: string },
  schedule: Schedule,
  between: () => void = () => undefined,
  timeout = patience
) =>
  Effect.gen(function* () {
    const assistants = yield* Assistants.Assistants
    return yield* Effect.result(
      assistants.create(
        { name: "once", metadata: { schedule: marker(schedule) } },
        schedule.key === "given" ? { idempotencyKey: `key-${schedule.seed}` } : undefined
      )
    )
  }).pipe(
    Policy.with(
      flow(
        Policy.retry({
          times: schedule.retries,
          baseDelay: 4,
          maxDelay: 30,
          while: () => {
            between()
            return true
          }
        }),
        Policy.attemptTimeout(timeout),
        Policy.deadline(deadline),
        Policy.idempotency(schedule.key === "none" ? "explicit" : "auto")
      )
    ),
    Effect.provide(AywaRuntime.layer(address))
  )

/** The law. `made` is how many resources exist for the schedule. */
const check = (schedule: Schedule, result: Result.Result<unknown, Failure>, made: number, attempts: number): void => {
  const say = `seed ${schedule.seed} (again: AYWA_SEED=${schedule.seed}) ${JSON.stringify(schedule)}`
  assert.isAtMost(made, 1, `a duplicate: ${say}`)
  if (Result.isSuccess(result)) return assert.strictEqual(made, 1, `success without a resource: ${say}`)
  const error = result.failure
  assert.isTrue(isRuntimeError(error), say)
  if (error.outcome !== "maybe-applied") {
    assert.strictEqual(made, 0, `${error._tag} says ${error.outcome}, but it was made: ${say}`)
  }
  if ("attempts" in error) assert.isAtMost(error.attempts, 1 + schedule.retries, say)
  assert.isAtMost(attempts, 1 + schedule.retries, say)
}

const madeFor = (schedule: Schedule) =>
  runtime.rows("assistants").filter((row) => Object(row["metadata"]).schedule === marker(schedule)).length

const inBatches = async (seeds: ReadonlyArray<number>, width: number, run: (seed: number) => Promise<void>) => {
  const queue = [...seeds]
  const worker = async () => {
    for (let seed = queue.pop(); seed !== undefined; seed = queue.pop()) await run(seed)
  }
  await Promise.all(Array.from({ length: width }, worker))
}

const seeds = (from: number, n: number): ReadonlyArray<number> =>
  single === undefined ? Array.from({ length: n }, (_, i) => from + i) : [Number(single)]

describe("a retry never duplicates", () => {
  it(
    `over ${single === undefined ? count : 1} seeded fault schedules`,
    async () => {
      const tally: Record<string, number> = {}
      const results = new Map<
        number,
        readonly [Schedule, Result.Result<unknown, Failure>, ReadonlyArray<string>, number]
      >()
      await inBatches(seeds(first, count), 24, async (seed) => {
        const schedule = scheduleOf(seed)
        const rules = arm(runtime, schedule)
        const begin = performance.now()
        const result = await Effect.runPromise(Effect.orDie(create(at(), schedule)))
        results.set(seed, [schedule, result, rules, performance.now() - begin])
        for (const rule of rules) runtime.faults.remove(rule)
      })
      // An attempt that timed out here may still be on its way through the runtime: wait until it is quiet.
      await new Promise((resolve) => setTimeout(resolve, 300))
      const made = new Map<string, number>()
      for (const row of runtime.rows("assistants")) {
        const key = String(Object(row["metadata"]).schedule)
        made.set(key, (made.get(key) ?? 0) + 1)
      }
      for (const [schedule, result, , elapsed] of results.values()) {
        check(schedule, result, made.get(marker(schedule)) ?? 0, 0)
        assert.isBelow(elapsed, deadline + 5000)
        const what = Result.isSuccess(result) ? "created" : `${result.failure._tag}/${result.failure.outcome}`
        tally[what] = (tally[what] ?? 0) + 1
      }
      process.stdout.write(
        `${results.size} fault schedules from seed ${single ?? first} on, no duplicate: ${JSON.stringify(tally)}\n`
      )
      if (single === undefined) {
        // The schedules reach what they are meant to reach.
        for (const what of [
          "created",
          "ServerError/maybe-applied",
          "RateLimited/rejected",
          "ConnectionError/maybe-applied"
        ]) {
          assert.isAbove(tally[what] ?? 0, count / 250, what)
        }
      }
    },
    60_000 + 20 * count
  )

  it("when a failed create is repeated with the error's key, exactly one exists", async () => {
    await inBatches(seeds(100_000, 200), 12, async (seed) => {
      const schedule: Schedule = { ...scheduleOf(seed), key: "generated" }
      const rules = arm(runtime, schedule)
      const result = await Effect.runPromise(Effect.orDie(create(at(), schedule)))
      for (const rule of rules) runtime.faults.remove(rule)
      if (Result.isFailure(result)) {
        const key = "idempotencyKey" in result.failure ? result.failure.idempotencyKey : undefined
        assert.isString(key)
        await Effect.runPromise(
          Effect.gen(function* () {
            const body = { name: "once", metadata: { schedule: marker(schedule) } }
            return yield* (yield* Assistants.Assistants).create(body, { idempotencyKey: key, retries: 5 })
          }).pipe(Effect.provide(AywaRuntime.layer(at())))
        )
      }
      assert.strictEqual(madeFor(schedule), 1, `AYWA_SEED=${seed}`)
    })
  }, 120_000)

  it("while the runtime restarts, or refuses connections, between attempts", async () => {
    let restarts = 0
    for (const seed of seeds(200_000, 120)) {
      const schedule = scheduleOf(seed)
      const { pick } = randomOf(seed + 7)
      const rules = arm(runtime, schedule)
      let restarting: Promise<void> = Promise.resolve()
      const before = runtime.requests().length
      const result = await Effect.runPromise(
        Effect.orDie(
          create(at(), schedule, () => {
            const what = pick(["restart", "refuse", "nothing"] as const)
            if (what === "refuse") runtime.faults.refuse(8)
            if (what === "restart") {
              restarts++
              restarting = restarting.then(() => runtime.restart())
            }
          })
        )
      )
      await restarting
      for (const rule of rules) runtime.faults.remove(rule)
      await new Promise((resolve) => setTimeout(resolve, 10))
      check(schedule, result, madeFor(schedule), runtime.requests().length - before)
    }
    if (single === undefined) assert.isAbove(restarts, 20)
  }, 120_000)

  it("while the runtime's process is killed and started again on the same file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "aywa-"))
    const bin = new URL("../../runtime-local/src/bin.ts", import.meta.url).pathname
    const start = (port: number) =>
      new Promise<{ readonly baseUrl: string; readonly kill: () => Promise<void> }>((resolve, reject) => {
        const child = spawn(
          process.execPath,
          [bin, "--port", String(port), "--db", join(folder, "a.db"), "--api-key", "sk_1", "--organization", "org_1"],
          { stdio: ["ignore", "pipe", "inherit"] }
        )
        child.on("error", reject)
        child.stdout.once("data", (line: Buffer) => {
          const { baseUrl }: { readonly baseUrl: string } = JSON.parse(line.toString())
          const kill = () =>
            new Promise<void>((done) => {
              child.once("exit", () => done())
              child.kill("SIGKILL")
            })
          resolve({ baseUrl, kill })
        })
      })
    let process_ = await start(0)
    const { baseUrl } = process_
    const address = { baseUrl, apiKey: "sk_1" }
    try {
      for (const seed of seeds(300_000, 12)) {
        const { next } = randomOf(seed)
        const schedule: Schedule = { seed, steps: [], key: seed % 2 ? "given" : "generated", retries: 8 }
        const calls = Effect.runPromise(
          Effect.orDie(
            Policy.with(create(address, schedule, undefined, 1000), Policy.retry({ baseDelay: 100, maxDelay: 400 }))
          )
        )
        await new Promise((resolve) => setTimeout(resolve, next() * 12))
        await process_.kill()
        process_ = await start(Number(new URL(baseUrl).port))
        const result = await calls
        const list = await Effect.runPromise(
          Effect.gen(function* () {
            return yield* (yield* Assistants.Assistants).list({ limit: 1000 })
          }).pipe(Effect.provide(AywaRuntime.layer(address)))
        )
        const made = list.items.filter((row) => row.metadata?.["schedule"] === marker(schedule)).length
        check(schedule, result, made, 0)
      }
    } finally {
      await process_.kill()
      rmSync(folder, { recursive: true, force: true })
    }
  }, 120_000)
})

describe("the test of the test", () => {
  it("finds the duplicates of a client that retries POST without a key", async () => {
    let duplicates = 0
    await inBatches(seeds(400_000, 200), 12, async (seed) => {
      const schedule = scheduleOf(seed)
      const rules = arm(runtime, schedule)
      for (let attempt = 0; attempt <= schedule.retries; attempt++) {
        const answer = await fetch(`${runtime.baseUrl}/assistant`, {
          method: "POST",
          headers: { authorization: `Bearer ${runtime.apiKey}`, "content-type": "application/json" },
          body: JSON.stringify({ name: "naive", metadata: { schedule: marker(schedule) } }),
          signal: AbortSignal.timeout(patience)
        })
          .then(async (response) => (await response.text(), response.status))
          .catch(() => 0)
        if (answer === 201) break
      }
      for (const rule of rules) runtime.faults.remove(rule)
      if (madeFor(schedule) > 1) duplicates++
    })
    process.stdout.write(`a naive client over ${single ?? 200} schedules: ${duplicates} with duplicates\n`)
    if (single === undefined) assert.isAbove(duplicates, 10)
  }, 120_000)
})
