/**
 * The contract, as its OpenAPI document says it: operations by route, schemas of rows, and what is wrong with a body.
 */
import { api, type Row } from "./api.ts"

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string } & Row>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** The part of JSON Schema that the contract uses. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | ReadonlyArray<string>
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: ReadonlyArray<string>
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly enum?: ReadonlyArray<unknown>
  readonly anyOf?: ReadonlyArray<Schema>
  readonly oneOf?: ReadonlyArray<Schema>
}

let loading: Promise<Document> | undefined

/** Reads the contract, once. */
export const contract = (): Promise<Document> => (loading ??= api<Document>("GET", "contract"))

/** The resources whose rows the page shows, and their paths. */
export const resources: Readonly<Record<string, string>> = {
  assistants: "/assistant",
  phoneNumbers: "/phone-number",
  tools: "/tool",
  credentials: "/credential",
  webhookEndpoints: "/webhook-endpoint",
  files: "/file",
  structuredOutputs: "/structured-output"
}

/** Names of the resources for people. */
export const labels: Readonly<Record<string, string>> = {
  assistants: "Assistants",
  phoneNumbers: "Phone numbers",
  tools: "Tools",
  credentials: "Credentials",
  webhookEndpoints: "Webhook endpoints",
  files: "Files",
  structuredOutputs: "Structured outputs"
}

/** The view of a row: by the path of its resource, and its id. */
export const rowPlace = (path: string, id: unknown): ReadonlyArray<string> | undefined => {
  if (typeof id !== "string") return undefined
  if (path === "/call" || path.startsWith("/call/")) return ["calls", id]
  const resource = Object.keys(resources).find((name) => resources[name] === path)
  return resource === undefined ? undefined : ["rows", resource, id]
}

/** An operation that can be tried: everything but the upload of a file. */
export interface Operation {
  /** Such as `assistants.create`. */
  readonly id: string
  readonly method: string
  /** With names in braces for what is filled in. */
  readonly path: string
  readonly takesBody: boolean
}

/** The operations of the contract, in its order. */
export const operationsOf = ({ paths }: Document): ReadonlyArray<Operation> =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { operationId, requestBody }]) => {
      const content: Row = { ...Object({ ...Object(requestBody) }.content) }
      const isForm = requestBody !== undefined && content["application/json"] === undefined
      return operationId === undefined || isForm
        ? []
        : [{ id: operationId, method, path, takesBody: requestBody !== undefined }]
    })
  )

/** The schema of the body of an operation. */
export const bodySchema = ({ paths, components }: Document, method: string, path: string): Schema | undefined => {
  const body: Row = { ...Object(paths[path]?.[method]?.["requestBody"]) }
  const content: Row = { ...Object(body["content"]) }
  const json: Row = { ...Object(content["application/json"]) }
  const schema = json["schema"]
  return typeof schema === "object" && schema !== null ? resolved(schema, components.schemas) : undefined
}

const resolved = (schema: Schema, schemas: Readonly<Record<string, Schema>>): Schema => {
  const name = schema.$ref?.split("/").at(-1)
  const found = name === undefined ? undefined : schemas[name]
  return found === undefined ? schema : resolved(found, schemas)
}

const typeOf = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "array"
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value
}

const fits = (type: string, wanted: string): boolean => type === wanted || (type === "integer" && wanted === "number")

/** What a schema takes, in a word or two. */
export const shapeOf = (schema: Schema): string => {
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ")
  const parts = schema.anyOf ?? schema.oneOf
  if (parts !== undefined) {
    return [...new Set(parts.map(shapeOf))].filter((part) => part !== "null" && part !== "").join(" | ")
  }
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? ""
  return typeof schema.type === "string" ? schema.type : (schema.type ?? []).filter((one) => one !== "null").join(" | ")
}

/** What is wrong with a value, each line with its path; the runtime has the last word. */
export const issuesOf = (
  schemas: Readonly<Record<string, Schema>>,
  given: Schema,
  value: unknown,
  path = ""
): ReadonlyArray<string> => {
  const schema = resolved(given, schemas)
  const at = path === "" ? "the row" : path
  const options = schema.anyOf ?? schema.oneOf
  if (options !== undefined) {
    const all = options.map((option) => issuesOf(schemas, option, value, path))
    if (all.some((issues) => issues.length === 0)) return []
    // Of several shapes the one that the value comes closest to says most.
    const nearest = all.toSorted((a, b) => a.length - b.length)[0] ?? []
    return all.length > 2 && nearest.length > 3 ? [`${at}: is none of ${shapeOf(schema)}`] : nearest
  }
  const type = typeOf(value)
  const wanted = schema.type === undefined ? [] : [schema.type].flat()
  if (wanted.length > 0 && !wanted.some((one) => fits(type, one))) {
    return [`${at}: expected ${wanted.filter((one) => one !== "null").join(" or ")}, got ${type}`]
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at}: expected ${shapeOf(schema)}`]
  if (Array.isArray(value) && schema.items !== undefined) {
    const { items } = schema
    return value.flatMap((item: unknown, index) => issuesOf(schemas, items, item, `${path}[${index}]`))
  }
  return type === "object" ? fieldIssues(schemas, schema, { ...Object(value) }, path) : []
}

const fieldIssues = (schemas: Readonly<Record<string, Schema>>, schema: Schema, value: Row, path: string) => {
  const { properties = {}, required = [], additionalProperties } = schema
  const name = (key: string) => (path === "" ? key : `${path}.${key}`)
  return [
    ...required.filter((key) => value[key] === undefined).map((key) => `${name(key)}: must be there`),
    ...Object.entries(value).flatMap(([key, field]) => {
      const property = Object.hasOwn(properties, key) ? properties[key] : undefined
      if (property !== undefined) return issuesOf(schemas, property, field, name(key))
      return additionalProperties === false ? [`${name(key)}: the contract knows no such property`] : []
    })
  ]
}

/** The operation of a request, such as `assistants.create`. */
export const operationOf = ({ paths }: Document, method: string, route: string | undefined): string | undefined =>
  route === undefined ? undefined : paths[route.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()]?.operationId
