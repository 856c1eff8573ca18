/**
 * The contract table as an OpenAPI 3.1 document.
 *
 * @since 0.1.0
 */
import type * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import { isObject } from "../schema/isObject.ts"
import type { Group, Operation } from "./Operation.ts"
import { specOf, type Spec } from "./table.ts"
import { version } from "./version.ts"
import { webhookEvents, type WebhookEventInfo } from "./webhookEvents.ts"

/**
 * An OpenAPI 3.1 document, as plain JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenApiDocument {
  readonly openapi: "3.1.0"
  readonly info: Json
  readonly servers: ReadonlyArray<Json>
  readonly tags: ReadonlyArray<{ readonly name: string }>
  readonly security: ReadonlyArray<Json>
  readonly paths: { readonly [path: string]: { readonly [method: string]: Json } }
  /** What the runtime sends, by type of event. */
  readonly webhooks: { readonly [type: string]: { readonly post: Json } }
  readonly components: { readonly schemas: { readonly [name: string]: Json } } & Json
}

/**
 * Options of `openApi`.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenApiOptions {
  /** Address of the runtime that the document is about. The default is relative: wherever it was read from. */
  readonly baseUrl?: string | undefined
  /** Words about an operation, by its name in the table such as `assistants.create`. */
  readonly describe?: ((operation: string) => string | undefined) | undefined
  /** A body that is sent or answered, by the operation's name; of an event by its type, as `request`. */
  readonly example?: ((name: string, part: "request" | "response") => unknown) | undefined
}

interface Json {
  readonly [key: string]: unknown
}

/**
 * Generates the document of a contract.
 *
 * **Details**
 *
 * Row and body schemas become components that are named after their resource: `Assistant`, `CreateAssistant`,
 * `UpdateAssistant`. Responses may carry fields beyond their schema; request bodies may not.
 *
 * @since 0.1.0
 * @category constructors
 */
export const openApi = (contract: Readonly<Record<string, Group>>, options: OpenApiOptions = {}): OpenApiDocument => {
  const components = new Components()
  const paths: Record<string, Record<string, Json>> = {}
  for (const [resource, group] of Object.entries(contract)) {
    for (const [name, operation] of inNamingOrder(group)) {
      const spec = specOf(operation)
      const path = spec.path.replace(/:(\w+)/g, "{$1}")
      const item = (paths[path] ??= {})
      const method = spec.method.toLowerCase()
      const description = describeOperation(components, { resource, name, spec }, options)
      const before = item[method]
      item[method] = before === undefined ? description : either(before, description)
      for (const alias of aliases[`${resource}.${name}`] ?? []) {
        paths[alias] = { [method]: { ...description, operationId: `${resource}.${name}.alias`, deprecated: true } }
      }
    }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Aywa runtime",
      version,
      description: "The HTTP API of a self-operated Aywa voice-agent runtime, as @aywa-ai/runtime-sdk uses it.",
      license: { name: "MIT", identifier: "MIT" }
    },
    servers: [{ url: options.baseUrl ?? "/", description: "Your runtime" }],
    tags: Object.keys(contract).map((name) => ({ name, description: `The ${words(name)} of the runtime.` })),
    security: [{ apiKey: [] }],
    paths,
    webhooks: Object.fromEntries(
      Object.entries(webhookEvents).map(([type, info]) => [type, { post: describeEvent(type, info, options) }])
    ),
    components: {
      schemas: { ...components.schemas, Error: errorBody },
      responses: errorResponses,
      securitySchemes: { apiKey: { type: "http", scheme: "bearer", description: "A runtime API key." } }
    }
  }
}

/** Older routes of an operation, which a runtime serves as well. */
const aliases: Readonly<Record<string, ReadonlyArray<string>>> = { "imports.createVapi": ["/import/vapi"] }

const exampleOf = (options: OpenApiOptions, name: string, part: "request" | "response"): Json => {
  const example = options.example?.(name, part)
  return example === undefined ? {} : { example }
}

