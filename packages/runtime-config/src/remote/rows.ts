/**
 * The rows of a runtime, whatever kind they are.
 *
 * @since 0.2.0
 */
import type { AywaRuntimeClient, CallPromise, ClientCallOptions, JsonObject } from "@aywa-ai/runtime-sdk"
import type { KindName } from "../rows/kinds.ts"

/**
 * As much of the client as this package uses.
 *
 * @since 0.2.0
 * @category models
 */
export interface ConfigClient extends Pick<
  AywaRuntimeClient,
  "assistants" | "credentials" | "phoneNumbers" | "structuredOutputs" | "tools" | "webhookEndpoints"
> {
  /** What is known of the runtime: where it ignores If-Match, no write relies on it. */
  readonly runtimeProfile?: AywaRuntimeClient["runtimeProfile"]
}

/** A row, and what its answer said of it. */
export interface Answered {
  readonly row: JsonObject
  /** Of this version of the row; a runtime may have none. */
  readonly etag: string | undefined
  /** Whether an earlier request with the same key had made it. */
  readonly replayed: boolean
}

/** The operations of one kind. */
export interface Resource {
  readonly list: (options: ClientCallOptions) => AsyncIterable<JsonObject>
  readonly get: (id: string, options: ClientCallOptions) => Promise<Answered>
  readonly create: (body: JsonObject, options: ClientCallOptions) => Promise<Answered>
  readonly update: (id: string, body: JsonObject, options: ClientCallOptions) => Promise<Answered>
  readonly remove: (id: string, options: ClientCallOptions) => Promise<unknown>
}

/** The rows that a configuration is about. */
export interface RuntimeRows {
  readonly of: (kind: KindName) => Resource
  readonly credentials: (options: ClientCallOptions) => AsyncIterable<JsonObject>
}

const answeredBy =
  ({ runtimeProfile }: ConfigClient) =>
  async (call: CallPromise<JsonObject>): Promise<Answered> => {
    const { value, response } = await call.withResponse()
    const etag = runtimeProfile?.ifMatch === "ignored" ? undefined : response.headers["etag"]
    return { row: value, etag, replayed: response.replayed }
  }

/** The body of an operation. It is a file's: what does not fit is refused by the contract's own checks. */
const bodyOf = <Body>(row: JsonObject): Body => row as Body

const page = { limit: 1000 }

/** The rows behind a promise client. */
export const rowsOf = (aywa: ConfigClient): RuntimeRows => ({
  of: (kind) => resourceOf(aywa, kind),
  credentials: (options) => aywa.credentials.list(page, options)
})

// One by one: their operations do not all take the same arguments.
const resourceOf = (aywa: ConfigClient, kind: KindName): Resource => {
  const answered = answeredBy(aywa)
  switch (kind) {
    case "assistants":
      return {
        list: (options) => aywa.assistants.list(page, options),
        get: (id, options) => answered(aywa.assistants.get(id, options)),
        create: (body, options) => answered(aywa.assistants.create(bodyOf(body), options)),
        update: (id, body, options) => answered(aywa.assistants.update(id, bodyOf(body), options)),
        remove: (id, options) => aywa.assistants.delete(id, options)
      }
    case "tools":
      return {
        list: (options) => aywa.tools.list(page, options),
        get: (id, options) => answered(aywa.tools.get(id, options)),
        create: (body, options) => answered(aywa.tools.create(bodyOf(body), options)),
        update: (id, body, options) => answered(aywa.tools.update(id, bodyOf(body), options)),
        remove: (id, options) => aywa.tools.delete(id, options)
      }
    case "structuredOutputs":
      return {
        list: (options) => aywa.structuredOutputs.list(page, options),
        get: (id, options) => answered(aywa.structuredOutputs.get(id, options)),
        create: (body, options) => answered(aywa.structuredOutputs.create(bodyOf(body), options)),
        update: (id, body, options) => answered(aywa.structuredOutputs.update(id, bodyOf(body), {}, options)),
        remove: (id, options) => aywa.structuredOutputs.delete(id, options)
      }
    case "phoneNumbers":
      return {
        list: (options) => aywa.phoneNumbers.list(page, options),
        get: (id, options) => answered(aywa.phoneNumbers.get(id, options)),
        create: (body, options) => answered(aywa.phoneNumbers.create(bodyOf(body), options)),
        update: (id, body, options) => answered(aywa.phoneNumbers.update(id, bodyOf(body), options)),
        remove: (id, options) => aywa.phoneNumbers.delete(id, options)
      }
    case "webhookEndpoints":
      return {
        list: (options) => aywa.webhookEndpoints.list(page, options),
        get: (id, options) => answered(aywa.webhookEndpoints.get(id, options)),
        create: (body, options) => answered(aywa.webhookEndpoints.create(bodyOf(body), options)),
        update: (id, body, options) => answered(aywa.webhookEndpoints.update(id, bodyOf(body), options)),
        remove: (id, options) => aywa.webhookEndpoints.delete(id, options)
      }
  }
}
