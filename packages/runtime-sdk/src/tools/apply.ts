/**
 * Brings a runtime in line with a toolkit: writes what is missing or wrong, and nothing else.
 */
import { createHash } from "node:crypto"
import type { CreateTool, Tool as Row, UpdateTool } from "../contract/tools.ts"
import type { Names } from "../config/unknownNames.ts"
import { type Alignment, type Change, plan, type Plan } from "./align.ts"
import { checkServer, serverNames, type ServerOptions } from "./definition.ts"
import { ToolDefinitionError } from "./ToolDefinitionError.ts"
import type { AnyToolkit } from "./Toolkit.ts"

/** The operations that alignment needs. They reject with the errors of the runtime's operations. */
export interface Operations {
  readonly stream: (query: { readonly limit: number }) => AsyncIterable<Row>
  readonly get: (id: string) => Promise<Row>
  readonly create: (body: CreateTool, options: { readonly idempotencyKey: string }) => Promise<Row>
  readonly update: (id: string, body: UpdateTool, options: { readonly idempotencyKey: string }) => Promise<unknown>
  readonly delete: (id: string) => Promise<unknown>
}

/**
 * Options of `applyTools`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ApplyOptions extends ServerOptions {
  /** Deletes tools that the runtime sends to this server and the toolkit does not have. Default false. */
  readonly removeExtra?: boolean | undefined
}

/**
 * What was done.
 *
 * @since 0.1.0
 * @category models
 */
export interface Applied {
  /** Names, as they were written. */
  readonly created: ReadonlyArray<string>
  readonly updated: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  /** What the runtime has now, read back. */
  readonly alignment: Alignment
}

// Somebody else may write at the same time; whoever still differs after so many rounds is told.
const maxRounds = 3

// Each was deleted or renamed within a day: that many are no operator's doing, and a runtime must not be filled.
const maxGone = 20

const names: Names<ApplyOptions> = { ...serverNames, removeExtra: true }

/** Writes that are under way at once. */
const concurrency = 4

/** Reads the definitions and compares. Rejects with a `ToolDefinitionError` for options that cannot be. */
export const read = async (
  operations: Operations,
  toolkit: AnyToolkit,
  options: ServerOptions,
  names: object
): Promise<Plan> => {
  checkServer(options, names)
  const rows: Array<Row> = []
  for await (const row of operations.stream({ limit: 1000 })) rows.push(row)
  return plan(rows, toolkit, options)
}

/** Writes until there is nothing to write. */
export const apply = async (operations: Operations, toolkit: AnyToolkit, options: ApplyOptions): Promise<Applied> => {
  const created = new Set<string>()
  const updated = new Set<string>()
  const removed = new Set<string>()
  const { removeExtra = false } = options
  if (typeof removeExtra !== "boolean") {
    const issue = { path: ["removeExtra"], message: "must be true or false: it decides whether tools are deleted" }
    throw new ToolDefinitionError("Tool server", [issue])
  }
  for (let round = 0; ; round++) {
    const { alignment, changes } = await read(operations, toolkit, options, names)
    const extra = removeExtra ? alignment.findings.filter(({ _tag }) => _tag === "Extra") : []
    if (round === maxRounds || changes.length + extra.length === 0) {
      return { created: [...created], updated: [...updated], removed: [...removed], alignment }
    }
    for (let i = 0; i < changes.length; i += concurrency) {
      await Promise.all(
        changes.slice(i, i + concurrency).map(async (change) => {
          await write(operations, change)
          const done = "create" in change ? created : updated
          done.add(change.name)
        })
      )
    }
    for (const finding of extra) {
      if (finding._tag !== "Extra") continue
      await orGone(operations.delete(finding.id))
      removed.add(finding.name)
    }
  }
}

const write = (operations: Operations, change: Change): Promise<unknown> =>
  "create" in change
    ? create(operations, change.name, change.create)
    : // A row that is gone by now is missing in the next round.
      orGone(update(operations, change.id, change.fields))

/** Undefined for a row that is gone. */
const orGone = async <A>(operation: Promise<A>): Promise<A | undefined> => {
  try {
    return await operation
  } catch (error) {
    if (typeof error === "object" && error !== null && "_tag" in error && error._tag === "NotFound") return undefined
    throw error
  }
}

/** A key of its own: an update that is asked for again after others must run again. */
const update = (operations: Operations, id: string, fields: UpdateTool): Promise<unknown> =>
  operations.update(id, fields, { idempotencyKey: `aywa-tool-${globalThis.crypto.randomUUID()}` })

/**
 * Creates a tool that at most one row has the name of, however many processes do this at once, and whatever each of
 * them thinks the tool should look like.
 *
 * The row is created with its name alone, under a key made from that: all processes get the same row. Its fields are
 * then an update. The runtime remembers keys for a day; if the row that a key made is gone or has been renamed since,
 * the next key is made from the name and that row's id, which again is the same for all.
 */
const create = async (
  operations: Operations,
  name: string,
  definition: Extract<Change, { readonly create: unknown }>["create"]
): Promise<void> => {
  const bare = { type: "function" as const, function: { name } }
  const deletedIds: Array<string> = []
  while (deletedIds.length < maxGone) {
    const { id } = await operations.create(bare, { idempotencyKey: keyOf(bare, deletedIds) })
    const row = await orGone(operations.get(id))
    if (row?.function?.name === name) {
      const { type: _, ...fields } = definition
      await orGone(update(operations, row.id, fields))
      return
    }
    deletedIds.push(id)
  }
  throw new Error(`Tool ${name}: what the runtime makes cannot be read back. Delete: ${deletedIds.join()}`)
}

const keyOf = (bare: object, deletedIds: ReadonlyArray<string>): string =>
  `aywa-tool-${createHash("sha256")
    .update(JSON.stringify([bare, ...deletedIds]))
    .digest("base64url")}`
