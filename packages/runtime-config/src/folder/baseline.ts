/**
 * The rows as they were last seen, whole: what a three-way merge begins with. Kept on this machine, outside of version
 * control; without it, plan and pull go by the digests of the state and are more careful.
 */
import { join } from "node:path"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { isObject } from "../rows/json.ts"
import { readIfThere } from "./io.ts"
import { localFolder, writeLocal } from "./state.ts"

/** A row as it was last seen, and what the file said then. Neither has a secret in it. */
export interface Baseline {
  /** The runtime's row, with ids, without what the runtime owns. */
  readonly row: JsonObject
  /** The file's row: slugs, and placeholders where they stand for secrets. */
  readonly file: JsonObject
}

const nameOf = (id: string): string => join("baseline", `${encodeURIComponent(id)}.json`)

/** The baseline of a row; `undefined` when this machine has none. */
export const readBaseline = (folder: string, environment: string, id: string): Baseline | undefined => {
  const text = readIfThere(join(localFolder(folder, environment), nameOf(id)))
  if (text === undefined) return undefined
  try {
    const json: unknown = JSON.parse(text)
    if (!isObject(json)) return undefined
    const { row, file } = json
    return isObject(row) && isObject(file) ? { row, file } : undefined
  } catch {
    // It is only a copy: without it everything still works.
    return undefined
  }
}

/** Keeps a baseline. */
export const writeBaseline = (folder: string, environment: string, id: string, baseline: Baseline): void =>
  writeLocal(folder, environment, nameOf(id), { formatVersion: 1, ...baseline })
