/**
 * Waiting for a call to end: reads with pauses that grow, under a deadline for all of them together.
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
    const look = (pause: number): Effect.Effect<unknown, RuntimeError> =>
      Effect.flatMap(read({ id: args.id, options }, record), (value) => {
        reads++
        const { status } = value as Row // What `calls.get` gives.
        if (final.has(status)) return Effect.succeed(value)
        return Effect.flatMap(Random.next, (random) =>
          Effect.flatMap(Effect.sleep(pause * (0.9 + 0.2 * random)), () =>
            look(Math.min(pause * growth, limits.maxPollEvery))
          )
        )
      })
    return Effect.timeoutOrElse(look(Math.min(limits.pollEvery, limits.maxPollEvery)), {
      duration: limits.deadline,
      orElse: () => {
        const fields = { ...callFields, attempts: reads, outcome: "rejected" as const }
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
