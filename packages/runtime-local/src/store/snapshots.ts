/**
 * Snapshots: copies of what clients did, of all organizations or of one, to go back to.
 *
 * Those with a name are tables of the open connection, and gone with it; those in a file last.
 */
import * as fs from "node:fs"
import { DatabaseSync } from "node:sqlite"
import type { DataTable, Store } from "./Store.ts"

/** What to take a copy of, and where it goes. */
export interface SnapshotOptions {
  /** Default: `default`. */
  readonly name?: string | undefined
  /** A file instead; one that is there must be a snapshot, too. */
  readonly file?: string | undefined
  /** Default: all organizations. */
  readonly organization?: string | undefined
}

/** A snapshot that was taken. */
export interface SnapshotInfo {
  readonly name?: string | undefined
  readonly file?: string | undefined
  readonly organization?: string | undefined
  readonly rows: number
}

/** The snapshots of a store. */
export interface Snapshots {
  readonly take: (options?: SnapshotOptions) => SnapshotInfo
  /** Goes back: all or nothing, of the organizations that were copied. Throws a TypeError for a snapshot that is none. */
  readonly restore: (place?: Pick<SnapshotOptions, "name" | "file">) => SnapshotInfo
  /** The organization whose copy a snapshot is; `undefined` for all. */
  readonly organizationOf: (place?: Pick<SnapshotOptions, "name" | "file">) => string | undefined
  readonly remove: (name: string) => boolean
  readonly list: () => ReadonlyArray<SnapshotInfo>
}

/** Says what a file is: "AywS". */
const applicationId = 0x41_79_77_53

/** Holds the organization of a snapshot, in its database. */
const about = "snapshot_about"

/** Snapshots of a store. */
export const makeSnapshots = (store: Store): Snapshots => {
  const named = new Map<string, SnapshotInfo>()
  // A name keeps its number: the statements of a snapshot that is taken again are those of before.
  const numbers = new Map<string, number>()
  const prefixOf = (name: string): string => {
    const number = numbers.get(name) ?? numbers.size + 1
    numbers.set(name, number)
    return `temp.snapshot${number}_`
  }

  const find = (name: string): SnapshotInfo | undefined => {
    const [, table] = `${prefixOf(name)}resource_rows`.split(".")
    const isThere = store.get("SELECT 1 FROM temp.sqlite_schema WHERE name = ?", table ?? "") !== undefined
    return isThere ? named.get(name) : undefined
  }
  const names = () => [...named.keys()].filter((name) => find(name) !== undefined)

  const existing = (name: string): SnapshotInfo => {
    const snapshot = find(name)
    if (snapshot !== undefined) return snapshot
    throw new TypeError(`There is no snapshot ${JSON.stringify(name)}; there are ${names().join(", ") || "none"}`)
  }

  const drop = (name: string): void => {
    for (const table of store.data) store.execute(`DROP TABLE IF EXISTS ${prefixOf(name)}${table.name}`)
  }

  const takeNamed = (name: string, organization: string | undefined): SnapshotInfo => {
    const prefix = prefixOf(name)
    store.transaction(() => {
      drop(name)
      copyAll(store, prefix, organization)
    })
    const snapshot = { name, organization, rows: countRows(store, prefix) }
    named.set(name, snapshot)
    return snapshot
  }

  return {
    organizationOf: ({ name = "default", file } = {}) =>
      file === undefined ? existing(name).organization : organizationOf(file),
    remove: (name) => {
      drop(name)
      return named.delete(name)
    },
    list: () => names().flatMap((name) => named.get(name) ?? []),
    take: ({ name = "default", file, organization } = {}) =>
      file === undefined ? takeNamed(name, organization) : takeFile(store, file, organization),
    restore: ({ name = "default", file } = {}) => {
      if (file !== undefined) return restoreFile(store, file)
      const snapshot = existing(name)
      putBack(store, prefixOf(name), snapshot.organization)
      return snapshot
    }
  }
}

