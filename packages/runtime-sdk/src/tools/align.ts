/**
 * What the runtime has of a toolkit's tools, and what it should have.
 */
import type { CreateTool, Tool as Row, UpdateTool } from "../contract/tools.ts"
import { defaultTimeoutSeconds, type DefinedTool, definitionOf, type ServerOptions, timeoutOf } from "./definition.ts"
import { type Difference, differences } from "./differences.ts"
import type { AnyToolkit } from "./Toolkit.ts"

/**
 * Something that is not aligned. Switch on `_tag`.
 *
 * **Details**
 *
 * - `Missing`: the runtime has no function tool of this name.
 * - `Extra`: the runtime sends a tool here that the toolkit does not have.
 * - `Drifted`: description, parameters or another field is not what the toolkit says.
 * - `WrongServer`, `WrongTimeout`: the runtime calls another address, or waits another time.
 * - `Duplicate`: several rows have this name; the oldest is looked at.
 *
 * @since 0.1.0
 * @category models
 */
export type Finding =
  | { readonly _tag: "Missing"; readonly name: string }
  | { readonly _tag: "Extra"; readonly name: string; readonly id: string }
  | {
      readonly _tag: "Drifted"
      readonly name: string
      readonly id: string
      readonly differences: ReadonlyArray<Difference>
    }
  | {
      readonly _tag: "WrongServer"
      readonly name: string
      readonly id: string
      readonly expected: string
      readonly actual: string | undefined
    }
  | {
      readonly _tag: "WrongTimeout"
      readonly name: string
      readonly id: string
      readonly expected: number
      readonly actual: number
    }
  | { readonly _tag: "Duplicate"; readonly name: string; readonly ids: ReadonlyArray<string> }

/**
 * A toolkit and a runtime side by side.
 *
 * @since 0.1.0
 * @category models
 */
export interface Alignment {
  /** Whether there is nothing to do. */
  readonly aligned: boolean
  readonly findings: ReadonlyArray<Finding>
  /** The runtime's id of each tool that it has: for `model.toolIds` of an assistant. */
  readonly ids: { readonly [name: string]: string }
}

/** What is to be written so that one tool is aligned: a new row, or fields of the row that is there. */
export type Change =
  | { readonly name: string; readonly create: DefinedTool }
  | { readonly name: string; readonly id: string; readonly fields: UpdateTool }

/** An alignment, and what makes it one without findings. */
export interface Plan {
  readonly alignment: Alignment
  readonly changes: ReadonlyArray<Change>
}

/** Compares the rows of a runtime with a toolkit, for a server that was checked. */
export const plan = (rows: ReadonlyArray<Row>, toolkit: AnyToolkit, options: ServerOptions): Plan => {
  const byName = Map.groupBy(
    rows.filter((row) => row.type === "function" && typeof row.function?.name === "string").toSorted(byAge),
    (row) => row.function?.name ?? ""
  )
  const findings: Array<Finding> = []
  const changes: Array<Change> = []
  const ids: Record<string, string> = Object.create(null) as Record<string, string>
  for (const tool of toolkit.tools) {
    const { name } = tool
    const [row, ...others] = byName.get(name) ?? []
    const definition = definitionOf(tool, options)
    if (row === undefined) {
      findings.push({ _tag: "Missing", name })
      changes.push({ name, create: definition })
      continue
    }
    ids[name] = row.id
    if (others.length > 0) findings.push({ _tag: "Duplicate", name, ids: [row, ...others].map(({ id }) => id) })
    const drift = differences(ownFields(definition, definition), ownFields(row, definition))
    if (drift.length > 0) findings.push({ _tag: "Drifted", name, id: row.id, differences: drift })
    const url = row.server?.url ?? undefined
    const wrongServer = !sameUrl(url, options.serverUrl)
    if (wrongServer) findings.push({ _tag: "WrongServer", name, id: row.id, expected: options.serverUrl, actual: url })
    const [expected, actual] = [timeoutOf(tool, options), row.server?.timeoutSeconds ?? defaultTimeoutSeconds]
    const wrongTimeout = expected !== actual
    if (wrongTimeout) findings.push({ _tag: "WrongTimeout", name, id: row.id, expected, actual })
    const fields: UpdateTool = {
      // A nested object is replaced whole: what others set in it is written back.
      ...(drift.some(({ path }) => path[0] === "function")
        ? { function: { ...row.function, ...definition.function } }
        : {}),
      ...(drift.some(({ path }) => path[0] === "async") ? { async: definition.async ?? false } : {}),
      ...(drift.some(({ path }) => path[0] === "messages") ? { messages: definition.messages } : {}),
      ...(wrongServer || wrongTimeout ? { server: { ...row.server, ...definition.server } } : {})
    }
    if (Object.keys(fields).length > 0) changes.push({ name, id: row.id, fields })
  }
  const names = new Set<string>(toolkit.tools.map(({ name }) => name))
  for (const [name, all] of byName) {
    if (names.has(name)) continue
    for (const { id, server } of all) {
      if (sameUrl(server?.url ?? undefined, options.serverUrl)) findings.push({ _tag: "Extra", name, id })
    }
  }
  return { alignment: { aligned: findings.length === 0, findings, ids }, changes }
}

/** Oldest first; the id decides between rows of one millisecond. */
const byAge = (a: Row, b: Row): number => compare(a.createdAt, b.createdAt) || compare(a.id, b.id)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The fields that a toolkit decides on. What it does not speak of (`messages`, `strict`) is left as it is. */
const ownFields = (
  row: Pick<Row, "function" | "async" | "messages"> | CreateTool,
  definition: DefinedTool
): object => ({
  function: {
    name: row.function?.name,
    description: row.function?.description,
    // A tool without arguments has no parameters, or an object of none.
    parameters: row.function?.parameters ?? { type: "object" },
    ...(definition.function?.strict === undefined ? {} : { strict: row.function?.strict ?? false })
  },
  async: row.async ?? false,
  ...(definition.messages === undefined ? {} : { messages: row.messages })
})

const sameUrl = (a: string | undefined, b: string): boolean =>
  a !== undefined && URL.canParse(a) && new URL(a).href === new URL(b).href
