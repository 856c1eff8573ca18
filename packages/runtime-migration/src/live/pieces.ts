/**
 * What one transaction writes of a unit: ledger rows of a range, some of them, or all that belong to some ids.
 */
import type { PlannedLocation } from "../sql/plan.ts"
import { exceptRows, ofIds, ofRange, ofRows } from "../sql/units.ts"

/** Ledger rows that one transaction writes: those of a range, or those of some ids in every ledger of a family. */
export interface Piece {
  readonly range: (location: PlannedLocation) => ReadonlyArray<string>
  /** Old ids, of parents with their children. */
  readonly ids: ReadonlyArray<string> | undefined
  readonly halves: readonly [Piece, Piece] | undefined
  /** Ledger rows, at most; `undefined` where ids have any number of them. */
  readonly size: number | undefined
  /** Numbers of ledger rows, or ids: what a piece can be split into. */
  readonly without: (parts: ReadonlySet<string>) => Piece | undefined
}

/** A range of ledger rows. */
export const rangePiece = (first: number, last: number, except: ReadonlySet<string> = new Set()): Piece => {
  const size = last - first + 1 - except.size
  const inside = (from: number, to: number) =>
    new Set([...except].filter((part) => Number(part) >= from && Number(part) <= to))
  return {
    range: () => [...ofRange(first, last), ...exceptRows(except)],
    size,
    ids: undefined,
    get halves(): Piece["halves"] {
      const middle = Math.floor((first + last) / 2)
      return last > first
        ? [rangePiece(first, middle, inside(first, middle)), rangePiece(middle + 1, last, inside(middle + 1, last))]
        : undefined
    },
    without: (parts) => (size > parts.size ? rangePiece(first, last, new Set([...except, ...parts])) : undefined)
  }
}

const split = <A>(parts: ReadonlyArray<A>, make: (parts: ReadonlyArray<A>) => Piece): Piece["halves"] => {
  const middle = Math.ceil(parts.length / 2)
  return parts.length > 1 ? [make(parts.slice(0, middle)), make(parts.slice(middle))] : undefined
}

const rest = (
  parts: ReadonlyArray<string>,
  without: ReadonlySet<string>,
  make: (parts: ReadonlyArray<string>) => Piece
) => {
  const left = parts.filter((part) => !without.has(part))
  return left.length > 0 ? make(left) : undefined
}

/** Some ledger rows, by their numbers. */
export const rowsPiece = (rows: ReadonlyArray<string>): Piece => ({
  range: () => ofRows(rows),
  size: rows.length,
  ids: undefined,
  get halves(): Piece["halves"] {
    return split(rows, rowsPiece)
  },
  without: (parts) => rest(rows, parts, rowsPiece)
})

/** All ledger rows of some ids. */
export const idsPiece = (ids: ReadonlyArray<string>): Piece => ({
  range: (location) => ofIds(location, ids),
  size: undefined,
  ids,
  get halves(): Piece["halves"] {
    return split(ids, idsPiece)
  },
  without: (parts) => rest(ids, parts, idsPiece)
})
