/** Servers that are wrong in one way each: the right verdict, no crash, within the time. */
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { AywaRuntimeClient, isRuntimeError } from "@aywa-ai/runtime-sdk"
import { assert, describe, it, onTestFinished } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { ConformanceError, exitCodeOf, type GroupName, groups, type Report, runConformance } from "../src/index.ts"
import type { Changes } from "./proxy.ts"
import { openProxy } from "./proxy.ts"
import { leftIn, post, startRuntime } from "./support.ts"

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const before = async (changes: Changes, rows = 0) => {
  const runtime = await startRuntime({ listShape: 1 })
  for (let i = 0; i < rows; i++) await post(runtime, "/assistant", { name: `Row ${i}` })
  const proxy = await openProxy(runtime.baseUrl, changes)
  onTestFinished(proxy.close)
  const options = { baseUrl: proxy.url, apiKey: runtime.apiKey }
  const run = (only: ReadonlyArray<GroupName>) =>
    runConformance({ ...options, write: true, requestsPerSecond: 5000, only })
  return { runtime, options, run }
}

const statusOf = ({ cases }: Report, id: string) => cases.find((one) => one.id === id)?.status
const verdictOf = ({ capabilities }: Report, name: string) => capabilities.find((one) => one.name === name)?.verdict

const whole = process.env["AYWA_WHOLE"] === "1"

/** All groups take their time; some are as good for a verdict. */
const some: ReadonlyArray<GroupName> = whole ? groups : ["auth", "transport", "lists", "idempotency"]

/** The run against a server that has one answer for everything. */
const reportOf = async (status: number, body: string) => {
  const baseUrl = await serve((request, response) => {
    request.resume()
    response.writeHead(status, { "content-type": "application/json" }).end(body)
  })
  return runConformance({ baseUrl, apiKey: "any-key", write: true, requestsPerSecond: 5000, only: some })
}

describe("wrong servers", () => {
  it("one that ignores keys: retries of creates are unsafe, and nothing is left", async () => {
    const { runtime, run } = await before({
      request: (request) => ({
        ...request,
        headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => name !== "idempotency-key"))
      })
    })
    const report = await run(["idempotency", "rows"])
    assert.deepStrictEqual([verdictOf(report, "retries of creates"), exitCodeOf(report)], ["unsafe", 3])
    assert.strictEqual(report.profile.idempotencyKeys, "ignored")
    assert.strictEqual(statusOf(report, "idempotency.lost-answer"), "fail")
    assert.deepStrictEqual([report.left, leftIn(runtime)], [[], []])
  })

  it("one whose lists end at 100 rows: pagination is unsafe, and a walk with the profile fails instead of ending", async () => {
    const filters = ["Gt", "Ge", "Lt", "Le"].flatMap((suffix) => [`createdAt${suffix}`, `updatedAt${suffix}`])
    const { runtime, run, options } = await before(
      {
        request: (request) => {
          const query = new URLSearchParams(request.query)
          for (const name of filters) query.delete(name)
          if (Number(query.get("limit") ?? 100) > 100) query.set("limit", "100")
          return { ...request, query }
        }
      },
      130
    )
    const report = await run(["lists"])
    assert.deepStrictEqual([verdictOf(report, "pagination"), exitCodeOf(report)], ["unsafe", 3])
    assert.deepStrictEqual(report.profile.lists["/assistant"], { shape: 1, most: 100, walk: "first-page" })
    assert.deepStrictEqual(leftIn(runtime), [])
    const aywa = new AywaRuntimeClient({ ...options, runtimeProfile: report.profile })
    const seen: Array<string> = []
    const walk = async () => {
      for await (const { id } of aywa.assistants.list({ limit: 1000 })) seen.push(id)
    }
    const error = await walk().then(
      () => undefined,
      (error: unknown) => error
    )
    assert.include(isRuntimeError(error) && error.message, "did not say where")
    assert.strictEqual(seen.length, 100)
    assert.deepStrictEqual((await aywa.tools.list()).items, [])
  })

  it("one that answers 200 for everything", async () => {
    const report = await reportOf(200, "{}")
    assert.strictEqual(exitCodeOf(report), 3)
    assert.deepStrictEqual(
      [
        statusOf(report, "auth.none"),
        statusOf(report, "lists.shape-assistant"),
        statusOf(report, "transport.unknown-route")
      ],
      ["fail", "fail", "fail"]
    )
    assert.deepStrictEqual(
      report.capabilities.filter(({ verdict }) => verdict === "safe"),
      []
    )
    assert.strictEqual(report.profile.idempotencyKeys, "unknown")
  })

  it("one that answers 401 for everything", async () => {
    const report = await reportOf(401, '{"message":"no"}')
    assert.deepStrictEqual([exitCodeOf(report), statusOf(report, "auth.key")], [3, "fail"])
    assert.isTrue(report.capabilities.every(({ verdict }) => verdict === "unknown"))
  })

  it("one that hangs from the start, or in the middle", async () => {
    const silent = await serve(() => undefined)
    const refused = await runConformance({ baseUrl: silent, apiKey: "any-key", timeout: 300 }).catch(
      (error: unknown) => error
    )
    assert.instanceOf(refused, ConformanceError)
    assertMatches(refused, { reason: "Unreachable" })
    let requests = 0
    const { options } = await before({ request: (request) => (++requests > 30 ? "silence" : request) })
    const report = await runConformance({ ...options, write: true, timeout: 300, requestsPerSecond: 5000 })
    const late = report.cases.slice(-100).filter(({ status }) => status === "inconclusive" || status === "skip")
    assert.strictEqual(late.length, 100)
    assert.match(report.left.join(), /does not answer|^$/)
  })

  it("one that has a path misspelt", async () => {
    const { run } = await before({
      request: (request) => ({ ...request, path: request.path.replace(/^\/structured-output/, "/structured-outputs") })
    })
    const report = await run(["lists"])
    const failed = report.cases
      .filter(({ status, group }) => status === "fail" && group === "lists")
      .map(({ id }) => id)
    assert.deepStrictEqual(failed, ["lists.shape-structured-output"])
  })
})
