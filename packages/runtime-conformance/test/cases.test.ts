/** Every case passes on the local runtime, and fails on its mutant. */
import { describe, expect, it } from "vitest"
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
    expect(rest).toEqual([])
    expect(report.cases.length).toBe(allCases.length - 1)
    expect([report.left, leftIn(runtime)]).toEqual([[], []])
    const verdicts = report.capabilities.map(({ name, verdict }) => `${name}: ${verdict}`)
    expect(verdicts.every((verdict) => verdict.endsWith(": safe"))).toBe(true)
    const plan = planConformance(whole(runtime))
    const made = runtime.requests({ method: "POST" }).filter(({ status }) => status === 201)
    const imports = made.filter(({ path }) => path.startsWith("/import")).length
    expect(made.length - imports).toBeLessThanOrEqual(plan.rows + plan.calls + 4)
    expect(imports).toBeLessThanOrEqual(plan.imports)
    const removals = runtime.requests({ method: "DELETE" }).length
    expect(report.requests - removals).toBeLessThanOrEqual(plan.maxRequests + 40)
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
    expect([...methods].filter((method) => !["GET", "HEAD", "OPTIONS", "TRACE", "PUT"].includes(method))).toEqual([])
    expect(report.summary.fail).toBe(0)
    expect(report.summary.skip).toBeGreaterThan(50)
  })

  it("forgets keys after their time", async () => {
    const runtime = await startRuntime({ idempotencyTtl: 150 })
    const report = await runConformance({ ...whole(runtime), only: ["idempotency.ttl"], waitTtl: 300 })
    expect(report.cases.map(({ status }) => status)).toEqual(["pass"])
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
    expect(`${result?.id} ${result?.status}: ${result?.got}`).toContain(`${id} fail: `)
    expect(result?.evidence.length).toBeGreaterThan(0)
    expect(result?.consequence.length).toBeGreaterThan(5)
    expect(result?.workaround.length).toBeGreaterThan(5)
  })
})

it("there are about 140 cases, in ten groups, each with an id of its own", () => {
  expect(allCases.length).toBeGreaterThanOrEqual(140)
  expect(new Set(allCases.map(({ id }) => id)).size).toBe(allCases.length)
  expect([...new Set(allCases.map(({ group }) => group))]).toEqual(groups)
})
