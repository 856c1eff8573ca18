/**
 * The schema of a tool whose model is held to it by its provider (`strict: true`).
 */
import type { ToolSchema } from "./model.ts"
import type { ToolDefinitionIssue } from "./ToolDefinitionError.ts"

/**
 * The same schema in the form that strict mode takes: closed objects, all of whose fields are required. What has no such
 * form is an issue: a provider refuses it at the first call, in the middle of a conversation.
 */
export const strictSchemaOf = (
  schema: ToolSchema,
  root: string
): { readonly schema: ToolSchema; readonly issues: ReadonlyArray<ToolDefinitionIssue> } => {
  const issues: Array<ToolDefinitionIssue> = []

  const close = (node: ToolSchema, path: ReadonlyArray<string>): ToolSchema => {
    if (node.items !== undefined) return { ...node, items: close(node.items, [...path, "items"]) }
    if (node.type !== "object") return node
    const { properties, required = [] } = node
    if (properties === undefined) {
      issues.push({
        path,
        message: "has fields of any name, and strict takes only named ones: name them, or no strict"
      })
      return node
    }
    const fields = Object.entries(properties).map(([name, field]) => {
      const at = [...path, name]
      if (!required.includes(name)) {
        issues.push({
          path: at,
          message: "is optional, and strict makes a model give every field: require it, or no strict"
        })
      }
      return [name, close(field, at)] as const
    })
    return { ...node, properties: Object.fromEntries(fields), required, additionalProperties: false }
  }

  return { schema: close(schema, [root]), issues }
}
