/**
 * Bodies held against the contract, before anything is sent.
 */
import type { Issue } from "../errors/Errors.ts"
import { explain } from "../schema/codec.ts"
import type { Operation } from "./Operation.ts"
import { specOf } from "./table.ts"

/** What is wrong with a body; nothing when the operation takes none. */
export const bodyIssues = (operation: Operation, body: unknown): ReadonlyArray<Issue> => {
  const schema = specOf(operation).body
  return schema === undefined ? [] : explain(schema, body)
}
