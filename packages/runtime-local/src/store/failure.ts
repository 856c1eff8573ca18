/**
 * What can be wrong with a database file, and what to do about it.
 */

/** By SQLite's primary result code. What is not here is a defect of this package. */
const advice: ReadonlyMap<number, string> = new Map([
  [5, "another process keeps it locked: end that one, or its transaction, and try again"],
  [6, "another connection keeps it locked: end its transaction, and try again"],
  [8, "give this process the right to write the file and its directory"],
  [10, "look at the disk that the file is on"],
  [11, "put a backup in its place, or use another file"],
  [13, "free space on the disk that the file is on"],
  [14, "look whether its directory exists and may be written"],
  [26, "put a backup in its place, or use another file"]
])

const codeOf = (error: unknown): number =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : 0

/** Whether somebody else has a lock. */
export const isBusy = (error: unknown): boolean => codeOf(error) === 5

/** The file is not the one that was opened: nothing that is written now would be there later. */
export class StoreGone extends Error {
  override readonly name = "StoreGone"

  constructor(what: string) {
    super(`the database file ${what}: put it back, or start the runtime again`)
  }
}

/** Whether an error is the store's and not a defect of this package. */
export const isStoreFailure = (error: unknown): boolean => {
  if (error instanceof StoreGone) return true
  if (!(error instanceof Error) || !("code" in error)) return false
  if (error.code === "ERR_INVALID_STATE") return /database is not open|statement has been finalized/.test(error.message)
  return error.code === "ERR_SQLITE_ERROR" && advice.has(codeOf(error))
}

/** What is wrong, and what to do about it. */
export const storeMessage = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const what = advice.get(codeOf(error))
  return what === undefined ? error.message : `${error.message}: ${what}`
}

/** For the operator: a failure of the store with its advice, a defect of this package with its stack. */
export const describe = (error: unknown): string =>
  isStoreFailure(error) || !(error instanceof Error) ? storeMessage(error) : (error.stack ?? error.message)
