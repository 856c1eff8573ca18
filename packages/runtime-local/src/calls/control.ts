/**
 * `POST /call/:id/control`: one action on a call that is running, done at once and written down.
 */
import { json } from "../http/answer.ts"
import type { Handler } from "../http/handler.ts"
import { HttpError, notFound } from "../http/errors.ts"
import type { CallContext, Calls } from "./create.ts"
import { objectOf, type JsonObject } from "../json/object.ts"
import type { Role, Run } from "./run.ts"
import { promptsOf } from "./conversation.ts"

/** The handler. */
export const control =
  ({ calls, now, validate }: CallContext): Handler =>
  ({ organization, id, body }) => {
    const action = validate(body)
    const run = runOf(calls, organization, id)
    const { type, ...rest } = action
    calls.runs.write(run, "event", {
      type: `control.${String(type)}`,
      status: calls.stage.callOf(run)?.["status"],
      data: rest
    })
    const next = act(calls, run, String(type), action, now())
    calls.keep(run, next)
    return json(200, JSON.stringify({ status: calls.stage.callOf(next)?.["status"] }))
  }

const runOf = (calls: Calls, organization: string, id: string): Run => {
  const run = calls.runs.get(id)
  if (run === undefined || run.organization !== organization || calls.stage.callOf(run) === undefined) {
    throw notFound("Call", id)
  }
  if (run.done) throw new HttpError(409, `Call ${id} has ended`, { code: "call_ended", outcome: true })
  return run
}

const act = (calls: Calls, run: Run, type: string, action: JsonObject, now: number): Run => {
  const { stage } = calls
  const content = typeof action["content"] === "string" ? action["content"] : undefined
  switch (type) {
    case "say": {
      const said = stage.say(answered(run, now), content ?? "")
      return action["endCallAfterSpoken"] === true ? stage.finish(said, "assistant-said-end-call-phrase") : said
    }
    case "end-call":
      return stage.finish(run, run.state.startedAt === undefined ? "manually-canceled" : "assistant-ended-call")
    case "transfer":
      return transfer(calls, content === undefined ? run : stage.say(run, content), objectOf(action["destination"]))
    case "handoff": {
      const told = content === undefined ? run : stage.say(run, content)
      const next = stage.handOff(told, objectOf(action["destination"]))
      if (next !== undefined) return next
      throw new HttpError(404, "There is no assistant to hand off to", { outcome: true })
    }
    case "add-message": {
      const { role, content } = objectOf(action["message"])
      return stage.remember(run, { role: role === "assistant" ? "bot" : role, message: content })
    }
    case "control":
      return mute(calls, run, String(action["control"]))
    default:
      // A message to the page of a web call: there is no page, but that it was sent is on the timeline.
      return run
  }
}

const transfer = (calls: Calls, run: Run, destination: JsonObject): Run => {
  const { stage } = calls
  if (destination["type"] !== "assistant")
    return stage.finish(stage.forward(run, destination), "assistant-forwarded-call")
  const next = stage.handOff(run, destination)
  if (next !== undefined) return next
  throw new HttpError(404, "There is no assistant to transfer to", { outcome: true })
}

const mute = (calls: Calls, run: Run, what: string): Run => {
  if (what === "say-first-message") {
    const text = run.state.assistant?.["firstMessage"]
    return typeof text === "string" && text !== "" ? calls.stage.say(run, text) : run
  }
  const role: Role = what.endsWith("customer") ? "user" : "assistant"
  const others = run.state.muted.filter((one) => one !== role)
  return { ...run, state: { ...run.state, muted: what.startsWith("mute") ? [...others, role] : others } }
}

/** What is said before anybody answered belongs to a conversation all the same. */
const answered = (run: Run, now: number): Run =>
  run.state.messages.length > 0
    ? run
    : { ...run, state: { ...run.state, messages: promptsOf(run.state.assistant, now) } }
