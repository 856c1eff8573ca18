/**
 * Phone numbers, from where they lead today to the runtime, and back.
 *
 * @since 0.2.0
 */
import type { AywaRuntimeClient, PhoneNumber } from "@aywa-ai/runtime-sdk"
import { checkOptions } from "../errors/checkOptions.ts"
import { fail, invalid } from "../errors/MigrationError.ts"
import type { NumberCarrier, NumberTarget, Routing } from "./provider.ts"
import { type Entry, isSame, readTable, shown, writeTable } from "./table.ts"

/**
 * One number. Queries, users and passwords of addresses are left out.
 *
 * @since 0.2.0
 * @category models
 */
export interface NumberRow {
  readonly number: string
  /**
   * Where it leads now: as `before`, to the `target`, or to something `other` that somebody set since. `by hand`: it has
   * another carrier; `unknown`: the carrier's account does not have it.
   */
  readonly state: "before" | "target" | "other" | "by hand" | "unknown"
  readonly before?: Routing
  readonly target?: Routing
  readonly now?: Routing
  /** Whether this run wrote it. */
  readonly written?: boolean
  /** What stands against it, or has to be done by hand. */
  readonly problems: ReadonlyArray<string>
}

/**
 * What a step found or did.
 *
 * @since 0.2.0
 * @category models
 */
export interface NumbersReport {
  /** Whether every number can be switched (plan), leads to its target (switch, verify), or as before (back). */
  readonly ok: boolean
  readonly numbers: ReadonlyArray<NumberRow>
}

/**
 * What every step takes.
 *
 * @since 0.2.0
 * @category models
 */
export interface NumbersOptions {
  readonly carrier: NumberCarrier
  /** The table: what the plan writes, and what all later steps go by. Keep it: it alone knows the way back. */
  readonly file: string
  readonly signal?: AbortSignal | undefined
}

/**
 * What the plan takes besides.
 *
 * @since 0.2.0
 * @category models
 */
export interface PlanNumbersOptions extends NumbersOptions {
  readonly to: NumberTarget
  /** Numbers in E.164. Default: all of the runtime. */
  readonly numbers?: ReadonlyArray<string> | undefined
}

/**
 * What is asked before anything is written: the numbers with where they lead and are to lead. Anything but `true` stops the
 * step, and nothing was changed.
 *
 * @since 0.2.0
 * @category models
 */
export interface ConfirmNumbersOptions extends NumbersOptions {
  readonly confirm: (changes: ReadonlyArray<NumberRow>) => boolean | Promise<boolean>
}

type Client = Pick<AywaRuntimeClient, "phoneNumbers">

/**
 * Reads where each number leads today, and writes the table: number, today's routing, the runtime's. Changes nothing at
 * the carrier. Planned again after a switch, what stood there first stays the way back.
 *
 * @since 0.2.0
 * @category numbers
 */
export const planNumbers = async (aywa: Client, options: PlanNumbersOptions): Promise<NumbersReport> => {
  checkOptions("planNumbers", options, { carrier: true, file: true, signal: true, to: true, numbers: true })
  const { carrier, file, to, numbers, signal } = options
  const runtime = await numbersOf(aywa, signal)
  const wanted = [...new Set(numbers ?? runtime.keys())].toSorted()
  for (const number of numbers ?? [])
    if (!/^\+[1-9]\d{6,14}$/.test(number)) invalid("numbers", `${number} is not E.164`)
  const entries = new Map(readTable(file, carrier).map((entry) => [entry.number, entry]))
  const rows: Array<NumberRow> = []
  for (const number of wanted) {
    const row = runtime.get(number)
    if (row !== undefined && row.provider !== carrier.name && row.provider !== "byo-phone-number") {
      const what = `its carrier is ${row.provider}: lead it to the runtime there, and write down where it led`
      rows.push({ number, state: "by hand", problems: [what] })
      continue
    }
    const found = await carrier.find(number, signal)
    if (found === undefined) {
      rows.push({ number, state: "unknown", problems: [`the account ${carrier.account} does not have it`] })
      continue
    }
    const known = entries.get(number)
    const isSwitched = known !== undefined && isSame(found.routing, known.target)
    const before = isSwitched ? known.before : found.routing
    const entry: Entry = { number, id: found.id, before, target: carrier.aim(before, to) }
    entries.set(number, entry)
    rows.push(rowOf(entry, found.routing, unbound(row)))
  }
  writeTable(file, carrier, [...entries.values()])
  return { ok: rows.every(({ problems }) => problems.length === 0), numbers: rows }
}

