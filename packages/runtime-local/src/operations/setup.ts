/**
 * What an organization still needs before its runtime can do its work.
 */
import type { Store } from "../store/Store.ts"
import { boundNumbers, counted, disabledCredentials, rowCounts, webhookTargets } from "./data.ts"
import { storeProblem } from "./readiness.ts"

/** One requirement. */
export interface Requirement {
  readonly id: string
  readonly ok: boolean
  readonly detail: string
}

/** The requirements, and whether the rows that are there meet them. */
export const requirementsOf = (store: Store, organization: string): ReadonlyArray<Requirement> => {
  const problem = storeProblem(store)
  const rows = rowCounts(store, organization)
  const { assistants = 0, phoneNumbers = 0 } = rows
  const bound = boundNumbers(store, organization)
  const disabled = disabledCredentials(store, organization)
  const targets = webhookTargets(store, organization)
  return [
    requirement("store", problem === undefined, "It takes writes", `It takes no writes: ${problem ?? ""}`),
    requirement(
      "assistants",
      assistants > 0,
      counted(assistants, "assistant", "assistants"),
      "Create an assistant: POST /assistant"
    ),
    requirement(
      "phone-numbers",
      bound > 0,
      `${bound} of ${counted(phoneNumbers, "phone number leads", "phone numbers lead")} to an assistant`,
      phoneNumbers === 0
        ? "Import a phone number: POST /phone-number"
        : `None of ${counted(phoneNumbers, "phone number", "phone numbers")} leads to an assistant: set its assistantId`
    ),
    requirement(
      "credentials",
      disabled.length === 0,
      `${counted(rows["credentials"] ?? 0, "credential", "credentials")}, none disabled`,
      `Supply the secrets of ${disabled.join(", ")} and set enabled to true`
    ),
    requirement(
      "webhooks",
      targets > 0,
      counted(targets, "target", "targets"),
      "Nobody hears of calls: set server.url of an assistant, or create a webhook endpoint"
    )
  ]
}

const requirement = (id: string, ok: boolean, met: string, missing: string): Requirement => ({
  id,
  ok,
  detail: ok ? met : missing
})
