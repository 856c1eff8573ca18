/**
 * What is known of the rows of an environment: their ids, and how they were when they were last seen. Committed, so that
 * everybody who pushes knows the same; without values, so that nothing secret can be in it.
 */
import { join } from "node:path"
import { invalid } from "../errors/RuntimeConfigError.ts"
import { isObject } from "../rows/json.ts"
import { jsonText, readIfThere, writeWhole } from "./io.ts"

/**
 * How a row was when a push or a pull last saw it.
 *
 * @since 0.2.0
 * @category models
 */
export interface Seen {
  /** SHA-256 of the runtime's row, without what the runtime owns. */
  readonly row: string
  /** SHA-256 of what the file says. */
  readonly file: string
  /** Places that the runtime filled in and the file does not have: `type`, `model.temperature`. */
  readonly added: ReadonlyArray<string>
}

/**
 * The state of an environment: `state/NAME.json`.
 *
 * @since 0.2.0
 * @category models
 */
export interface State {
  readonly formatVersion: 1
  readonly organizationId?: string | undefined
  /** Ids by address, such as `assistants/desk`. */
  readonly ids: Readonly<Record<string, string>>
  /** By address. */
  readonly seen: Readonly<Record<string, Seen>>
}

/** Nothing is known. */
export const emptyState: State = { formatVersion: 1, ids: {}, seen: {} }

const fileOf = (environment: string): string => `state/${environment}.json`

/** Reads the state of an environment. */
export const readState = (folder: string, environment: string): State => {
  const file = fileOf(environment)
  const text = readIfThere(join(folder, file))
  if (text === undefined) return emptyState
  const json = parse(text, file)
  if (!isObject(json) || json["formatVersion"] !== 1) {
    return invalid(
      file,
      "Expected formatVersion 1. A newer version of this package wrote it: update, or restore the file."
    )
  }
  const { organizationId } = json
  const ids = isObject(json["ids"]) ? json["ids"] : {}
  const seen = isObject(json["seen"]) ? json["seen"] : {}
  return {
    formatVersion: 1,
    ...(typeof organizationId === "string" ? { organizationId } : {}),
    ids: Object.fromEntries(Object.entries(ids).flatMap(([key, id]) => (typeof id === "string" ? [[key, id]] : []))),
    seen: Object.fromEntries(Object.entries(seen).flatMap(([key, value]) => (isSeen(value) ? [[key, value]] : [])))
  }
}

const isSeen = (value: unknown): value is Seen =>
  isObject(value) &&
  typeof value["row"] === "string" &&
  typeof value["file"] === "string" &&
  Array.isArray(value["added"])

const parse = (text: string, file: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return invalid(
      file,
      /^(<{7}|>{7}|={7})/m.test(text)
        ? "It has merge conflicts. Keep the lines of both sides; each row has one line."
        : "Not JSON. Restore it from your repository: it says which file is which row."
    )
  }
}

/** Writes the state, a row a line and in order, so that a version control system can merge two of them. */
export const writeState = (folder: string, environment: string, state: State): void => {
  writeWhole(join(folder, fileOf(environment)), stateText(state), { durable: true })
}

const stateText = ({ organizationId, ids, seen }: State): string => {
  const section = (name: string, values: Readonly<Record<string, unknown>>) => {
    const lines = Object.keys(values)
      .toSorted()
      .map((key) => `    ${JSON.stringify(key)}: ${JSON.stringify(values[key])}`)
    return `  ${JSON.stringify(name)}: ${lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n  }`}`
  }
  const organization = organizationId === undefined ? [] : [`  "organizationId": ${JSON.stringify(organizationId)}`]
  return `{\n${['  "formatVersion": 1', ...organization, section("ids", ids), section("seen", seen)].join(",\n")}\n}\n`
}

/** The rows of an address list, as JSON files of this machine: `.aywa/NAME/…`. */
export const localFolder = (folder: string, environment: string): string => join(folder, "..", ".aywa", environment)

/** Writes JSON for this machine alone. */
export const writeLocal = (folder: string, environment: string, name: string, value: unknown): void => {
  writeWhole(join(localFolder(folder, environment), name), jsonText(value))
}
