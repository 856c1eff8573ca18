/**
 * `config_plan` and `config_push`: config as code, in the folder that the server was started with.
 */
import { createHash } from "node:crypto"
import {
  applyPlan,
  type Config,
  type ConfigClient,
  formatPlan,
  hasChanges,
  type Plan,
  planConfig,
  readConfig
} from "@aywa-ai/runtime-config"
import * as Schema from "effect/Schema"
import { McpFailure } from "../errors/McpFailure.ts"
import type { ConfigFolder } from "../guard/options.ts"
import { type Desk, flag, reads, text, type Tool, tool, writes } from "./tool.ts"

/** Plans that were shown; a push takes one of them. */
type Plans = Map<string, Plan>

const mostPlans = 20

/** Characters of a plan as text. */
const maxPlanText = 10_000

const idOf = (plan: Plan): string => createHash("sha256").update(JSON.stringify(plan)).digest("hex").slice(0, 12)

const readFolder = ({ folder, environment, variables }: ConfigFolder): Config =>
  readConfig(folder, { environment, variables: variables ?? process.env })

/** Counts every write of a push: it is no way around the limits. */
const limited = (desk: Desk): ConfigClient => {
  const writing = new Set(["create", "update", "delete"])
  const resource = (group: object): object =>
    new Proxy(group, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== "function") return method
        const isWrite = typeof name === "string" && writing.has(name)
        return (...args: ReadonlyArray<unknown>): unknown => {
          if (isWrite) desk.guard.spend()
          return Reflect.apply(method, target, args)
        }
      }
    })
  return new Proxy(desk.client, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === "object" && member !== null ? resource(member) : member
    }
  })
}

/** Both tools, which share the plans that were shown; the second only where writes are allowed. */
export const configTools = (desk: Desk, place: ConfigFolder): ReadonlyArray<Tool> => {
  const plans: Plans = new Map()
  const plan = tool({
    name: "config_plan",
    title: "Plan of the configuration",
    description: "What a push of the files in aywa/ would do. Reads only.",
    input: {
      rows: Schema.optionalKey(Schema.Array(Schema.String).annotate({ description: "Only these: assistants/desk" })),
      prune: Schema.optionalKey(flag("Also delete rows whose file is gone"))
    },
    hints: reads,
    run: async ({ rows = [], prune = false }, { signal }) => {
      const planned = await planConfig(desk.client, readFolder(place), { only: rows, prune, signal })
      const id = idOf(planned)
      plans.set(id, planned)
      for (const old of plans.keys()) if (plans.size > mostPlans) plans.delete(old)
      const lines = formatPlan(planned)
      const shown =
        lines.length > maxPlanText
          ? `${lines.slice(0, maxPlanText)}…(${lines.length - maxPlanText} more; plan some rows alone)`
          : lines
      return {
        data: {
          plan: id,
          environment: planned.environment,
          counts: planned.counts,
          changes: hasChanges(planned),
          text: shown
        },
        text: `plan ${id}\n${shown}`,
        hasRows: true
      }
    }
  })
  if (desk.guard.allow === "read") return [plan]
  const push = tool({
    name: "config_push",
    title: "Push the configuration",
    description: "Applies exactly a plan that config_plan showed.",
    input: {
      plan: text("From config_plan"),
      confirmDeletes: Schema.optionalKey(Schema.Int.annotate({ description: "How many rows it deletes" }))
    },
    hints: { ...writes, destructiveHint: desk.guard.allow === "all" },
    run: async ({ plan: id, confirmDeletes }, { signal, progress }) => {
      desk.guard.admitWrites()
      const planned = plans.get(id)
      if (planned === undefined) {
        throw new McpFailure("unknown_plan", "There is no such plan in this session.", "Make one with config_plan.")
      }
      assertDeletes(desk, planned, confirmDeletes)
      const report = await applyPlan(limited(desk), readFolder(place), planned, {
        variables: place.variables ?? process.env,
        signal,
        onEvent: (event) => {
          if (event.type === "row") progress(event.done, event.of, `${event.action} ${event.address}`)
        }
      })
      plans.delete(id)
      return {
        data: { done: true, applied: report.applied, refused: report.refused, backup: report.backup },
        hasRows: true
      }
    }
  })
  return [plan, push]
}

const assertDeletes = ({ guard }: Desk, { counts }: Plan, confirmed: number | undefined): void => {
  if (counts.delete === 0) return
  if (guard.allow !== "all") {
    throw new McpFailure("not_allowed", "This plan deletes rows.", "Your user decides that: --allow all.")
  }
  if (confirmed !== counts.delete) {
    throw new McpFailure("not_confirmed", `This plan deletes ${counts.delete} rows.`, "Say so in confirmDeletes.")
  }
}
