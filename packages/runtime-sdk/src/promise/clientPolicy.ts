/**
 * The policy of a promise client, from its plain options, which are checked, as are its hooks.
 */
import { flow, identity } from "effect/Function"
import { ConfigError } from "../errors/Errors.ts"
import * as Policy from "../policy/Policy.ts"

/** The options that shape the policy, and the hooks. */
export interface PolicyOptions {
  readonly timeout?: number | undefined
  readonly deadline?: number | undefined
  readonly retries?: number | undefined
  readonly idempotency?: "auto" | "explicit" | undefined
  readonly trace?: unknown
  readonly log?: unknown
}

export const clientPolicy = (options: PolicyOptions): Policy.Transform => {
  const { timeout, deadline, retries, idempotency } = options
  for (const [field, value] of Object.entries({ timeout, deadline })) {
    if (value !== undefined && !(typeof value === "number" && value > 0)) {
      throw new ConfigError({ field, message: `${field} must be milliseconds greater than 0.` })
    }
  }
  if (retries !== undefined && (!Number.isSafeInteger(retries) || retries < 0)) {
    throw new ConfigError({ field: "retries", message: "retries must be a whole number of 0 or more." })
  }
  if (idempotency !== undefined && idempotency !== "auto" && idempotency !== "explicit") {
    throw new ConfigError({ field: "idempotency", message: 'idempotency must be "auto" or "explicit".' })
  }
  for (const [field, value] of Object.entries({ trace: options.trace, log: options.log })) {
    if (value !== undefined && typeof value !== "function") {
      throw new ConfigError({ field, message: `${field} must be a function, which is told of each attempt.` })
    }
  }
  return flow(
    timeout === undefined ? identity : Policy.attemptTimeout(timeout),
    deadline === undefined ? identity : Policy.deadline(deadline),
    retries === undefined ? identity : retries === 0 ? Policy.noRetry : withRetries(retries),
    idempotency === undefined ? identity : Policy.idempotency(idempotency)
  )
}

/** As `Policy.retry({ times })` does, without its schedules, which a promise client has no use for. */
const withRetries =
  (times: number): Policy.Transform =>
  (policy) => ({ ...policy, retry: { ...(policy.retry ?? Policy.defaultRetry), times } })
