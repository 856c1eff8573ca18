/**
 * Where an event goes: the most specific server that is configured.
 *
 * Tool server, assistant server, assistant serverUrl, phone-number server, phone-number serverUrl, account endpoint.
 * Registered endpoints stand right after the servers of their own scope.
 */
import type { Store } from "../store/Store.ts"
import { isObject, type JsonObject, objectOf } from "../json/object.ts"
import { withSecrets } from "../rows/secrets.ts"

/** The level of the cascade that a target stands on. */
export type Level =
  | "knowledge-base"
  | "tool"
  | "tool-endpoint"
  | "assistant"
  | "assistant-serverUrl"
  | "assistant-endpoint"
  | "phone-number"
  | "phone-number-serverUrl"
  | "phone-number-endpoint"
  | "account"
  | "explicit"

/** A target of an event. */
export interface Target {
  readonly level: Level
  readonly url: string
  readonly endpointId: string | undefined
  /** The server object: headers, secret, timeoutSeconds, backoffPlan, credentialId. */
  readonly server: JsonObject
}

/** What an event is about. */
export interface Subject {
  readonly organization: string
  readonly type: string
  /** A server that this one event belongs to, before all others. */
  readonly own?: { readonly level: Level; readonly server: unknown } | undefined
  readonly tool?: JsonObject | undefined
  readonly assistant?: JsonObject | undefined
  readonly phoneNumber?: JsonObject | undefined
}

/** What an assistant that names no `serverMessages` sends to its own server. */
const defaultMessages: ReadonlySet<string> = new Set([
  "conversation-update",
  "end-of-call-report",
  "function-call",
  "hang",
  "speech-update",
  "status-update",
  "tool-calls",
  "transfer-destination-request",
  "handoff-destination-request",
  "user-interrupted",
  "assistant.started"
])

/** Sent although no selector names them. */
const unselectable: ReadonlySet<string> = new Set([
  "assistant-request",
  "knowledge-base-request",
  "voice-request",
  "call.endpointing.request",
  "campaign.predial"
])

/** The targets of an event: one server, or all endpoints of one scope; none when nothing is configured for it. */
export const targetsOf = (store: Store, subject: Subject): ReadonlyArray<Target> => {
  const { organization, tool, assistant, phoneNumber } = subject
  const selection = isSelected(assistant, subject.type)
  if (selection === false) return []
  const levels: ReadonlyArray<() => ReadonlyArray<Target>> = [
    () => (subject.own === undefined ? [] : server(subject.own.level, subject.own.server)),
    () => server("tool", tool?.["server"]),
    () => endpoints(store, subject, "tool", tool?.["id"]),
    () => server("assistant", assistant?.["server"]),
    () => serverUrl(store, "assistant-serverUrl", organization, "assistants", assistant),
    () => endpoints(store, subject, "assistant", assistant?.["id"]),
    () => server("phone-number", phoneNumber?.["server"]),
    () => serverUrl(store, "phone-number-serverUrl", organization, "phoneNumbers", phoneNumber),
    () => endpoints(store, subject, "phone-number", phoneNumber?.["id"]),
    () => endpoints(store, subject, "account", undefined)
  ]
  for (const level of levels) {
    const targets = level()
    if (targets.length === 0) continue
    // An endpoint says itself which events it wants; a server gets what its assistant selects.
    const isServer = targets[0]?.endpointId === undefined
    return isServer && selection === undefined && !defaultMessages.has(subject.type) ? [] : targets
  }
  return []
}

/** Whether an assistant selects a type; `undefined` where it selects nothing, so that the default holds. */
const isSelected = (assistant: JsonObject | undefined, type: string): boolean | undefined => {
  if (unselectable.has(type)) return true
  const messages = assistant?.["serverMessages"]
  if (!Array.isArray(messages)) return undefined
  return messages.includes(type) || messages.some((name) => typeof name === "string" && name.startsWith(`${type}[`))
}

const server = (level: Level, value: unknown): ReadonlyArray<Target> => {
  if (!isObject(value) || typeof value["url"] !== "string" || value["url"] === "") return []
  return [{ level, url: value["url"], endpointId: undefined, server: value }]
}

/** The flat pair of older rows: `serverUrl` and the write-only `serverUrlSecret`. */
const serverUrl = (
  store: Store,
  level: Level,
  organization: string,
  resource: string,
  row: JsonObject | undefined
): ReadonlyArray<Target> => {
  const url = row?.["serverUrl"]
  if (typeof url !== "string" || url === "") return []
  // The row may be one that a call brought along: its id is whatever the client wrote.
  const stored = store.get<{ secrets: string | null }>(
    "SELECT secrets FROM resource_rows WHERE resource = ? AND org_id = ? AND id = ?",
    resource,
    organization,
    String(row?.["id"] ?? "")
  )
  const hidden: unknown = stored?.secrets ? JSON.parse(stored.secrets) : undefined
  const secret = isObject(hidden) ? hidden["serverUrlSecret"] : undefined
  return server(level, { url, ...(typeof secret === "string" ? { secret } : {}) })
}

const endpoints = (store: Store, subject: Subject, scope: string, targetId: unknown): ReadonlyArray<Target> => {
  if (scope !== "account" && typeof targetId !== "string") return []
  return store
    .all<{ id: string; body: string; secrets: string | null }>(
      `SELECT id, body, secrets FROM resource_rows WHERE resource = 'webhookEndpoints' AND org_id = ?
       AND coalesce(json_extract(body, '$.scope'), 'account') = ? AND (? = 'account' OR json_extract(body, '$.targetId') = ?)
       ORDER BY seq`,
      subject.organization,
      scope,
      scope,
      typeof targetId === "string" ? targetId : ""
    )
    .flatMap(({ id, body, secrets }) => {
      const row = withSecrets(objectOf(JSON.parse(body)), secrets)
      if (row["enabled"] === false) return []
      const events = row["events"]
      if (Array.isArray(events) && events.length > 0 && !events.includes(subject.type)) return []
      const level: Level = scope === "account" ? "account" : (`${scope}-endpoint` as Level)
      return server(level, row).map((target) => ({ ...target, endpointId: id }))
    })
}
