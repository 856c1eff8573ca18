/**
 * Waiting for a call to end: reads with pauses that grow, under a deadline for all of them together. A read that fails of
 * what passes is made again when its turn comes.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { type Names, unknownName } from "../config/unknownNames.ts"
import type { WaitOptions } from "./CallOptions.ts"
import type { Call as Row } from "../contract/calls.ts"
import type { Issue, RuntimeError } from "../errors/Errors.ts"
import * as Errors from "../errors/Errors.ts"
import { text } from "./message.ts"
import { optionNames } from "./options.ts"
import type { Call } from "./call.ts"
import { invalidRequest } from "./request.ts"

/** States after which nothing follows. */
const final: ReadonlySet<unknown> = new Set(["ended", "not-found", "deletion-failed"])

const growth = 1.5

/** Reads in a row that may fail of what passes: a runtime that is started again does not end a wait of an hour. */
const toleratedFailures = 4

const waitNames: Names<WaitOptions & { readonly signal?: unknown }> = {
  pollEvery: true,
  maxPollEvery: true,
  ...optionNames
}

/** Makes the wait out of the call that reads; in the place of a call's options it takes a wait's. */
export const makeWait = (read: Call): Call => {
  const callFields = { operation: "calls.waitUntilEnded", method: read.method, path: read.path }
  const wait = (...[args, record]: Parameters<Call>): Effect.Effect<unknown, RuntimeError> => {
    const { pollEvery, maxPollEvery, deadline, ...options }: WaitOptions = { ...args.options }
    const limits = {
      pollEvery: pollEvery ?? 1000,
      maxPollEvery: maxPollEvery ?? 15_000,
      deadline: deadline ?? 3_600_000
    }
    const issues: Array<Issue> = Object.entries(limits).flatMap(([name, value]): ReadonlyArray<Issue> =>
      typeof value === "number" && value > 0 ? [] : [{ path: [name], message: "Expected milliseconds greater than 0" }]
    )
    const unknown = unknownName({ ...args.options }, waitNames)
    if (unknown !== undefined) issues.push({ path: [unknown.name], message: unknown.message })
    if (issues.length > 0) return Effect.fail(invalidRequest(callFields, issues))
    let reads = 0
    const look = (pause: number, failures: number): Effect.Effect<unknown, RuntimeError> =>
      Effect.matchEffect(
        Effect.suspend(() => {
          reads++
          return read({ id: args.id, options }, record)
        }),
        {
          onSuccess: (value) => {
            const { status } = value as Row // What `calls.get` gives.
            return final.has(status) ? Effect.succeed(value) : later(pause, 0)
          },
          onFailure: (error) => {
            const retryAfter = 1000 * (("retryAfter" in error && error.retryAfter) || 0)
            // Fails at once with the hint, where there is no time to follow it.
            return error.isRetryable && failures < toleratedFailures && retryAfter < limits.deadline
              ? later(pause, failures + 1, retryAfter)
              : Effect.fail(error)
          }
        }
      )
    const later = (pause: number, failures: number, retryAfter = 0) =>
      Effect.flatMap(Random.next, (random) =>
        Effect.flatMap(Effect.sleep(Math.max(pause * (0.9 + 0.2 * random), retryAfter)), () =>
          look(Math.min(pause * growth, limits.maxPollEvery), failures)
        )
      )
    return Effect.timeoutOrElse(look(Math.min(limits.pollEvery, limits.maxPollEvery), 0), {
      duration: limits.deadline,
      orElse: () => {
        const path = read.path.replace(":id", encodeURIComponent(String(args.id)))
        const fields = { ...callFields, path, attempts: reads, outcome: "rejected" as const }
        const message = text(
          fields,
          `the call had not ended within ${limits.deadline} ms (the wait's deadline). It goes on.`
        )
        return Effect.fail(
          new Errors.TimeoutError({ ...fields, scope: "deadline", timeoutMillis: limits.deadline, message })
        )
      }
    })
  }
  return Object.assign(wait, callFields, { skip: read.skip })
}
