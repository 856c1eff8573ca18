/**
 * Whether the store takes a write, now: the one thing without which the runtime is of no use.
 */
import * as fs from "node:fs"
import type { Store } from "../store.ts"

/** The table that the probe writes to, a part of the database's schema. */
export const readinessTable = `
CREATE TABLE IF NOT EXISTS readiness (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  probes INTEGER NOT NULL
) STRICT;
`

/** Writes to the store and reads it back; what is wrong with it otherwise. */
export const storeProblem = (store: Store): string | undefined => {
  try {
    const probes = store.transaction(() => {
      store.run("INSERT INTO readiness (id, probes) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET probes = probes + 1")
      return store.get<{ probes: number }>("SELECT probes FROM readiness WHERE id = 1")?.probes
    })
    return probes === undefined ? "what was written is not there" : fileProblem(store.file())
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const magic = "SQLite format 3\0"

/** SQLite goes on happily with a file that was deleted or replaced: its rows would be gone with the process. */
const fileProblem = (opened: ReturnType<Store["file"]>): string | undefined => {
  if (opened === undefined) return undefined
  let descriptor: number
  try {
    descriptor = fs.openSync(opened.path, "r")
  } catch {
    return "the database file is gone"
  }
  try {
    if (fs.fstatSync(descriptor).ino !== opened.inode) return "the database file was replaced"
    const header = Buffer.alloc(magic.length)
    fs.readSync(descriptor, header, 0, magic.length, 0)
    return header.toString("latin1") === magic ? undefined : "the database file is damaged"
  } finally {
    fs.closeSync(descriptor)
  }
}

/** Whether an error is the store's and not a defect of this package. */
export const isStoreFailure = (error: unknown): boolean => {
  if (!(error instanceof Error) || !("code" in error)) return false
  if (error.code === "ERR_INVALID_STATE") return /database is not open/.test(error.message)
  if (error.code !== "ERR_SQLITE_ERROR" || !("errcode" in error) || typeof error.errcode !== "number") return false
  return storeFailures.has(error.errcode & 0xff)
}

/** busy, locked, read-only, I/O error, corrupt, full, cannot open, not a database. */
const storeFailures: ReadonlySet<number> = new Set([5, 6, 8, 10, 11, 13, 14, 26])
