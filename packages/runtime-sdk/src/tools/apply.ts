/**
 * Brings a runtime in line with a toolkit: writes what is missing or wrong, and nothing else.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import type { TypesOf } from "../contract/Operation.ts"
import type { ErrorsOf } from "../contract/Signature.ts"
import type { Tool as Row, tools, UpdateTool } from "../contract/tools.ts"
import type { Tools } from "../effect/Tools.ts"
import { type Alignment, type Change, plan } from "./align.ts"
import { checkServer, type ServerOptions } from "./definition.ts"
import type { ToolDefinitionError } from "./ToolDefinitionError.ts"
import type { Names } from "../config/unknownNames.ts"
import type { Toolkit } from "./Toolkit.ts"

/** The operations that alignment needs. */
export type Service = Pick<Tools["Service"], "stream" | "get" | "create" | "update" | "delete">

type Failure<K extends keyof typeof tools> = ErrorsOf<TypesOf<(typeof tools)[K]>>

/** How reading the definitions fails. */
export type AlignError = Failure<"list"> | ToolDefinitionError

/** How writing them fails. */
export type ApplyError = AlignError | Failure<"create"> | Failure<"update"> | Failure<"delete">

/**
 * Options of `Tools.apply`.
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

const names: Names<ApplyOptions> = { serverUrl: true, timeoutSeconds: true, removeExtra: true }

/** Reads the definitions and compares. */
export const read = (service: Service, toolkit: Toolkit<string, unknown>, options: ServerOptions) =>
  Effect.flatMap(
    // All that it throws.
    Effect.try({ try: () => checkServer(options, names), catch: (error) => error as ToolDefinitionError }),
    () => Effect.map(Stream.runCollect(service.stream({ limit: 1000 })), (rows) => plan(rows, toolkit, options))
  )

/** Writes until there is nothing to write. */
export const apply = Effect.fnUntraced(function* (
  service: Service,
  toolkit: Toolkit<string, unknown>,
  options: ApplyOptions
): Effect.fn.Return<Applied, ApplyError> {
  const created = new Set<string>()
  const updated = new Set<string>()
  const removed = new Set<string>()
  for (let round = 0; ; round++) {
    const { alignment, changes } = yield* read(service, toolkit, options)
    const extra = options.removeExtra === true ? alignment.findings.filter(({ _tag }) => _tag === "Extra") : []
    if (round === maxRounds || changes.length + extra.length === 0) {
      return { created: [...created], updated: [...updated], removed: [...removed], alignment }
    }
    yield* Effect.forEach(
      changes,
      (change) =>
        Effect.map(write(service, change), () => void ("create" in change ? created : updated).add(change.name)),
      { concurrency: 4, discard: true }
    )
    for (const finding of extra) {
      if (finding._tag !== "Extra") continue
      yield* Effect.catchTag(service.delete(finding.id), "NotFound", () => Effect.void)
      removed.add(finding.name)
    }
  }
})

const write = (service: Service, change: Change): Effect.Effect<void, ApplyError> =>
  "create" in change
    ? create(service, change.name, change.create)
    : // A row that is gone by now is missing in the next round.
      Effect.catchTag(update(service, change.id, change.fields), "NotFound", () => Effect.void)

/** A key of its own: an update that is asked for again after others must run again. */
const update = (service: Service, id: string, fields: UpdateTool) =>
  service.update(id, fields, { idempotencyKey: `aywa-tool-${globalThis.crypto.randomUUID()}` })

/**
 * Creates a tool that at most one row has the name of, however many processes do this at once, and whatever each of
 * them thinks the tool should look like.
 *
 * The row is created with its name alone, under a key made from that: all processes get the same row. Its fields are
 * then an update. The runtime remembers keys for a day; if the row that a key made is gone or has been renamed since,
 * the next key is made from the name and that row's id, which again is the same for all.
 */
const create = Effect.fnUntraced(function* (
  service: Service,
  name: string,
  definition: Extract<Change, { readonly create: unknown }>["create"]
): Effect.fn.Return<void, ApplyError> {
  const bare = { type: "function" as const, function: { name } }
  const deletedIds: Array<string> = []
  while (deletedIds.length < maxGone) {
    const draft = yield* service.create(bare, { idempotencyKey: keyOf(bare, deletedIds) })
    const row: Row | undefined = yield* Effect.catchTag(service.get(draft.id), "NotFound", () => Effect.undefined)
    if (row?.function?.name === name) {
      const { type: _, ...fields } = definition
      yield* Effect.catchTag(update(service, row.id, fields), "NotFound", () => Effect.void)
      return
    }
    deletedIds.push(draft.id)
  }
  return yield* Effect.die(
    new Error(`Tool ${name}: what the runtime makes cannot be read back. Delete: ${deletedIds.join()}`)
  )
})

const keyOf = (bare: object, deletedIds: ReadonlyArray<string>): string =>
  `aywa-tool-${createHash("sha256")
    .update(JSON.stringify([bare, ...deletedIds]))
    .digest("base64url")}`
