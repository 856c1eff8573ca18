/** A run that is stopped leaves nothing; what others left is removed by its marks, and nothing else is. */
import { randomInt } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { assert, describe, it } from "vitest"
import { cleanConformance, isConformanceError, runConformance } from "../src/index.ts"
import { leftIn, post, startRuntime, whole } from "./support.ts"

const moments = Number(process.env["AYWA_INTERRUPTS"] ?? 2)

describe("a run", () => {
  it(
    `that is stopped at any of ${moments} random moments leaves no row`,
    async () => {
      for (let moment = 0; moment < moments; moment++) {
        const runtime = await startRuntime({ listShape: 1 })
        const before = runtime.requests().length
        const stopAt = randomInt(1, moments < 10 ? 250 : 330)
        const controller = new AbortController()
        const state = { over: false }
        const run = runConformance({
          ...whole(runtime),
          signal: controller.signal,
          webhookWait: 3000,
          ...(moments < 10 ? { skip: ["webhooks"] } : {})
        })
          .catch((error: unknown) => error)
          .finally(() => (state.over = true))
        while (!state.over && runtime.requests().length - before < stopAt) await sleep(1)
        controller.abort(new Error("stopped"))
        const error = await run
        assert.strictEqual(isConformanceError(error) ? error.reason : error, "Aborted", `stopped at request ${stopAt}`)
        assert.deepStrictEqual(leftIn(runtime), [], `stopped at request ${stopAt}`)
        await runtime.close()
      }
    },
    120_000 + moments * 20_000
  )
})

describe("cleaning", () => {
  it("removes rows of earlier runs, and none that lack the name or the mark", async () => {
    const runtime = await startRuntime({ listShape: 1 })
    const run = "abcd1234"
    const name = `aywa-conformance-${run}-left`
    const ours: ReadonlyArray<readonly [string, object]> = [
      ["/assistant", { name, metadata: { aywaConformance: run } }],
      ["/tool", { type: "function", function: { name, description: `aywaConformance: ${run}` } }],
      ["/webhook-endpoint", { url: `http://192.0.2.1/${name}?aywaConformance=${run}`, scope: "account" }],
      ["/structured-output", { name, description: `aywaConformance: ${run}`, schema: { type: "object" } }]
    ]
    const others: ReadonlyArray<readonly [string, object]> = [
      ["/assistant", { name, metadata: { aywaConformance: "another1" } }],
      ["/assistant", { name: "aywa-conformance", metadata: { aywaConformance: run } }],
      ["/assistant", { name }],
      ["/tool", { type: "function", function: { name, description: "Mine" } }],
      ["/webhook-endpoint", { url: `http://192.0.2.1/${name}`, scope: "account" }],
      ["/structured-output", { name, schema: { type: "object" } }]
    ]
    for (const [path, body] of [...ours, ...others]) assert.strictEqual((await post(runtime, path, body)).status, 201)
    const options = { baseUrl: runtime.baseUrl, apiKey: runtime.apiKey, requestsPerSecond: 5000 }
    const report = await cleanConformance(options)
    assert.deepStrictEqual(report.removed.map(({ path }) => path).toSorted(), ours.map(([path]) => path).toSorted())
    assert.deepStrictEqual(report.left, [])
    assert.deepStrictEqual((await cleanConformance(options)).removed, [])
    const counts = ["assistants", "tools", "webhookEndpoints", "structuredOutputs"].map((name) => runtime.count(name))
    assert.deepStrictEqual(counts, [6, 1, 1, 1])
  })
})
