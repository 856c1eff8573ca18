/**
 * Which row a file is.
 *
 * @since 0.2.0
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { checkOptions } from "../errors/checkOptions.ts"
import { fail } from "../errors/RuntimeConfigError.ts"
import type { Config, ConfigRow } from "../folder/Config.ts"
import { locked } from "../ledger/lock.ts"
import { openLedger } from "../ledger/ledger.ts"
import { baselineOf, comparedRow, directoryFor, type Facts } from "../plan/facts.ts"
import { onlyPlacesOf, withAdded, withRemoved } from "../plan/judge.ts"
import { readRemote, type RemoteRow, remoteRow } from "../remote/readRemote.ts"
import { type ConfigClient, rowsOf } from "../remote/rows.ts"
import { diffRows } from "../rows/diff.ts"
import { kindOfFolder } from "../rows/kinds.ts"
import { stripSecrets } from "../rows/secrets.ts"
import { removeTheirs, writeNew } from "./files.ts"

/**
 * Says that a file is a row of the runtime. What differs is from then on a change of the file, which the next plan shows;
 * without a file, one is written. Reads the row; sends nothing else.
 *
 * @since 0.2.0
 * @category pull
 */
export const adoptRow = (
  aywa: ConfigClient,
  config: Config,
  address: string,
  id: string,
  options: { readonly signal?: AbortSignal | undefined } = {}
): Promise<{ readonly file: string; readonly differences: number }> =>
  locked(config.folder, config.environment.name, async () => {
    checkOptions("adoptRow", options, { signal: true })
    const [folder = "", slug = ""] = address.split("/")
    const kind = kindOfFolder(folder)?.name
    if (kind === undefined || !/^[a-z0-9][a-z0-9-]*$/.test(slug)) {
      return fail({
        _tag: "Invalid",
        problems: [{ file: address, detail: "Expected a kind's folder and a slug, such as assistants/desk." }]
      })
    }
    const runtime = rowsOf(aywa)
    const { row: raw } = await runtime.of(kind).get(id, options)
    const one = remoteRow(kind, raw)
    const remote = await readRemote(runtime, { include: [], rows: config.rows }, options)
    const existing = config.rows.find((row) => row.address === address)
    const known: Config = { ...config, state: { ...config.state, ids: { ...config.state.ids, [address]: id } } }
    const ledger = openLedger(config, remote.credentials, config.environment.organizationId)
    if (existing === undefined) {
      const row: ConfigRow = { address, kind, slug, file: "", written: {}, row: {}, given: new Map() }
      const whole: Config = { ...known, rows: [...config.rows, row] }
      const facts: Facts = { config: whole, remote, directory: directoryFor(whole, remote) }
      return { file: writeNew(facts, ledger, row, one), differences: 0 }
    }
    const facts: Facts = { config: known, remote, directory: directoryFor(known, remote) }
    const file = stripSecrets(kind, existing.row)
    const base = baseOf(existing, one, facts)
    ledger.saw(address, kind, one, base)
    removeTheirs(config, existing)
    return { file: existing.file, differences: diffRows(base, file).length }
  })

/**
 * What the file would say, had it been read from the runtime. A place that it said before and says no more is in it, and
 * so a change of the file; a place that it never had is left to the runtime.
 */
const baseOf = (file: ConfigRow, one: RemoteRow, facts: Facts): JsonObject => {
  const { address, kind } = file
  const { state } = facts.config
  const compared = comparedRow(one, file.row, facts.directory)
  const says = stripSecrets(kind, file.row)
  const baseline = baselineOf(file, one.id, facts)
  if (baseline !== undefined) return onlyPlacesOf(withAdded(says, baseline.file, undefined), compared)
  const seen = Object.hasOwn(state.seen, address) ? state.seen[address] : undefined
  return onlyPlacesOf(seen?.row === one.digest ? withRemoved(says, compared, seen.added) : says, compared)
}
