/**
 * One row of a file against one row of the runtime: what is to be done, and whether it may be done.
 *
 * Three rows are compared, not two: what the file said and what the runtime had when they were last seen together (the
 * base), the file now, the runtime now. So a change is known to be ours, theirs or both.
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import type { Baseline } from "../folder/baseline.ts"
import type { Given } from "../folder/Config.ts"
import type { Seen } from "../folder/state.ts"
import { applyChanges, type Change, diffRows, own, sameItems, unionOfKeys } from "../rows/diff.ts"
import { equal, isObject, type Path, pathText, rowWith, valueAt } from "../rows/json.ts"
import type { KindName } from "../rows/kinds.ts"
import { type MergeConflict, mergeRows } from "../rows/merge.ts"
import { secretsOf, stripSecrets } from "../rows/secrets.ts"

/** What is compared. All rows have slugs, none but `file` has secrets. */
export interface Case {
  readonly kind: KindName
  /** The file's row; secrets are placeholders. */
  readonly file: JsonObject
  readonly given: ReadonlyMap<string, Given>
  /** SHA-256 of the file's row as it may be written down. */
  readonly fileDigest: string
  readonly remote: JsonObject
  readonly remoteDigest: string
  readonly seen: Seen | undefined
  /** Only when it is what the state says was seen. */
  readonly baseline: Baseline | undefined
}

/** What comes of it. */
export interface Verdict {
  readonly action: "unchanged" | "update" | "drift" | "conflict"
  /** The runtime's row as it should become; what the runtime filled in itself stays. */
  readonly target: JsonObject
  readonly changes: ReadonlyArray<Change>
  /** Top-level keys whose secrets are to be sent too. */
  readonly secretKeys: ReadonlyArray<string>
  readonly reason?: "both-changed" | "never-seen" | undefined
  readonly conflicts: ReadonlyArray<MergeConflict>
}

/** Judges a row. */
export const judge = (input: Case): Verdict => {
  if (input.baseline !== undefined) return withBaseline(input, input.baseline)
  return input.seen === undefined ? neverSeen(input) : withDigests(input, input.seen)
}

const verdict = (action: Verdict["action"], target: JsonObject, more: Partial<Verdict> = {}): Verdict => ({
  action,
  target,
  changes: [],
  secretKeys: [],
  conflicts: [],
  ...more
})

const withBaseline = (input: Case, baseline: Baseline): Verdict => {
  const { kind, remote } = input
  const target = lift(input, baseline)
  const secretKeys = changedSecrets(kind, baseline.file, input.file)
  const changes = diffRows(baseline.row, target)
  if (equal(target, remote) && secretKeys.length === 0) return verdict("unchanged", target)
  if (equal(baseline.row, remote) || equal(target, remote)) {
    return verdict("update", target, { changes: diffRows(remote, target), secretKeys })
  }
  if (changes.length === 0 && secretKeys.length === 0)
    return verdict("drift", target, { changes: diffRows(target, remote) })
  const merged = mergeRows(baseline.row, target, remote)
  // All of ours is there already, and more of somebody else's.
  if (equal(merged.row, remote) && merged.conflicts.length === 0 && secretKeys.length === 0) {
    return verdict("drift", target, { changes: diffRows(target, remote) })
  }
  return verdict("conflict", target, {
    changes: diffRows(remote, target),
    reason: "both-changed",
    conflicts: merged.conflicts
  })
}

/** The file's changes since the base, on top of the row that the runtime made of the base. */
export const lift = ({ kind, file, given }: Pick<Case, "kind" | "file" | "given">, baseline: Baseline): JsonObject =>
  mergeRows(comparable(kind, baseline, given), stripSecrets(kind, file), baseline.row).row

/** What the file said, with the values that its `${env:}` had: those that the runtime got. */
const comparable = (kind: KindName, { row, file }: Baseline, given: Case["given"]): JsonObject => {
  let result = stripSecrets(kind, file)
  for (const { path, text, env } of given.values()) {
    if (env && text !== undefined && valueAt(result, path) === text) result = rowWith(result, path, valueAt(row, path))
  }
  return result
}

