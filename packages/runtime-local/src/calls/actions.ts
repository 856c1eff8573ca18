/**
 * `POST /call/:id/control`: one action on a call that is running, done at once and written down.
 */
import { json } from "../http/answer.ts"
import { HttpError, notFound } from "../http/errors.ts"
import type { Handler } from "../http/handler.ts"
import { objectOf, type JsonObject } from "../json/object.ts"
import type { CallContext, Calls } from "./calls.ts"
import { promptsOf } from "./conversation.ts"
import { finish } from "./finish.ts"
import { forward, handOff } from "./handOff.ts"
import { type Role, type Run, withState } from "./run.ts"
import { remember, say, sayIfAny } from "./speech.ts"
import type { Stage } from "./stage.ts"

/** The handler. */
export const control =
  ({ calls, validate }: CallContext): Handler =>
  ({ organization, id, body }) => {
    const action = validate(body)
    const { type, ...data } = action
    const name = String(type)
    const run = runOf(calls, organization, id)
    const statusOf = (run: Run) => calls.runs.call(run)?.["status"]
    calls.runs.write(run, "event", { type: `control.${name}`, status: statusOf(run), data })
    // A message to the page of a web call does nothing here: there is no page, but that it was sent is on the timeline.
    const act = Object.hasOwn(actions, name) ? actions[name] : undefined
    const next = act?.(calls.stage, run, action) ?? run
    calls.keep(run, next)
    return json(200, JSON.stringify({ status: statusOf(next) }))
  }

const runOf = ({ runs }: Calls, organization: string, id: string): Run => {
  const run = runs.get(id)
  if (run === undefined || run.organization !== organization || runs.call(run) === undefined) throw notFound("Call", id)
  if (run.done) throw new HttpError(409, `Call ${id} has ended`, { code: "call_ended", outcome: true })
  return run
}

type Action = (stage: Stage, run: Run, action: JsonObject) => Run

const actions: Readonly<Record<string, Action>> = {
  say: (stage, run, action) => {
    const next = say(stage, withPrompts(stage, run), textOf(action["content"]) ?? "")
    return action["endCallAfterSpoken"] === true ? finish(stage, next, "assistant-said-end-call-phrase") : next
  },

  "end-call": (stage, run) =>
    finish(stage, run, run.state.startedAt === undefined ? "manually-canceled" : "assistant-ended-call"),

  transfer: (stage, run, action) => {
    const destination = objectOf(action["destination"])
    const next = announce(stage, run, action)
    if (destination["type"] === "assistant") return handOffTo(stage, next, destination, "transfer")
    forward(stage, next, destination)
    return finish(stage, next, "assistant-forwarded-call")
  },

  handoff: (stage, run, action) =>
    handOffTo(stage, announce(stage, run, action), objectOf(action["destination"]), "hand off"),

  "add-message": (stage, run, action) => {
    const { role, content } = objectOf(action["message"])
    return remember(stage, run, { role: role === "assistant" ? "bot" : role, message: content })
  },

  control: (stage, run, action) => {
    const what = String(action["control"])
    if (what === "say-first-message") return sayIfAny(stage, run, run.state.assistant?.["firstMessage"])
    const role: Role = what.endsWith("customer") ? "user" : "assistant"
    const others = run.state.muted.filter((one) => one !== role)
    return withState(run, { muted: what.startsWith("mute") ? [...others, role] : others })
  }
}

/** What is to be heard before the call goes elsewhere. */
const announce = (stage: Stage, run: Run, action: JsonObject): Run => {
  const text = textOf(action["content"])
  return text === undefined ? run : say(stage, run, text)
}

const handOffTo = (stage: Stage, run: Run, destination: JsonObject, what: string): Run => {
  const next = handOff(stage, run, destination)
  if (next !== undefined) return next
  throw new HttpError(404, `There is no assistant to ${what} to`, { outcome: true })
}

/** What is said before anybody answered belongs to a conversation all the same. */
const withPrompts = ({ now }: Stage, run: Run): Run =>
  run.state.messages.length > 0 ? run : withState(run, { messages: promptsOf(run.state.assistant, now()) })

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)
