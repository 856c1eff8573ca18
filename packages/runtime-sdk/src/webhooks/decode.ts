/**
 * From the body of an authenticated delivery to its typed message.
 *
 * @since 0.1.0
 */
import type { RawBody } from "./body.ts"
import { isRecord } from "./checks.ts"
import type { InvalidMessage, KnownMessageType, Opaque, ToolCall, UnknownMessage, WebhookMessage } from "./events.ts"
import { decodeText, parseJson } from "./json.ts"
import { messageChecks } from "./messageChecks.ts"
import { fail } from "./WebhookVerificationError.ts"

type Draft = Record<string, unknown>

const malformed = (detail: string): never => fail({ _tag: "MalformedPayload", detail })

const envelope = (body: RawBody): Draft => {
  let text: string
  try {
    text = decodeText(body)
  } catch {
    return malformed("the body is not UTF-8")
  }
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    return malformed(
      error instanceof RangeError ? "the body is nested deeper than 512 levels" : "the body is not JSON"
    )
  }
  const message = isRecord(value) ? value["message"] : undefined
  if (!isRecord(message) || typeof message["type"] !== "string" || message["type"] === "") {
    return malformed('the body is not { "message": { "type": ... } }')
  }
  return message
}

/** The arguments of a tool call as an object, whether they came as JSON text, as an object, or not at all. */
const toArguments = (sent: unknown): Pick<ToolCall, "arguments" | "invalidArguments"> => {
  if (isRecord(sent)) return { arguments: sent }
  if (sent === undefined || sent === null || sent === "") return { arguments: {} }
  if (typeof sent !== "string") return { arguments: {}, invalidArguments: JSON.stringify(sent) }
  try {
    const value = parseJson(sent)
    if (isRecord(value)) return { arguments: value }
    if (value === null) return { arguments: {} }
  } catch {
    // Told below: the model wrote it, so the model should read that it is wrong.
  }
  return { arguments: {}, invalidArguments: sent }
}

/** Both `{ id, name, arguments | parameters }` and `{ id, function: { name, arguments | parameters } }` are sent. */
const toToolCall = (sent: unknown): unknown => {
  if (!isRecord(sent)) return sent
  const inner = isRecord(sent["function"]) ? sent["function"] : sent
  return {
    id: sent["id"],
    name: inner["name"] ?? sent["name"],
    ...toArguments(inner["arguments"] ?? inner["parameters"] ?? sent["arguments"] ?? sent["parameters"])
  }
}

const toToolCalls = (message: Draft): unknown => {
  const list = message["toolCallList"]
  if (Array.isArray(list)) return list.map(toToolCall)
  const tools = message["toolWithToolCallList"]
  return Array.isArray(tools) ? tools.map((tool) => toToolCall(isRecord(tool) ? tool["toolCall"] : tool)) : undefined
}

const finalTranscript = 'transcript[transcriptType="final"]'

const normalise = (message: Draft): void => {
  if (message["type"] === "tool-calls") message["toolCalls"] = toToolCalls(message)
  else if (message["type"] === finalTranscript) {
    message["type"] = "transcript"
    message["transcriptType"] ??= "final"
  }
}

/** The message of a body; a body that is no event at all throws `MalformedPayload`. */
export const decodeMessage = (body: RawBody): WebhookMessage => {
  const message = envelope(body)
  const raw: Opaque = message
  normalise(message)
  const type = message["type"] as string
  if (Object.hasOwn(messageChecks, type)) {
    const check = messageChecks[type as KnownMessageType]
    if (check.is(message)) return message as unknown as WebhookMessage
    const issues = check.explain(message, []).slice(0, 20)
    return { type: "invalid", of: type, issues, raw } satisfies InvalidMessage
  }
  if (type !== "invalid") return { type: type as UnknownMessage["type"], raw }
  return { type, of: type, issues: [{ path: ["type"], expected: "not the reserved word invalid" }], raw }
}

/** When the event happened: epoch milliseconds or ISO 8601, undefined when absent or unreadable. */
export const eventTime = (message: WebhookMessage): Date | undefined => {
  const sent = ("raw" in message && message.type === "invalid") || "raw" in message ? (message.raw as Opaque)["timestamp"] : message["timestamp"]
  if (typeof sent !== "string" && typeof sent !== "number") return undefined
  const time = new Date(sent)
  return Number.isNaN(time.getTime()) ? undefined : time
}
