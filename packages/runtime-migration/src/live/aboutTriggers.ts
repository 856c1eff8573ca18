/**
 * What a plan says about triggers: what they will write for every row, and how those that only set a time are kept from it.
 */
import type { PlannedLocation, SqlPlan } from "../sql/plan.ts"
import { quoteName } from "../sql/names.ts"
import type { TableInfo, TriggerInfo } from "./catalog.ts"
import type { Finding } from "./reports.ts"

/** Statements around the rows of a table that are written: its triggers sleep meanwhile. */
export interface Sleep {
  readonly label: string
  readonly before: ReadonlyArray<string>
  readonly after: ReadonlyArray<string>
}

const unique = (values: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(values)]

/** Tables that a trigger writes to, as its text has it. */
const targets = ({ body }: TriggerInfo): ReadonlyArray<string> =>
  unique(
    [
      ...body.matchAll(
        /\b(?:insert\s+(?:or\s+\w+\s+)?into|delete\s+from|(?<!before\s|after\s|of\s)update)\s+(?!of\b|on\b)([\w."`$]+)/gi
      )
    ].map(([, table = ""]) => table)
  )

/** Columns of the row itself that a trigger sets. */
const settings = ({ body }: TriggerInfo): ReadonlyArray<string> =>
  unique([...body.matchAll(/\bnew\.("(?:[^"]|"")+"|[\w`]+)\s*:?=(?!=)/gi)].map(([, column = ""]) => column))

/** Whether a trigger does nothing else than to set the time of a change. */
const setsTime = (table: TableInfo, trigger: TriggerInfo): boolean => {
  const own = new RegExp(`^["\`]?${table.table.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}["\`]?$`, "i")
  return (
    /now\s*\(|current_timestamp|clock_timestamp|datetime\s*\(|strftime\s*\(/i.test(trigger.body) &&
    targets(trigger).every((target) => own.test(target)) &&
    (settings(trigger).length > 0 || targets(trigger).length > 0)
  )
}

/** What triggers will do, in words; `keep` says whether columns with the time of a change stay as they are. */
export const aboutTriggers = (
  table: TableInfo,
  keep: boolean | "impossible"
): ReadonlyArray<readonly [Finding["level"], string]> => {
  if (table.triggers.length === 0) return []
  const words = table.triggers.map((trigger) => {
    const parts = [
      ...(targets(trigger).length > 0 ? [`writes to ${targets(trigger).join(", ")}`] : []),
      ...(settings(trigger).length > 0 ? [`sets ${settings(trigger).join(", ")}`] : []),
      ...(keep === true && setsTime(table, trigger) ? ["which stays as it is"] : [])
    ]
    return parts.length === 0 ? trigger.name : `${trigger.name} ${parts.join(" and ")}`
  })
  const timed = table.triggers.some((trigger) => setsTime(table, trigger))
  const ways = {
    true: "",
    false: "; keepUpdatedAt (--keep-updated-at) keeps what those set that only set a time",
    impossible: "; MySQL has no way to keep what those set that only set a time (keepUpdatedAt)"
  } as const
  const way = timed ? ways[`${keep}`] : ""
  return [
    [
      "warning",
      `triggers run for every row (${words.join("; ")}); what they do elsewhere, rollback does not undo, and it makes them run again${way}`
    ]
  ]
}

/** SQLite: how the triggers of a table that only set a time are kept from it, inside of the transaction. */
export const sleepOf = (plan: SqlPlan, { label }: PlannedLocation, table: TableInfo): Sleep | undefined => {
  const timed = table.triggers.filter((trigger) => setsTime(table, trigger))
  if (timed.length === 0 || plan.dialect !== "sqlite") return undefined
  return {
    label,
    before: timed.map(({ name }) => `DROP TRIGGER ${quoteName("sqlite", name)}`),
    after: timed.map(({ body }) => body)
  }
}

/** Columns of a table that triggers set which do nothing else than to set the time of a change. */
export const timedColumns = (table: TableInfo): ReadonlyArray<string> => {
  const named = table.triggers
    .filter((trigger) => setsTime(table, trigger))
    .flatMap((trigger) => [...settings(trigger), ...assigned(trigger)])
    .map((name) => name.replaceAll(/^"|"$/g, "").replaceAll('""', '"').toLowerCase())
  return table.columns.map(({ name }) => name).filter((name) => named.includes(name.toLowerCase()))
}

/** Columns that a trigger's own updates set. */
const assigned = ({ body }: TriggerInfo): ReadonlyArray<string> =>
  [...body.matchAll(/\bset\s+(.*?)(?:\bwhere\b|;|$)/gis)].flatMap(([, list = ""]) =>
    [...list.matchAll(/(?:^|,)\s*("(?:[^"]|"")+"|\w+)\s*=/g)].map(([, name = ""]) => name)
  )

/** The statements that put triggers to sleep for a transaction over some locations, and wake them behind its rows. */
export const sleeping = (
  { sleeps }: { readonly sleeps: ReadonlyArray<Sleep> },
  locations: ReadonlyArray<PlannedLocation>
): readonly [before: ReadonlyArray<string>, after: ReadonlyArray<string>] => {
  const mine = sleeps.filter(({ label }) => locations.some((location) => location.label === label))
  // Several locations of a table have the same triggers.
  return [unique(mine.flatMap((sleep) => sleep.before)), unique(mine.flatMap((sleep) => sleep.after))]
}