const changedSecrets = (kind: KindName, before: JsonObject, after: JsonObject): ReadonlyArray<string> => {
  const [was, is] = [secretsOf(kind, before), secretsOf(kind, after)]
  const places = new Set([...was.keys(), ...is.keys()])
  const changed = [...places].filter((place) => !equal(was.get(place)?.value, is.get(place)?.value))
  return keysOf(changed.flatMap((place) => [is.get(place) ?? was.get(place)]))
}

const keysOf = (secrets: ReadonlyArray<{ readonly path: Path } | undefined>): ReadonlyArray<string> => [
  ...new Set(secrets.flatMap((secret) => (typeof secret?.path[0] === "string" ? [secret.path[0]] : [])))
]

/** Without the rows themselves: a clean checkout. Digests say whether somebody changed something, not what. */
const withDigests = (input: Case, seen: Seen): Verdict => {
  const { kind, file, remote, given } = input
  const target = withAdded(stripSecrets(kind, file), remote, new Set(seen.added))
  const changes = diffRows(remote, target)
  const environmentSame = [...given.values()].every(
    ({ env, path }) => !env || equal(valueAt(target, path), valueAt(remote, path))
  )
  const fileSame = input.fileDigest === seen.file && environmentSame
  if (input.remoteDigest !== seen.row) {
    if (changes.length === 0) return fileSame ? verdict("unchanged", target) : sameButSecrets(input, target)
    return fileSame
      ? verdict("drift", target, { changes: diffRows(target, remote) })
      : verdict("conflict", target, { changes, reason: "both-changed" })
  }
  if (fileSame) return verdict("unchanged", target)
  if (changes.length === 0) return sameButSecrets(input, target)
  return verdict("update", target, { changes, secretKeys: keysOf([...secretsOf(kind, file).values()]) })
}

/** The rows are the same as far as one can see; secrets cannot be seen, so they are sent. */
const sameButSecrets = ({ kind, file }: Case, target: JsonObject): Verdict => {
  const secretKeys = keysOf([...secretsOf(kind, file).values()])
  return secretKeys.length === 0 ? verdict("unchanged", target) : verdict("update", target, { secretKeys })
}

/** An id that somebody wrote into the state: nobody knows which of the two rows is right. */
const neverSeen = (input: Case): Verdict => {
  const target = withAdded(stripSecrets(input.kind, input.file), input.remote, undefined)
  const changes = diffRows(input.remote, target)
  return changes.length === 0
    ? sameButSecrets(input, target)
    : verdict("conflict", target, { changes, reason: "never-seen" })
}

/** The file's row with what the runtime filled in: at the places of `added`, or at all. */
export const withAdded = (file: JsonObject, remote: JsonObject, added: ReadonlySet<string> | undefined): JsonObject => {
  const changes = diffRows(file, remote).filter(
    ({ path, before }) => before === undefined && (added === undefined || added.has(pathText(path)))
  )
  return applyChanges(file, changes, remote)
}

/** The file with what it must have said before: places of the runtime's row that it has not, and the runtime did not add. */
export const withRemoved = (file: JsonObject, remote: JsonObject, added: ReadonlyArray<string>): JsonObject => {
  const isAdded = (path: Path) => path.some((_, index) => added.includes(pathText(path.slice(0, index + 1))))
  const changes = diffRows(file, remote).filter(({ path, before }) => before === undefined && !isAdded(path))
  return applyChanges(file, changes, remote)
}

/** The places that the runtime has and the file has not. */
export const addedPlaces = (kind: KindName, file: JsonObject, remote: JsonObject): ReadonlyArray<string> =>
  diffRows(stripSecrets(kind, file), remote)
    .filter(({ before }) => before === undefined)
    .map(({ path }) => pathText(path))
    .toSorted()

/** What of the runtime's row stands at the places of the file's: the file as it would be, had it been read from there. */
export const onlyPlacesOf = (file: JsonObject, remote: JsonObject): JsonObject => {
  const project = (shape: unknown, value: unknown): unknown => {
    if (isObject(shape) && isObject(value)) {
      const entries = unionOfKeys(shape).map((key) => [key, project(own(shape, key), own(value, key))])
      return Object.fromEntries(entries.filter(([, item]) => item !== undefined))
    }
    if (Array.isArray(shape) && Array.isArray(value) && sameItems([shape, value])) {
      return shape.map((item, index) => project(item, value[index]))
    }
    return value
  }
  const projected = project(file, remote)
  return isObject(projected) ? projected : {}
}
