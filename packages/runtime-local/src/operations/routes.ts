/**
 * The operations of the runtime: whether it is well, and what it has done. Everything is that of the organization
 * that asks, save for the two probes, which are public and say nothing of anybody.
 */
import { type Answer, json } from "../http/answer.ts"
import type { Handler } from "../http/handler.ts"
import { HttpError, storeUnavailable } from "../http/errors.ts"
import type { Store } from "../store/Store.ts"
import { callsBy, callTotals, rowCounts } from "./data.ts"
import { objectivesOf } from "./objectives.ts"
import { expose } from "./prometheus.ts"
import { storeProblem } from "./readiness.ts"
import { type ReportContext, reportOf, toJson, toMetrics } from "./report.ts"
import { runbooksOf } from "./runbooks.ts"
import { requirementsOf } from "./setup.ts"

/** Answers `/health` and `/readyz`; `undefined` for every other path. */
export const probe = (store: Store, version: string, method: string, path: string): Answer | undefined => {
  if (path !== "/health" && path !== "/readyz") return undefined
  if (method !== "GET") throw new HttpError(405, `${path} takes GET, HEAD`, { headers: { allow: "GET, HEAD" } })
  if (path === "/health") return json(200, JSON.stringify({ status: "ok", version, runtime: "local" }))
  const problem = storeProblem(store)
  if (problem !== undefined) throw storeUnavailable(problem)
  return json(200, `{"status":"ready"}`)
}

/** The handlers by the name of their operation in the contract table. */
export const operationHandlers: Readonly<Record<string, (context: ReportContext) => Handler>> = {
  setupRequirements: (context) => (request) =>
    json(200, JSON.stringify(requirementsOf(context.store, request.organization))),

  metrics: (context) => (request) => ({
    status: 200,
    headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
    body: expose(toMetrics(reportOf(context, request.organization)))
  }),

  metricsJson: (context) => (request) => json(200, JSON.stringify(toJson(reportOf(context, request.organization)))),

  slo: (context) => (request) => {
    const { counts, outbox, startedAt } = reportOf(context, request.organization)
    const objectives = objectivesOf(counts, outbox)
    return json(
      200,
      JSON.stringify({
        window: { from: new Date(startedAt).toISOString(), to: new Date().toISOString() },
        met: objectives.every(({ met }) => met !== false),
        objectives
      })
    )
  },

  runbooks: (context) => (request) => json(200, JSON.stringify(runbooksOf(context, request.organization))),

  analyticsSummary: (context) => (request) => {
    const { store } = context
    const { organization } = request
    const { total, completed, seconds, cost } = callTotals(store, organization)
    return json(
      200,
      JSON.stringify({
        calls: {
          total,
          byType: callsBy(store, organization, "type"),
          byStatus: callsBy(store, organization, "status"),
          byEndedReason: callsBy(store, organization, "endedReason"),
          minutes: seconds / 60,
          averageSeconds: completed === 0 ? null : seconds / completed,
          cost
        },
        rows: rowCounts(store, organization)
      })
    )
  }
}
