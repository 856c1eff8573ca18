/**
 * Secrets of rows: where they stand, that files only name them, and that none is written anywhere.
 */
import { withoutSecrets } from "@aywa-ai/runtime-sdk/contract"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import type { KindName } from "./kinds.ts"
import { eachScalar, pathText, type Path, rowWith, valueAt } from "./json.ts"

/** Webhook endpoints refer to nothing in the contract's table, and have no secrets of their own. */
const tableKind = (kind: KindName) => (kind === "webhookEndpoints" ? "files" : kind)

/** A row without its secrets, or their masks. */
export const stripSecrets = (kind: KindName, row: JsonObject): JsonObject => withoutSecrets(tableKind(kind), row).row

/** The secrets of a row by their places. */
export const secretsOf = (kind: KindName, row: JsonObject): ReadonlyMap<string, { path: Path; value: unknown }> => {
  const places = new Set(withoutSecrets(tableKind(kind), row).removed)
  const found = new Map<string, { path: Path; value: unknown }>()
  if (places.size === 0) return found
  eachScalar(row, (path, value) => {
    // A secret may be an object, such as a service account: each of its values is one.
    for (let end = 1; end <= path.length; end++) {
      if (places.has(contractPlace(path.slice(0, end)))) {
        found.set(pathText(path), { path, value })
        return
      }
    }
  })
  return found
}

/** A place as the contract writes it: keys as they are. */
const contractPlace = (path: Path): string =>
  path.map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`)).join("")

/**
 * Puts the secrets that a stored row shows (masks, mostly) back into a body that replaces whole values, where the body
 * says nothing of them: a file that never named a secret must not erase it.
 */
export const keepSecrets = (kind: KindName, body: JsonObject, stored: JsonObject): JsonObject => {
  let result = body
  for (const { path, value } of secretsOf(kind, stored).values()) {
    const [key] = path
    const parent = path.slice(0, -1)
    if (key === undefined || path.length === 1 || !Object.hasOwn(body, key)) continue
    const inside = valueAt(body, parent)
    if (typeof inside !== "object" || inside === null || valueAt(body, path) !== undefined) continue
    result = rowWith(result, path, value)
  }
  return result
}
