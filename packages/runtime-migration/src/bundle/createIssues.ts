/**
 * What a create would refuse of a row: the limits of the contract, which imported rows may break.
 */
import type { Issue, JsonObject, Operation, ReferringKind } from "@aywa-ai/runtime-sdk"
import { bodyIssues, contract, withoutOwnedFields } from "@aywa-ai/runtime-sdk/contract"

const { assistants, phoneNumbers, structuredOutputs, tools } = contract

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
  if (create === undefined) return []
  return bodyIssues(create, withoutOwnedFields(name, row)).filter(
    ({ path, message }) => !(String(path[0] ?? "").startsWith("twilio") && /missing/i.test(message))
  )
}
