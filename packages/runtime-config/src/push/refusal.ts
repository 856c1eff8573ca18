/**
 * What the runtime's refusals mean for a push.
 */
import type { Problem } from "../errors/Problem.ts"
import { isRuntimeConfigError, RuntimeConfigError } from "../errors/RuntimeConfigError.ts"
import type { Step } from "../plan/Plan.ts"
import { isObject } from "../rows/json.ts"

const text = (error: unknown, key: string): string | undefined => {
  const value: unknown = Reflect.get(Object(error), key)
  return typeof value === "string" ? value : undefined
}

/** The refusal of one row, after which other rows may go on; `undefined` when everything has to stop. */
export const asRowConflict = ({ address }: Step, error: unknown): Problem | undefined => {
  if (isRuntimeConfigError(error)) {
    return error.reason._tag === "Conflict" ? error.reason.problems[0] : undefined
  }
  // What may have been applied is never "refused", whatever its name.
  if (isLost(error)) return undefined
  const tag = text(error, "_tag")
  const code = text(error, "code") ?? ""
  if (tag === "ConflictError" && code === "precondition_failed") {
    return {
      file: address,
      detail: `Somebody changed it on the runtime in the same moment. Merge with config pull ${address}, then push again.`
    }
  }
  if (tag === "ConflictError" && code.endsWith("_pinned")) {
    return { file: address, detail: `It is in use: ${messageOf(error)}${pinnedBy(error)} Take it out there first.` }
  }
  if (tag === "NotFound") {
    return {
      file: address,
      detail: "It was deleted on the runtime. Remove its file too, or make it again with --recreate."
    }
  }
  if (tag === "ConflictError") return { file: address, detail: `The runtime refused it (${code}): ${messageOf(error)}` }
  if (tag === "InvalidRequest" && code === "idempotency_key_reused") {
    return {
      file: address,
      detail: "An earlier push made it with another secret. Find it with config drift, and take it with config adopt."
    }
  }
  return undefined
}

/** Whether a write may have been applied without an answer. */
const isLost = (error: unknown): boolean =>
  text(error, "outcome") === "maybe-applied" && text(error, "method") !== "GET"

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const pinnedBy = (error: unknown): string => {
  const details: unknown = Reflect.get(Object(error), "details")
  const by = isObject(details) ? details["pinnedBy"] : undefined
  return by === undefined ? "" : ` (${JSON.stringify(by)})`
}

/** The failure that ends a push: a write whose answer was lost has a name of its own. */
export const failureOf = ({ address }: Step, error: unknown): unknown => {
  if (isRuntimeConfigError(error)) return error
  if (text(error, "_tag") === "Aborted" && !isLost(error)) {
    return new RuntimeConfigError({ _tag: "Aborted" }, { cause: error })
  }
  return isLost(error)
    ? new RuntimeConfigError(
        { _tag: "MaybeApplied", address, detail: text(error, "_tag") ?? "no answer" },
        { cause: error }
      )
    : error
}
