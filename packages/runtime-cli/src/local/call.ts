/**
 * `call`: a conversation with an assistant of a local runtime. What is typed is what the caller says; the assistant's
 * tools are really asked, its webhooks really sent. Replies are scripted, or those of a model whose address is given.
 */
import { readFile } from "node:fs/promises"
import { createInterface } from "node:readline"
import { control } from "../core/control.ts"
import { messageOf, usage } from "../core/failure.ts"
import type { Session } from "../core/session.ts"
import { printable } from "../core/table.ts"
import { askModel, type ChatState, type ModelOptions } from "./model.ts"

/** What `call` takes. */
export interface CallInput {
  readonly assistant: string
  readonly from: string | undefined
  readonly replies: string | undefined
  readonly modelUrl: string | undefined
  readonly model: string | undefined
}

type Row = Readonly<Record<string, unknown>>

/** How the call stands. */
interface LiveCall extends ChatState {
  readonly id: string
  readonly status: string
  readonly endedReason: string | undefined
  readonly messages: ReadonlyArray<Row>
}

/** Gives the steps that follow what the caller said, and then those that follow the results of tools. */
type Reply = (state: ChatState) => Promise<ReadonlyArray<Row>>

/** More answers of a model in a row than any conversation has use for: one that calls tools for ever is stopped. */
const mostReplies = 8

/** Leads a call until the caller or the assistant ends it; the end of the input is a hangup. */
export const call = async (input: CallInput, session: Session): Promise<void> => {
  const reply = await replyOf(input, session)
  const { settings, out } = session
  const order = async (path: string, body: Row): Promise<LiveCall> => {
    const state = liveOf(await control(session, "POST", path, body))
    for (const entry of state.messages) show(entry, session)
    return state
  }
  let state = await order("calls/live", {
    assistant: input.assistant,
    ...(input.from === undefined ? {} : { from: input.from }),
    ...(settings.orgId === undefined ? {} : { organization: settings.orgId.value })
  })
  const turn = async (steps: ReadonlyArray<Row>) => {
    state = await order(`calls/live/${state.id}`, { steps })
  }
  for await (const line of linesOf(session)) {
    if (line.trim() === "") continue
    await turn([{ user: line.trim() }])
    for (let replies = 0; state.status !== "ended" && replies < mostReplies; replies++) {
      const steps = await reply(state)
      if (steps.length === 0) break
      await turn(steps)
      // After a tool the model says what it makes of the result.
      if (!steps.some((step) => "tool" in step)) break
    }
    if (state.status === "ended") break
  }
  if (state.status !== "ended") await turn([{ hangup: "customer" }])
  out.note(`Call ${state.id} ended: ${state.endedReason ?? "?"}.`)
}

const liveOf = (value: unknown): LiveCall => {
  const { id, status, endedReason, messages, chat, tools }: Row = { ...Object(value) }
  const rows = (list: unknown) => (Array.isArray(list) ? list.map((item: unknown): Row => ({ ...Object(item) })) : [])
  return {
    id: String(id),
    status: String(status),
    endedReason: typeof endedReason === "string" ? endedReason : undefined,
    messages: rows(messages),
    chat: rows(chat),
    tools: rows(tools)
  }
}

async function* linesOf({ signal, out }: Session): AsyncGenerator<string> {
  if (out.interactive) out.note("Say something; an empty input (Ctrl-D) hangs up.")
  const lines = createInterface({ input: process.stdin, signal })
  try {
    yield* lines
  } finally {
    lines.close()
  }
}

const show = (entry: Row, { out }: Session): void => {
  const { role, message, toolCalls, name, result } = entry
  const paint = out.paint
  const text = (() => {
    if (role === "bot") return `${paint("green", "AI")}    ${printable(String(message))}`
    if (role === "user") return `${paint("cyan", "User")}  ${printable(String(message))}`
    if (role === "tool_calls") return `${paint("yellow", "◆")}     ${toolText(toolCalls)}`
    return role === "tool_call_result"
      ? `${paint("dim", "→")}     ${printable(`${String(name)}: ${String(result)}`)}`
      : undefined
  })()
  if (text !== undefined) out.event(entry, () => text)
}

const toolText = (calls: unknown): string =>
  (Array.isArray(calls) ? calls : [])
    .map((one: unknown) => {
      const { name, arguments: values }: Row = { ...Object(Reflect.get(Object(one), "function")) }
      return printable(`${String(name)} ${String(values)}`)
    })
    .join(", ")

const replyOf = async ({ replies, modelUrl, model }: CallInput, session: Session): Promise<Reply> => {
  if ((replies === undefined) === (modelUrl === undefined)) {
    throw usage(
      "It is not said who speaks for the assistant.",
      "Give --replies FILE (a JSON list: a text, or steps of a script, for each turn), or --model-url URL with --model NAME."
    )
  }
  if (replies !== undefined) return scripted(await repliesIn(replies), session)
  if (model === undefined) throw usage("--model-url needs --model.", "Name the model, as its address knows it.")
  const apiKey = session.settings.variable("AYWA_MODEL_KEY")?.value
  const target: ModelOptions = { url: modelUrl ?? "", name: model, apiKey }
  return (state) => askModel(target, state, session.signal)
}

/** One entry of the list for each turn of the caller; after the last one the assistant says nothing more. */
const scripted = (turns: ReadonlyArray<unknown>, { out }: Session): Reply => {
  let next = 0
  return async () => {
    const turn = turns[next++]
    if (turn === undefined) out.note("No reply is left in the file.")
    const steps = turn === undefined ? [] : Array.isArray(turn) ? turn : [turn]
    return steps.map((step: unknown): Row => (typeof step === "string" ? { assistant: step } : { ...Object(step) }))
  }
}

const repliesIn = async (file: string): Promise<ReadonlyArray<unknown>> => {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"))
    if (Array.isArray(value)) return value
  } catch (error) {
    throw usage(`${file} cannot be read as JSON: ${messageOf(error)}.`)
  }
  throw usage(`${file} has no list of replies.`, 'Write it as ["It is on its way.", [{ "tool": "lookupOrder" }]].')
}
