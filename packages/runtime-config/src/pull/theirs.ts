/**
 * What the runtime changed since the base, and where it meets a change of the file.
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import type { ConfigRow } from "../folder/Config.ts"
import { type Case, lift, onlyPlacesOf, withAdded, withRemoved } from "../plan/judge.ts"
import { applyChanges, type Change, diffRows } from "../rows/diff.ts"
import { type Path, pathText, valueAt } from "../rows/json.ts"
import { mergeRows } from "../rows/merge.ts"
import { stripSecrets } from "../rows/secrets.ts"

/** Variables that are not set here are no difference. */
export const withKept = (input: Case): Case => {
  const unset = [...input.given.values()].filter(
    ({ env, text, path }) => env && text !== undefined && valueAt(input.file, path) === text
  )
  if (unset.length === 0) return input
  const keep = (row: JsonObject, from: JsonObject) =>
    applyChanges(
      row,
      diffRows(row, from).filter(({ path }) => unset.some((one) => touches(one.path, path))),
      from
    )
  return { ...input, file: keep(input.file, input.baseline?.row ?? input.remote) }
}

const touches = (a: Path, b: Path): boolean => {
  const length = Math.min(a.length, b.length)
  return a.slice(0, length).every((part, index) => part === b[index])
}

/** Their changes. */
export interface Theirs {
  readonly changes: ReadonlyArray<Change>
  /** What the changes lead to. */
  readonly target: JsonObject
  readonly conflicts: ReadonlyArray<string>
  /** What the file would say without changes of its own; `undefined`: what it says. */
  readonly base?: JsonObject | undefined
}

/** What the runtime changed since the base, and where the file did too. */
export const theirChanges = (input: Case): Theirs => {
  const { kind, file, remote, baseline, seen } = input
  if (baseline !== undefined) {
    const ours = lift(input, baseline)
    const { row, conflicts } = mergeRows(baseline.row, ours, remote)
    return {
      changes: diffRows(ours, row),
      target: row,
      conflicts: conflicts.map(({ path }) => pathText(path)),
      base: applyChanges(baseline.file, diffRows(baseline.row, remote), remote)
    }
  }
  const ours = withAdded(stripSecrets(kind, file), remote, seen === undefined ? undefined : new Set(seen.added))
  const changes = diffRows(ours, remote)
  const nothing = { changes: [], target: ours, conflicts: [] }
  if (changes.length === 0 || seen?.row === input.remoteDigest) {
    // Only the file changed, if at all. What it said before is what the runtime has and did not fill in itself.
    const own = stripSecrets(kind, file)
    const before = seen?.row === input.remoteDigest ? withRemoved(own, remote, seen.added) : own
    return seen?.file === input.fileDigest ? nothing : { ...nothing, base: onlyPlacesOf(before, remote) }
  }
  // The file is as it was when it was last seen with the runtime: everything else is theirs.
  if (seen !== undefined && seen.file === input.fileDigest) return { changes, target: remote, conflicts: [] }
  return { changes: [], target: remote, conflicts: changes.map(({ path }) => pathText(path)) }
}

/** Why a change cannot be written into the file itself. */
export const givenAt = ({ given }: ConfigRow, path: Path): ReadonlyArray<string> =>
  [...given.values()]
    .filter((one) => touches(one.path, path))
    .map(({ path: at, text }) => `${pathText(at)} (given by ${text ?? "the environment's overrides"})`)
