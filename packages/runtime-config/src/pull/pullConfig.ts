/**
 * The runtime's changes brought into the files: merged with the file's own, never over them.
 *
 * @since 0.2.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import type { Problem } from "../errors/Problem.ts"
import { type Config, type ConfigRow, withTexts } from "../folder/Config.ts"
import { type Ledger, openLedger } from "../ledger/ledger.ts"
import { locked } from "../ledger/lock.ts"
import { caseOf, directoryFor, type Facts, select } from "../plan/facts.ts"
import { readRemote, type RemoteRow } from "../remote/readRemote.ts"
import { type ConfigClient, rowsOf } from "../remote/rows.ts"
import { applyChanges } from "../rows/diff.ts"
import { equal } from "../rows/json.ts"
import type { KindName } from "../rows/kinds.ts"
import { besides, removeTheirs, rewrite, writeNew } from "./files.ts"
import { newRows } from "./newRows.ts"
import { givenAt, theirChanges, withKept } from "./theirs.ts"

/**
 * What a pull takes.
 *
 * @since 0.2.0
 * @category models
 */
export interface PullOptions {
  /** Addresses or slugs; everything when there are none. */
  readonly only?: ReadonlyArray<string> | undefined
  readonly signal?: AbortSignal | undefined
  /** Called after each list with what it brought. */
  readonly onRows?: ((kind: KindName | "credentials", rows: number) => void) | undefined
}

/**
 * What a pull did.
 *
 * @since 0.2.0
 * @category models
 */
export interface PullReport {
  /** Files that were written: new ones, and those with changes of the runtime in them. */
  readonly written: ReadonlyArray<{
    readonly address: string
    readonly file: string
    readonly change: "new" | "merged"
  }>
  /** Number of files that have everything already. */
  readonly unchanged: number
  /** Rows that both sides changed at the same place. Their files are untouched; `SLUG.theirs.*` lies beside each. */
  readonly conflicts: ReadonlyArray<Problem>
  /** Rows of the state that the runtime has no longer. Their files are untouched. */
  readonly gone: ReadonlyArray<string>
}

/**
 * Brings what was changed on the runtime into the files, per JSON path, prompts line by line. Rows that no file has get
 * one. A file that has a change of its own at the same place is left as it is, and the runtime's row is put beside it.
 *
 * **Details**
 *
 * Comments, order and style of hand-edited YAML stay. Read the configuration with `missing: "keep"`: a pull sends nothing.
 *
 * @since 0.2.0
 * @category pull
 */
export const pullConfig = (aywa: ConfigClient, config: Config, options: PullOptions = {}): Promise<PullReport> =>
  locked(config.folder, config.environment.name, async () => {
    checkOptions("pullConfig", options, { only: true, signal: true, onRows: true })
    const selected = select(config, options.only)
    const remote = await readRemote(rowsOf(aywa), config, options)
    const fresh =
      options.only === undefined || options.only.length === 0 ? newRows(config, remote) : { rows: [], problems: [] }
    const state = {
      ...config.state,
      ids: { ...config.state.ids, ...Object.fromEntries(fresh.rows.map(({ row, id }) => [row.address, id])) }
    }
    const whole: Config = { ...config, state, rows: [...config.rows, ...fresh.rows.map(({ row }) => row)] }
    const facts: Facts = { config: whole, remote, directory: directoryFor(whole, remote) }
    const ledger = openLedger(
      { ...whole, state: { ...state, ids: config.state.ids } },
      remote.credentials,
      config.environment.organizationId ?? remote.organizationId
    )
    const written: Array<PullReport["written"][number]> = []
    const conflicts = [...fresh.problems]
    const gone: Array<string> = []
    for (const { row, id } of fresh.rows) {
      const found = remote.rows.get(row.kind)?.get(id)
      if (found === undefined) continue
      written.push({ address: row.address, file: writeNew(facts, ledger, row, found), change: "new" })
    }
    let unchanged = 0
    for (const row of selected) {
      const id = Object.hasOwn(config.state.ids, row.address) ? config.state.ids[row.address] : undefined
      const found = id === undefined ? undefined : remote.rows.get(row.kind)?.get(id)
      if (found === undefined) {
        if (id !== undefined) gone.push(row.address)
        continue
      }
      const result = pullRow(facts, ledger, row, found)
      if (result === undefined) unchanged++
      else if ("detail" in result) conflicts.push(result)
      else written.push({ address: row.address, file: result.file, change: "merged" })
    }
    return { written, unchanged, conflicts, gone }
  })

/** Nothing to do, the file that was written, or why it was not. */
const pullRow = (
  facts: Facts,
  ledger: Ledger,
  row: ConfigRow,
  remote: RemoteRow
): { file: string } | Problem | undefined => {
  const input = withKept(caseOf(row, remote, facts))
  const theirs = theirChanges(input)
  if (theirs.conflicts.length > 0) return besides(facts, row, remote, theirs.conflicts)
  const blocked = theirs.changes.flatMap(({ path }) => givenAt(row, path))
  if (blocked.length > 0) return besides(facts, row, remote, blocked)
  const next = theirs.changes.length === 0 ? row.written : applyChanges(row.written, theirs.changes, theirs.target)
  const base =
    theirs.base === undefined ? withTexts(row, applyChanges(row.row, theirs.changes, theirs.target)) : theirs.base
  const file = equal(next, row.written) ? undefined : rewrite(facts, row, next)
  ledger.saw(row.address, row.kind, remote, base)
  removeTheirs(facts.config, row)
  return file === undefined ? undefined : { file }
}
