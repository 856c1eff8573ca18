/** Reports: for people, programs and CI; without secrets; and side by side. */
import { assert, describe, it } from "vitest"
import { rejection } from "../../runtime-sdk/test/support/assertions.ts"
import {
  compareReports,
  type ConformanceOptions,
  exitCodeOf,
  formatComparison,
  formatDrift,
  formatPlan,
  formatReport,
  planConformance,
  readReport,
  type Report,
  reportJunit,
  reportMarkdown,
  runConformance
} from "../src/index.ts"
import { mutants } from "./mutants.ts"
import { runOn, startRuntime, whole } from "./support.ts"

const formats = (report: Report): ReadonlyArray<string> => [
  JSON.stringify(report),
  formatReport(report, { all: true }),
  reportMarkdown(report),
  reportJunit(report)
]

/** Tags that open and close as they should, and text without marks. */
const isWellFormed = (xml: string): boolean => {
  const open: Array<string> = []
  for (const [, closing, name = "", , empty] of xml.matchAll(/<(\/?)([a-z]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>/g)) {
    if (closing === "/") {
      if (open.pop() !== name) return false
    } else if (empty !== "/") open.push(name)
  }
  const rest = xml.replace(/^<\?xml[^>]*\?>/, "").replaceAll(/<\/?[a-z]+(?:\s+[a-z]+="[^"<]*")*\s*\/?>/g, "")
  return open.length === 0 && !/[<>]/.test(rest) && !/&(?!(amp|lt|gt|quot);)/.test(xml)
}

describe("reports", () => {
  it("show neither keys, secrets, numbers, addresses, ids nor what rows hold, whatever the runtime repeats", async () => {
    const canaries = { key: "", firstMessage: "canary-prompt-5517", email: "canary@example.invalid" }
    const leak = (text: string) => JSON.stringify({ message: text, firstMessage: canaries.firstMessage })
    const report = await runOn(
      {
        proxy: ({ apiKey }) => {
          canaries.key = apiKey
          return {
            answer: (answer, request) =>
              answer.status >= 400
                ? {
                    ...answer,
                    body: leak(
                      `${apiKey} ${request.headers["authorization"]} +14155550123 ${canaries.email} ${request.body}`
                    )
                  }
                : { ...answer, headers: { ...answer.headers, location: `/x?key=${apiKey}` } }
          }
        }
      },
      { only: ["auth", "errors", "rows", "credentials", "imports"] }
    )
    assert.isAbove(report.summary.fail, 5)
    assert.isTrue(report.cases.some(({ evidence }) => evidence.length > 0))
    for (const text of formats(report)) {
      for (const canary of [
        canaries.key,
        "+14155550123",
        "4155550123",
        canaries.email,
        `canary-${report.run}`,
        "whsec_"
      ]) {
        assert.isFalse(text.includes(canary), canary)
      }
      assert.notMatch(text, /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/)
    }
    // Of what succeeded, only the outline.
    const shown = report.cases.flatMap(({ evidence }) => evidence).filter(({ response }) => response.status < 300)
    assert.notInclude(JSON.stringify(shown), "canary-prompt")
  })

  it("are well-formed, and say what follows", async () => {
    const report = await runOn(mutants["auth.none"], { only: ["auth"] })
    const xml = reportJunit(report)
    assert.isTrue(isWellFormed(xml))
    assert.include(xml, `tests="${report.cases.length}" failures="${report.summary.fail}"`)
    assert.isTrue(
      isWellFormed(reportJunit({ ...report, cases: report.cases.map((one) => ({ ...one, got: '<&"\u0000\ud800' })) }))
    )
    const text = formatReport(report)
    assert.include(text, "FAIL  MUST   auth.none: no key is refused")
    assert.match(text, /expected 401\n\s+got\s+status 200\n\s+means /)
    assert.include(reportMarkdown(report), "| `auth.none` | MUST | fail |")
    assert.deepStrictEqual([exitCodeOf(report), exitCodeOf({ ...report, cases: [] })], [3, 0])
    const should = { ...report, cases: report.cases.map((one) => ({ ...one, level: "SHOULD" as const })) }
    assert.deepStrictEqual([exitCodeOf(should), exitCodeOf(should, { strict: true })], [0, 1])
  })

  it("say what a runtime has beyond the contract, with ids masked", async () => {
    const report = await runOn(
      {
        proxy: () => ({
          answer: (answer, { path, method }) =>
            path === "/assistant" && method === "GET" && answer.status === 200
              ? {
                  ...answer,
                  body: JSON.stringify(
                    JSON.parse(answer.body).map((row: object) => ({
                      ...row,
                      mood: "calm",
                      voice: { provider: "newvoice" }
                    }))
                  )
                }
              : path === "/logs/webhooks"
                ? {
                    ...answer,
                    body: JSON.stringify({
                      items: [
                        { id: "job-12345", type: "aywa.sang", status: "sung", createdAt: "2026-01-01T00:00:00Z" }
                      ],
                      nextCursor: null
                    })
                  }
                : answer
        })
      },
      { only: ["lists"], write: false, calls: false, to: undefined, webhookUrl: undefined }
    )
    const found = report.drift.map(({ kind, place, value }) => `${kind} ${place} ${value}`)
    assert.deepStrictEqual(found, [
      "field /assistant mood string",
      "word /assistant voice.provider newvoice",
      "word /logs/webhooks status sung",
      "event aywa.sang aywa.sang"
    ])
    assert.isTrue(report.drift.every(({ rows }) => rows.length <= 3 && rows.every((id) => /^.{1,4}…$/.test(id))))
    assert.strictEqual(report.drift[0]?.count, 3)
    assert.include(formatDrift(report.drift), "word   /assistant voice.provider: newvoice, in 3 rows")
  })

  it("are compared with an earlier one", async () => {
    const runtime = await startRuntime()
    const options: ConformanceOptions = {
      baseUrl: runtime.baseUrl,
      apiKey: runtime.apiKey,
      requestsPerSecond: 5000,
      only: ["auth", "errors"]
    }
    const before = await runConformance(options)
    const after = await runOn(mutants["errors.body"], {
      only: ["auth", "errors"],
      write: false,
      calls: false,
      to: undefined,
      webhookUrl: undefined
    })
    const worse = compareReports(readReport(JSON.stringify(before)), after)
    assert.includeDeepMembers(
      worse.broken.map(({ id }) => id),
      ["errors.body"]
    )
    assert.deepStrictEqual(worse.mended, [])
    assert.deepStrictEqual(
      compareReports(after, before).mended.map(({ id }) => id),
      worse.broken.map(({ id }) => id)
    )
    assert.include(formatComparison(worse), "errors.body (MUST): pass -> fail")
    assert.include(formatComparison(compareReports(before, before)), "nothing new")
    for (const wrong of [
      "no JSON",
      "{}",
      '{"formatVersion":1}',
      '{"formatVersion":1,"cases":[1],"capabilities":[],"drift":[]}'
    ]) {
      assert.throws(() => readReport(wrong), /^The baseline /)
    }
  })
})

describe("options", () => {
  it("that are wrong are refused before anything is sent", async () => {
    const runtime = await startRuntime()
    const count = runtime.requests().length
    const base = { baseUrl: runtime.baseUrl, apiKey: runtime.apiKey }
    const wrong: ReadonlyArray<readonly [object, RegExp]> = [
      [{ ...base, wirte: true }, /wirte is not an option/],
      [{ ...base, calls: true }, /calls needs write/],
      [{ ...base, otherApiKey: base.apiKey }, /otherApiKey is the key itself/],
      [{ ...base, to: "+14155550123" }, /to needs calls/],
      [{ ...base, write: true, calls: true, to: "0123" }, /E\.164/],
      [{ ...base, webhookUrl: "http://127.0.0.1" }, /webhookUrl needs calls/],
      [{ ...base, only: ["atuh"] }, /Did you mean auth\?/],
      [{ ...base, skip: ["auth.nobody"] }, /no case/],
      [{ ...base, maxRequests: 0 }, /maxRequests/],
      [{ ...base, apiKey: undefined }, /AYWA_RUNTIME_API_KEY/]
    ]
    for (const [options, message] of wrong)
      assert.match((await rejection(runConformance(options as ConformanceOptions))).message, message)
    assert.strictEqual(runtime.requests().length, count)
  })

  it("bound what is asked: requests, and requests a second", async () => {
    const runtime = await startRuntime()
    const count = runtime.requests().length
    const base = { baseUrl: runtime.baseUrl, apiKey: runtime.apiKey }
    const report = await runConformance({ ...base, maxRequests: 7, requestsPerSecond: 5000, only: ["auth"] })
    assert.isAtMost(runtime.requests().length - count, 7)
    assert.isAbove(report.summary.inconclusive, 0)
    const began = performance.now()
    const slow = await runConformance({ ...base, requestsPerSecond: 20, only: ["auth"], write: true })
    assert.isAtLeast(performance.now() - began, (slow.requests - 2) * 50 - 50)
  })

  it("are shown as a plan", async () => {
    const options = { baseUrl: "http://127.0.0.1:1", apiKey: "k" }
    assert.include(formatPlan(planConformance(options)), "It only reads.")
    const runtime = await startRuntime()
    const text = formatPlan(planConformance(whole(runtime)))
    assert.match(text, /at most \d+ rows named aywa-conformance-<run>-…/)
    assert.match(text, /at most \d+ calls/)
  })
})
