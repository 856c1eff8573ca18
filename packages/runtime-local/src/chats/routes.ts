/**
 * Chats, as the source API has them: a text in, what the assistant says and does out, with the conversation so far.
 */
import * as Schema from "effect/Schema"
import { withOverrides } from "../calls/run.ts"
import type { Answer } from "../http/answer.ts"
import { HttpError, invalid, notFound } from "../http/errors.ts"
import type { Handler, HandlerRequest } from "../http/handler.ts"
import type { Route } from "../http/routes.ts"
import { isObject, objectAt, type JsonObject } from "../json/object.ts"
import { crud, insertRow, type ResourceContext } from "../rows/crud.ts"
import { findWhole } from "../rows/find.ts"
import { listRows } from "../rows/listing.ts"
import { checkMeaning } from "../rows/meaning.ts"
import { rulesOf } from "../rows/rules.ts"
import { makeValidate } from "../rows/validation.ts"
import type { ScriptStep } from "../calls/script.ts"
import { chatAnswer, responseAnswer } from "./forms.ts"
import { takeTurn, type Turn, type TurnContext } from "./turn.ts"

/** What the routes work with. */
export interface ChatContext extends TurnContext {
  readonly strict: boolean
}

const text = Schema.String
const object = Schema.Record(Schema.String, Schema.Unknown)
const message = Schema.StructWithRest(
  Schema.Struct({ role: Schema.Literals(["system", "user", "assistant", "tool", "developer"]) }),
  [object]
)

/** The body of a new chat. */
const ChatBody = Schema.Struct({
  input: Schema.Union([text.check(Schema.isMinLength(1)), Schema.Array(message).check(Schema.isMinLength(1))]),
  assistantId: Schema.optional(text),
  assistant: Schema.optional(object),
  assistantOverrides: Schema.optional(object),
  previousChatId: Schema.optional(text),
  name: Schema.optional(text.check(Schema.isMaxLength(40))),
  stream: Schema.optional(Schema.Boolean),
  squadId: Schema.optional(text),
  squad: Schema.optional(object),
  sessionId: Schema.optional(text),
  transport: Schema.optional(object)
})

/** What the source API knows and this runtime has nothing of. */
const foreign = ["squadId", "squad", "sessionId", "transport"] as const

/** The routes. */
export const chatRoutes = (context: ChatContext): ReadonlyArray<Route> => {
  const { store, strict } = context
  const resource: ResourceContext = {
    ...context,
    resource: "chats",
    rules: rulesOf("chats"),
    shape: 2,
    validate: makeValidate(ChatBody, strict)
  }
  const route = (name: string, method: string, path: string, handler: Handler | undefined): Route => {
    if (handler === undefined) throw new Error("There is no generic handler")
    return { name: `chats.${name}`, method, path, body: method === "POST" ? "json" : "none", handler }
  }
  const list: Handler = ({ organization, query }) =>
    listRows(store, "chats", organization, query, {
      shape: 2,
      strict,
      filters: ["id", "assistantId", "previousChatId", "squadId", "sessionId"],
      anyOf: { idAny: "id", assistantIdAny: "assistantId" }
    })
  return [
    route("create", "POST", "/chat", create(context, resource, chatAnswer)),
    route("createResponse", "POST", "/chat/responses", create(context, resource, responseAnswer)),
    route("list", "GET", "/chat", list),
    route("get", "GET", "/chat/:id", crud["get"]?.(resource)),
    route("delete", "DELETE", "/chat/:id", crud["delete"]?.(resource))
  ]
}

type Form = (text: string, streams: boolean) => Answer

