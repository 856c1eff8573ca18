/**
 * Which tools a server has: what is not allowed is not there.
 */
import { callPlace, callReport } from "./calls.ts"
import { configTools } from "./config.ts"
import { describeOperation, searchOperations } from "./discover.ts"
import { fullTools } from "./full.ts"
import { localTools } from "./local.ts"
import { overview } from "./overview.ts"
import { read } from "./read.ts"
import type { Desk, Tool } from "./tool.ts"
import { webhookAttempts, webhookResend } from "./webhooks.ts"
import { remove, write } from "./write.ts"

/** The tools of a server, always in the same order. */
export const toolsOf = (desk: Desk): ReadonlyArray<Tool> => {
  const { guard, options } = desk
  const { config, local, resources, tools = "compact" } = options
  const covers = (resource: string) => resources === undefined || resources.includes(resource)
  const mayWrite = guard.allow !== "read"
  const operations =
    tools === "full"
      ? fullTools(desk)
      : [
          searchOperations(desk),
          describeOperation(desk),
          read(desk),
          ...(mayWrite || guard.allowCalls ? [write(desk)] : []),
          ...(guard.allow === "all" ? [remove(desk)] : [])
        ]
  return [
    overview(desk),
    ...operations,
    // On a local runtime local_script_call places calls, and nobody is dialled.
    ...(guard.allowCalls && local === undefined && covers("calls") ? [callPlace(desk)] : []),
    ...(covers("calls") ? [callReport(desk)] : []),
    ...(covers("webhookLogs") ? [webhookAttempts(desk), ...(mayWrite ? [webhookResend(desk)] : [])] : []),
    // A push writes rows of every kind.
    ...(config === undefined || resources !== undefined ? [] : configTools(desk, config)),
    ...(local === undefined || !mayWrite ? [] : localTools(desk, local))
  ]
}
