/**
 * The rows as they were before a push: files of this machine, and a plan that puts them back.
 */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { invalid } from "../errors/RuntimeConfigError.ts"
import { jsonText, readIfThere, writeWhole } from "../folder/io.ts"
import { localFolder } from "../folder/state.ts"
import { isObject } from "../rows/json.ts"
import { type KindName, kinds } from "../rows/kinds.ts"

/** One row before a push. */
export interface Saved {
  readonly address: string
  readonly kind: KindName
  readonly id: string
  /** With ids, without secrets and without what the runtime owns. */
  readonly row: JsonObject
}

/** A backup: what one push was about to change. */
export interface Backup {
  readonly time: string
  readonly rows: ReadonlyArray<Saved>
  /** Addresses that the push made. A rollback leaves them. */
  readonly created: ReadonlyArray<string>
}

const folderOf = (folder: string, environment: string): string => join(localFolder(folder, environment), "backups")

/** Writes a backup, and gives the name that `config rollback` takes. */
export const writeBackup = (folder: string, environment: string, backup: Backup): string => {
  const name = backup.time.replaceAll(":", "-")
  writeWhole(join(folderOf(folder, environment), name, "rows.json"), jsonText({ formatVersion: 1, ...backup }), {
    durable: true
  })
  return name
}

/** The names of the backups, oldest first. */
export const listBackups = (folder: string, environment: string): ReadonlyArray<string> => {
  const all = folderOf(folder, environment)
  return existsSync(all)
    ? readdirSync(all)
        .filter((name) => existsSync(join(all, name, "rows.json")))
        .toSorted()
    : []
}

/** Reads a backup; the newest one when none is named. */
export const readBackup = (folder: string, environment: string, wanted: string | undefined): Backup => {
  const names = listBackups(folder, environment)
  const name = wanted === undefined ? names.at(-1) : names.find((each) => each === wanted || each.startsWith(wanted))
  const place = `.aywa/${environment}/backups`
  if (name === undefined) {
    return invalid(
      place,
      names.length === 0
        ? "There is no backup: no push from here has changed or deleted a row yet."
        : `There is none of this time. There are: ${names.join(", ")}.`
    )
  }
  const file = join(folderOf(folder, environment), name, "rows.json")
  const json: unknown = JSON.parse(readIfThere(file) ?? "null")
  const rows = isObject(json) ? json["rows"] : undefined
  if (!Array.isArray(rows)) return invalid(`${place}/${name}`, "It is no backup of this version.")
  const created =
    isObject(json) && Array.isArray(json["created"]) ? json["created"].filter((each) => typeof each === "string") : []
  return { time: name, rows: rows.filter(isSaved), created }
}

const isSaved = (value: unknown): value is Saved =>
  isObject(value) &&
  typeof value["address"] === "string" &&
  typeof value["id"] === "string" &&
  isObject(value["row"]) &&
  kinds.some(({ name }) => name === value["kind"])
