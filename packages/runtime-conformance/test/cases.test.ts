/** Every case passes on the local runtime, and fails on its mutant. */
import { assert, describe, it } from "vitest"
import { allCases, type CaseId, groups, planConformance, runConformance } from "../src/index.ts"
import { mutants } from "./mutants.ts"
import { leftIn, runOn, startRuntime, whole } from "./support.ts"

const ids = Object.keys(mutants) as ReadonlyArray<CaseId>

describe("the local runtime", () => {
  it("passes every case within the bounds of the plan, and keeps nothing of the run", async () => {
    const runtime = await startRuntime()
    // Without a rate of its own a run waits for nobody here: at 5 requests a second this test would not end in its time.
    const options = { ...whole(runtime), requestsPerSecond: undefined }
    const report = await runConformance({ ...options, skip: ["idempotency.ttl"] })
    const rest = report.cases
      .filter(({ status }) => status !== "pass")
      .map(({ id, status, got }) => `${id} ${status}: ${got}`)
    assert.deepStrictEqual(rest, [])
    assert.strictEqual(report.cases.length, allCases.length - 1)
    assert.deepStrictEqual([report.left, leftIn(runtime)], [[], []])
    const verdicts = report.capabilities.map(({ name, verdict }) => `${name}: ${verdict}`)
    assert.isTrue(verdicts.every((verdict) => verdict.endsWith(": safe")))
    const plan = planConformance(whole(runtime))
    const made = runtime.requests({ method: "POST" }).filter(({ status }) => status === 201)
    const imports = made.filter(({ path }) => path.startsWith("/import")).length
    assert.isAtMost(made.length - imports, plan.rows + plan.calls + 4)
    assert.isAtMost(imports, plan.imports)
    const removals = runtime.requests({ method: "DELETE" }).length
    assert.isAtMost(report.requests - removals, plan.maxRequests + 40)
  })

  it("only reads unless it is told otherwise", async () => {
    const runtime = await startRuntime()
    const before = runtime.requests().length
    const report = await runConformance({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey, requestsPerSecond: 5000 })
    const methods = new Set(
      runtime
        .requests()
        .slice(before)
        .map(({ method }) => method)
    )
    assert.deepStrictEqual(
      [...methods].filter((method) => !["GET", "HEAD", "OPTIONS", "TRACE", "PUT"].includes(method)),
      []
    )
    assert.strictEqual(report.summary.fail, 0)
    assert.isAbove(report.summary.skip, 50)
  })

  it("forgets keys after their time", async () => {
    const runtime = await startRuntime({ idempotencyTtl: 150 })
    const report = await runConformance({ ...whole(runtime), only: ["idempotency.ttl"], waitTtl: 300 })
    assert.deepStrictEqual(
      report.cases.map(({ status }) => status),
      ["pass"]
    )
  })
})

describe("its mutant fails", { concurrent: true }, () => {
  it.for(ids)("%s", { concurrent: true }, async (id, { onTestFinished }) => {
    const isWaiting = [
      "webhooks.delivered",
      "webhooks.server-error",
      "webhooks.closed",
      "webhooks.replay",
      "webhooks.retry",
      "webhooks.endpoint"
    ].includes(id)
    const report = await runOn(
      mutants[id],
      { only: [id], waitTtl: 50, ...(isWaiting ? { webhookWait: 1500 } : {}) },
      onTestFinished
    )
    const [result] = report.cases
    assert.include(`${result?.id} ${result?.status}: ${result?.got}`, `${id} fail: `)
    assert.isAbove(result?.evidence.length ?? 0, 0)
    assert.isAbove(result?.consequence.length ?? 0, 5)
    assert.isAbove(result?.workaround.length ?? 0, 5)
  })
})

it("there are about 140 cases, in ten groups, each with an id of its own", () => {
  assert.isAtLeast(allCases.length, 140)
  assert.strictEqual(new Set(allCases.map(({ id }) => id)).size, allCases.length)
  assert.deepStrictEqual([...new Set(allCases.map(({ group }) => group))], [...groups])
})
