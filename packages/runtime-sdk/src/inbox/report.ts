/**
 * Who is told that a store keeps less than the inbox promises.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { chainOf, InboxError, wordsOf } from "./model.ts"

/** Told of warnings, and of the beginning and the end of an outage. `openWebhookInbox` puts its `onError` here. */
export const Report = Context.Reference<(warning: InboxError) => Effect.Effect<void>>(
  "@aywa-ai/runtime-sdk/inbox/Report",
  { defaultValue: () => (warning) => Effect.logWarning(warning.message) }
)

const page = `See "What a server must be set to" in the documentation of webhooks.`

/** A setting, what it costs, and the command that changes it. */
export interface Finding {
  readonly setting: string
  readonly effect: string
  readonly remedy: string
}

const textOf = ({ setting, effect, remedy }: Finding): string => `${setting}: ${effect}. ${remedy}.`

/** The inbox does not open on this server. */
export const refuse = (server: string, finding: Finding, cause?: unknown): Effect.Effect<never, InboxError> =>
  Effect.fail(new InboxError(`The inbox does not open on this ${server}. ${textOf(finding)} ${page}`, cause, "refusal"))

/** The inbox opens, and this is told once. */
export const warn = (server: string, findings: ReadonlyArray<Finding>): Effect.Effect<void> => {
  if (findings.length === 0) return Effect.void
  const text = `The inbox keeps less than it promises on this ${server}. ${findings.map(textOf).join(" ")} ${page}`
  return Effect.flatMap(Report, (report) => report(new InboxError(text, undefined, "warning")))
}

/** Whatever opening an inbox meets, it fails with an InboxError. */
export const settled = <A, E, R>(opening: Effect.Effect<A, E, R>): Effect.Effect<A, InboxError, R> =>
  Effect.catchCause(opening, (cause) => {
    // No failure in it.
    if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
    const error = Cause.squash(cause)
    if (isStranger(error)) return Effect.fail(new InboxError(stranger(error), error, "refusal"))
    return Effect.fail(error instanceof InboxError ? error : new InboxError("opening it", error))
  })

/** Whether a server does not take who asks: by the driver's word, PostgreSQL's class of states, or what Redis says. */
const isStranger = (error: unknown): boolean =>
  chainOf(error).some((inner) => {
    const { _tag, code }: { readonly _tag?: unknown; readonly code?: unknown } = inner as object
    const isState = typeof code === "string" && /^28[0-9A-Z]{3}$/.test(code)
    return isState || _tag === "AuthenticationError" || /^(WRONGPASS|NOAUTH|ERR AUTH) /.test(inner.message)
  })

const stranger = (error: unknown): string =>
  `The inbox does not open: its server refuses this user or its password (${wordsOf(error)}). Check both where the inbox's client is made.`
