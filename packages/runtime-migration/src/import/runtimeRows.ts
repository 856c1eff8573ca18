/**
 * The rows of a runtime by kind, whatever kind it is.
 */
import type {
  AywaRuntimeClient,
  ClientCallOptions,
  CreateAssistant,
  CreateCredential,
  CreatePhoneNumber,
  CreateStructuredOutput,
  CreateTool,
  FoundReference,
  JsonObject,
  UpdateAssistant,
  UpdateCredential,
  UpdatePhoneNumber,
  UpdateStructuredOutput,
  UpdateTool
} from "@aywa-ai/runtime-sdk"
import { rewriteReferences, withoutOwnedFields } from "@aywa-ai/runtime-sdk/contract"
import { type Bundle, canonical, idOf, type Kind, kinds, rowsOf } from "../bundle/Bundle.ts"
import { bare } from "../bundle/secrets.ts"
import type { Mapping } from "../ledger/Mapping.ts"

/**
 * As much of the client as a migration uses.
 *
 * @since 0.1.0
 * @category models
 */
export interface MigrationClient extends Pick<
  AywaRuntimeClient,
  "assistants" | "credentials" | "files" | "imports" | "phoneNumbers" | "structuredOutputs" | "tools"
> {}

/** What every stored kind has in common. */
export interface Resource {
  readonly list: (query: { readonly limit: number }, options?: ClientCallOptions) => AsyncIterable<JsonObject>
  readonly create: (body: JsonObject, options?: ClientCallOptions) => Promise<JsonObject>
  readonly get: (id: string, options?: ClientCallOptions) => Promise<JsonObject>
  readonly update: (id: string, body: JsonObject, options?: ClientCallOptions) => Promise<JsonObject>
}

/** The operations of a kind; `undefined` for what the runtime does not store. */
export const resourceOf = (aywa: MigrationClient, { name }: Kind): Resource | undefined => {
  // One by one: their operations do not all take the same arguments. Bodies are the source's data, and only they are
  // cast: what does not fit is refused by the client's own checks.
  switch (name) {
    case "assistants":
      return {
        list: (query, options) => aywa.assistants.list(query, options),
        create: (body, options) => aywa.assistants.create(body as CreateAssistant, options),
        get: (id, options) => aywa.assistants.get(id, options),
        update: (id, body, options) => aywa.assistants.update(id, body as UpdateAssistant, options)
      }
    case "credentials":
      return {
        list: (query, options) => aywa.credentials.list(query, options),
        create: (body, options) => aywa.credentials.create(body as CreateCredential, options),
        get: (id, options) => aywa.credentials.get(id, options),
        update: (id, body, options) => aywa.credentials.update(id, body as UpdateCredential, options)
      }
    case "phoneNumbers":
      return {
        list: (query, options) => aywa.phoneNumbers.list(query, options),
        create: (body, options) => aywa.phoneNumbers.create(body as CreatePhoneNumber, options),
        get: (id, options) => aywa.phoneNumbers.get(id, options),
        update: (id, body, options) => aywa.phoneNumbers.update(id, body as UpdatePhoneNumber, options)
      }
    case "structuredOutputs":
      return {
        list: (query, options) => aywa.structuredOutputs.list(query, options),
        create: (body, options) => aywa.structuredOutputs.create(body as CreateStructuredOutput, options),
        get: (id, options) => aywa.structuredOutputs.get(id, options),
        update: (id, body, options) => aywa.structuredOutputs.update(id, body as UpdateStructuredOutput, {}, options)
      }
    case "tools":
      return {
        list: (query, options) => aywa.tools.list(query, options),
        create: (body, options) => aywa.tools.create(body as CreateTool, options),
        get: (id, options) => aywa.tools.get(id, options),
        update: (id, body, options) => aywa.tools.update(id, body as UpdateTool, options)
      }
    default:
      return undefined
  }
}

/** The kinds that a runtime stores, in the order in which they are created. */
export const stored: ReadonlyArray<Kind> = kinds.filter(({ skipped }) => skipped === undefined)

/** Runtime ids by kind and source id. */
export type Targets = ReadonlyMap<string, ReadonlyMap<string, string>>

/** The ledger of one source, by the names of lists. */
export const targetsOf = (mappings: Iterable<Mapping>, source: string): Map<string, Map<string, string>> => {
  const targets = new Map(kinds.map(({ name }) => [name as string, new Map<string, string>()]))
  for (const mapping of mappings) {
    if (mapping.source !== source) continue
    const kind = kinds.find(({ resource }) => resource === mapping.resource)
    if (kind !== undefined) targets.get(kind.name)?.set(mapping.sourceId, mapping.runtimeId)
  }
  return targets
}

