/**
 * Events that the runtime waits for an answer to: how long, and what the answer must look like.
 */
import { isObject, type JsonObject } from "../json/object.ts"

/** What came back. */
export interface ReplyBody {
  readonly body: Buffer
  readonly contentType: string
}

type Check = (reply: JsonObject, message: JsonObject) => ReadonlyArray<string>

/** Whether an event of this type is answered by its receiver. */
export const expectsReply = (type: string): boolean => type === "voice-request" || Object.hasOwn(checks, type)

/** Milliseconds of real time in which an answer must be there. */
export const deadlineOf = (type: string, server: JsonObject): number => {
  // Fixed: the caller hears it ring, and the carrier gives up soon after.
  if (type === "assistant-request") return 7500
  const seconds = server["timeoutSeconds"]
  return (typeof seconds === "number" ? Math.min(300, Math.max(1, seconds)) : 20) * 1000
}

/** What is wrong with an answer; nothing, when it is right. */
export const replyIssues = (
  type: string,
  message: JsonObject,
  { body, contentType }: ReplyBody
): ReadonlyArray<string> => {
  if (type === "voice-request") return voiceIssues(body, contentType)
  const check = checks[type]
  if (check === undefined) return []
  let reply: unknown
  try {
    reply = JSON.parse(body.toString())
  } catch {
    return ["The answer is not JSON"]
  }
  return isObject(reply) ? check(reply, message) : ["The answer is not a JSON object"]
}

const voiceIssues = (body: Buffer, contentType: string) => [
  ...(/json/i.test(contentType) ? ["The answer must be raw PCM, not JSON"] : []),
  ...(body.length === 0 || body.length % 2 === 1 ? ["PCM of 16-bit samples has an even number of bytes, and some"] : [])
]

const assistantChoices = ["assistantId", "assistant", "squadId", "squad", "workflowId", "workflow"]

const checks: Readonly<Record<string, Check>> = {
  "assistant-request": (reply) => {
    const all = ["destination", "error", ...assistantChoices].filter((key) => isPresent(reply[key]))
    const [first] = all
    if (first === undefined) return [`None of ${["destination", "error", ...assistantChoices].join(", ")} is given`]
    if (all.length > 1 && first !== "destination" && first !== "error") {
      return [`Only one of ${all.join(", ")} may be given`]
    }
    return [
      ...strings(reply, ["assistantId", "squadId", "workflowId", "error"]),
      ...objects(reply, ["destination", "assistant", "squad", "workflow", "assistantOverrides"]),
      ...destinationIssues(reply["destination"])
    ]
  },
  "tool-calls": (reply, message) => {
    if (typeof reply["error"] === "string" && reply["results"] === undefined) return []
    const results = reply["results"]
    if (!Array.isArray(results)) return ["results: expected an array, one entry per tool call"]
    return [
      ...results.flatMap((result: unknown, index) => resultIssues(result, `results.${index}`)),
      ...unanswered(message, results)
    ]
  },
  "transfer-destination-request": (reply) => {
    if (!isPresent(reply["destination"]) && !isPresent(reply["error"]))
      return ["Neither destination nor error is given"]
    return [
      ...strings(reply, ["error"]),
      ...objects(reply, ["destination", "message"]),
      ...destinationIssues(reply["destination"])
    ]
  },
  "handoff-destination-request": (reply) => [
    ...(isObject(reply["destination"]) || isPresent(reply["error"]) ? [] : ["destination: expected an object"]),
    ...strings(reply, ["result", "error"])
  ],
  "knowledge-base-request": (reply) => {
    const { documents } = reply
    if (documents === undefined) return isObject(reply["message"]) ? [] : ["Neither documents nor message is given"]
    if (!Array.isArray(documents)) return ["documents: expected an array"]
    return documents.flatMap((document: unknown, index) => {
      if (!isObject(document)) return [`documents.${index}: expected an object`]
      return [
        ...(typeof document["content"] === "string" ? [] : [`documents.${index}.content: expected a string`]),
        ...(typeof document["similarity"] === "number" ? [] : [`documents.${index}.similarity: expected a number`])
      ]
    })
  },
  "call.endpointing.request": (reply) => {
    const seconds = reply["timeoutSeconds"]
    return typeof seconds === "number" && seconds >= 0 && seconds <= 15
      ? []
      : ["timeoutSeconds: expected a number from 0 to 15"]
  },
  "campaign.predial": (reply) => (typeof reply["eligible"] === "boolean" ? [] : ["eligible: expected a boolean"])
}

const isPresent = (value: unknown) => value !== undefined && value !== null

const strings = (reply: JsonObject, keys: ReadonlyArray<string>) =>
  keys
    .filter((key) => isPresent(reply[key]) && typeof reply[key] !== "string")
    .map((key) => `${key}: expected a string`)

const objects = (reply: JsonObject, keys: ReadonlyArray<string>) =>
  keys.filter((key) => isPresent(reply[key]) && !isObject(reply[key])).map((key) => `${key}: expected an object`)

const destinationIssues = (destination: unknown): ReadonlyArray<string> => {
  if (!isObject(destination)) return []
  const { type, number, sipUri, assistantId, assistantName } = destination
  if (type === "number") return typeof number === "string" ? [] : ["destination.number: expected a string"]
  if (type === "sip") return typeof sipUri === "string" ? [] : ["destination.sipUri: expected a string"]
  if (type === "assistant") {
    return typeof assistantId === "string" || typeof assistantName === "string"
      ? []
      : ["destination: expected assistantName or assistantId"]
  }
  return ["destination.type: expected number, sip or assistant"]
}

const resultIssues = (result: unknown, path: string): ReadonlyArray<string> => {
  if (!isObject(result)) return [`${path}: expected an object`]
  const { toolCallId, name, result: value, error } = result
  return [
    ...(typeof toolCallId === "string" ? [] : [`${path}.toolCallId: expected a string`]),
    ...(typeof name === "string" ? [] : [`${path}.name: expected a string`]),
    ...(isPresent(value) || isPresent(error) ? [] : [`${path}: expected result or error`]),
    ...(["result", "error"] as const)
      .filter((key) => isPresent(result[key]))
      .flatMap((key) => {
        const text = result[key]
        if (typeof text !== "string") return [`${path}.${key}: expected a string`]
        return /[\r\n]/.test(text) ? [`${path}.${key}: expected one line`] : []
      })
  ]
}

/**
 * The tool calls without a result. A result answers the call with its id; calls that share an id, or have none, are
 * answered in their order, so that there must be as many results of an id as calls.
 */
const unanswered = (message: JsonObject, results: ReadonlyArray<unknown>): ReadonlyArray<string> => {
  const list = message["toolCallList"]
  const given = Map.groupBy(results.filter(isObject), ({ toolCallId }) => idOf(toolCallId))
  return (Array.isArray(list) ? list : []).flatMap((call: unknown, index) => {
    const id = isObject(call) ? idOf(call["id"]) || idOf(call["toolCallId"]) : ""
    if (given.get(id)?.shift() !== undefined) return []
    return [`results: there is none for tool call ${id === "" ? `${index}, which has no id` : id}`]
  })
}

/** An id as text, empty where there is none. */
const idOf = (id: unknown): string => (typeof id === "string" || typeof id === "number" ? String(id) : "")
