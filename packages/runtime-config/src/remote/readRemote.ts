/**
 * Everything that the runtime has of the managed kinds, by lists alone.
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { throwIfAborted } from "../errors/RuntimeConfigError.ts"
import type { Config } from "../folder/Config.ts"
import { digest } from "../rows/json.ts"
import { type KindName, managed } from "../rows/kinds.ts"
import { type Directory, placesOf } from "../rows/references.ts"
import { stripSecrets } from "../rows/secrets.ts"
import type { RuntimeRows } from "./rows.ts"

/** A row of the runtime. */
export interface RemoteRow {
  readonly id: string
  readonly kind: KindName
  /** As the runtime gave it. */
  readonly raw: JsonObject
  /** What of it is a person's, with ids, without secrets. */
  readonly row: JsonObject
  /** SHA-256 of `row`. */
  readonly digest: string
}

/** What the runtime has. */
export interface Remote {
  readonly rows: ReadonlyMap<KindName, ReadonlyMap<string, RemoteRow>>
  readonly credentials: ReadonlyArray<{ readonly id: string; readonly name: string }>
  /** The organization that the rows say they belong to. */
  readonly organizationId: string | undefined
}

/** How to read. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  readonly onRows?: ((kind: KindName | "credentials", rows: number) => void) | undefined
}

/** A row as it is compared: what a person wrote, without secrets. */
export const remoteRow = (kind: KindName, raw: JsonObject): RemoteRow => {
  const row = stripSecrets(kind, managed(kind, raw))
  return { id: String(raw["id"]), kind, raw, row, digest: digest(row) }
}

/** Lists every managed kind, and credentials where a name has to become an id or the other way round. */
export const readRemote = async (
  runtime: RuntimeRows,
  config: Pick<Config, "include" | "rows">,
  { signal, onRows }: ReadOptions = {}
): Promise<Remote> => {
  const rows = new Map<KindName, Map<string, RemoteRow>>()
  let organizationId: string | undefined
  let credentialNeeded = config.rows.some(({ kind, row }) => placesOf(kind, row).some(({ to }) => to === "credentials"))
  for (const kind of config.include) {
    const found = new Map<string, RemoteRow>()
    for await (const raw of runtime.of(kind).list({ signal })) {
      const one = remoteRow(kind, raw)
      found.set(one.id, one)
      const { orgId } = raw
      if (typeof orgId === "string") organizationId ??= orgId
      credentialNeeded ||= placesOf(kind, one.row).some(({ to }) => to === "credentials")
    }
    throwIfAborted(signal)
    rows.set(kind, found)
    onRows?.(kind, found.size)
  }
  const credentials: Array<{ id: string; name: string }> = []
  if (credentialNeeded) {
    for await (const { id, name } of runtime.credentials({ signal })) {
      if (typeof id === "string" && typeof name === "string" && name !== "") credentials.push({ id, name })
    }
    onRows?.("credentials", credentials.length)
  }
  return { rows, credentials, organizationId }
}

/** What slugs and ids mean, by the state and by what the runtime has. `ids` may grow while rows are made. */
export const directoryOf = (
  config: Pick<Config, "rows">,
  ids: Readonly<Record<string, string>>,
  credentials: Remote["credentials"],
  folderOf: (kind: KindName) => string
): Directory => {
  const files = new Set(config.rows.map(({ address }) => address))
  const slugs = new Map(Object.entries(ids).map(([address, id]) => [`${address.split("/")[0]} ${id}`, address]))
  const names = new Map<string, Array<string>>()
  for (const { id, name } of credentials) names.set(name, [...(names.get(name) ?? []), id])
  const nameById = new Map(credentials.map(({ id, name }) => [id, name]))
  const own = (address: string) => (Object.hasOwn(ids, address) ? ids[address] : undefined)
  return {
    hasSlug: (kind, slug) => files.has(`${folderOf(kind)}/${slug}`),
    idOf: (kind, slug) => own(`${folderOf(kind)}/${slug}`),
    slugOf: (kind, id) => {
      const address = slugs.get(`${folderOf(kind)} ${id}`)
      return address !== undefined && files.has(address) ? address.slice(address.indexOf("/") + 1) : undefined
    },
    credentialIds: (name) => names.get(name) ?? [],
    credentialName: (id) => {
      const name = nameById.get(id)
      return name !== undefined && names.get(name)?.length === 1 ? name : undefined
    }
  }
}
