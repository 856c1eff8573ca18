/**
 * Orders to a local runtime that is running, over its control routes. Its address and token come from the env file that
 * `local --write-env` wrote.
 */
import { readFile } from "node:fs/promises"
import { control } from "../core/control.ts"
import { messageOf, usage } from "../core/failure.ts"
import { valueOf } from "../core/input.ts"
import type { Session } from "../core/session.ts"
import { fields } from "../core/table.ts"

type Row = Readonly<Record<string, unknown>>

const rowOf = (value: unknown): Row => ({ ...Object(value) })

/** `local clock`. */
export const clock = async (
  input: { readonly set: string | undefined; readonly advance: string | undefined },
  session: Session
): Promise<void> => {
  const { set, advance } = input
  if (set !== undefined && advance !== undefined)
    throw usage("--set and --advance are two orders.", "Give one of them.")
  const answer =
    advance !== undefined
      ? await control(session, "POST", "clock/advance", { ms: millisOf(advance) })
      : set !== undefined
        ? await control(session, "PUT", "clock", { now: set })
        : await control(session, "GET", "clock")
  const { fired, ...time } = rowOf(answer)
  session.out.result(answer, () =>
    [
      fields(time, session.out.paint),
      ...(Array.isArray(fired) ? fired.map((one: unknown) => `  ${describe(rowOf(one))}`) : [])
    ].join("\n")
  )
}

const describe = ({ at, kind, what, id }: Row): string => [at, kind, what, id].map(String).join("  ")

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `1500`, `90s`, `1h30m`: milliseconds where there is no unit. */
export const millisOf = (text: string): number => {
  if (/^\d+$/.test(text)) return Number(text)
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)]
  if (parts.length > 0 && parts.map(([part]) => part).join("") === text) {
    return parts.reduce((sum, [, amount, unit = ""]) => sum + Number(amount) * (units[unit] ?? 0), 0)
  }
  throw usage(`${text} is no length of time.`, "Write 1500 (milliseconds), 90s, 5m, 1h30m or 2d.")
}

/** What `local fault` takes. */
export interface FaultInput {
  readonly name: string | undefined
  readonly set: ReadonlyArray<string>
  readonly method: string | undefined
  readonly path: string | undefined
  readonly event: string | undefined
  readonly when: "before" | "after" | undefined
  readonly times: number | undefined
  readonly probability: number | undefined
  readonly scenario: string | undefined
  readonly clear: boolean
}

/** `local fault`: adds one, starts a scenario, clears all; without any of these shows what is in force. */
export const fault = async (input: FaultInput, session: Session): Promise<void> => {
  const { name, scenario, clear } = input
  if (clear) {
    await control(session, "DELETE", "faults")
    await control(session, "DELETE", "scenario")
  }
  if (scenario !== undefined) await control(session, "PUT", "scenario", { name: scenario })
  if (name !== undefined) await control(session, "POST", "faults", ruleOf(name, input))
  const rules = await control(session, "GET", "faults")
  const items = Array.isArray(rules) ? rules.map(rowOf) : []
  session.out.rows(
    { items },
    {
      columns: [
        { title: "ID" },
        { title: "ACTION" },
        { title: "WHEN" },
        { title: "MATCH" },
        { title: "HITS", align: "right" }
      ],
      cells: (item) => {
        const { id, action, when, match, hits } = rowOf(item)
        return [String(id), JSON.stringify(action), String(when), JSON.stringify(match ?? {}), String(hits)]
      },
      empty: "No faults."
    }
  )
}

const ruleOf = (name: string, { set, method, path, event, when, times, probability }: FaultInput) => {
  const parameters = set.map((one) => {
    const at = one.indexOf("=")
    if (at <= 0) throw usage(`--set ${one} has no value.`, "Write it as --set code=503.")
    return [one.slice(0, at), valueOf(one.slice(at + 1))] as const
  })
  const match = { method: method?.toUpperCase(), path, event }
  return {
    action: { ...Object.fromEntries(parameters), type: name },
    match: Object.fromEntries(Object.entries(match).filter(([, value]) => value !== undefined)),
    ...(when === undefined ? {} : { when }),
    ...(times === undefined ? {} : { times }),
    ...(probability === undefined ? {} : { probability })
  }
}

/** `local script`: what happens in calls that match. */
export const script = async (
  input: { readonly file: string | undefined; readonly clear: boolean },
  session: Session
): Promise<void> => {
  const { file, clear } = input
  if (file === undefined && !clear) throw usage("There is no script.", "Give a JSON file, or --clear.")
  if (clear) await control(session, "DELETE", "calls/script")
  if (file === undefined) return session.out.note("All scripts are forgotten.")
  session.out.row(rowOf(await control(session, "POST", "calls/script", scriptOf(await jsonOf(file)))))
}

/** A list of steps is a script for every call. */
const scriptOf = (value: unknown): unknown => (Array.isArray(value) ? { steps: value } : value)

/** `local inbound`: somebody calls. */
export const inbound = async (
  input: { readonly number: string; readonly from: string | undefined; readonly script: string | undefined },
  session: Session
): Promise<void> => {
  const { number, from, script: file } = input
  const steps = file === undefined ? undefined : rowOf(scriptOf(await jsonOf(file)))["steps"]
  const call = await control(session, "POST", "calls/inbound", {
    number,
    ...(from === undefined ? {} : { from }),
    ...(steps === undefined ? {} : { script: steps }),
    ...(session.settings.orgId === undefined ? {} : { organization: session.settings.orgId.value })
  })
  session.out.row(rowOf(call))
}

const jsonOf = async (file: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(file, "utf8"))
  } catch (error) {
    throw usage(`${file} cannot be read as JSON: ${messageOf(error)}.`)
  }
}

/** `local reset`. */
export const reset = async (_: object, session: Session): Promise<void> => {
  await control(session, "POST", "reset")
  session.out.note("Rows, calls, events, requests and faults are forgotten; keys stay.")
}

/** Where a snapshot is. */
export interface PlaceInput {
  readonly name: string | undefined
  readonly file: string | undefined
}

const placeOf = ({ name, file }: PlaceInput) => ({
  ...(name === undefined ? {} : { name }),
  ...(file === undefined ? {} : { file })
})

/** `local snapshot`. */
export const snapshot = async (input: PlaceInput & { readonly whole: boolean }, session: Session): Promise<void> => {
  const { orgId } = session.settings
  const organization = input.whole || orgId === undefined ? {} : { organization: orgId.value }
  session.out.row(rowOf(await control(session, "POST", "snapshot", { ...placeOf(input), ...organization })))
}

/** `local restore`. */
export const restore = async (input: PlaceInput, session: Session): Promise<void> =>
  session.out.row(rowOf(await control(session, "POST", "restore", placeOf(input))))
