/**
 * What the `migrate` commands read: the ledger, the locations file, the database.
 */
import { existsSync } from "node:fs"
import {
  type DatabaseConfig,
  type Location,
  type Mapping,
  openDatabase,
  parseMappings,
  type SqlDriver
} from "@aywa-ai/runtime-migration"
import { parse, readText } from "../core/input.ts"
import { CliFailure, codeOf, exitCodes, messageOf, usage } from "../core/failure.ts"
import type { Session } from "../core/session.ts"

/** The variable that has the database's address: as an argument, a password would be visible to other processes. */
export const databaseVariable = "DATABASE_URL"

/** Reads the ledger: what `migrate mapping` wrote. */
export const readMappings = async (file: string): Promise<ReadonlyArray<Mapping>> => {
  const mappings = parseMappings(await readText(file), file)
  if (mappings.length === 0)
    throw usage(`${file} has no mappings.`, "Write it with aywa-runtime migrate mapping --output FILE.")
  return mappings
}

/** The locations file: `{ locations: […], prefix?, chunk?, transaction?, allowMerge? }`, or the list alone. */
export const readConfig = async (file: string, mappings: ReadonlyArray<Mapping>): Promise<DatabaseConfig> => {
  const json = await parse(await readText(file), file)
  const config: Record<string, unknown> = Array.isArray(json) ? { locations: json } : Object(json)
  const { locations, ...rest } = config
  const fields = [
    "prefix",
    "ledgerDatabase",
    "chunk",
    "transaction",
    "allowMerge",
    "foreignKeys",
    "leave",
    "keepUpdatedAt",
    "dialect"
  ]
  // What detect prints says more than the config that it is: the same locations, with what was seen in each.
  for (const more of ["candidates", "unfit", "notScanned", "unseen"]) delete rest[more]
  const unknown = Object.keys(rest).filter((key) => !fields.includes(key))
  if (!Array.isArray(locations)) {
    throw usage(`${file} has no locations.`, "It lists where ids stand; aywa-runtime migrate detect proposes one.")
  }
  if (unknown.length > 0)
    throw usage(`${file} has ${unknown.join(", ")}, which is not known.`, `Known are locations, ${fields.join(", ")}.`)
  const list: ReadonlyArray<Location> = locations
  // Each field is checked by the plan, which names it.
  return { ...(rest as Omit<DatabaseConfig, "mappings" | "locations">), mappings, locations: list }
}

/** The variable that has the addresses of replicas, with spaces between them. */
export const replicasVariable = "DATABASE_REPLICAS"

/** Opens the replicas that writing waits for; they are closed at the end. */
export const openReplicas = async (
  replicas: ReadonlyArray<string>,
  session: Session
): Promise<ReadonlyArray<SqlDriver>> => {
  const set = session.settings
    .variable(replicasVariable)
    ?.value.split(/\s+/)
    .filter((url) => url !== "")
  const drivers: Array<SqlDriver> = []
  for (const url of replicas.length > 0 ? replicas : (set ?? []))
    drivers.push(await openSql(url, session, replicasVariable))
  return drivers
}

/** Opens the database; it is closed at the end. */
export const openSql = async (
  database: string | undefined,
  session: Session,
  variable = databaseVariable
): Promise<SqlDriver> => {
  const url = database ?? session.settings.variable(databaseVariable)?.value
  if (url === undefined) {
    throw usage(
      "There is no database.",
      `Set ${databaseVariable} (postgres:, mysql:, mariadb:, sqlite:FILE or pglite:FOLDER), or give --database.`
    )
  }
  const path = url.replace(/^(sqlite|pglite):/, "")
  if (!path.includes("://") && !existsSync(path)) {
    // Not what it is: a mistyped URL has a password in it.
    throw usage(
      "There is no database file or folder of this name.",
      `Check ${variable}: postgres://, mysql:// or mariadb://, sqlite:FILE or pglite:FOLDER.`
    )
  }
  try {
    // This command line may be installed somewhere else than the project's drivers.
    const driver = await openDatabase(url, { project: process.cwd() })
    session.cleanup(() => driver.close())
    return driver
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    throw new CliFailure({
      code: codeOf(error) ?? "database",
      message: `The database cannot be opened: ${messageOf(error).replaceAll(url, "the address")}.`,
      hint: `Check ${variable}: host, port, user, password, name.`,
      exitCode: exitCodes.unreachable,
      cause: error
    })
  }
}