/** An event, as a request of the runtime to a server of yours. */
const describeEvent = (
  type: string,
  { summary, fields, reply, withinMs, sourceOnly }: WebhookEventInfo,
  options: OpenApiOptions
): Json => ({
  operationId: `webhook.${type}`,
  summary,
  description: [
    summary,
    reply === undefined ? "Any 2xx acknowledges it; the body of the answer is ignored." : `Answer with ${reply}.`,
    ...(withinMs === undefined ? [] : [`The answer must be there within ${withinMs / 1000} seconds.`]),
    ...(sourceOnly === true ? ["Only the source platform sends it."] : [])
  ].join(" "),
  security: [],
  parameters: ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => ({
    name,
    in: "header",
    required: true,
    description: "Standard Webhooks v1.",
    schema: { type: "string" }
  })),
  requestBody: {
    required: true,
    content: {
      "application/json": {
        schema: {
          type: "object",
          properties: {
            message: {
              type: "object",
              properties: {
                type: { const: type },
                timestamp: { type: ["number", "string"], description: "Epoch milliseconds, or ISO 8601." },
                call: { type: "object" },
                customer: { type: "object" },
                phoneNumber: { type: "object" },
                assistant: { type: "object" },
                artifact: { type: "object" },
                ...Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, { type }]))
              },
              required: ["type", ...Object.keys(fields)]
            }
          },
          required: ["message"]
        },
        ...exampleOf(options, type, "request")
      }
    }
  },
  responses: {
    "200": { description: reply === undefined ? "Acknowledged." : "The answer." },
    "400": { description: "The signature is not right; it is sent again." }
  }
})

/** Two entries of the table may share a route, where the answer goes by what is asked: then both schemas hold. */
const either = (first: Json, second: Json): Json => {
  const schemas = (json: Json): Json | undefined => (isObject(json["schema"]) ? json["schema"] : undefined)
  const merge = (a: Json, b: Json): Json => {
    const [one, other] = [schemas(a), schemas(b)]
    if (one !== undefined && other !== undefined) return { ...a, schema: { anyOf: [one, other] } }
    return Object.fromEntries(
      Object.entries(a).map(([key, value]) => {
        const beside = b[key]
        return [key, isObject(value) && isObject(beside) ? merge(value, beside) : value]
      })
    )
  }
  return merge(first, second)
}

interface Entry {
  readonly resource: string
  readonly name: string
  readonly spec: Spec
}

/** The operations that name a resource's components come first. */
const inNamingOrder = (group: Group): ReadonlyArray<readonly [string, Operation]> => {
  const first = ["get", "create", "update"]
  const rank = (name: string) => (first.includes(name) ? first.indexOf(name) : first.length)
  return Object.entries(group).toSorted(([a], [b]) => rank(a) - rank(b))
}

const describeOperation = (components: Components, { resource, name, spec }: Entry, options: OpenApiOptions): Json => {
  const description = options.describe?.(`${resource}.${name}`)
  const one = singular(resource)
  const success =
    spec.kind === "bytes"
      ? {}
      : spec.kind === "page"
        ? { type: "array", items: components.reference(spec.success, `${one}Row`) }
        : components.reference(spec.success, name === "get" ? one : `${one}${pascal(name)}Result`)
  return {
    operationId: `${resource}.${name}`,
    tags: [resource],
    summary: `${pascal(words(name))}: ${words(resource)}`,
    ...(description === undefined ? {} : { description }),
    parameters: parametersOf(spec),
    ...(spec.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: spec.multipart
              ? { "multipart/form-data": { schema: formOf(spec.body) } }
              : {
                  "application/json": {
                    schema: components.reference(spec.body, `${pascal(name)}${one}`),
                    ...exampleOf(options, `${resource}.${name}`, "request")
                  }
                }
          }
        }),
    responses: {
      [spec.method === "POST" && spec.mayBeEmpty === false ? "201" : "200"]: {
        description: spec.kind === "page" ? "One page, newest first." : "Done.",
        content:
          spec.kind === "bytes"
            ? { "application/octet-stream": {} }
            : {
                [spec.text ? "text/plain" : "application/json"]: {
                  schema: success,
                  ...exampleOf(options, `${resource}.${name}`, "response")
                }
              }
      },
      ...Object.fromEntries(
        [...statusesOf(spec)].map((status) => [status, { $ref: `#/components/responses/E${status}` }])
      )
    }
  }
}

