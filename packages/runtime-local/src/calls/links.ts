/**
 * Addresses of one call that need no API key, as the source API has them: whoever has one of them may control the call,
 * listen to it, or fetch its recording, and nothing else. Each carries a token that is good for its call alone.
 */
import * as crypto from "node:crypto"
import type { Principal } from "../http/auth.ts"
import type { Address } from "../http/address.ts"
import { objectAt, type JsonObject } from "../json/object.ts"
import type { Store } from "../store/Store.ts"
import { canUpgrade } from "../http/webSocket.ts"

/** The addresses of a runtime's calls. */
export interface Links {
  /** What the row of a call has from its beginning. */
  readonly onCreate: (call: LinkedCall, assistant: JsonObject | undefined) => JsonObject
  /** What the artifact of a call has at its end. */
  readonly onEnd: (callId: string, assistant: JsonObject | undefined, answered: boolean) => JsonObject
  /** Who has the token of a call in the query of one of its addresses; `undefined` for everybody else. */
  readonly guest: (path: string, query: URLSearchParams) => Principal | undefined
  /** Gives calls that are under way their addresses anew: the runtime may have started on another port. */
  readonly renew: () => void
}

/** A call whose addresses are wanted. */
export interface LinkedCall {
  readonly id: string
  readonly type: unknown
}

/** Addresses of calls over a store. */
export const makeLinks = (store: Store, address: Address): Links => {
  const keyOf = keeper(store)
  // One hash with the key on both sides: an HMAC of Node's takes ten times as long, which each call would pay.
  const tokenOf = (id: string) => crypto.hash("sha256", `${keyOf()} ${id} ${keyOf()}`, "base64url").slice(0, 32)
  const linksOf = (id: string) => {
    const [base, token] = [`${address.baseUrl()}/call/${id}/`, tokenOf(id)]
    return (what: string) => `${base}${what}?token=${token}`
  }
  const onCreate = ({ id, type }: LinkedCall, assistant: JsonObject | undefined): JsonObject => {
    const plan = objectAt(assistant, "monitorPlan")
    const link = linksOf(id)
    const monitor = {
      ...(plan?.["listenEnabled"] === false || !canUpgrade ? {} : { listenUrl: link("listen").replace(/^http/, "ws") }),
      ...(plan?.["controlEnabled"] === false ? {} : { controlUrl: link("control") })
    }
    return { monitor, ...(type === "webCall" ? { webCallUrl: link("web") } : {}) }
  }
  return {
    onCreate,
    onEnd: (id, assistant, answered) => {
      const plan = objectAt(assistant, "artifactPlan")
      const link = linksOf(id)
      const [mono, stereo, customer, speaker] = recordingKinds.map((kind) => link(kind))
      return {
        ...(answered && plan?.["recordingEnabled"] !== false
          ? {
              recordingUrl: mono,
              stereoRecordingUrl: stereo,
              recording: {
                stereoUrl: stereo,
                mono: { combinedUrl: mono, customerUrl: customer, assistantUrl: speaker }
              }
            }
          : {}),
        ...(plan?.["loggingEnabled"] === false ? {} : { logUrl: link("call-logs") })
      }
    },
    guest: (path, query) => {
      const token = query.get("token")
      const [, id] = token === null ? [] : (linked.exec(path) ?? [])
      if (token === null || id === undefined || !isSame(token, tokenOf(id))) return undefined
      const row = store.get<{ organization: string }>(
        "SELECT org_id AS organization FROM resource_rows WHERE resource = 'calls' AND id = ?",
        id
      )
      return row === undefined ? undefined : { id: `call:${id}`, organizationId: row.organization, role: "full" }
    },
    renew: () => {
      const running = store.all<{ id: string; body: string; state: string }>(
        `SELECT id, body, state FROM call_runs JOIN resource_rows ON resource = 'calls' AND id = call_id WHERE done = 0`
      )
      for (const { id, body, state } of running) {
        // Written by this package: always objects.
        const call = JSON.parse(body) as JsonObject
        const { assistant } = JSON.parse(state) as { readonly assistant?: JsonObject }
        const text = JSON.stringify({ ...call, ...onCreate({ id, type: call["type"] }, assistant) })
        if (text !== body) store.run("UPDATE resource_rows SET body = ? WHERE resource = 'calls' AND id = ?", text, id)
      }
    }
  }
}

/** The recordings of a call: both sides in one channel, one channel for each, and each alone. */
export const recordingKinds = [
  "mono-recording",
  "stereo-recording",
  "customer-recording",
  "assistant-recording"
] as const

const linked = new RegExp(
  `^/call/([^/]+)/(?:${[...recordingKinds, "call-logs", "control", "listen", "web"].join("|")})$`
)

const isSame = (one: string, other: string): boolean =>
  one.length === other.length && crypto.timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** The key of the tokens, kept in the database: an address stays good over a restart. */
const keeper = (store: Store): (() => string) => {
  let key: string | undefined
  return () => {
    if (key !== undefined) return key
    store.run("INSERT OR IGNORE INTO call_link_key (id, key) VALUES (1, ?)", crypto.randomBytes(32))
    key = store.get<{ key: string }>("SELECT hex(key) AS key FROM call_link_key WHERE id = 1")?.key
    if (key === undefined) throw new Error("The key of the calls' addresses is missing")
    return key
  }
}
