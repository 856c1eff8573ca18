/**
 * JSON Schemas for editors: of what files hold, which is a little more than what a create takes.
 */
import { bodySchemas } from "../rows/bodySchemas.ts"
import { isObject } from "../rows/json.ts"
import { type Kind, knownKeys } from "../rows/kinds.ts"

/** A placeholder may stand for any single value. */
const placeholder = { type: "string", pattern: "^\\$\\{(env|var):[^}]+\\}$" }

const credential = {
  type: "object",
  properties: { credential: { type: "string", description: "Name of a credential of the organization." } },
  required: ["credential"],
  additionalProperties: false
}

const singles: ReadonlySet<unknown> = new Set(["number", "integer", "boolean"])

/** Lets placeholders stand for numbers and switches, and names for ids of credentials. */
const opened = (schema: unknown, name: string | undefined): unknown => {
  if (Array.isArray(schema)) return schema.map((item) => opened(item, undefined))
  if (!isObject(schema)) return schema
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === "properties" && isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([property, item]) => [property, opened(item, property)]))
        : opened(value, undefined)
    ])
  )
  if (name === "credentialId") return { anyOf: [inner, credential] }
  return singles.has(inner["type"]) ? { anyOf: [inner, placeholder] } : inner
}

/** The schema of a kind's YAML files. Nothing is required: an environment's overrides may bring it. */
export const schemaOf = ({ name, label }: Kind): object => {
  const { required: _, ...body } = bodySchemas[name] ?? { type: "object", properties: {}, additionalProperties: true }
  const schema = opened(body, undefined)
  return {
    title: `A ${label} of an Aywa runtime, as a file`,
    description: `Keys: ${knownKeys(name).join(", ")}. References are slugs, credentials are named: { credential: NAME }.`,
    ...(isObject(schema) ? schema : {})
  }
}

/** The schema of `aywa.yaml`. */
export const projectSchema = (kinds: ReadonlyArray<string>): object => ({
  title: "What is managed here",
  type: "object",
  properties: {
    formatVersion: { const: 1 },
    include: { type: "array", items: { enum: kinds }, uniqueItems: true }
  },
  required: ["formatVersion"],
  additionalProperties: false
})

/** The schema of `environments/NAME.yaml`. */
export const environmentSchema: object = {
  title: "An environment: where rows go, and what is different there",
  type: "object",
  properties: {
    baseUrl: { type: "string", description: "Address of the runtime. The key comes from AYWA_RUNTIME_API_KEY." },
    organizationId: { type: "string" },
    variables: { type: "object", description: "For ${var:name}." },
    overrides: {
      type: "object",
      description: "JSON Merge Patches by address, such as assistants/desk.",
      additionalProperties: { type: "object" }
    }
  },
  additionalProperties: false
}
