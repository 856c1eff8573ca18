/** Who uses the database meanwhile: a writer that remembers what it wrote, and a reader to whom no parent may be missing. */
import { setTimeout } from "node:timers/promises"
import type { SqlDriver } from "../../src/index.ts"
import { quoteName } from "../../src/sql/names.ts"
import { type Chance, documentOf, idsOf, runtimeIdOf, textOf } from "./rows.ts"

/** Columns that the writer wrote, by table and row: `*` for a row that it deleted. */
export type Touched = Map<string, Set<string>>

export interface Writer {
  /** One write, of whatever kind; `false` where others held the lock. */
  readonly write: () => Promise<boolean>
  readonly touched: Touched
  /** From now on it writes ids of the runtime. */
  readonly switchOver: () => void
  readonly writes: () => number
}

/** Others hold the lock, or the parent has just got its other id: an application tries again. */
const isPassing = (error: unknown): boolean =>
  error instanceof Error &&
  /locked|foreign key|FOREIGN KEY|lock timeout|Lock wait|NOWAIT|changed since last read/.test(error.message)

export const makeWriter = (driver: SqlDriver, size: number, chance: Chance): Writer => {
  const touched: Touched = new Map()
  let next = 100_000
  let writes = 0
  let switched = false
  const note = (table: string, row: number, column: string) => {
    const place = `${table} ${row}`
    touched.set(place, (touched.get(place) ?? new Set()).add(column))
  }
  const id = () => {
    const ids = idsOf("assistant")
    const one = ids[chance(ids.length)] ?? ""
    return switched ? runtimeIdOf(one) : one
  }
  const mark = driver.dialect === "postgres" ? "$1" : "?"
  const set = (table: string, column: string, value: string) => async () => {
    const row = 1 + chance(size)
    note(table, row, column)
    await driver.run(`UPDATE ${table} SET ${quoteName(driver.dialect, column)} = ${mark} WHERE id = ${row}`, [value])
  }
  const call = async () => {
    const two = driver.dialect === "postgres" ? "$2" : "?"
    const one = id()
    await driver.run(
      `INSERT INTO calls (id, assistant_id, status, payload, summary) SELECT ${next++}, a.assistant_id, 'new', ${mark}, ${two} FROM agents a WHERE a.id = ${1 + chance(20)}`,
      [documentOf(one), textOf(one)]
    )
  }
  const remove = async () => {
    const row = 1 + chance(size)
    note("call_messages", row, "*")
    await driver.run(`DELETE FROM call_messages WHERE id = ${row}`)
  }
  const empty = async () => {
    const row = 1 + chance(size)
    note("evaluations", row, "assistant_id")
    await driver.run(`UPDATE evaluations SET assistant_id = NULL WHERE id = ${row}`)
  }
  const kinds: ReadonlyArray<() => () => Promise<void>> = [
    () => call,
    () => set("contacts", "last_assistant", id()),
    () => set("workflow_runs", "state", documentOf(id())),
    () => set("calls", "status", "done"),
    () => set("transcripts", "lines", textOf(id())),
    () => set("templates", "source_assistant", runtimeIdOf(id())),
    () => remove,
    () => empty
  ]
  const write = async () => {
    try {
      await kinds[chance(kinds.length)]?.()()
      writes++
      return true
    } catch (error) {
      if (!isPassing(error)) throw error
      return false
    }
  }
  return { write, touched, switchOver: () => (switched = true), writes: () => writes }
}

/** Goes on until it is told to end. The first thing that goes wrong is what ending it throws. */
export const untilEnd = (work: () => Promise<unknown>, pause: number): { readonly end: () => Promise<void> } => {
  const ending = new AbortController()
  const running = (async () => {
    while (!ending.signal.aborted) {
      await work()
      await setTimeout(pause)
    }
  })()
  // Seen where it is ended.
  running.catch(() => undefined)
  return {
    end: async () => {
      ending.abort()
      await running
    }
  }
}

const pairs = [
  ["calls", "agents", "assistant_id"],
  ["agent_tools", "tools", "tool_id"],
  ["number_routes", "phone_numbers", "number_id"]
] as const

/** What a reader sees at any moment: no child without its parent. */
export const readChildren = async (driver: SqlDriver): Promise<void> => {
  for (const [child, parent, column] of pairs) {
    const { rows } = await driver.run(
      `SELECT COUNT(*) AS n FROM ${child} c LEFT JOIN ${parent} p ON p.${column} = c.${column} WHERE c.${column} IS NOT NULL AND p.id IS NULL`
    )
    if (Number(rows[0]?.["n"]) !== 0) throw new Error(`a reader saw ${child} without ${parent}`)
  }
}
