/** Options of attacks as the text of a program: hosts that run elsewhere (a worker, Next) make them again from it. */
import { recipeOf } from "../support/schemes.ts"

/** The text of a value of the case table. */
export const sourceOf = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value)
  if (typeof value === "function") return sourceOfFunction(value as () => unknown)
  if (typeof value !== "object" || value === null) return String(value)
  if (value instanceof Uint8Array) return `new Uint8Array([${value.join(",")}])`
  if (Array.isArray(value)) return `[${value.map(sourceOf).join(", ")}]`
  const recipe = recipeOf(value)
  if (recipe !== undefined) return `WebhookScheme.${recipe.maker}(${sourceOf(recipe.plan)})`
  // What this is would be lost on the way.
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error("An option of an attack has no text")
  const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}: ${sourceOf(field)}`)
  return `{ ${fields.join(", ")} }`
}

/** Clocks and secrets of the table say one thing, always. */
const sourceOfFunction = (read: () => unknown): string => {
  try {
    return `() => (${sourceOf(read())})`
  } catch {
    return `() => { throw new Error("no") }`
  }
}
