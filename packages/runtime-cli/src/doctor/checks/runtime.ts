/**
 * Whether the runtime is well, and what it still needs.
 */
import { answerText } from "../probe.ts"
import { type Check, fail, ok, skip, warn } from "../types.ts"

const health: Check = {
  id: "runtime.health",
  meaning: "What answers at the address is a runtime, and it lives.",
  needs: ["net.tcp", "net.tls", "net.redirect"],
  run: async ({ probe }) => {
    const answer = await probe("/health", { anonymous: true })
    const status: unknown = Reflect.get(Object(answer.json), "status")
    if (answer.status === 200 && typeof status === "string") return ok(`status ${status}`)
    if (answer.status === 404 || answer.status === 200) {
      return fail(
        "GET /health is not the answer of a runtime.",
        "Is the address that of the runtime's API? A base path (https://host/path) may be missing."
      )
    }
    return fail(`GET /health: ${answerText(answer)}.`, "Look at the runtime's log, and at the proxy before it.")
  }
}

const readiness: Check = {
  id: "runtime.ready",
  meaning: "The runtime takes work.",
  needs: ["runtime.health"],
  run: async ({ probe }) => {
    const answer = await probe("/readyz", { anonymous: true })
    if (answer.status === 200) return ok("ready")
    const message: unknown = Reflect.get(Object(answer.json), "message")
    const why = typeof message === "string" ? ` It says: ${message}.` : ""
    return fail(`GET /readyz: ${answerText(answer)}.${why}`, "Look at the runtime's log for what it waits for.")
  }
}

const setup: Check = {
  id: "runtime.setup",
  meaning: "Nothing is missing that calls need: assistants, numbers, credentials, somebody who hears of them.",
  needs: ["auth.key"],
  run: async ({ probe }) => {
    const answer = await probe("/setup/requirements")
    if (answer.status === 404) return skip("this runtime has no /setup/requirements")
    if (answer.status !== 200 || !Array.isArray(answer.json)) {
      return fail(`GET /setup/requirements: ${answerText(answer)}.`, "Look at the runtime's log.")
    }
    const all: ReadonlyArray<Record<string, unknown>> = answer.json
    const missing = all.filter((requirement) => requirement["ok"] !== true)
    if (missing.length === 0) return ok(`${all.length} of ${all.length} requirements are met`)
    return warn(
      `Not met: ${missing.map(({ id }) => String(id)).join(", ")}.`,
      missing
        .map(
          ({ id, detail }) =>
            `${String(id)}: ${typeof detail === "string" ? detail : "see the runtime's documentation"}`
        )
        .join("; ")
    )
  }
}

/** The checks of this file. */
export const runtimeChecks: ReadonlyArray<Check> = [health, readiness]
/** Needs the key, so it comes after those. */
export const setupChecks: ReadonlyArray<Check> = [setup]
