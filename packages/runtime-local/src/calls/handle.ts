/**
 * Calls as a test drives them: scripts for those to come, and calls from outside.
 */
import * as Schema from "effect/Schema"
import { HttpError } from "../http/errors.ts"
import { findBy, findRow } from "../rows/find.ts"
import type { Ids } from "../time/ids.ts"
import type { Store } from "../store/Store.ts"
import { assistantOf } from "./begin.ts"
import type { Calls } from "./calls.ts"
import type { JsonObject } from "../json/object.ts"
import { decodeScript, decodeSteps, type ScriptMatch, type ScriptOptions, type ScriptStep } from "./script.ts"

/**
 * A call that comes in.
 *
 * @since 0.1.0
 * @category models
 */
export interface InboundCall {
  /** The number that is called, or the id of its row. */
  readonly number: string
  /** The number of the caller. Default: a made-up one. */
  readonly from?: string | undefined
  /** Instead of a script that matches. */
  readonly script?: ReadonlyArray<ScriptStep> | undefined
  /** Default: the first organization. */
  readonly organization?: string | undefined
}

/**
 * Scripted conversations, and calls that come in.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallHandle {
  /**
   * Says what happens in calls that match, from when the next one is created. Of several scripts the newest is taken.
   * The assistant's first message is said before the first step, and after the last one the customer hangs up.
   */
  readonly script: (match: ScriptMatch, steps: ReadonlyArray<ScriptStep>, options?: ScriptOptions) => string
  readonly clearScripts: () => void
  /** Somebody calls a number: its assistant speaks, or its server is asked who is to speak. Gives the call's row. */
  readonly inbound: (call: InboundCall) => JsonObject
}

/** The handle, with the door for scripts that come as JSON. */
export interface OpenCallHandle extends CallHandle {
  readonly inbound: (
    call: Omit<InboundCall, "script"> & { readonly script?: ReadonlyArray<unknown> | undefined }
  ) => JsonObject
  readonly add: (script: unknown) => string
}

/** The body of `POST /__aywa/calls/inbound`. */
export const InboundBody = Schema.Struct({
  number: Schema.String,
  from: Schema.optional(Schema.String),
  script: Schema.optional(Schema.Array(Schema.Unknown)),
  organization: Schema.optional(Schema.String)
})

/** What calls from outside work with. */
export interface CallHandleContext {
  readonly store: Store
  readonly ids: Ids
  readonly calls: Calls
  readonly now: () => number
  /** The first organization. */
  readonly organizationId: string
}

/** Makes the handle. */
export const makeCallHandle = (context: CallHandleContext): OpenCallHandle => {
  const { store, calls } = context
  const add = (script: unknown) => calls.scripts.add(decodeScript(script))
  return {
    add,
    script: (match, steps, options = {}) => add({ ...options, match, steps }),
    clearScripts: calls.scripts.clear,
    inbound: ({ number, from = "+14155550199", script, organization = context.organizationId }) => {
      const phoneNumber =
        findBy(store, organization, "phoneNumbers", "number", number) ??
        findRow(store, organization, "phoneNumbers", number)
      if (phoneNumber === undefined) throw new HttpError(404, `There is no phone number ${number}`)
      const steps = script === undefined ? undefined : { steps: decodeSteps(script) }
      const { assistantId } = phoneNumber
      return store.transaction(() => {
        const call = insertCall(context, organization, {
          type: "inboundPhoneCall",
          status: "ringing",
          cost: 0,
          phoneNumberId: phoneNumber["id"],
          customer: { number: from },
          ...(typeof assistantId === "string" ? { assistantId } : {})
        })
        calls.begin(call, { inbound: true, ...(steps === undefined ? {} : { script: steps }) })
        return call
      })
    }
  }
}

/** Stores a call that came about without a request. */
export const insertCall = (
  { store, ids, calls, now: clock }: CallHandleContext,
  organization: string,
  fields: JsonObject
): JsonObject => {
  const now = clock()
  const at = new Date(now).toISOString()
  const id = ids.uuid()
  const links = calls.links.onCreate({ id, type: fields["type"] }, assistantOf(store, organization, fields))
  const row = { id, orgId: organization, createdAt: at, updatedAt: at, ...fields, ...links }
  store.run(
    `INSERT INTO resource_rows (resource, org_id, id, created_at, updated_at, body) VALUES ('calls', ?, ?, ?, ?, ?)`,
    organization,
    row.id,
    now,
    now,
    JSON.stringify(row)
  )
  return row
}