/** The rows of a runtime that a bundle's rows became, by kind and id. */
export const readRuntime = async (
  aywa: MigrationClient,
  wanted: ReadonlyArray<Kind>,
  targets: Targets,
  signal: AbortSignal | undefined
): Promise<ReadonlyMap<string, Map<string, JsonObject>>> => {
  const all = new Map<string, Map<string, JsonObject>>()
  for (const kind of wanted) {
    const resource = resourceOf(aywa, kind)
    const ids = [...(targets.get(kind.name)?.values() ?? [])]
    all.set(kind.name, resource === undefined || ids.length === 0 ? new Map() : await readRows(resource, ids, signal))
  }
  return all
}

/** Which of the ids the runtime has; `undefined` for a kind that it does not store. */
export const existingIds = async (
  aywa: MigrationClient,
  kind: Kind,
  ids: ReadonlySet<string>,
  signal: AbortSignal | undefined
): Promise<ReadonlySet<string> | undefined> => {
  const resource: Pick<Resource, "list" | "get"> | undefined =
    kind.name === "files" ? aywa.files : resourceOf(aywa, kind)
  if (resource === undefined) return undefined
  return new Set((await readRows(resource, [...ids], signal)).keys())
}

const readRows = async (
  resource: Pick<Resource, "list" | "get">,
  ids: ReadonlyArray<string>,
  signal: AbortSignal | undefined
): Promise<Map<string, JsonObject>> => {
  const rows = new Map<string, JsonObject>()
  try {
    for await (const row of resource.list({ limit: 1000 }, { signal })) rows.set(idOf(row), row)
    return rows
  } catch (error) {
    // A bare list cannot go past a thousand rows of one instant, and an import makes many at once.
    if (Reflect.get(Object(error), "_tag") !== "UnexpectedResponse") throw error
  }
  const left = ids.filter((id) => !rows.has(id)).values()
  const worker = async () => {
    for (const id of left) {
      try {
        rows.set(id, await resource.get(id, { signal }))
      } catch (error) {
        if (Reflect.get(Object(error), "_tag") !== "NotFound") throw error
      }
    }
  }
  // They share one iterator: each takes the next id.
  await Promise.all(Array.from({ length: 16 }, worker))
  return rows
}

/** The kinds of a bundle that are stored and not empty. */
export const kindsIn = (bundle: Bundle): ReadonlyArray<Kind> => stored.filter((kind) => rowsOf(bundle, kind).length > 0)

/** What a row of the source is to be in the runtime. */
export interface Wanted {
  /** References rewritten as far as they are known; no secrets, nothing that the platform owns. */
  readonly row: JsonObject
  /** References to rows of the bundle that have no runtime id yet. */
  readonly waiting: ReadonlyArray<FoundReference>
  /** References to rows that neither bundle nor ledger know. They are kept. */
  readonly dangling: ReadonlyArray<string>
}

/** The ids of a bundle's rows, by kind. */
export const idsIn = (bundle: Bundle): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(stored.map((kind) => [kind.name, new Set(rowsOf(bundle, kind).map(idOf))]))

/** Rewrites a row for the runtime. `ids` are those of its bundle. */
export const wantedOf = (ids: ReturnType<typeof idsIn>, kind: Kind, given: JsonObject, targets: Targets): Wanted => {
  const waiting: Array<FoundReference> = []
  const dangling: Array<string> = []
  const { row } = rewriteReferences(kind.name, bare(kind.name, withoutOwnedFields(kind.name, given)), (reference) => {
    if (reference.by === "name") return reference.value
    const target = targets.get(reference.to)?.get(reference.value)
    if (target !== undefined) return target
    if (ids.get(reference.to)?.has(reference.value) === true) waiting.push(reference)
    else dangling.push(`${reference.at}: ${reference.value} is neither in the bundle nor in the ledger; it is kept`)
    return undefined
  })
  return { row, waiting, dangling }
}

/** The top-level keys that references stand in. */
export const keysOf = (references: ReadonlyArray<FoundReference>): ReadonlySet<string> =>
  new Set(references.map(({ at }) => at.split(/[.[]/)[0] ?? ""))

/** The top-level keys in which a stored row is not what it is to be. */
export const differingKeys = ({ name }: Kind, wanted: JsonObject, stored: JsonObject): ReadonlyArray<string> => {
  const now = bare(name, stored)
  return Object.keys(wanted).filter((key) => !(key in now) || canonical(wanted[key]) !== canonical(now[key]))
}
