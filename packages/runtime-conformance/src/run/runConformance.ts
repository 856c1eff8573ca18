/** Runs cases against a runtime, one after the other, and removes what it made. */
import { isRuntimeError } from "@aywa-ai/runtime-sdk"
import { makeBench, perform, type Run, type Seen } from "../bench/Bench.ts"
import { type Answer, isSuccess } from "../bench/wire.ts"
import type { Case } from "../cases/define.ts"
import { ConformanceError } from "../errors/ConformanceError.ts"
import { Ended, fail, type Finding, inconclusive, skip, type Status } from "../model/Case.ts"
import { textAt } from "../model/json.ts"
import { errorOutline, makeMask, type Mask, outline } from "../model/mask.ts"
import type { CaseResult, Evidence, Report } from "../model/Report.ts"
import { capabilitiesOf, profileOf } from "./capabilities.ts"
import { sweep } from "./clean.ts"
import { openRun } from "./open.ts"
import { checkOptions, type ConformanceOptions } from "./options.ts"
import { isAllowed, selectCases } from "./plan.ts"

/**
 * Runs the cases against a runtime. What does not hold is in the report; rejects with ConformanceError where a run is not
 * possible, and with the SDK's ConfigError for a wrong address or key.
 *
 * **Details**
 *
 * Without `write` it only reads. Rows that it creates are named `aywa-conformance-<run>-…`, marked beside the name, and
 * removed at the end, also after the signal has fired.
 *
 * **Example**
 *
 * ```ts
 * import { formatReport, runConformance } from "@aywa-ai/runtime-conformance"
 *
 * const report = await runConformance({
 *   baseUrl: process.env["AYWA_RUNTIME_BASE_URL"],
 *   apiKey: process.env["AYWA_RUNTIME_API_KEY"],
 *   only: ["auth", "errors"]
 * })
 * console.log(formatReport(report))
 * ```
 *
 * @since 0.2.0
 * @category run
 */
export const runConformance = async (options: ConformanceOptions): Promise<Report> => {
  checkOptions(options)
  const began = performance.now()
  const run = await openRun(options)
  const mask = makeMask(() => secretsOf(run, options))
  const results: Array<CaseResult> = []
  let left: ReadonlyArray<string> = []
  try {
    await reach(run, options)
    const cases = selectCases(options)
    for (const one of cases) {
      if (run.signal.aborted) break
      // oxlint-disable-next-line no-await-in-loop -- one after the other: they look at one runtime.
      const result = await runCase(run, one, options, mask)
      results.push(result)
      options.onCase?.(result, results.length, cases.length)
    }
  } finally {
    left = await sweep(run)
    await run.receiver?.close()
    await run.aywa.close()
  }
  if (run.signal.aborted) throw new ConformanceError("Aborted", stopped(left))
  return reportOf(run, results, left, Math.round(performance.now() - began))
}

const stopped = (left: ReadonlyArray<string>): string =>
  left.length === 0
    ? "Stopped. The rows of the run were removed."
    : `Stopped. These rows could not be removed: ${left.join("; ")}. Run aywa-runtime conformance clean.`

/** The local runtime on this machine, by its own word: nobody is harmed there. A tunnel to another one is none. */
const isLocal = ({ target }: Run, { json }: Answer): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/.test(target.baseUrl.hostname) && textAt(json, "runtime") === "local"

/** Whether anything answers at all. */
const reach = async (run: Run, { requestsPerSecond }: ConformanceOptions): Promise<void> => {
  for (const path of ["/health", "/assistant?limit=1"]) {
    // oxlint-disable-next-line no-await-in-loop -- the second only where the first is silent.
    await run.pace.take(1, false, run.signal)
    // oxlint-disable-next-line no-await-in-loop -- as above.
    const answer = await perform(run, { path })
    run.signal.throwIfAborted()
    const version = isSuccess(answer) ? textAt(answer.json, "version") : undefined
    if (version !== undefined) run.facts.runtimeVersion = version
    if (requestsPerSecond === undefined && isLocal(run, answer)) run.pace.lift()
    if (answer.status !== 0) return
    if (path !== "/health") {
      throw new ConformanceError(
        "Unreachable",
        `The runtime gives no answer (${answer.error}). aywa-runtime doctor looks at address, DNS, TLS and key one by one.`
      )
    }
  }
}

