/**
 * Two people's changes of one row: both, where they are of different places; a conflict, where they are not.
 *
 * @since 0.2.0
 */
import { diff3Merge } from "node-diff3"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { own, sameItems, unionOfKeys, withoutNulls } from "./diff.ts"
import { canonical, equal, isObject, type Path } from "./json.ts"

/**
 * A place that both sides changed, and not in the same way.
 *
 * @since 0.2.0
 * @category models
 */
export interface MergeConflict {
  readonly path: ReadonlyArray<string | number>
  readonly base?: unknown
  readonly ours?: unknown
  readonly theirs?: unknown
}

/**
 * The row that a merge gives. At a conflict it has `ours`.
 *
 * @since 0.2.0
 * @category models
 */
export interface Merged {
  readonly row: JsonObject
  readonly conflicts: ReadonlyArray<MergeConflict>
}

/**
 * Merges two descendants of a row, per JSON path; texts of several lines line by line, and lists item by item. Changes of
 * different places are both in the result. A place that both changed differently is a conflict: neither side wins.
 *
 * @since 0.2.0
 * @category rows
 */
export const mergeRows = (base: JsonObject, ours: JsonObject, theirs: JsonObject): Merged => {
  const conflicts: Array<MergeConflict> = []
  const row = merge(withoutNulls(base), withoutNulls(ours), withoutNulls(theirs), [], conflicts)
  return { row: isObject(row) ? row : ours, conflicts }
}

const merge = (base: unknown, ours: unknown, theirs: unknown, path: Path, conflicts: Array<MergeConflict>): unknown => {
  if (equal(ours, theirs) || equal(base, theirs)) return ours
  if (equal(base, ours)) return theirs
  if (isObject(base) && isObject(ours) && isObject(theirs)) {
    const entries = unionOfKeys(ours, theirs).map((key) => [
      key,
      merge(own(base, key), own(ours, key), own(theirs, key), [...path, key], conflicts)
    ])
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
  }
  if (Array.isArray(base) && Array.isArray(ours) && Array.isArray(theirs) && sameItems([base, ours, theirs])) {
    return ours.map((item, index) => merge(base[index], item, theirs[index], [...path, index], conflicts))
  }
  const merged = mergeTexts(base, ours, theirs) ?? mergeItems(base, ours, theirs)
  if (merged !== undefined) return merged
  conflicts.push({
    path,
    ...(base === undefined ? {} : { base }),
    ...(ours === undefined ? {} : { ours }),
    ...(theirs === undefined ? {} : { theirs })
  })
  return ours
}

/** The text with the changes of both, or `undefined` where lines of both overlap. */
export const mergeTexts = (base: unknown, ours: unknown, theirs: unknown): string | undefined => {
  if (typeof base !== "string" || typeof ours !== "string" || typeof theirs !== "string") return undefined
  const regions = diff3Merge(ours.split("\n"), base.split("\n"), theirs.split("\n"), { excludeFalseConflicts: true })
  const lines: Array<string> = []
  for (const region of regions) {
    if (region.ok === undefined) return undefined
    lines.push(...region.ok)
  }
  return lines.join("\n")
}

/**
 * The list with the changes of both, as lines are merged; `undefined` where they overlap. As an item can be moved, which
 * lines hide, it is counted, too: what one side took away must be gone, and what both put in must be there once.
 */
const mergeItems = (base: unknown, ours: unknown, theirs: unknown): ReadonlyArray<unknown> | undefined => {
  if (!Array.isArray(base) || !Array.isArray(ours) || !Array.isArray(theirs)) return undefined
  const [was, mine, yours] = [base.map(canonical), ours.map(canonical), theirs.map(canonical)]
  const items: Array<string> = []
  for (const region of diff3Merge(mine, was, yours, { excludeFalseConflicts: true })) {
    if (region.ok === undefined) return undefined
    items.push(...region.ok)
  }
  const known = new Map([base, ours, theirs].flat().map((item: unknown) => [canonical(item), item]))
  const isRight = (item: string) => {
    const [before, here, there] = [timesIn(was, item), timesIn(mine, item), timesIn(yours, item)]
    return timesIn(items, item) === (here === there ? here : here + there - before)
  }
  return [...known.keys()].every(isRight) ? items.map((item) => known.get(item)) : undefined
}

const timesIn = (list: ReadonlyArray<string>, item: string): number => list.filter((each) => each === item).length
