/**
 * Files: read as text, written whole or not at all.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync
} from "node:fs"
import { dirname } from "node:path"
import { fail } from "../errors/RuntimeConfigError.ts"

/** The text of a file; `undefined` when there is none. */
export const readIfThere = (file: string): string | undefined => {
  try {
    // An editor's byte order mark is no part of the text.
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "")
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined
    return fail({ _tag: "Invalid", problems: [{ file, detail: `Cannot be read (${codeOf(error)}).` }] }, error)
  }
}

/** Writes beside the file, then puts it in its place; `durable` makes sure that it is on the disk before. */
export const writeWhole = (file: string, text: string, options: { readonly durable?: boolean } = {}): void => {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    mkdirSync(dirname(file), { recursive: true })
    const handle = openSync(temporary, "w", 0o644)
    try {
      writeSync(handle, text)
      if (options.durable === true) fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    fail({ _tag: "Unwritten", file, detail: codeOf(error) }, error)
  }
}

/** Writes a file that is not there yet; says whether it did. */
export const writeNew = (file: string, text: string): boolean => {
  if (existsSync(file)) return false
  writeWhole(file, text)
  return true
}

/** JSON for people: two spaces, a line at the end. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** The system's code of an error, such as `ENOENT`. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : String(error)
