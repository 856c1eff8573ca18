/**
 * `call_place` and `call_report`.
 */
import * as Schema from "effect/Schema"
import { entryOf } from "../operations/table.ts"
import type { Answer } from "../show/answer.ts"
import { boundValue } from "../show/bound.ts"
import { send } from "./send.ts"
import { type Desk, dials, flag, type Invocation, object, reads, text, type Tool, tool } from "./tool.ts"
import { writeEntry } from "./write.ts"

type Row = Readonly<Record<string, unknown>>

const rowOf = (value: unknown): Row => ({ ...Object(value) })
const textOf = (value: unknown): string => (typeof value === "string" ? value : "")
const listOf = (value: unknown): ReadonlyArray<Row> => (Array.isArray(value) ? value.map(rowOf) : [])

/** Whole minutes and hours are what a call lasts at most. */
const longestWait = 300_000

/** Waits until a call has ended, and tells how it stands meanwhile. */
export const waitForCall = async (desk: Desk, id: string, { signal, progress }: Invocation): Promise<boolean> => {
  progress(0, 1, "The call is under way")
  try {
    await desk.client.calls.waitUntilEnded(id, { signal, deadline: longestWait, pollEvery: 200, maxPollEvery: 2_000 })
  } catch (error) {
    // It goes on, and only the wait has ended.
    if (!signal.aborted && Reflect.get(Object(error), "_tag") === "AywaTimeoutError") return false
    throw error
  }
  progress(1, 1, "The call has ended")
  return true
}

/** Places one. */
export const callPlace = (desk: Desk): Tool =>
  tool({
    name: "call_place",
    title: "Call somebody",
    description: "Calls a real telephone after a person's confirmation. One number.",
    input: {
      assistant: text("Id of the assistant"),
      number: text("E.164"),
      phoneNumber: Schema.optionalKey(text("Id of the number to call from")),
      variables: Schema.optionalKey(object("For {{name}} in prompts")),
      idempotencyKey: text("Yours; repeat with the same"),
      wait: Schema.optionalKey(flag("Until it has ended"))
    },
    hints: dials,
    run: async ({ assistant, number, phoneNumber, variables, idempotencyKey, wait = false }, invocation) => {
      const body = {
        assistantId: assistant,
        customer: { number },
        ...(phoneNumber === undefined ? {} : { phoneNumberId: phoneNumber }),
        ...(variables === undefined ? {} : { assistantOverrides: { variableValues: variables } })
      }
      const entry = desk.guard.admit("calls.create")
      const placed = await writeEntry(desk, entry, { body, idempotencyKey }, invocation)
      const id = rowOf(placed.data["row"])["id"]
      if (!wait || typeof id !== "string") return placed
      const isOver = await waitForCall(desk, id, invocation)
      return isOver ? report(desk, id, invocation) : placed
    }
  })

const seconds = (row: Row): string => {
  const [start, end] = [Date.parse(textOf(row["startedAt"])), Date.parse(textOf(row["endedAt"]))]
  return Number.isNaN(end - start) ? "" : `, ${Math.round((end - start) / 1000)} s`
}

/** Characters of the transcript in a report; `read` has the rest. */
const maxTranscript = 6_000

const toolLines = (messages: ReadonlyArray<Row>): ReadonlyArray<string> =>
  messages.flatMap((message) => {
    const calls = listOf(message["toolCalls"]).map((call) => {
      const { name, arguments: given } = rowOf(call["function"])
      return `asked ${textOf(name)} ${(typeof given === "string" ? given : JSON.stringify(given ?? {})).slice(0, 300)}`
    })
    const isResult = /tool_call_result|tool-call-result|^tool/.test(textOf(message["role"])) && calls.length === 0
    if (!isResult) return calls
    const result = message["result"] ?? message["content"]
    return [
      `answer ${textOf(message["name"])} ${(typeof result === "string" ? result : JSON.stringify(result ?? null)).slice(0, 300)}`
    ]
  })

