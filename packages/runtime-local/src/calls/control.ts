/**
 * `POST /call/:id/control`: one action on a call that is running, done at once and written down.
 */
import { json } from "../http/answer.ts"
import type { CrudContext, Handler } from "../rows/crud.ts"
import { HttpError, notFound } from "../http/errors.ts"
import type { Engine } from "../engine.ts"
import { objectOf, type JsonObject } from "../json/object.ts"
import type { Role, Run } from "./run.ts"
import { promptsOf } from "./conversation.ts"

/** The handler. */
export const control =
  ({ engine, validate }: CrudContext): Handler =>
  ({ organization, id, body }) => {
    const action = validate(body)
    const run = runOf(engine, organization, id)
    const { calls } = engine
    const { type, ...rest } = action
    calls.runs.write(run, "event", {
      type: `control.${String(type)}`,
      status: calls.stage.callOf(run)?.["status"],
      data: rest
    })
    const next = act(engine, run, String(type), action)
    if (!next.done) {
      calls.runs.keep(next)
      if (next.steps !== run.steps) calls.runs.hurry(id)
    }
    engine.wake()
    return json(200, JSON.stringify({ status: calls.stage.callOf(next)?.["status"] }))
  }

const runOf = (engine: Engine, organization: string, id: string): Run => {
  const run = engine.calls.runs.get(id)
  if (run === undefined || run.organization !== organization || engine.calls.stage.callOf(run) === undefined) {
    throw notFound("Call", id)
  }
  if (run.done) throw new HttpError(409, `Call ${id} has ended`, { code: "call_ended", outcome: true })
  return run
}

const act = (engine: Engine, run: Run, type: string, action: JsonObject): Run => {
  const { stage } = engine.calls
  const content = typeof action["content"] === "string" ? action["content"] : undefined
  switch (type) {
    case "say": {
      const said = stage.say(answered(engine, run), content ?? "")
      return action["endCallAfterSpoken"] === true ? stage.finish(said, "assistant-said-end-call-phrase") : said
    }
    case "end-call":
      return stage.finish(run, run.state.startedAt === undefined ? "manually-canceled" : "assistant-ended-call")
    case "transfer":
      return transfer(engine, content === undefined ? run : stage.say(run, content), objectOf(action["destination"]))
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
      return mute(engine, run, String(action["control"]))
    default:
      // A message to the page of a web call: there is no page, but that it was sent is on the timeline.
      return run
  }
}

const transfer = (engine: Engine, run: Run, destination: JsonObject): Run => {
  const { stage } = engine.calls
  if (destination["type"] !== "assistant")
    return stage.finish(stage.forward(run, destination), "assistant-forwarded-call")
  const next = stage.handOff(run, destination)
  if (next !== undefined) return next
  throw new HttpError(404, "There is no assistant to transfer to", { outcome: true })
}

const mute = (engine: Engine, run: Run, what: string): Run => {
  if (what === "say-first-message") {
    const text = run.state.assistant?.["firstMessage"]
    return typeof text === "string" && text !== "" ? engine.calls.stage.say(run, text) : run
  }
  const role: Role = what.endsWith("customer") ? "user" : "assistant"
  const others = run.state.muted.filter((one) => one !== role)
  return { ...run, state: { ...run.state, muted: what.startsWith("mute") ? [...others, role] : others } }
}

/** What is said before anybody answered belongs to a conversation all the same. */
const answered = (engine: Engine, run: Run): Run =>
  run.state.messages.length > 0
    ? run
    : { ...run, state: { ...run.state, messages: promptsOf(run.state.assistant, engine.clock.now()) } }
