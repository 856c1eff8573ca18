/**
 * Drafts of assistants: a copy to work on, which becomes the assistant when it is published. One at a time for each
 * assistant: keys of the API are one user.
 */
import { ownedFields } from "@aywa-ai/runtime-sdk/internal/contract"
import { json } from "../http/answer.ts"
import { HttpError, invalid, notFound } from "../http/errors.ts"
import type { Handler, HandlerRequest } from "../http/handler.ts"
import type { JsonObject } from "../json/object.ts"
import { crud, insertRow, type ResourceContext, update } from "./crud.ts"
import { findWhole } from "./find.ts"
import { listFrom } from "./listing.ts"
import { checkMeaning } from "./meaning.ts"
import { rulesOf } from "./rules.ts"
import type { Validate } from "./validation.ts"

/** The name of their rows. */
const resource = "assistantDrafts"

/** What a draft has that its assistant has not; it stays as it is. */
const own = ["assistantId", "baseVersion", "createdBy"]

/** The handlers, over the context of assistants. */
export const draftHandlers = (assistants: ResourceContext) => {
  const { store, strict } = assistants
  const drafts: ResourceContext = { ...assistants, resource, rules: rulesOf(resource), validate: fieldsOf(assistants) }
  const one = (handler: Handler | undefined): Handler => {
    if (handler === undefined) throw new Error("There is no generic handler")
    return (request) => handler({ ...request, id: draftId(assistants, request) })
  }
  return {
    create: create(assistants, drafts),
    list: ((request) => {
      parent(assistants, request)
      const source = {
        table: "resource_rows",
        where: `resource = '${resource}' AND org_id = ? AND unique_key = ?`,
        values: [request.organization, request.id],
        body: "body",
        column: () => "NULL"
      }
      return listFrom(store, source, request.query, { shape: 3, strict, filters: [] })
    }) satisfies Handler,
    get: one(crud["get"]?.(drafts)),
    update: one(update(drafts)),
    delete: one(crud["delete"]?.(drafts)),
    publish: publish(assistants, drafts)
  }
}

/** The fields of an assistant, and none of a draft's own. */
const fieldsOf =
  ({ validate }: ResourceContext): Validate =>
  (body, allowed = {}) => {
    const fixed = own.filter((name) => Object.hasOwn(Object(body), name))
    if (fixed.length > 0) throw invalid(fixed.map((name) => `property ${name} should not exist`))
    return validate(body, allowed)
  }

const parent = ({ store }: ResourceContext, { organization, id }: HandlerRequest): JsonObject => {
  const assistant = findWhole(store, organization, "assistants", id)
  if (assistant === undefined) throw notFound("Assistant", id)
  return assistant
}

/** The draft in the path; where none is named, the one that there is. */
const draftId = ({ store }: ResourceContext, { organization, id, item }: HandlerRequest): string => {
  const row = store.get<{ id: string }>(
    `SELECT id FROM resource_rows WHERE resource = '${resource}' AND org_id = ? AND unique_key = ?`,
    organization,
    id
  )
  if (row === undefined || (item !== undefined && row.id !== item)) throw notFound("Draft", item ?? `of ${id}`)
  return row.id
}

const create =
  (assistants: ResourceContext, drafts: ResourceContext): Handler =>
  (request) => {
    const { organization, id } = request
    const assistant = parent(assistants, request)
    const { baseVersion, ...change } = Object(request.body) as JsonObject
    const body = drafts.validate(request.body === undefined ? {} : change, assistant)
    const warning = checkMeaning(assistants, organization, body, assistant)
    refuseSecond(drafts, request)
    const latestVersion = versionOf(assistants, organization, assistant)
    if (baseVersion !== undefined && baseVersion !== latestVersion) {
      throw invalid([`baseVersion: a draft begins with the latest version, ${latestVersion}`])
    }
    const fields = { ...withoutOwned(assistant), ...body }
    const text = insertRow(drafts, organization, {
      assistantId: id,
      baseVersion: latestVersion,
      createdBy: null,
      ...fields
    })
    return json(201, text, warning)
  }

const refuseSecond = ({ store }: ResourceContext, { organization, id }: HandlerRequest): void => {
  const other = store.get<{ id: string }>(
    `SELECT id FROM resource_rows WHERE resource = '${resource}' AND org_id = ? AND unique_key = ?`,
    organization,
    id
  )
  if (other === undefined) return
  throw new HttpError(409, `Assistant ${id} has a draft already: publish or delete it first`, {
    code: "draft_exists",
    error: "draft_exists",
    members: { existingDraftId: other.id },
    outcome: true
  })
}

/** The version of an assistant; one that never had any has its first from now on. */
const versionOf = ({ store }: ResourceContext, organization: string, { id, latestVersion }: JsonObject): string => {
  if (typeof latestVersion === "string") return latestVersion
  store.run(
    `UPDATE resource_rows SET body = json_set(body, '$.latestVersion', 'v1')
     WHERE resource = 'assistants' AND org_id = ? AND id = ?`,
    organization,
    String(id)
  )
  return "v1"
}

const withoutOwned = (row: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !ownedFields.has(name) && !own.includes(name)))

const publish =
  (assistants: ResourceContext, drafts: ResourceContext): Handler =>
  (request) => {
    const { store } = assistants
    const { organization } = request
    const { latestVersion } = parent(assistants, request)
    const id = draftId(assistants, request)
    const draft = findWhole(store, organization, resource, id) ?? {}
    if (draft["baseVersion"] !== latestVersion) {
      throw new HttpError(
        409,
        `The draft began with ${String(draft["baseVersion"])}, and the assistant is at ${String(latestVersion)} by now`,
        { code: "stale_version", error: "stale_version", outcome: true }
      )
    }
    // What the assistant has by itself may be written back; a field that is new was checked when the draft got it.
    const write = update({ ...assistants, validate: (body) => Object(body) as JsonObject })
    const answer = write({ ...request, body: withoutOwned(draft), ifMatch: undefined })
    crud["delete"]?.(drafts)({ ...request, id, ifMatch: undefined })
    return answer
  }
