/**
 * What becomes of each row: the steps of a plan.
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { type ConfigRow, withTexts } from "../folder/Config.ts"
import type { RemoteRow } from "../remote/readRemote.ts"
import { type Change, diffRows } from "../rows/diff.ts"
import { equal, isObject, pathText, rowWith, valueAt } from "../rows/json.ts"
import { type KindName, kindOf, kindOfFolder, kinds } from "../rows/kinds.ts"
import { toIds, topKey } from "../rows/references.ts"
import { secretsOf, stripSecrets } from "../rows/secrets.ts"
import { caseOf, comparedRow, type Facts } from "./facts.ts"
import { judge, type Verdict, withAdded } from "./judge.ts"
import type { PlanOptions } from "./options.ts"
import type { Step } from "./Plan.ts"

/** What becomes of a file's row. */
export const stepsOf = (row: ConfigRow, facts: Facts, options: PlanOptions): ReadonlyArray<Step> => {
  const { address, kind } = row
  const { ids } = facts.config.state
  const id = Object.hasOwn(ids, address) ? ids[address] : undefined
  const remote = id === undefined ? undefined : facts.remote.rows.get(kind)?.get(id)
  if (remote !== undefined) return [knownStep(row, remote, facts)]
  if (id !== undefined && options.recreate !== true) {
    const detail = `It was deleted on the runtime. Remove ${row.file} too, or make it again with --recreate.`
    return [{ action: "conflict", address, kind, id, changes: [], detail }]
  }
  return newSteps(row, facts)
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
const newSteps = (row: ConfigRow, facts: Facts): ReadonlyArray<Step> => {
  const { address, kind } = row
  const written = withTexts(row, row.row)
  const [first, second, ...more] = candidates(row, facts)
  if (first === undefined) {
    return [{ action: "create", address, kind, changes: visible(row, diffRows({}, row.row)), row: written }]
  }
  if (second === undefined && first.sent !== undefined) {
    const { sent, remote } = first
    const common = { address, kind, id: remote.id, digest: remote.digest }
    const keys = Object.keys(written).filter((key) => !Object.hasOwn(sent, key))
    const set = Object.fromEntries(keys.map((key) => [key, written[key]]))
    const left = Object.fromEntries(Object.entries(written).filter(([key]) => !keys.includes(key)))
    const noted: Step = { action: "adopt", ...common, changes: [], row: left }
    return keys.length === 0
      ? [noted]
      : [noted, { action: "update", ...common, changes: visible(row, diffRows(left, written)), set, row: written }]
  }
  const ids = [first, second, ...more].flatMap((each) => (each === undefined ? [] : [each.remote.id]))
  return [{ action: "conflict", address, kind, id: first.remote.id, changes: [], detail: twinDetail(row, ids, facts) }]
}

interface Candidate {
  readonly remote: RemoteRow
  /** What of the file the runtime has, when that is all that a create would have sent; `undefined` for another content. */
  readonly sent: JsonObject | undefined
}

/** Rows of the runtime that may be the one of a file: those of its name, or of its content where it has none. */
const candidates = (row: ConfigRow, { config, remote, directory }: Facts): ReadonlyArray<Candidate> => {
  const { kind } = row
  const { nameOf } = kindOf(kind)
  const files = new Set(config.rows.map((each) => each.address))
  const taken = new Set(Object.entries(config.state.ids).flatMap(([other, id]) => (files.has(other) ? [id] : [])))
  const name = nameOf(row.row)
  // A create leaves out what refers to a row that is not there yet: so did one whose answer was lost.
  const early = new Set(toIds(kind, row.row, directory).pending.map(({ at }) => topKey(at)))
  const sent = Object.fromEntries(Object.entries(row.row).filter(([key]) => !early.has(key)))
  return [...(remote.rows.get(kind)?.values() ?? [])].flatMap((each) => {
    if (taken.has(each.id)) return []
    const compared = comparedRow(each, row.row, directory)
    const has = (part: JsonObject) => equal(withAdded(stripSecrets(kind, part), compared, undefined), compared)
    const content = has(row.row) ? row.row : has(sent) ? sent : undefined
    const isIt = name === undefined ? content !== undefined : nameOf(compared) === name
    return isIt ? [{ remote: each, sent: content }] : []
  })
}

const twinDetail = (row: ConfigRow, ids: ReadonlyArray<string>, { config }: Facts): string => {
  const { address, kind } = row
  const { label, nameOf } = kindOf(kind)
  const [id] = ids
  if (ids.length > 1) {
    return `The runtime has ${ids.length} rows like this ${label}: ${ids.join(", ")}. Say which one it is: config adopt ${address} ID.`
  }
  const [before] = Object.entries(config.state.ids).find(([, other]) => other === id) ?? []
  return before === undefined
    ? `The runtime has a ${label} ${nameOf(row.row)} that no file knows. If it is this one: config adopt ${address} ${id}. Otherwise give this one another name.`
    : `It looks like ${before}, whose file is gone. If the file was renamed: config adopt ${address} ${id}.`
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
