/**
 * The key and the organization: what they open, and what they must not.
 */
import { randomUUID } from "node:crypto"
import { answerText, isSuccess, rowsOf } from "../probe.ts"
import { type Check, fail, ok, skip, warn } from "../types.ts"

const list = "/assistant?limit=1"

const accepted: Check = {
  id: "auth.key",
  meaning: "The runtime knows the key.",
  needs: ["runtime.health", "config.key"],
  run: async ({ probe }) => {
    const answer = await probe(list)
    if (answer.status === 200) return ok("GET /assistant is answered")
    const fixes: Readonly<Record<number, string>> = {
      401: "Create a runtime API key in your runtime's dashboard; a key of the control plane is another one.",
      402: "See the runtime's licence in its dashboard.",
      403: "Does the key belong to the organization that is configured?",
      404: "Is the address that of the runtime's API? A base path may be missing.",
      429: "The limit of this key is used up: try again later."
    }
    return fail(`GET /assistant: ${answerText(answer)}.`, fixes[answer.status] ?? "Look at the runtime's log.")
  }
}

const negative: Check = {
  id: "auth.negative",
  meaning: "A wrong key is refused: a runtime that takes any key is open to everybody.",
  needs: ["auth.key"],
  run: async ({ probe, key }) => {
    const wrong = `${key().slice(0, -1)}${key().endsWith("x") ? "y" : "x"}`
    const [other, none] = [
      await probe(list, { headers: { authorization: `Bearer ${wrong}` } }),
      await probe(list, { anonymous: true })
    ]
    if (other.status === 401 && none.status === 401) return ok("a wrong key and no key are refused with 401")
    const open = isSuccess(other) ? "a wrong key" : isSuccess(none) ? "a request without a key" : undefined
    if (open !== undefined) {
      return fail(`The runtime answers ${open}.`, "Turn authentication on, and find out who has used it meanwhile.")
    }
    return warn(
      `A wrong key gets ${answerText(other)}, no key ${answerText(none)}; both should be 401.`,
      "A proxy may answer in the runtime's place: clients tell a wrong key by its 401."
    )
  }
}

const header: Check = {
  id: "auth.header",
  meaning: "Both ways to present the key work alike, so that no proxy takes one of them off.",
  needs: ["auth.key"],
  run: async ({ probe, key }) => {
    const answer = await probe(list, { headers: { authorization: "", "x-api-key": key() } })
    if (answer.status === 200) return ok("Authorization and X-API-Key agree")
    return warn(
      `X-API-Key gets ${answerText(answer)}, Authorization 200.`,
      "The SDK uses Authorization. If something of yours uses X-API-Key, see what the proxy does with it."
    )
  }
}

const rights: Check = {
  id: "auth.rights",
  meaning: "What the key may do: a program that only reads needs a key that can only read.",
  needs: ["auth.key"],
  run: async ({ probe }) => {
    // A change of a row that cannot exist: whatever the answer, nothing happens.
    const answer = await probe(`/assistant/${randomUUID()}`, { method: "PATCH", body: {} })
    if (answer.status === 404) return ok("the key reads and writes")
    if (answer.status === 403) return ok("the key only reads")
    return warn(
      `It cannot be told: a change of a row that is not there gets ${answerText(answer)}.`,
      "Expected are 404 or 403."
    )
  }
}

const scope: Check = {
  id: "org.scope",
  meaning: "The key acts in the organization that is configured, and in no other.",
  needs: ["auth.key", "config.organization"],
  run: async ({ probe, settings }) => {
    const organization = settings.orgId?.value
    const strange = await probe(list, { headers: { "x-organization-id": randomUUID() } })
    if (isSuccess(strange)) {
      return fail(
        "The runtime answers for an organization that the key does not belong to.",
        "Bind the key to its organization in the runtime's dashboard."
      )
    }
    if (strange.status === 0) return skip(`a request for another organization gets no answer (${answerText(strange)})`)
    const rows = (
      await Promise.all(["/assistant", "/phone-number", "/tool"].map((path) => probe(`${path}?limit=100`)))
    ).flatMap(({ json }) => rowsOf(json))
    const owners = new Set(rows.map((row) => row["orgId"]).filter((id) => typeof id === "string"))
    if (organization === undefined) {
      return owners.size > 1
        ? fail("Rows of several organizations are answered.", "Set the organization.")
        : ok("one organization")
    }
    const foreign = [...owners].filter((id) => id !== organization)
    if (foreign.length > 0) {
      return fail(
        `Rows of ${foreign.length} other organizations are answered.`,
        "Report this to the operator of the runtime."
      )
    }
    return ok(`${rows.length} rows are of ${organization}; another organization is refused`)
  }
}

const limits: Check = {
  id: "limits.seen",
  meaning: "The runtime limits requests and says how much is left, so that one client cannot take everything.",
  needs: ["auth.key"],
  run: async ({ probe }) => {
    const { headers } = await probe(list)
    const limit = headers.get("x-ratelimit-limit") ?? /q=(\d+)/.exec(headers.get("ratelimit-policy") ?? "")?.[1]
    const remaining = headers.get("x-ratelimit-remaining") ?? /r=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1]
    if (limit === undefined && remaining === undefined) {
      return warn(
        "The runtime announces no rate limit.",
        "Set one, or know that nothing stops a client that runs wild; the SDK's own is Policy.limit."
      )
    }
    const detail = `${remaining ?? "?"} of ${limit ?? "?"} requests are left`
    if (limit !== undefined && remaining !== undefined && Number(remaining) < Number(limit) / 10) {
      return warn(`${detail}: less than a tenth.`, "See who uses this key, or have the limit raised.")
    }
    return ok(detail)
  }
}

/** The checks of this file. */
export const authChecks: ReadonlyArray<Check> = [accepted, negative, header, rights, scope, limits]