const parametersOf = (spec: Spec): ReadonlyArray<Json> => {
  const inPath = [...spec.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string", minLength: 1 }
  }))
  const properties = spec.query === undefined ? {} : (schemaOf(spec.query)["properties"] as Record<string, Json>)
  const inQuery = Object.entries(properties).map(([name, schema]) => ({ name, in: "query", schema }))
  const organization = { name: "X-Organization-Id", in: "header", schema: { type: "string" } }
  const key = {
    name: "Idempotency-Key",
    in: "header",
    description: "The same key with the same request answers what the first one answered.",
    schema: { type: "string", minLength: 1, maxLength: 255 }
  }
  return [...inPath, ...inQuery, organization, ...(spec.method === "POST" || spec.method === "PATCH" ? [key] : [])]
}

const errorStatuses = { NotFound: "404", InvalidRequest: "400", ConflictError: "409" } as const

const statusesOf = (spec: Spec): ReadonlySet<string> =>
  new Set(["400", "401", "403", "429", "500", ...spec.errors.map((tag) => errorStatuses[tag])])

/** Schemas by name; one schema of the table is one component, whichever operation names it first. */
class Components {
  readonly schemas: Record<string, Json> = {}
  private readonly names = new Map<unknown, string>()

  reference(schema: Schema.Codec<unknown, unknown>, baseName: string): Json {
    let name = this.names.get(schema)
    if (name === undefined) {
      name = baseName
      this.names.set(schema, name)
      this.schemas[name] = schemaOf(schema)
    }
    return { $ref: `#/components/schemas/${name}` }
  }
}

/** The JSON Schema of a wire schema. They have no transformations and no recursion, so it is whole in itself. */
const schemaOf = (schema: Schema.Codec<unknown, unknown>): Json => {
  const document = Schema.toJsonSchemaDocument(schema)
  return document.schema satisfies JsonSchema.JsonSchema
}

/** A form: the file, and the fields that go with it; what is an object travels as JSON text. */
const formOf = (schema: Schema.Codec<unknown, unknown>): Json => ({
  type: "object",
  properties: {
    file: { type: "string", contentMediaType: "application/octet-stream" },
    ...Object.fromEntries(
      Object.keys(schemaOf(schema)["properties"] as object).map((field) => [field, { type: "string" }])
    )
  },
  required: ["file"]
})

const errorBody: Json = {
  type: "object",
  properties: {
    message: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    error: { type: "string" },
    statusCode: { type: "integer" },
    code: { type: "string", description: "A word for programs, such as assistant_pinned." },
    requestId: { type: "string" }
  }
}

const errorResponse = (description: string): Json => ({
  description,
  content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } }
})

const errorResponses: Json = {
  E400: errorResponse("The request is wrong; message lists what, each with its path."),
  E401: errorResponse("No API key, or one that is unknown or revoked."),
  E403: errorResponse("The key does not belong to the organization, or may not do this."),
  E404: errorResponse("There is no such row in this organization."),
  E409: errorResponse("The state of the runtime stands against it; code says which."),
  E429: errorResponse("Too many requests; Retry-After says when to come back."),
  E500: errorResponse("The runtime failed.")
}

const pascal = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1)

/** `phoneNumbers` -> `phone numbers`. */
const words = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

/** `phoneNumbers` -> `PhoneNumber`. */
const singular = (name: string) => pascal(name.replace(/s$/, ""))