const runCase = async (run: Run, one: Case, options: ConformanceOptions, mask: Mask): Promise<CaseResult> => {
  const { run: look, late: _, ...text } = one
  const bench = makeBench(run)
  const began = performance.now()
  const before = run.seen.length
  const finding = await found(run, () => {
    if (!isAllowed(one.power, options)) return Promise.resolve(skip(needs[one.power]))
    if (run.silence >= 3) return Promise.resolve(inconclusive("the runtime does not answer any more"))
    return look(bench)
  })
  const got = mask(finding.got)
  const evidence =
    finding.status === "pass" || finding.status === "skip"
      ? []
      : run.seen
          .slice(before)
          .slice(-6)
          .map((seen) => evidenceOf(seen, mask))
  return { ...text, ...finding, got, evidence, ms: Math.round(performance.now() - began) }
}

const needs = {
  read: "",
  write: "needs --write",
  calls: "needs --write --calls",
  webhooks: "needs --write --calls --webhook-url"
} as const

/** What a case finds, whatever it throws. */
const found = async (run: Run, look: () => Promise<Finding>): Promise<Finding> => {
  try {
    return await look()
  } catch (error) {
    if (error instanceof Ended) return error.finding
    if (run.signal.aborted) return inconclusive("stopped")
    if (isRuntimeError(error)) return ofSdk(error)
    return inconclusive(`the case itself failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** What the SDK could not read is a finding; that nothing came, or that the key is refused, is none. */
const ofSdk = (error: Error & { readonly _tag: string }): Finding => {
  const { cause } = error
  if (cause instanceof Ended) return cause.finding
  return ["ConnectionError", "AuthError", "RateLimited"].includes(error._tag)
    ? inconclusive(error.message)
    : fail(error.message)
}

const secretsOf = (run: Run, options: ConformanceOptions): ReadonlyArray<string> => [
  ...[options.apiKey, options.otherApiKey, options.to].filter((secret) => secret !== undefined),
  ...run.means.webhookSecrets,
  `canary-${run.id}`
]

const shownHeaders: ReadonlySet<string> = new Set([
  "accept",
  "content-type",
  "content-length",
  "idempotency-key",
  "idempotency-replayed",
  "if-match",
  "etag",
  "allow",
  "retry-after",
  "ratelimit",
  "x-request-id",
  "www-authenticate",
  "authorization",
  "location"
])

const headersOf = (headers: Readonly<Record<string, string>>, mask: Mask): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => shownHeaders.has(name))
      .map(([name, value]) => [name, name === "authorization" ? "[secret]" : mask(value.slice(0, 120))])
  )

const evidenceOf = ({ ask, answer }: Seen, mask: Mask): Evidence => ({
  request: {
    method: ask.method ?? "GET",
    path: mask(`${ask.path}${queryText(ask.query)}`),
    headers: headersOf(ask.headers ?? {}, mask),
    ...(ask.body === undefined ? {} : { body: outline(ask.body, mask) })
  },
  response: {
    status: answer.status,
    headers: headersOf(answer.headers, mask),
    ...(answer.text === ""
      ? {}
      : { body: isSuccess(answer) ? outline(answer.json, mask) : errorOutline(answer.json, answer.text, mask) }),
    ...(answer.error === undefined ? {} : { error: mask(answer.error) })
  }
})

const queryText = (query: Seen["ask"]["query"] = {}): string => {
  const parts = Object.entries(query).map(([name, value]) => `${name}=${value}`)
  return parts.length === 0 ? "" : `?${parts.join("&")}`
}

const reportOf = (run: Run, results: ReadonlyArray<CaseResult>, left: ReadonlyArray<string>, ms: number): Report => {
  const createdAt = new Date().toISOString()
  const count = (status: Status) => results.filter((result) => result.status === status).length
  const { runtimeVersion } = run.facts
  return {
    formatVersion: 1,
    run: run.id,
    createdAt,
    origin: run.target.baseUrl.origin,
    ...(runtimeVersion === undefined ? {} : { runtimeVersion }),
    summary: { pass: count("pass"), fail: count("fail"), skip: count("skip"), inconclusive: count("inconclusive") },
    requests: run.pace.count(),
    ms,
    capabilities: capabilitiesOf(results),
    cases: results,
    drift: run.drifts.found(),
    left,
    profile: profileOf(run, results, createdAt)
  }
}
