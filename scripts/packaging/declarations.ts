/**
 * The declarations that an entry reaches: none of the promise entries' may name Effect.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./shell.ts"

const declarationsOf = (entry: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(entry)) return seen
  seen.add(entry)
  for (const [, from = ""] of readFileSync(entry, "utf8").matchAll(/from "([^"]+)"/g)) {
    if (/^effect(\/|$)/.test(from)) {
      throw new Error(`${entry} names ${from}: the promise entries must check without effect`)
    }
    if (from.startsWith(".")) declarationsOf(join(entry, "..", from.replace(/\.(js|ts)$/, ".d.ts")), seen)
  }
  return seen
}

/** Checks the entries for plain async code. */
export const checkDeclarations = (): void => {
  for (const entry of ["index", "webhooks", "webhooks/handlers", "webhooks/legacy", "outbound"]) {
    const reached = declarationsOf(join(root, `packages/runtime-sdk/dist/${entry}.d.ts`))
    console.log(`${entry}.d.ts reaches ${reached.size} declaration files, none of which names effect`)
  }
}
