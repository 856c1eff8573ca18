/**
 * What becomes of each row: the steps of a plan.
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { type ConfigRow, withTexts } from "../folder/Config.ts"
import type { RemoteRow } from "../remote/readRemote.ts"
import { type Change, diffRows } from "../rows/diff.ts"
import { equal, isObject, pathText, rowWith, valueAt } from "../rows/json.ts"
import { type KindName, kindOf, kindOfFolder, kinds } from "../rows/kinds.ts"
import { secretsOf, stripSecrets } from "../rows/secrets.ts"
import { caseOf, comparedRow, type Facts } from "./facts.ts"
import { judge, type Verdict, withAdded } from "./judge.ts"
import type { PlanOptions } from "./options.ts"
import type { Step } from "./Plan.ts"

/** What becomes of a file's row. */
export const stepOf = (row: ConfigRow, facts: Facts, options: PlanOptions): Step => {
  const { address, kind } = row
  const { ids } = facts.config.state
  const id = Object.hasOwn(ids, address) ? ids[address] : undefined
  const remote = id === undefined ? undefined : facts.remote.rows.get(kind)?.get(id)
  if (remote !== undefined) return knownStep(row, remote, facts)
  if (id !== undefined && options.recreate !== true) {
    const detail = `It was deleted on the runtime. Remove ${row.file} too, or make it again with --recreate.`
    return { action: "conflict", address, kind, id, changes: [], detail }
  }
  return newStep(row, facts)
}

const knownStep = (row: ConfigRow, remote: RemoteRow, facts: Facts): Step => {
  const { address, kind } = row
  const { id, digest } = remote
  const found = judge(caseOf(row, remote, facts))
  const common = { address, kind, id, digest }
  const written = withTexts(row, row.row)
  switch (found.action) {
    case "unchanged":
      // The row goes along, so that a push can note that it was seen.
      return { action: "unchanged", ...common, changes: [], row: written }
    case "drift":
      return {
        action: "drift",
        ...common,
        changes: visible(row, found.changes),
        detail: `Changed on the runtime, not here. Take it over with config pull ${address}.`
      }
    case "conflict":
      return { action: "conflict", ...common, changes: visible(row, found.changes), detail: detailOf(row, id, found) }
    case "update":
      return {
        action: "update",
        ...common,
        changes: [...visible(row, found.changes), ...secretChanges(row, found.secretKeys)],
        set: patchOf(row, found),
        row: written
      }
  }
}

const detailOf = ({ address, file }: ConfigRow, id: string, { reason, conflicts }: Verdict): string => {
  if (reason === "never-seen") {
    return `The state has this id, but nobody has compared the rows. Take the runtime's with config pull ${address}, or go by ${file} with config adopt ${address} ${id}.`
  }
  const places = conflicts.map(({ path }) => pathText(path))
  const where = places.length === 0 ? "" : ` The same place: ${places.join(", ")}.`
  return `Changed here and on the runtime.${where} Merge with config pull ${address}, then push again.`
}

/** The whole top-level values that an update sends, with `null` for those that go. */
const patchOf = (row: ConfigRow, { target, changes, secretKeys }: Verdict): JsonObject => {
  const keys = new Set([...changes.map(({ path }) => String(path[0])), ...secretKeys])
  let whole = withTexts(row, target)
  for (const { path, value } of secretsOf(row.kind, row.row).values()) {
    if (keys.has(String(path[0]))) whole = rowWith(whole, path, value)
  }
  return Object.fromEntries([...keys].map((key) => [key, Object.hasOwn(whole, key) ? whole[key] : null]))
}

/** Changes as they may be shown: what an `${env:}` gives is not. */
const visible = ({ given }: ConfigRow, changes: ReadonlyArray<Change>): ReadonlyArray<Change> =>
  changes.map((change) => {
    let shown = change
    for (const { path, text, env } of given.values()) {
      if (!env || text === undefined || !startsWith(path, change.path)) continue
      const inside = path.slice(change.path.length)
      const put = (value: unknown, to: string) =>
        inside.length === 0
          ? to
          : valueAt(value, inside) === undefined
            ? value
            : rowWith(isObject(value) ? value : {}, inside, to)
      shown = {
        path: change.path,
        ...("before" in shown ? { before: put(shown.before, "•••") } : {}),
        ...("after" in shown ? { after: put(shown.after, text) } : {})
      }
    }
    return shown
  })

