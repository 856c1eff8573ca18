/**
 * The state while a push or a pull runs: on the disk after every row, so that a process that dies leaves nothing unknown.
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { readBaseline, writeBaseline } from "../folder/baseline.ts"
import type { Config } from "../folder/Config.ts"
import { type State, writeState } from "../folder/state.ts"
import { addedPlaces } from "../plan/judge.ts"
import { digestOf } from "../rows/diff.ts"
import { equal } from "../rows/json.ts"
import { type KindName, kindOf } from "../rows/kinds.ts"
import { type Directory, toSlugs } from "../rows/references.ts"
import { directoryOf, type Remote, type RemoteRow } from "../remote/readRemote.ts"
import { withFileKeys } from "../plan/facts.ts"

/** A state that grows. */
export interface Ledger {
  readonly state: () => State
  /** What slugs mean now. */
  readonly directory: () => Directory
  /** A row was seen, and the file said `file` then. */
  readonly saw: (address: string, kind: KindName, remote: RemoteRow, file: JsonObject) => void
  /** The row of an address is gone. */
  readonly forget: (address: string) => void
}

/** Opens the state of a configuration. */
export const openLedger = (
  config: Pick<Config, "folder" | "environment" | "state" | "rows">,
  credentials: Remote["credentials"],
  organizationId: string | undefined
): Ledger => {
  let state = config.state
  const ids: Record<string, string> = { ...state.ids }
  const directory = () => directoryOf(config, ids, credentials, (kind) => kindOf(kind).folder)
  const put = (next: State) => {
    if (equal(next, state)) return
    state = next
    writeState(config.folder, config.environment.name, state)
  }
  return {
    state: () => state,
    directory,
    saw: (address, kind, remote, file) => {
      const row = withFileKeys(remote, file)
      const { folder, environment } = config
      const baseline = { row, file }
      const isKept = equal(readBaseline(folder, environment.name, remote.id), baseline)
      const said = digestOf(file)
      const before = Object.hasOwn(state.seen, address) ? state.seen[address] : undefined
      const isSeen = ids[address] === remote.id && before?.row === remote.digest && before.file === said
      // A row that is as it was needs no write: most are, in most pushes.
      if (isKept && isSeen && state.organizationId !== undefined) return
      if (!isKept) writeBaseline(folder, environment.name, remote.id, baseline)
      // A renamed file: the row has one address.
      for (const [other, id] of Object.entries(ids)) if (id === remote.id && other !== address) delete ids[other]
      ids[address] = remote.id
      const seen = {
        row: remote.digest,
        file: said,
        added: addedPlaces(kind, file, toSlugs(kind, row, directory()))
      }
      const kept = Object.entries(state.seen).filter(([other]) => Object.hasOwn(ids, other))
      const owner = state.organizationId ?? organizationId ?? organizationOf(remote)
      put({
        formatVersion: 1,
        ...(owner === undefined ? {} : { organizationId: owner }),
        ids: { ...ids },
        seen: { ...Object.fromEntries(kept), [address]: seen }
      })
    },
    forget: (address) => {
      delete ids[address]
      const seen = Object.fromEntries(Object.entries(state.seen).filter(([other]) => other !== address))
      put({ ...state, ids: { ...ids }, seen })
    }
  }
}

const organizationOf = ({ raw }: RemoteRow): string | undefined =>
  typeof raw["orgId"] === "string" ? raw["orgId"] : undefined