const takeFile = (store: Store, file: string, organization: string | undefined): SnapshotInfo => {
  if (fs.existsSync(file)) organizationOf(file)
  const draft = `${file}.${process.pid}.part`
  fs.rmSync(draft, { force: true })
  try {
    const rows = beside(store, draft, () => {
      store.transaction(() => {
        copyAll(store, "snapshot.", organization)
        store.execute(`CREATE TABLE snapshot.${about} (organization TEXT)`)
        store.run(`INSERT INTO snapshot.${about} VALUES (?)`, organization ?? null)
      })
      store.execute(`PRAGMA snapshot.application_id = ${applicationId}`)
      return countRows(store, "snapshot.")
    })
    fs.renameSync(draft, file)
    return { file, organization, rows }
  } finally {
    fs.rmSync(draft, { force: true })
  }
}

const restoreFile = (store: Store, file: string): SnapshotInfo => {
  const organization = organizationOf(file)
  return beside(store, file, () => {
    putBack(store, "snapshot.", organization)
    return { file, organization, rows: countRows(store, "snapshot.") }
  })
}

/** The organization of a snapshot in a file; throws where the file is none. */
const organizationOf = (file: string): string | undefined => {
  let database: DatabaseSync
  try {
    database = new DatabaseSync(file, { readOnly: true })
  } catch (cause) {
    throw new TypeError(`${file} cannot be read as a snapshot`, { cause })
  }
  try {
    if (Number(database.prepare("PRAGMA application_id").get()?.["application_id"]) === applicationId) {
      const value = database.prepare(`SELECT organization FROM ${about}`).get()?.["organization"]
      return typeof value === "string" ? value : undefined
    }
  } catch (cause) {
    throw new TypeError(`${file} is no snapshot of the local runtime`, { cause })
  } finally {
    database.close()
  }
  throw new TypeError(`${file} is no snapshot of the local runtime: use another file`)
}

const beside = <A>(store: Store, file: string, f: () => A): A => {
  store.run("ATTACH ? AS snapshot", file)
  try {
    return f()
  } finally {
    store.execute("DETACH snapshot")
  }
}

const owned = ({ owned }: DataTable, organization: string | undefined) =>
  organization === undefined ? { where: "", values: [] } : { where: ` WHERE ${owned}`, values: [organization] }

const copyAll = (store: Store, prefix: string, organization: string | undefined): void => {
  for (const table of store.data) {
    const { where, values } = owned(table, organization)
    store.execute(`CREATE TABLE ${prefix}${table.name} AS SELECT * FROM main.${table.name} LIMIT 0`)
    store.run(`INSERT INTO ${prefix}${table.name} SELECT * FROM main.${table.name}${where}`, ...values)
  }
}

const putBack = (store: Store, prefix: string, organization: string | undefined): void =>
  store.transaction(() => {
    // Rows that belong to an organization through others go before those.
    for (const table of [...store.data].sort((a, b) => Number(namesOwner(a)) - Number(namesOwner(b)))) {
      const { where, values } = owned(table, organization)
      store.run(`DELETE FROM main.${table.name}${where}`, ...values)
    }
    for (const { name } of store.data) {
      const columns = columnsOf(store, prefix, name)
      store.run(`INSERT INTO main.${name} (${columns}) SELECT ${columns} FROM ${prefix}${name}`)
    }
  })

const namesOwner = ({ owned }: DataTable): boolean => !owned.includes("SELECT")

/** Those of the copy: a table may have gained some since. */
const columnsOf = (store: Store, prefix: string, name: string): string => {
  const [schema = "", rest = ""] = prefix.split(".")
  return store
    .all<{ name: string }>("SELECT name FROM pragma_table_info(?, ?)", rest + name, schema)
    .map((column) => column.name)
    .join(", ")
}

const countRows = (store: Store, prefix: string): number =>
  store.get<{ n: number }>(`SELECT count(*) AS n FROM ${prefix}resource_rows`)?.n ?? 0
