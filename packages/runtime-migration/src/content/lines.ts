/**
 * Files of JSON lines that grow while something runs: a line that broke off is taken out, nothing else is read twice.
 */
import { appendFileSync, closeSync, existsSync, ftruncateSync, openSync, readSync, statSync } from "node:fs"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { isObject } from "../bundle/Bundle.ts"
import { fail } from "../errors/MigrationError.ts"

/** The rows of a file, one after the other, however large it is; a last line without an end is cut off. */
export function* readLines(file: string): Generator<JsonObject, void> {
  if (!existsSync(file)) return
  const descriptor = openSync(file, "r+")
  try {
    const buffer = Buffer.alloc(1 << 20)
    let rest: Uint8Array = Buffer.alloc(0)
    let position = 0
    for (let length; (length = readSync(descriptor, buffer, 0, buffer.length, position)) > 0;) {
      position += length
      let data = Buffer.concat([rest, buffer.subarray(0, length)])
      for (let end; (end = data.indexOf(10)) >= 0; data = data.subarray(end + 1)) {
        yield parse(file, data.subarray(0, end).toString("utf8"))
      }
      rest = data
    }
    if (rest.length > 0) ftruncateSync(descriptor, statSync(file).size - rest.length)
  } finally {
    closeSync(descriptor)
  }
}

const parse = (file: string, line: string): JsonObject => {
  try {
    const row: unknown = JSON.parse(line)
    if (isObject(row)) return row
  } catch {
    // Told below.
  }
  return fail({ _tag: "UnreadableFile", file, detail: "a line of it is not what an earlier run wrote: remove it" })
}

/** Adds rows. */
export const addLines = (file: string, rows: ReadonlyArray<object>): void => {
  if (rows.length > 0) appendFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""), { mode: 0o600 })
}
