/**
 * What plain JSON Schema says and nobody is held to here: it is refused, not passed over.
 */
import { ruleNames } from "./keywordRules.ts"
import { isUnicode } from "./words.ts"

const lists = /^(required|enum|prefixItems|...Of)$/
const others =
  /^(\$.*|x-.*|type|const|format|title|description|default|examples?|deprecated|.*Only|definitions|properties|additionalProperties)$/

const isHeld = (name: string, value: unknown): boolean => {
  if (name === "pattern") return isUnicode(value)
  if (name === "items") return !Array.isArray(value)
  if (ruleNames.includes(name)) return name === "uniqueItems" || Number.isFinite(value)
  return lists.test(name) ? Array.isArray(value) : others.test(name)
}

/** What is wrong with a node; undefined when all of it is told and checked. */
export const unheld = (node: Readonly<Record<string, unknown>>): string | undefined => {
  const name = Object.keys(node).find((name) => !isHeld(name, node[name]))
  return (
    name &&
    `has ${name} ${JSON.stringify(node[name])}, which has no form here: leave it out, or write it as JSON Schema 2020-12 does`
  )
}