const startsWith = (path: ReadonlyArray<unknown>, start: ReadonlyArray<unknown>) =>
  start.every((part, index) => path[index] === part)

const secretChanges = (row: ConfigRow, keys: ReadonlyArray<string>): ReadonlyArray<Change> =>
  [...secretsOf(row.kind, row.row).values()]
    .filter(({ path }) => keys.includes(String(path[0])))
    .map(({ path, value }) => ({ path, after: value }))

/** A row without an id: made, unless the runtime seems to have it. */
const newStep = (row: ConfigRow, { config, remote, directory }: Facts): Step => {
  const { address, kind } = row
  const { nameOf, label } = kindOf(kind)
  const taken = new Map(Object.entries(config.state.ids).map(([other, id]) => [id, other]))
  const files = new Set(config.rows.map((each) => each.address))
  const file = stripSecrets(kind, row.row)
  const all = [...(remote.rows.get(kind)?.values() ?? [])].map((each) => {
    const compared = comparedRow(each, row.row, directory)
    return { ...each, compared, same: equal(withAdded(file, compared, undefined), compared), name: nameOf(compared) }
  })
  const name = nameOf(row.row)
  const isFree = (id: string) => {
    const owner = taken.get(id)
    return owner === undefined || !files.has(owner)
  }
  const candidates = all.filter(
    ({ id, same, name: other }) => isFree(id) && (name === undefined ? same : other === name)
  )
  const [first, second] = candidates
  if (first === undefined) {
    const written = withTexts(row, row.row)
    return { action: "create", address, kind, changes: visible(row, diffRows({}, row.row)), row: written }
  }
  if (second === undefined && first.same) {
    return {
      action: "adopt",
      address,
      kind,
      id: first.id,
      digest: first.digest,
      changes: [],
      row: withTexts(row, row.row)
    }
  }
  const before = taken.get(first.id)
  const detail =
    second !== undefined
      ? `The runtime has ${candidates.length} rows like this ${label}: ${candidates.map(({ id }) => id).join(", ")}. Say which one it is: config adopt ${address} ID.`
      : before === undefined
        ? `The runtime has a ${label} ${name} that no file knows. If it is this one: config adopt ${address} ${first.id}. Otherwise give this one another name.`
        : `It looks like ${before}, whose file is gone. If the file was renamed: config adopt ${address} ${first.id}.`
  return { action: "conflict", address, kind, id: first.id, changes: [], detail }
}

/** What the state has and no file: deleted with `prune`, told otherwise. */
export const leftovers = ({ config, remote }: Facts, { prune, only = [] }: PlanOptions): ReadonlyArray<Step> => {
  const { state, rows, include } = config
  const files = new Set(rows.map(({ address }) => address))
  return (
    Object.entries(state.ids)
      .filter(([address]) => !files.has(address) && (only.length === 0 || only.includes(address)))
      .flatMap(([address, id]): ReadonlyArray<Step> => {
        const kind = kindOfFolder(address.split("/")[0] ?? "")?.name
        const row = kind === undefined ? undefined : remote.rows.get(kind)?.get(id)
        if (kind === undefined || row === undefined || !include.includes(kind)) return []
        const common = { address, kind, id, digest: row.digest, changes: [] }
        if (prune !== true)
          return [{ action: "left", ...common, detail: "Its file is gone. A push with --prune deletes it." }]
        if (state.seen[address]?.row === row.digest) return [{ action: "delete", ...common }]
        const detail = `Its file is gone, and it was changed on the runtime since. Look at it; config adopt ${address} ${id} brings it back.`
        return [{ action: "conflict", ...common, detail }]
      })
      // What refers to others goes first.
      .toSorted((a, b) => order(b.kind) - order(a.kind))
  )
}

const order = (kind: KindName): number => kinds.findIndex(({ name }) => name === kind)