/** Asks the script or the model first, over many turns of the event loop; what came of it is written then. */
const create = (context: ChatContext, resource: ResourceContext, form: Form): Handler => {
  const prepare = async (request: HandlerRequest, signal: AbortSignal): Promise<Handler> => {
    const { turn, row, streams, warning } = begin(context, resource, request)
    const { output, script } = await takeTurn(context, turn, signal)
    return ({ organization }) => {
      const fields = { ...row, messages: turn.messages, output, cost: 0, costs: [] }
      const stored = insertRow(resource, organization, fields, turn.chatId)
      if (script !== undefined) {
        const steps = JSON.stringify(script)
        context.store.run(
          "INSERT INTO chat_scripts (chat_id, org_id, steps) VALUES (?, ?, ?)",
          turn.chatId,
          organization,
          steps
        )
      }
      const answer = form(stored, streams)
      return { ...answer, headers: { ...answer.headers, ...warning } }
    }
  }
  const handler: Handler = () => {
    throw new Error("A chat is prepared first")
  }
  return Object.assign(handler, { prepare })
}

/** Checks the body, and finds what the turn goes on from. */
const begin = (context: ChatContext, resource: ResourceContext, { organization, body }: HandlerRequest) => {
  const { store, ids, strict } = context
  const { stream, input, ...row } = resource.validate(body)
  const unknown = foreign.filter((name) => row[name] !== undefined)
  if (unknown.length > 0)
    throw invalid(unknown.map((name) => `${name}: squads, sessions and SMS are no part of this runtime`))
  const warning = checkMeaning({ store, strict, resource: "calls" }, organization, row)
  const before = previous(context, organization, row["previousChatId"])
  const speaker = speakerOf(context, organization, row, before)
  const said = typeof input === "string" ? [{ role: "user", content: input }] : listOf(input)
  const overrides = objectAt(row, "assistantOverrides")
  const turn: Turn = {
    chatId: ids.uuid(),
    organization,
    assistant: withOverrides(speaker.assistant, overrides),
    variables: objectAt(overrides, "variableValues") ?? {},
    messages: [...listOf(before?.["messages"]), ...listOf(before?.["output"]), ...said],
    script: scriptOf(context, organization, before, speaker.row["assistantId"])
  }
  return { turn, row: { ...row, ...speaker.row, input }, streams: stream === true, warning }
}

const previous = ({ store }: ChatContext, organization: string, id: unknown): JsonObject | undefined => {
  if (id === undefined) return undefined
  // With the secrets of an assistant that the chat brought along.
  const chat = findWhole(store, organization, "chats", id)
  if (chat === undefined) throw notFound("Chat", String(id))
  return chat
}

/** Who answers: the assistant of the body, else the one of the chat before. */
const speakerOf = ({ store }: ChatContext, organization: string, body: JsonObject, before: JsonObject | undefined) => {
  const { assistantId, assistant } =
    body["assistantId"] === undefined && body["assistant"] === undefined ? (before ?? {}) : body
  if (isObject(assistant)) return { assistant, row: { assistant } }
  if (assistantId === undefined) {
    throw new HttpError(400, "A chat needs one of assistantId, assistant and previousChatId")
  }
  const row = findWhole(store, organization, "assistants", assistantId)
  if (row === undefined) throw notFound("Assistant", String(assistantId))
  return { assistant: row, row: { assistantId } }
}

/** The script that the chat before left, else one that matches the assistant. */
const scriptOf = (
  { store, calls }: ChatContext,
  organization: string,
  before: JsonObject | undefined,
  assistantId: unknown
): ReadonlyArray<ScriptStep> | undefined => {
  if (before === undefined) {
    return store.transaction(() => calls.scripts.take({ organization, assistantId, numbers: [] }))?.steps
  }
  const left = store.get<{ steps: string }>("SELECT steps FROM chat_scripts WHERE chat_id = ?", String(before["id"]))
  // Written above, hence of these types.
  return left === undefined ? undefined : (JSON.parse(left.steps) as ReadonlyArray<ScriptStep>)
}

const listOf = (value: unknown): ReadonlyArray<JsonObject> => (Array.isArray(value) ? value.filter(isObject) : [])
