/**
 * `runtime_overview`: how the runtime is, in one call.
 */
import { type Entry, entryOf } from "../operations/table.ts"
import { showError } from "../errors/McpFailure.ts"
import { send } from "./send.ts"
import { type Desk, reads, type Tool, tool } from "./tool.ts"

type Row = Readonly<Record<string, unknown>>

const rowOf = (value: unknown): Row => ({ ...Object(value) })
const itemsOf = (value: unknown): ReadonlyArray<Row> => {
  const items = Array.isArray(value) ? value : rowOf(value)["items"]
  return Array.isArray(items) ? items.map(rowOf) : []
}

/** Rows that are counted; more of them are `50+`. */
const mostCounted = 50

const counted = ["assistants", "phoneNumbers", "tools", "webhookEndpoints", "calls"] as const

const endedWell: ReadonlySet<unknown> = new Set([
  undefined,
  null,
  "customer-ended-call",
  "assistant-ended-call",
  "assistant-said-end-call-phrase",
  "assistant-forwarded-call",
  "silence-timed-out",
  "voicemail",
  "exceeded-max-duration"
])

/** A part that fails says so in its place: an overview of a sick runtime is when it is needed. */
const part = async (desk: Desk, entry: Entry, query: Row | undefined, signal: AbortSignal): Promise<unknown> => {
  try {
    return (await send(desk, entry, { query }, signal)).value
  } catch (error) {
    if (signal.aborted) throw error
    const { code, message } = showError(error)
    return { failed: { code, message } }
  }
}

const failureOf = (value: unknown): unknown => rowOf(value)["failed"]

/** The tool. */
export const overview = (desk: Desk): Tool =>
  tool({
    name: "runtime_overview",
    title: "How the runtime is",
    description: "Health, what is missing, counts, the last failed calls and webhooks, what this server may do.",
    input: {},
    hints: reads,
    run: async (_, { signal }) => {
      const { guard, options } = desk
      const covered = (resource: string) => options.resources === undefined || options.resources.includes(resource)
      const ask = (name: string, query?: Row) =>
        covered(name.split(".")[0] ?? "") ? part(desk, entryOf(name), query, signal) : Promise.resolve(undefined)
      const [health, readiness, requirements, dead, ...lists] = await Promise.all([
        ask("operations.health"),
        ask("operations.readiness"),
        ask("operations.setupRequirements"),
        ask("webhookLogs.list", { status: "dead", limit: 5 }),
        ...counted.map((name) => ask(`${name}.list`, { limit: mostCounted }))
      ])
      const counts = counted.flatMap((name, index) => {
        const list = lists[index]
        if (list === undefined || failureOf(list) !== undefined) return []
        const { length } = itemsOf(list)
        return [[name, length === mostCounted ? `${length}+` : length] as const]
      })
      const failedCalls = itemsOf(lists[counted.indexOf("calls")])
        .filter(({ endedReason, status }) => status === "ended" && !endedWell.has(endedReason))
        .slice(0, 5)
        .map(({ id, endedReason, endedAt }) => ({ id, endedReason, endedAt }))
      return {
        data: {
          health: rowOf(health)["status"] ?? failureOf(health),
          readiness: rowOf(readiness)["status"] ?? failureOf(readiness),
          missing: itemsOf(requirements).filter(({ ok }) => ok === false),
          counts: Object.fromEntries(counts),
          failedCalls,
          deadWebhooks: itemsOf(dead).map(({ id, type, target, statusCode, createdAt }) => ({
            id,
            type,
            target,
            statusCode,
            createdAt
          })),
          server: { allow: guard.allow, calls: guard.allowCalls, writesLeft: guard.writesLeft() },
          ...(guard.unsettled.length === 0
            ? {}
            : {
                cancelledButMaybeApplied: guard.unsettled,
                hint: "Repeat each with the same idempotencyKey, or look with read."
              })
        },
        hasRows: true
      }
    }
  })