const timelineLines = (events: ReadonlyArray<Row>): ReadonlyArray<string> =>
  events.map(({ createdAt, type, status, data }) =>
    [textOf(createdAt), textOf(type), textOf(status), data === undefined ? "" : JSON.stringify(data).slice(0, 120)]
      .filter((part) => part !== "")
      .join(" ")
  )

const section = (title: string, lines: ReadonlyArray<string>, most: number): ReadonlyArray<string> =>
  lines.length === 0
    ? []
    : [
        `${title}:`,
        ...lines.slice(0, most).map((line) => `  ${line}`),
        ...(lines.length > most ? [`  …(${lines.length - most} more)`] : [])
      ]

/** A part that a runtime may not have must not hide the others. */
const optionalPart = async (desk: Desk, operation: string, id: string, signal: AbortSignal): Promise<unknown> => {
  const entry = entryOf(operation)
  try {
    const query = entry.spec.kind === "page" ? { limit: 50 } : undefined
    return (await send(desk, entry, { id, query }, signal)).value
  } catch (error) {
    if (Reflect.get(Object(error), "_tag") === "NotFound") return undefined
    throw error
  }
}

/** Everything about one call in one text. */
export const report = async (desk: Desk, id: string, { signal }: Pick<Invocation, "signal">): Promise<Answer> => {
  const { value } = await send(desk, entryOf("calls.get"), { id }, signal)
  const row = rowOf(value)
  const [timeline, costs] = await Promise.all([
    optionalPart(desk, "calls.timeline", id, signal),
    optionalPart(desk, "calls.costs", id, signal)
  ])
  const artifact = rowOf(row["artifact"])
  const transcript = textOf(artifact["transcript"])
  const shownTranscript = transcript.slice(0, maxTranscript)
  const messages = listOf(artifact["messages"] ?? row["messages"])
  const events = listOf(rowOf(timeline)["items"])
  const { status, endedReason, endedMessage, type, assistantId } = row
  const rest = transcript.length - shownTranscript.length
  const lines = [
    `Call ${id}: ${textOf(type)} ${textOf(status)}${seconds(row)}${endedReason === undefined ? "" : `, ended: ${textOf(endedReason)}`}`,
    ...(typeof endedMessage === "string" ? [`Message: ${endedMessage.slice(0, 500)}`] : []),
    ...(typeof assistantId === "string" ? [`Assistant: ${assistantId}`] : []),
    ...section(
      "Analysis",
      [JSON.stringify(row["analysis"] ?? {}).slice(0, 1_000)].filter((text) => text !== "{}"),
      1
    ),
    ...section("Transcript", shownTranscript === "" ? [] : shownTranscript.trimEnd().split("\n"), 400),
    ...(rest > 0 ? [`  …(${rest} more; read calls.get fields=["artifact.transcript@${maxTranscript}"])`] : []),
    ...section("Tools", toolLines(messages), 30),
    ...section("Timeline", timelineLines(events), 40),
    ...section(
      "Costs",
      [JSON.stringify(costs ?? {}).slice(0, 1_000)].filter((text) => text !== "{}"),
      1
    )
  ]
  return {
    data: rowOf(
      boundValue({
        id,
        type,
        status,
        endedReason,
        endedMessage,
        assistantId,
        analysis: row["analysis"],
        transcript: shownTranscript,
        tools: toolLines(messages),
        timeline: timelineLines(events),
        costs
      })
    ),
    text: lines.join("\n"),
    hasRows: true
  }
}

/** The tool. */
export const callReport = (desk: Desk): Tool =>
  tool({
    name: "call_report",
    title: "Report of a call",
    description: "Why and how a call went: transcript, tools, timeline, costs.",
    input: { id: text("Id of the call") },
    hints: reads,
    run: ({ id }, invocation) => {
      desk.guard.admit("calls.get")
      return report(desk, id, invocation)
    }
  })
