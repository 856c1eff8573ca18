/**
 * `migrate numbers`: phone numbers, led to the runtime at their carrier, and back.
 */
import {
  type NumberCarrier,
  type NumberRow,
  type NumbersReport,
  type NumberTarget,
  planNumbers,
  type Routing,
  switchNumbers,
  switchNumbersBack,
  twilioNumbers,
  verifyNumbers
} from "@aywa-ai/runtime-migration"
import { exitCodes, usage } from "../core/failure.ts"
import type { Session } from "../core/session.ts"
import { cell, table } from "../core/table.ts"

interface NumbersInput {
  readonly table: string
  readonly api: string | undefined
}

interface PlanInput extends NumbersInput {
  readonly number: ReadonlyArray<string>
  readonly toUrl: string | undefined
  readonly fallbackUrl: string | undefined
  readonly toTrunk: string | undefined
  readonly toApplication: string | undefined
}

const carrierOf = ({ api }: NumbersInput, { settings }: Session): NumberCarrier => {
  const variable = (name: string) => settings.variable(name)?.value
  const baseUrl = api ?? variable("TWILIO_API_URL")
  const accountSid = variable("TWILIO_ACCOUNT_SID")
  const apiKey = variable("TWILIO_API_KEY")
  const secret = apiKey === undefined ? variable("TWILIO_AUTH_TOKEN") : variable("TWILIO_API_SECRET")
  if (baseUrl === undefined)
    throw usage("There is no address of the carrier's API.", "Set TWILIO_API_URL, or give --api.")
  if (accountSid === undefined || secret === undefined) {
    throw usage(
      "There are no credentials of the carrier.",
      "Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or TWILIO_API_KEY with TWILIO_API_SECRET."
    )
  }
  return twilioNumbers({ baseUrl, accountSid, apiKey, secret })
}

const targetOf = ({ toUrl, fallbackUrl, toTrunk, toApplication }: PlanInput): NumberTarget => {
  const targets: ReadonlyArray<NumberTarget> = [
    ...(toUrl === undefined ? [] : [{ url: toUrl, fallbackUrl }]),
    ...(toTrunk === undefined ? [] : [{ trunk: toTrunk }]),
    ...(toApplication === undefined ? [] : [{ application: toApplication }])
  ]
  const [target, ...more] = targets
  if (target === undefined || more.length > 0) {
    throw usage("Where are the numbers to lead?", "Give one of --to-url, --to-trunk, --to-application.")
  }
  return target
}

/** Writes the table. Exit code 1 where a number cannot be switched. */
export const plan = async (input: PlanInput, session: Session): Promise<number> => {
  const to = targetOf(input)
  const carrier = carrierOf(input, session)
  const client = await session.client()
  const numbers = input.number.length === 0 ? undefined : input.number
  const report = await planNumbers(client, { carrier, file: input.table, to, numbers, signal: session.signal })
  return tell(report, session, `Written to ${input.table}. Keep it: it alone knows the way back.`)
}

/** Leads the numbers to the runtime. */
export const switchAll = async (input: NumbersInput, session: Session): Promise<number> => {
  const report = await switchNumbers({
    carrier: carrierOf(input, session),
    file: input.table,
    signal: session.signal,
    confirm: asking(session, "to the runtime")
  })
  return tell(report, session, "migrate numbers back leads them back.")
}

/** Leads the numbers to where they led before. */
export const back = async (input: NumbersInput, session: Session): Promise<number> => {
  const report = await switchNumbersBack({
    carrier: carrierOf(input, session),
    file: input.table,
    signal: session.signal,
    confirm: asking(session, "to where they led before")
  })
  return tell(report, session, "They lead as before.")
}

/** Whether all lead to the runtime. */
export const verify = async (input: NumbersInput, session: Session): Promise<number> => {
  const carrier = carrierOf(input, session)
  const client = await session.client()
  return tell(await verifyNumbers(client, { carrier, file: input.table, signal: session.signal }), session)
}

const asking = (session: Session, where: string) => async (changes: ReadonlyArray<NumberRow>) => {
  session.out.note(rowsText(changes, session))
  await session.confirm(`Lead ${changes.length} numbers ${where}? Their calls go there at once.`)
  return true
}

const tell = (report: NumbersReport, session: Session, more?: string): number => {
  session.out.result(report, () =>
    [
      rowsText(report.numbers, session),
      ...report.numbers.flatMap(({ number, problems }) => problems.map((problem) => `- ${number}: ${cell(problem)}`)),
      ...(report.ok && more !== undefined ? [more] : [])
    ].join("\n")
  )
  return report.ok ? exitCodes.ok : exitCodes.differences
}

const rowsText = (rows: ReadonlyArray<NumberRow>, { out }: Session): string =>
  table(
    ["NUMBER", "STATE", "BEFORE", "TARGET"].map((title) => ({ title })),
    rows.map(({ number, state, before, target }) => [number, state, placeOf(before), placeOf(target)]),
    { paint: out.paint, width: process.stdout.columns ?? 160 }
  )

/** What a carrier goes by: a trunk before an application, that before a webhook. */
const placeOf = (routing: Routing = {}): string =>
  cell(routing["trunkSid"] ?? routing["voiceApplicationSid"] ?? routing["voiceUrl"] ?? "-")
