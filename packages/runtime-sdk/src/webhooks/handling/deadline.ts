/**
 * How long the runtime waits for a reply, and the time that a handler may take.
 *
 * @since 0.1.0
 */
import { isObject } from "../../schema/isObject.ts"
import type { KnownMessage } from "../events.ts"

/** Fixed by telephony; no server setting changes it. */
const assistantRequestSeconds = 7.5

/** What a server object waits when it does not say. */
const defaultSeconds = 20

/** Where the server that an event is sent to stands in the event, most specific first. */
const serverPaths: Readonly<Record<string, ReadonlyArray<ReadonlyArray<string>>>> = {
  "knowledge-base-request": [["assistant", "model", "knowledgeBase"]],
  "voice-request": [["assistant", "voice"]],
  "call.endpointing.request": [["assistant", "startSpeakingPlan", "smartEndpointingPlan"]]
}
const commonPaths: ReadonlyArray<ReadonlyArray<string>> = [["assistant"], ["phoneNumber"]]

const at = (value: unknown, path: ReadonlyArray<string>): unknown =>
  path.reduce((inner, key) => (isObject(inner) ? inner[key] : undefined), value)

const secondsOf = (owner: unknown): number | undefined => {
  const seconds = at(owner, ["server", "timeoutSeconds"])
  return typeof seconds === "number" && seconds >= 1 && seconds <= 300 ? seconds : undefined
}

/** The shortest of the tools' own servers: one event may call several tools. */
const ofTools = (message: KnownMessage): number | undefined => {
  const list = message.type === "tool-calls" ? message.toolWithToolCallList : undefined
  const all = (list ?? []).map(secondsOf).filter((seconds) => seconds !== undefined)
  return all.length > 0 ? Math.min(...all) : undefined
}

/** Seconds that the runtime waits for the answer to a message. */
export const waitSecondsOf = (message: KnownMessage, configured: number | undefined): number => {
  if (message.type === "assistant-request") return assistantRequestSeconds
  if (configured !== undefined) return configured
  const own = ofTools(message)
  if (own !== undefined) return own
  for (const path of [...(serverPaths[message.type] ?? []), ...commonPaths]) {
    const seconds = secondsOf(at(message, path))
    if (seconds !== undefined) return seconds
  }
  return defaultSeconds
}

/** Seconds that a handler may take: less than the wait by what the way back needs, 1.5 s or a quarter of it. */
export const handlerSecondsOf = (waitSeconds: number): number => waitSeconds - Math.min(1.5, waitSeconds / 4)
