/**
 * A plan that puts the rows of a backup back. It is applied like any other: what somebody changed since is refused.
 *
 * @since 0.2.0
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { checkOptions } from "../errors/checkOptions.ts"
import type { Config } from "../folder/Config.ts"
import { directoryFor } from "../plan/facts.ts"
import { countsOf, type Plan, type Step } from "../plan/Plan.ts"
import { readRemote, type Remote } from "../remote/readRemote.ts"
import { type ConfigClient, rowsOf } from "../remote/rows.ts"
import { diffRows } from "../rows/diff.ts"
import { digest } from "../rows/json.ts"

import { type Directory, toSlugs } from "../rows/references.ts"
import { readBackup, type Saved } from "./backup.ts"

/**
 * Plans the way back to before a push: rows that it changed or deleted become what they were; rows that it made stay.
 *
 * @since 0.2.0
 * @category push
 */
export const planRollback = async (
  aywa: ConfigClient,
  config: Config,
  options: {
    readonly time?: string | undefined
    readonly baseUrl?: string | undefined
    readonly signal?: AbortSignal | undefined
  } = {}
): Promise<Plan> => {
  checkOptions("planRollback", options, { time: true, baseUrl: true, signal: true })
  const backup = readBackup(config.folder, config.environment.name, options.time)
  const remote = await readRemote(rowsOf(aywa), config, { signal: options.signal })
  const directory = directoryFor(config, remote)
  const steps = backup.rows.map((saved) => stepOf(saved, config, remote, directory))
  const { organizationId, baseUrl, name } = config.environment
  const organization = organizationId ?? config.state.organizationId ?? remote.organizationId
  const address = options.baseUrl ?? baseUrl
  return {
    formatVersion: 1,
    environment: name,
    ...(address === undefined ? {} : { baseUrl: address }),
    ...(organization === undefined ? {} : { organizationId: organization }),
    steps,
    counts: countsOf(steps),
    warnings: backup.created.map((file) => ({
      file,
      detail: "That push made it. A rollback leaves it; remove its file and push with --prune."
    }))
  }
}

const stepOf = ({ address, kind, id, row }: Saved, { state }: Config, remote: Remote, directory: Directory): Step => {
  const before = toSlugs(kind, row, directory)
  const now = remote.rows.get(kind)?.get(id)
  if (now === undefined) return { action: "create", address, kind, changes: diffRows({}, before), row: before }
  const common = { address, kind, id, digest: now.digest }
  if (now.digest === digest(row)) return { action: "unchanged", ...common, changes: [] }
  const current = toSlugs(kind, now.row, directory)
  const changes = diffRows(current, before)
  if (state.seen[address]?.row !== now.digest) {
    const detail =
      "Somebody changed it after that push. Look at the row; change the file and push, instead of rolling back."
    return { action: "conflict", ...common, changes, detail }
  }
  const keys = [...new Set(changes.map(({ path }) => String(path[0])))]
  const set: JsonObject = Object.fromEntries(keys.map((key) => [key, Object.hasOwn(before, key) ? before[key] : null]))
  return { action: "update", ...common, changes, set }
}
