/**
 * The files that a pull writes: new ones, merged ones, and the runtime's row beside one.
 */
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import type { Problem } from "../errors/Problem.ts"
import type { Config, ConfigRow } from "../folder/Config.ts"
import { writeWhole } from "../folder/io.ts"
import { changeRowFile, newRowFile } from "../folder/rowFile.ts"
import type { Ledger } from "../ledger/ledger.ts"
import { comparedRow, type Facts } from "../plan/facts.ts"
import type { RemoteRow } from "../remote/readRemote.ts"

/** A row that has no file gets one; gives its name. */
export const writeNew = ({ config, directory }: Facts, ledger: Ledger, row: ConfigRow, remote: RemoteRow): string => {
  const content = comparedRow(remote, {}, directory)
  const { ending, text } = newRowFile(row.kind, content)
  const file = `${row.address}${ending}`
  writeWhole(join(config.folder, file), text)
  ledger.saw(row.address, row.kind, remote, content)
  return file
}

/** Puts another row into a file; gives its name, which may end in another way than before. */
export const rewrite = ({ config }: Facts, row: ConfigRow, next: JsonObject): string => {
  const path = join(config.folder, row.file)
  const { ending, text } = changeRowFile(row.kind, readFileSync(path, "utf8"), row.file, next)
  const file = row.file.endsWith(ending) ? row.file : `${row.address}${ending}`
  writeWhole(join(config.folder, file), text)
  if (file !== row.file) rmSync(path)
  return file
}

/** Puts the runtime's row beside the file. */
export const besides = (facts: Facts, row: ConfigRow, remote: RemoteRow, places: ReadonlyArray<string>): Problem => {
  const { ending, text } = newRowFile(row.kind, comparedRow(remote, row.row, facts.directory))
  const file = `${row.address}.theirs${ending}`
  removeTheirs(facts.config, row)
  writeWhole(join(facts.config.folder, file), text)
  return {
    file: row.file,
    detail: `Changed here and on the runtime: ${[...new Set(places)].join(", ")}. The runtime's is ${file}. Put what you want to keep into ${row.file}, then config adopt ${row.address} ${remote.id}, and push.`
  }
}

/** Takes away what lay beside a file. */
export const removeTheirs = ({ folder }: Config, { address }: ConfigRow): void => {
  for (const ending of [".md", ".yaml"]) rmSync(join(folder, `${address}.theirs${ending}`), { force: true })
}
