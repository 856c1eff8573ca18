/**
 * What a create would refuse of a row: the limits of the contract, which imported rows may break.
 */
import { assistants } from "../../contract/assistants.ts"
import type { JsonObject, Operation } from "../../contract/Operation.ts"
import { phoneNumbers } from "../../contract/phoneNumbers.ts"
import type { ReferringKind } from "../../contract/references.ts"
import { structuredOutputs } from "../../contract/structuredOutputs.ts"
import { tools } from "../../contract/tools.ts"
import type { Issue } from "../../errors/Errors.ts"
import { explain } from "../../schema/codec.ts"
import { specOf } from "../../contract/table.ts"
import { withoutOwned } from "./Bundle.ts"

/** Credentials are not among them: without their secrets they are no valid ones. */
const creates: { readonly [K in ReferringKind]?: Operation } = {
  assistants: assistants.create,
  phoneNumbers: phoneNumbers.create,
  structuredOutputs: structuredOutputs.create,
  tools: tools.create
}

/** Everything that a create would refuse, except for secrets that no export has. */
export const createIssues = (name: ReferringKind, row: JsonObject): ReadonlyArray<Issue> => {
  const create = creates[name]
  const body = create === undefined ? undefined : specOf(create).body
  if (body === undefined) return []
  return explain(body, withoutOwned(name, row)).filter(
    ({ path, message }) => !(String(path[0] ?? "").startsWith("twilio") && /missing/i.test(message))
  )
}