const numbersOf = async (aywa: Client, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, PhoneNumber>> => {
  const rows = new Map<string, PhoneNumber>()
  for await (const row of aywa.phoneNumbers.list({ limit: 1000 }, { signal })) {
    if (typeof row.number === "string" && row.number !== "") rows.set(row.number, row)
  }
  return rows
}

/** A call that arrives must have somebody who answers it. */
const unbound = (row: PhoneNumber | undefined): ReadonlyArray<string> => {
  if (row === undefined) return ["the runtime does not have it: import it first"]
  if (row.status === "blocked") return ["the runtime cannot use it: its status is blocked"]
  const answers = [row.assistantId, row.squadId, row.workflowId, row.server?.url, row.serverUrl]
  return answers.some(Boolean) ? [] : ["nobody answers it in the runtime: bind it to an assistant"]
}

const rowOf = ({ number, before, target }: Entry, now: Routing, problems: ReadonlyArray<string>): NumberRow => ({
  number,
  // What is both needs no switch.
  state: isSame(now, target) ? "target" : isSame(now, before) ? "before" : "other",
  before: shown(before),
  target: shown(target),
  now: shown(now),
  problems
})

/**
 * Leads the numbers of the table to the runtime, one after the other, once they were confirmed. A number that leads
 * elsewhere than when it was planned is left alone, and told. Each write is read back. Stopped on the way, it can be run
 * again, or taken back.
 *
 * @since 0.2.0
 * @category numbers
 */
export const switchNumbers = (options: ConfirmNumbersOptions): Promise<NumbersReport> =>
  move(options, "before", "target")

/**
 * Leads the numbers of the table to where they led before, once that was confirmed. A number that somebody led elsewhere
 * since is left alone, and told.
 *
 * @since 0.2.0
 * @category numbers
 */
export const switchNumbersBack = (options: ConfirmNumbersOptions): Promise<NumbersReport> =>
  move(options, "target", "before")

const move = async (
  options: ConfirmNumbersOptions,
  from: "before" | "target",
  to: "before" | "target"
): Promise<NumbersReport> => {
  checkOptions(to === "target" ? "switchNumbers" : "switchNumbersBack", options, {
    carrier: true,
    file: true,
    signal: true,
    confirm: true
  })
  const { carrier, file, confirm, signal } = options
  if (typeof confirm !== "function")
    invalid("confirm", "expected a function that is asked before numbers are led elsewhere")
  const looked = await look(readPlanned(file, carrier), carrier, signal)
  const rows = looked.map(({ row }) => row)
  const changes = looked.filter(({ entry, now }) => isSame(now, entry[from]) && !isSame(now, entry[to]))
  if (changes.length > 0 && (await confirm(changes.map(({ row }) => row))) !== true) {
    return fail({ _tag: "Refused", problems: ["It was not confirmed. No number was changed."] })
  }
  for (const { entry, now, at } of changes) {
    if (signal?.aborted === true) fail({ _tag: "Aborted" }, signal.reason)
    const written = await carrier.write(entry.id, now, entry[to], signal)
    const problems = isSame(written, entry[to]) ? [] : ["the carrier stored something else than was written"]
    rows[at] = { ...rowOf(entry, written, problems), written: true }
  }
  return settled(
    rows,
    looked.map(({ entry }) => entry),
    to
  )
}

const readPlanned = (file: string, carrier: NumberCarrier): ReadonlyArray<Entry> => {
  const entries = readTable(file, carrier)
  return entries.length > 0 ? entries : fail({ _tag: "OutOfOrder", detail: `${file} has no numbers: plan them first.` })
}

const look = async (entries: ReadonlyArray<Entry>, carrier: NumberCarrier, signal: AbortSignal | undefined) => {
  const all: Array<{ readonly entry: Entry; readonly now: Routing; readonly row: NumberRow; readonly at: number }> = []
  for (const [at, entry] of entries.entries()) {
    const found = await carrier.find(entry.number, signal)
    const now = found?.id === entry.id ? found.routing : undefined
    const gone = {
      number: entry.number,
      state: "unknown" as const,
      problems: ["the account does not have it any more"]
    }
    all.push({ entry, now: now ?? {}, row: now === undefined ? gone : rowOf(entry, now, []), at })
  }
  return all
}

const settled = (
  rows: ReadonlyArray<NumberRow>,
  entries: ReadonlyArray<Entry>,
  to: "before" | "target"
): NumbersReport => {
  const numbers = rows.map((row, at) => {
    const entry = entries[at]
    // Where both are the same there is one state, and it is right.
    if (row.state === to || (entry !== undefined && isSame(entry.before, entry.target))) return row
    if (row.problems.length > 0) return row
    const what =
      row.state === "other"
        ? "somebody led it elsewhere since the plan: plan again, or set it by hand"
        : `it leads as ${row.state === "before" ? "before" : "switched"}`
    return { ...row, problems: [what] }
  })
  return { ok: numbers.every(({ problems }) => problems.length === 0), numbers }
}

/**
 * Whether every number of the table leads to the runtime, and has somebody there who answers. Reads only.
 *
 * @since 0.2.0
 * @category numbers
 */
export const verifyNumbers = async (aywa: Client, options: NumbersOptions): Promise<NumbersReport> => {
  checkOptions("verifyNumbers", options, { carrier: true, file: true, signal: true })
  const { carrier, file, signal } = options
  const looked = await look(readPlanned(file, carrier), carrier, signal)
  const runtime = await numbersOf(aywa, signal)
  const rows = looked.map(({ entry, row }) => ({
    ...row,
    problems: [...row.problems, ...unbound(runtime.get(entry.number))]
  }))
  return settled(
    rows,
    looked.map(({ entry }) => entry),
    "target"
  )
}
