/**
 * What a plan is made from, once everything was read.
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { fail } from "../errors/RuntimeConfigError.ts"
import { type Baseline, readBaseline } from "../folder/baseline.ts"
import { type Config, type ConfigRow, withTexts } from "../folder/Config.ts"
import { directoryOf, type Remote, type RemoteRow } from "../remote/readRemote.ts"
import { digestOf } from "../rows/diff.ts"
import { digest } from "../rows/json.ts"
import { isOwned, kindOf, managed } from "../rows/kinds.ts"
import { type Directory, toSlugs } from "../rows/references.ts"
import { stripSecrets } from "../rows/secrets.ts"
import type { Case } from "./judge.ts"

/** Files, runtime, and what slugs mean. */
export interface Facts {
  readonly config: Config
  readonly remote: Remote
  readonly directory: Directory
}

/** Slugs and ids of a configuration on a runtime. */
export const directoryFor = (config: Config, remote: Remote): Directory =>
  directoryOf(config, config.state.ids, remote.credentials, (kind) => kindOf(kind).folder)

/** The rows that are meant. */
export const select = (
  config: Pick<Config, "rows" | "state">,
  only: ReadonlyArray<string> | undefined
): ReadonlyArray<ConfigRow> => {
  if (only === undefined || only.length === 0) return config.rows
  const names = ({ address, slug, file }: ConfigRow) => [address, slug, file]
  const unknown = only.filter(
    (name) => !config.rows.some((row) => names(row).includes(name)) && !Object.hasOwn(config.state.ids, name)
  )
  if (unknown.length > 0) {
    const problems = unknown.map((name) => ({
      file: name,
      detail: "There is no file of this row. Write an address such as assistants/desk."
    }))
    fail({ _tag: "Invalid", problems })
  }
  return config.rows.filter((row) => names(row).some((name) => only.includes(name)))
}

/** The runtime's row as it is compared: with slugs, and with what the file has beyond the contract. */
export const comparedRow = (remote: RemoteRow, file: JsonObject, directory: Directory): JsonObject =>
  toSlugs(remote.kind, withFileKeys(remote, file), directory)

/** What of the runtime's row is compared, with ids. */
export const withFileKeys = ({ kind, raw, row }: RemoteRow, file: JsonObject): JsonObject => {
  const more = Object.keys(file).filter((key) => !Object.hasOwn(row, key) && !isOwned(kind, key))
  const found = more.flatMap((key) => (raw[key] === undefined || raw[key] === null ? [] : [[key, raw[key]]]))
  return found.length === 0 ? row : stripSecrets(kind, { ...row, ...Object.fromEntries(found) })
}

/** The base of a row, where this machine has the one that the state speaks of; with slugs. */
export const baselineOf = (
  row: Pick<ConfigRow, "address" | "kind">,
  id: string,
  { config, directory }: Facts
): Baseline | undefined => {
  const { state, folder, environment } = config
  const seen = Object.hasOwn(state.seen, row.address) ? state.seen[row.address] : undefined
  const baseline = readBaseline(folder, environment.name, id)
  if (seen === undefined || baseline === undefined) return undefined
  if (digest(managed(row.kind, baseline.row)) !== seen.row || digestOf(baseline.file) !== seen.file) return undefined
  return { row: toSlugs(row.kind, baseline.row, directory), file: baseline.file }
}

/** What a row is judged by. */
export const caseOf = (row: ConfigRow, remote: RemoteRow, facts: Facts): Case => {
  const { seen } = facts.config.state
  return {
    kind: row.kind,
    file: row.row,
    given: row.given,
    fileDigest: digestOf(withTexts(row, row.row)),
    remote: comparedRow(remote, row.row, facts.directory),
    remoteDigest: remote.digest,
    seen: Object.hasOwn(seen, row.address) ? seen[row.address] : undefined,
    baseline: baselineOf(row, remote.id, facts)
  }
}
