/**
 * Whether what is known of the runtime is known of this one, and what its clients must not rely on.
 */
import type { RuntimeProfile } from "@aywa-ai/runtime-sdk/contract"
import { readProfile } from "../../core/profile.ts"
import { variables } from "../../core/settings.ts"
import { type Check, type CheckContext, ok, skip, warn } from "../types.ts"

const again = "Run aywa-runtime conformance --write --save FILE again, and give clients the new file."

const fileOf = ({ input, settings }: CheckContext): string | undefined =>
  input.profile ?? settings.variable(variables.profile)?.value

const none = skip(`give --profile FILE, or set ${variables.profile}: what conformance --save wrote`)

const version: Check = {
  id: "profile.version",
  meaning: "The profile that clients go by is that of the runtime as it is now.",
  needs: ["runtime.health"],
  run: async (context) => {
    const file = fileOf(context)
    if (file === undefined) return none
    const { runtimeVersion, createdAt } = await readProfile(file)
    const answer = await context.probe("/health", { anonymous: true })
    const now: unknown = Reflect.get(Object(answer.json), "version")
    if (typeof now !== "string" || runtimeVersion === undefined) {
      return ok(`of ${createdAt}; the runtime says no version, so run conformance again after each update`)
    }
    if (now === runtimeVersion) return ok(`of ${createdAt}, version ${now}`)
    return warn(`The profile is of version ${runtimeVersion}, and the runtime has ${now}.`, again)
  }
}

/** What is unsafe on a runtime, and what follows. */
const unsafe = ({ idempotencyKeys, ifMatch, webhookSignature, lists }: RuntimeProfile): ReadonlyArray<string> => [
  ...(idempotencyKeys === "ignored" ? ["creates are not repeated after a lost answer"] : []),
  ...(ifMatch === "ignored" ? ["ifMatch is refused, and config push has a weak guard"] : []),
  ...(webhookSignature === "none" ? ["webhooks are not signed"] : []),
  ...(webhookSignature === "other" ? ["webhooks are not signed by Standard Webhooks"] : []),
  ...Object.entries(lists).flatMap(([path, { walk }]) =>
    walk === "first-page" ? [`${path} has a first page only`] : []
  )
]

const known: Check = {
  id: "profile.safe",
  meaning: "What the runtime does not promise is known, and clients do not rely on it.",
  needs: [],
  run: async (context) => {
    const file = fileOf(context)
    if (file === undefined) return none
    const profile = await readProfile(file)
    const found = unsafe(profile)
    const unknown = Object.entries(profile)
      .filter(([, value]) => value === "unknown")
      .map(([name]) => name)
    if (found.length > 0)
      return warn(`By the profile: ${found.join("; ")}.`, "Give every client the option runtimeProfile.")
    if (unknown.length > 0) return warn(`The profile does not know: ${unknown.join(", ")}.`, again)
    return ok("nothing is known to be unsafe")
  }
}

/** The checks of this file. */
export const profileChecks: ReadonlyArray<Check> = [version, known]
