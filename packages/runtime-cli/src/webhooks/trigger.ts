/**
 * `webhooks trigger`: makes a local runtime send an event, signed, logged and retried like any other.
 */
import { exitCodes } from "../core/failure.ts"
import type { Session } from "../core/session.ts"
import { fields } from "../core/table.ts"
import { setsOf } from "./sets.ts"
import { control } from "../core/control.ts"

/** What `webhooks trigger` takes. */
export interface TriggerInput {
  readonly type: string
  readonly set: ReadonlyArray<string>
  readonly call: string | undefined
  readonly assistant: string | undefined
  readonly to: string | undefined
  readonly dryRun: boolean
}

/** Sends it. Exit code 1 when a reply was expected and the one that came is not usable. */
export const trigger = async (input: TriggerInput, session: Session): Promise<number> => {
  const { type, call, assistant, to, dryRun } = input
  const set = setsOf(input.set)
  const answer = await control(session, "POST", "trigger", {
    type,
    ...(call === undefined ? {} : { call }),
    ...(assistant === undefined ? {} : { assistant }),
    ...(to === undefined ? {} : { to }),
    ...(Object.keys(set).length === 0 ? {} : { set }),
    ...(dryRun ? { dryRun } : {}),
    ...(session.settings.orgId === undefined ? {} : { organization: session.settings.orgId.value })
  })
  session.out.result(answer, () => textOf(answer, session))
  if (dryRun) return exitCodes.ok
  const record: Record<string, unknown> = Object(answer)
  if (record["valid"] === false) return exitCodes.differences
  if (Array.isArray(record["jobs"]) && record["jobs"].length === 0) {
    session.out.warn(
      "Nobody is configured to receive this event: register an endpoint, or run aywa-runtime webhooks listen."
    )
  }
  return exitCodes.ok
}

const textOf = (answer: unknown, { out }: Session): string => {
  const { jobs, events, ...rest }: Record<string, unknown> = Object(answer)
  const lines = Array.isArray(jobs)
    ? jobs.map(
        (job: unknown) => `  ${String(Reflect.get(Object(job), "id"))}  ${String(Reflect.get(Object(job), "target"))}`
      )
    : []
  const sequence = Array.isArray(events)
    ? events.map(
        (event: unknown) =>
          `  ${String(Reflect.get(Object(event), "id"))}  ${String(Reflect.get(Object(event), "type"))}`
      )
    : []
  return [
    fields(rest, out.paint),
    ...(lines.length > 0 ? ["jobs", ...lines] : []),
    ...(sequence.length > 0 ? ["events", ...sequence] : [])
  ].join("\n")
}
