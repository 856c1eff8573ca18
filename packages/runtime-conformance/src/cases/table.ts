/** Every case, by its id. */
import { auth } from "./auth.ts"
import { calls } from "./calls.ts"
import { credentials } from "./credentials.ts"
import type { Case } from "./define.ts"
import { errors } from "./errors.ts"
import { idempotency } from "./idempotency.ts"
import { imports } from "./imports.ts"
import { lists } from "./lists.ts"
import { rows } from "./rows.ts"
import { transport } from "./transport.ts"
import { webhooks } from "./webhooks.ts"

const table = {
  ...auth,
  ...transport,
  ...lists,
  ...rows,
  ...idempotency,
  ...errors,
  ...credentials,
  ...imports,
  ...calls,
  ...webhooks
}

/**
 * The id of a case. Ids are stable: reports of different versions can be compared.
 *
 * @since 0.2.0
 * @category models
 */
export type CaseId = keyof typeof table

/** Every case, in the order in which they run. */
export const allCases: ReadonlyArray<Case> = Object.values<Case>(table)
