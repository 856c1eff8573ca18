/**
 * Whether the store takes a write, now: the one thing without which the runtime is of no use.
 */
import * as fs from "node:fs"
import type { Store, Tables } from "../store/Store.ts"
import { storeMessage } from "../store/failure.ts"

/** The table that the probe writes to. */
export const readinessTables: Tables = {
  sql: `
CREATE TABLE IF NOT EXISTS readiness (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  probes INTEGER NOT NULL
) STRICT;
`,
  columns: [{ table: "readiness", name: "body", type: "BLOB" }],
  data: []
}

/** As much as a call with its conversation writes: a disk may have room for one page, and none for a call. */
const probeBytes = 65_536

/** Writes to the store and reads it back; what is wrong with it otherwise. */
export const storeProblem = (store: Store): string | undefined => {
  try {
    const probes = store.transaction(() => {
      store.run(
        `INSERT INTO readiness (id, probes, body) VALUES (1, 1, randomblob(?1))
         ON CONFLICT (id) DO UPDATE SET probes = probes + 1, body = randomblob(?1)`,
        probeBytes
      )
      return store.get<{ probes: number }>("SELECT probes FROM readiness WHERE id = 1")?.probes
    })
    return probes === undefined ? "what was written is not there" : fileProblem(store.file())
  } catch (error) {
    return storeMessage(error)
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
