/** Reports: for people, programs and CI; without secrets; and side by side. */
import { describe, expect, it } from "vitest"
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
    expect(report.summary.fail).toBeGreaterThan(5)
    expect(report.cases.some(({ evidence }) => evidence.length > 0)).toBe(true)
    for (const text of formats(report)) {
      for (const canary of [
        canaries.key,
        "+14155550123",
        "4155550123",
        canaries.email,
        `canary-${report.run}`,
        "whsec_"
      ]) {
        expect(text.includes(canary), canary).toBe(false)
      }
      expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/)
    }
    // Of what succeeded, only the outline.
    const shown = report.cases.flatMap(({ evidence }) => evidence).filter(({ response }) => response.status < 300)
    expect(JSON.stringify(shown)).not.toContain("canary-prompt")
  })

  it("are well-formed, and say what follows", async () => {
    const report = await runOn(mutants["auth.none"], { only: ["auth"] })
    const xml = reportJunit(report)
    expect(isWellFormed(xml)).toBe(true)
    expect(xml).toContain(`tests="${report.cases.length}" failures="${report.summary.fail}"`)
    expect(
      isWellFormed(reportJunit({ ...report, cases: report.cases.map((one) => ({ ...one, got: '<&"\u0000\ud800' })) }))
    ).toBe(true)
    const text = formatReport(report)
    expect(text).toContain("FAIL  MUST   auth.none: no key is refused")
    expect(text).toMatch(/expected 401\n\s+got\s+status 200\n\s+means /)
    expect(reportMarkdown(report)).toContain("| `auth.none` | MUST | fail |")
    expect([exitCodeOf(report), exitCodeOf({ ...report, cases: [] })]).toEqual([3, 0])
    const should = { ...report, cases: report.cases.map((one) => ({ ...one, level: "SHOULD" as const })) }
    expect([exitCodeOf(should), exitCodeOf(should, { strict: true })]).toEqual([0, 1])
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
    expect(found).toEqual([
      "field /assistant mood string",
      "word /assistant voice.provider newvoice",
      "word /logs/webhooks status sung",
      "event aywa.sang aywa.sang"
    ])
    expect(report.drift.every(({ rows }) => rows.length <= 3 && rows.every((id) => /^.{1,4}…$/.test(id)))).toBe(true)
    expect(report.drift[0]?.count).toBe(3)
    expect(formatDrift(report.drift)).toContain("word   /assistant voice.provider: newvoice, in 3 rows")
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
    expect(worse.broken.map(({ id }) => id)).toEqual(expect.arrayContaining(["errors.body"]))
    expect(worse.mended).toEqual([])
    expect(compareReports(after, before).mended.map(({ id }) => id)).toEqual(worse.broken.map(({ id }) => id))
    expect(formatComparison(worse)).toContain("errors.body (MUST): pass -> fail")
    expect(formatComparison(compareReports(before, before))).toContain("nothing new")
    for (const wrong of [
      "no JSON",
      "{}",
      '{"formatVersion":1}',
      '{"formatVersion":1,"cases":[1],"capabilities":[],"drift":[]}'
    ]) {
      expect(() => readReport(wrong)).toThrow(/^The baseline /)
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
      await expect(runConformance(options as ConformanceOptions)).rejects.toThrow(message)
    expect(runtime.requests().length).toBe(count)
  })

  it("bound what is asked: requests, and requests a second", async () => {
    const runtime = await startRuntime()
    const count = runtime.requests().length
    const base = { baseUrl: runtime.baseUrl, apiKey: runtime.apiKey }
    const report = await runConformance({ ...base, maxRequests: 7, requestsPerSecond: 5000, only: ["auth"] })
    expect(runtime.requests().length - count).toBeLessThanOrEqual(7)
    expect(report.summary.inconclusive).toBeGreaterThan(0)
    const began = performance.now()
    const slow = await runConformance({ ...base, requestsPerSecond: 20, only: ["auth"], write: true })
    expect(performance.now() - began).toBeGreaterThanOrEqual((slow.requests - 2) * 50 - 50)
  })

  it("are shown as a plan", async () => {
    const options = { baseUrl: "http://127.0.0.1:1", apiKey: "k" }
    expect(formatPlan(planConformance(options))).toContain("It only reads.")
    const runtime = await startRuntime()
    const text = formatPlan(planConformance(whole(runtime)))
    expect(text).toMatch(/at most \d+ rows named aywa-conformance-<run>-…/)
    expect(text).toMatch(/at most \d+ calls/)
  })
})
