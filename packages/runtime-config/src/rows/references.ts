/**
 * References between rows: slugs and names of credentials in files, ids on the runtime. Only the places of the
 * contract's table are looked at; the same word elsewhere is data.
 */
import { rewriteReferences } from "@aywa-ai/runtime-sdk/contract"
import type { JsonObject, ReferredKind } from "@aywa-ai/runtime-sdk"
import type { Problem } from "../errors/Problem.ts"
import { type KindName, kinds } from "./kinds.ts"
import { isObject, mapScalars } from "./json.ts"

/** What slugs, names and ids mean. */
export interface Directory {
  /** Whether a file has this slug. */
  readonly hasSlug: (kind: KindName, slug: string) => boolean
  /** The id of a file's row; `undefined` while it is not on the runtime. */
  readonly idOf: (kind: KindName, slug: string) => string | undefined
  readonly slugOf: (kind: KindName, id: string) => string | undefined
  /** The ids of the credentials of a name. */
  readonly credentialIds: (name: string) => ReadonlyArray<string>
  /** The name of a credential, when no other one has it. */
  readonly credentialName: (id: string) => string | undefined
}

/** A place that refers to a row. */
export interface Place {
  readonly at: string
  readonly to: KindName | "credentials" | undefined
  readonly value: string
}

const scopes: Readonly<Record<string, KindName>> = {
  assistant: "assistants",
  "phone-number": "phoneNumbers",
  tool: "tools"
}

const kindTo = (to: ReferredKind): Place["to"] =>
  to === "credentials" ? to : kinds.find(({ name }) => name === to)?.name

/** Rewrites every reference by id. `visit` gives what is to stand there, or nothing to leave it. */
const rewrite = (kind: KindName, row: JsonObject, visit: (place: Place) => string | undefined): JsonObject => {
  if (kind !== "webhookEndpoints") {
    return rewriteReferences(kind, row, ({ at, to, by, value }) =>
      by === "name" ? undefined : visit({ at, to: kindTo(to), value })
    ).row
  }
  const { scope, targetId } = row
  if (typeof targetId !== "string" || typeof scope !== "string") return row
  const next = visit({ at: "targetId", to: scopes[scope], value: targetId })
  return next === undefined || next === targetId ? row : { ...row, targetId: next }
}

// `{ credential: name }` as one text, so that it can stand at a place for ids; no id begins like that.
const mark = "\u0000credential:"

const markCredentials = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(markCredentials)
  if (!isObject(value)) return value
  const name = value["credential"]
  if (typeof name === "string" && Object.keys(value).length === 1) return mark + name
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, markCredentials(item)]))
}

const unmarkCredentials = (value: unknown): unknown =>
  mapScalars(value, (_, scalar) =>
    typeof scalar === "string" && scalar.startsWith(mark) ? { credential: scalar.slice(mark.length) } : scalar
  )

const asRow = (value: unknown, row: JsonObject): JsonObject => (isObject(value) ? value : row)

/** The top-level key of a place: `destinations` of `destinations[0].assistantId`. */
export const topKey = (at: string): string => /^[^.[]+/.exec(at)?.[0] ?? at

/** A file's row with ids in it, as far as they are known. */
export interface WithIds {
  readonly row: JsonObject
  /** Places whose row is in a file, and not on the runtime yet. */
  readonly pending: ReadonlyArray<Place>
  /** Credentials that cannot be found by their name. */
  readonly problems: ReadonlyArray<Omit<Problem, "file">>
}

/** Puts ids in place of slugs and credential names. */
export const toIds = (kind: KindName, row: JsonObject, directory: Directory): WithIds => {
  const pending: Array<Place> = []
  const problems: Array<Omit<Problem, "file">> = []
  const rewritten = rewrite(kind, asRow(markCredentials(row), row), (place) => {
    const { to, value, at } = place
    if (value.startsWith(mark)) {
      const name = value.slice(mark.length)
      const [id, second] = directory.credentialIds(name)
      if (id !== undefined && second === undefined) return id
      problems.push({
        path: at,
        detail:
          id === undefined
            ? `There is no credential of the name ${name} in this organization. Create it there, or correct the name.`
            : `More than one credential has the name ${name}. Give each a name of its own, or write the id here.`
      })
      return undefined
    }
    if (to === undefined || to === "credentials" || !directory.hasSlug(to, value)) return undefined
    const id = directory.idOf(to, value)
    if (id === undefined) pending.push(place)
    return id
  })
  return { row: asRow(unmarkCredentials(rewritten), row), pending, problems }
}

/** Puts slugs and credential names in place of ids that are known. */
export const toSlugs = (kind: KindName, row: JsonObject, directory: Directory): JsonObject => {
  const rewritten = rewrite(kind, row, ({ to, value }) => {
    if (to === undefined) return undefined
    if (to !== "credentials") return directory.slugOf(to, value)
    const name = directory.credentialName(value)
    return name === undefined ? undefined : mark + name
  })
  return rewritten === row ? row : asRow(unmarkCredentials(rewritten), row)
}

/** The references of a file's row; a credential that is named is `{ credential }`'s name. */
export const placesOf = (kind: KindName, row: JsonObject): ReadonlyArray<Place & { readonly named: boolean }> => {
  const places: Array<Place & { readonly named: boolean }> = []
  rewrite(kind, asRow(markCredentials(row), row), (place) => {
    const named = place.value.startsWith(mark)
    places.push({ ...place, value: named ? place.value.slice(mark.length) : place.value, named })
    return undefined
  })
  return places
}

/** Puts something else at each reference: a slug, or a credential's name. */
export const withPlaces = (
  kind: KindName,
  row: JsonObject,
  visit: (place: Place) => string | { readonly credential: string } | undefined
): JsonObject => {
  const rewritten = rewrite(kind, row, (place) => {
    const next = visit(place)
    return typeof next === "object" ? mark + next.credential : next
  })
  return asRow(unmarkCredentials(rewritten), row)
}

/** A file's row as the contract's checks can read it: texts where credentials are named. */
export const withPlainCredentials = (kind: KindName, row: JsonObject): JsonObject => {
  const marked = rewrite(kind, asRow(markCredentials(row), row), ({ value }) => {
    return value.startsWith(mark) ? value.slice(mark.length) : undefined
  })
  return asRow(unmarkCredentials(marked), row)
}
