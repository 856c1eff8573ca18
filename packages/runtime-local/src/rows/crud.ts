/**
 * Create, list, read, update and delete over stored rows, for any resource of the contract.
 */
import { json } from "../http/answer.ts"
import { HttpError, notFound } from "../http/errors.ts"
import type { Handler, HandlerRequest } from "../http/handler.ts"
import type { Ids } from "../time/ids.ts"
import { type ListShape, listRows } from "./listing.ts"
import { checkMeaning } from "./meaning.ts"
import { mayHide, splitSecrets } from "./secrets.ts"
import type { ResourceRules } from "./rules.ts"
import type { Store } from "../store/Store.ts"
import type { JsonObject } from "../json/object.ts"
import type { Validate } from "./validation.ts"

/** What the handlers of one resource work with. */
export interface ResourceContext {
  readonly store: Store
  readonly ids: Ids
  readonly now: () => number
  readonly resource: string
  readonly rules: ResourceRules
  readonly shape: ListShape
  readonly strict: boolean
  readonly validate: Validate
}

/** What it takes to store a row. */
export type RowContext = Pick<ResourceContext, "store" | "ids" | "now" | "resource" | "rules">

/** A row as it is stored. */
export interface Stored {
  readonly seq: number
  readonly version: number
  readonly body: string
  readonly secrets: string | null
}

/** The generic handlers by the name of the operation in the contract table. */
export const crud: Readonly<Record<string, (context: ResourceContext) => Handler>> = {
  list:
    ({ store, resource, rules, shape, strict }) =>
    (request) =>
      listRows(store, resource, request.organization, request.query, { shape, strict, filters: rules.filters }),

  get: (context) => (request) => {
    const row = find(context, request)
    return json(200, row.body, { etag: etag(row.version) })
  },

  create: (context) => (request) => {
    const { rules, validate } = context
    const body = validate(request.body)
    const warning = checkMeaning(context, request.organization, body)
    const text = insertRow(context, request.organization, { ...rules.defaults(body), ...body })
    return json(201, text, { etag: etag(1), ...warning })
  },

  update: (context) => update(context),

  delete: (context) => (request) => {
    const { store, rules } = context
    const stored = find(context, request)
    assertMatch(request, stored)
    rules.assertUnpinned(store, request.organization, request.id)
    store.run("DELETE FROM resource_rows WHERE seq = ?", stored.seq)
    rules.afterDelete?.(store, request.organization, request.id)
    return json(200, stored.body)
  }
}

/** Stores a new row and gives its JSON. Fields that the runtime owns are added here. */
export const insertRow = (
  context: RowContext,
  organization: string,
  fields: JsonObject,
  id: string = context.ids.uuid()
): string => insertWhole(context, organization, fields, id).text

/** A row that was stored: as clients read it, and with its secrets. */
export interface InsertedRow {
  readonly text: string
  readonly visible: JsonObject
  readonly whole: JsonObject
}

/** Stores a new row, for who goes on with it. */
export const insertWhole = (context: RowContext, organization: string, fields: JsonObject, id: string): InsertedRow => {
  const { store, resource, rules } = context
  const now = context.now()
  const at = new Date(now).toISOString()
  const frame = { id, orgId: organization, createdAt: at, updatedAt: at }
  const whole = { ...frame, ...fields }
  const json = JSON.stringify(whole)
  const parts = mayHide(fields, json, rules) ? splitSecrets(fields, rules, {}) : undefined
  const row = parts === undefined ? whole : { ...frame, ...parts.visible }
  const text = parts === undefined ? json : JSON.stringify(row)
  assertUnique(context, organization, row, 0)
  store.run(
    `INSERT INTO resource_rows (resource, org_id, id, unique_key, created_at, updated_at, body, secrets)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    resource,
    organization,
    id,
    uniqueKey(rules, row),
    now,
    now,
    text,
    parts === undefined ? null : textOf(parts.secrets)
  )
  return { text, visible: row, whole }
}

/** Changes a row by shallow merge. */
export const update =
  (context: ResourceContext): Handler =>
  (request) => {
    const { store, rules, validate } = context
    const stored = find(context, request)
    assertMatch(request, stored)
    const before = JSON.parse(stored.body) as JsonObject // Written by these handlers: always an object.
    const patch = validate(request.body, before)
    const warning = checkMeaning(context, request.organization, patch, before)
    const hidden = stored.secrets === null ? {} : (JSON.parse(stored.secrets) as JsonObject)
    const { visible, secrets } = splitSecrets(patch, rules, hidden)
    const now = context.now()
    const row = { ...before, ...visible, ...nextVersion(before), updatedAt: new Date(now).toISOString() }
    assertUnique(context, request.organization, row, stored.seq)
    const text = JSON.stringify(row)
    store.run(
      `UPDATE resource_rows SET unique_key = ?, version = version + 1, updated_at = ?, body = ?, secrets = ?
       WHERE seq = ?`,
      uniqueKey(rules, row),
      now,
      text,
      textOf(secrets),
      stored.seq
    )
    return json(200, text, { etag: etag(stored.version + 1), ...warning })
  }

/** Rows that have versions have another one after each change. */
const nextVersion = ({ latestVersion }: JsonObject): JsonObject => {
  const [, number] = typeof latestVersion === "string" ? (/^v(\d{1,9})$/.exec(latestVersion) ?? []) : []
  return number === undefined ? {} : { latestVersion: `v${Number(number) + 1}` }
}

/** A row of another organization is as absent as one that never was. */
export const find = ({ store, resource, rules }: ResourceContext, request: HandlerRequest): Stored => {
  const row = store.get<Stored>(
    "SELECT seq, version, body, secrets FROM resource_rows WHERE resource = ? AND id = ? AND org_id = ?",
    resource,
    request.id,
    request.organization
  )
  if (row === undefined) throw notFound(rules.label, request.id)
  return row
}

const etag = (version: number) => `"${version}"`

const assertMatch = ({ ifMatch }: HandlerRequest, { version }: Stored) => {
  if (ifMatch === undefined || ifMatch === "*") return
  if (ifMatch.split(",").some((tag) => tag.trim() === etag(version))) return
  throw new HttpError(412, "The row changed since it was read: its ETag is another one", {
    code: "precondition_failed"
  })
}

const uniqueKey = ({ unique }: ResourceRules, row: JsonObject): string | null => {
  const value = unique?.of(row)
  return typeof value === "string" ? value : null
}

const assertUnique = (
  { store, resource, rules }: RowContext,
  organization: string,
  row: JsonObject,
  except: number
) => {
  const key = uniqueKey(rules, row)
  if (key === null || rules.unique === undefined) return
  const other = store.get<{ seq: number }>(
    "SELECT seq FROM resource_rows WHERE resource = ? AND org_id = ? AND unique_key = ?",
    resource,
    organization,
    key
  )
  if (other === undefined || other.seq === except) return
  throw new HttpError(409, rules.unique.message, { code: rules.unique.code, outcome: true })
}

const textOf = (secrets: JsonObject): string | null =>
  Object.keys(secrets).length === 0 ? null : JSON.stringify(secrets)
