/**
 * SQLite: who else can write the file. Its ledgers are as closed as it is.
 */
import { statSync } from "node:fs"
import { fail } from "../errors/MigrationError.ts"
import type { Finding } from "./reports.ts"
import type { SqlDriver } from "./SqlDriver.ts"

/** The file's name and mode; `undefined` for a database in memory, or where files have no modes. */
const fileOf = async (driver: SqlDriver): Promise<{ readonly file: string; readonly mode: number } | undefined> => {
  if (driver.dialect !== "sqlite" || process.platform === "win32") return undefined
  const { rows } = await driver.run("SELECT file AS f FROM pragma_database_list WHERE name = 'main'")
  const file = String(rows[0]?.["f"] ?? "")
  const mode = file === "" ? undefined : statSync(file, { throwIfNoEntry: false })?.mode
  return mode === undefined ? undefined : { file, mode }
}

/** What is to be said about the file. */
export const aboutFile = async (
  driver: SqlDriver
): Promise<ReadonlyArray<readonly [level: Finding["level"], message: string]>> => {
  const open = await fileOf(driver)
  if (open === undefined) return []
  const { file, mode } = open
  const closing = `chmod o= ${file}`
  if ((mode & 0o002) !== 0) {
    return [
      [
        "error",
        `everybody on this machine can write ${file}, and with it the ledgers. Take that right away: ${closing}`
      ]
    ]
  }
  return (mode & 0o004) === 0
    ? []
    : [
        [
          "warning",
          `everybody on this machine can read ${file}, and with it the ledgers. To take that right away: ${closing}`
        ]
      ]
}

/** Refuses a file that everybody can write. */
export const assertClosedFile = async (driver: SqlDriver): Promise<void> => {
  const problems = (await aboutFile(driver)).filter(([level]) => level === "error").map(([, message]) => message)
  if (problems.length > 0) fail({ _tag: "Refused", problems })
}
