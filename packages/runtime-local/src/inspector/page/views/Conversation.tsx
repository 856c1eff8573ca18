/** A conversation: its timeline and its words, as they come. */
import type { Row } from "../model/api.ts"
import { duration, textOf } from "../model/text.ts"
import { Section, Text } from "../parts/basics.tsx"
import { Icon } from "../parts/Icon.tsx"
import { type Lane, Timeline } from "../parts/Timeline.tsx"
import type { Job } from "./Webhooks.tsx"

const rowsOf = (value: unknown): ReadonlyArray<Row> =>
  Array.isArray(value) ? value.map((one: unknown) => ({ ...Object(one) })) : []

const messagesOf = (call: Row): ReadonlyArray<Row> => {
  const artifact: Row = { ...Object(call["artifact"]) }
  return rowsOf(artifact["messages"] ?? call["messages"])
}

const numberOf = (value: unknown): number => (typeof value === "number" ? value : Number.NaN)

interface ToolCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
  readonly at: number
  readonly answer: Row | undefined
}

/** Each call of a tool, with its answer. */
const toolsOf = (messages: ReadonlyArray<Row>): ReadonlyArray<ToolCall> =>
  messages.flatMap((message) =>
    rowsOf(message["toolCalls"]).map((one) => {
      const target: Row = { ...Object(one["function"]) }
      return {
        id: String(one["id"]),
        name: String(target["name"]),
        arguments: textOf(target["arguments"]),
        at: numberOf(message["time"]),
        answer: messages.find(({ role, toolCallId }) => role === "tool_call_result" && toolCallId === one["id"])
      }
    })
  )

const spans = (messages: ReadonlyArray<Row>, role: string, begin: number) =>
  messages
    .filter((message) => message["role"] === role)
    .map((message) => ({
      from: numberOf(message["time"]) - begin,
      until: numberOf(message["endTime"] ?? message["time"]) - begin,
      label: textOf(message["message"]).slice(0, 200)
    }))

const lanesOf = (
  messages: ReadonlyArray<Row>,
  tools: ReadonlyArray<ToolCall>,
  jobs: ReadonlyArray<Job>,
  begin: number
): ReadonlyArray<Lane> => [
  { name: "AI", marks: spans(messages, "bot", begin) },
  { name: "User", marks: spans(messages, "user", begin) },
  ...(tools.length === 0
    ? []
    : [
        {
          name: "Tools",
          icon: "tool" as const,
          marks: tools.map(({ name, at }) => ({ from: at - begin, label: name }))
        }
      ]),
  ...(jobs.length === 0
    ? []
    : [
        {
          name: "Hooks",
          icon: "hook" as const,
          marks: jobs.map((job) => ({
            from: Date.parse(job.createdAt) - begin,
            label: `${job.type}: ${job.status}`,
            bad: job.status === "dead" || job.status === "retrying"
          }))
        }
      ])
]

export const Conversation = ({ call, jobs }: { readonly call: Row; readonly jobs: ReadonlyArray<Job> }) => {
  const messages = messagesOf(call)
  const tools = toolsOf(messages)
  const begin = Date.parse(String(call["startedAt"] ?? call["createdAt"]))
  const ends = [
    Date.parse(String(call["endedAt"])),
    ...messages.map(({ endTime, time }) => numberOf(endTime ?? time)),
    ...jobs.map(({ createdAt }) => Date.parse(createdAt))
  ].filter((time) => !Number.isNaN(time))
  const total = Math.max(1, ...ends.map((end) => end - begin))
  return (
    <>
      <Timeline lanes={lanesOf(messages, tools, jobs, begin)} total={total} />
      <Section title="Transcript">
        {messages.length === 0 && <p class="muted">Nobody has said anything yet.</p>}
        <ol class="transcript" aria-live="polite">
          {messages.map((message) => (
            <Turn message={message} tools={tools} begin={begin} />
          ))}
        </ol>
      </Section>
    </>
  )
}

interface TurnProps {
  readonly message: Row
  readonly tools: ReadonlyArray<ToolCall>
  readonly begin: number
}

const speakers: Readonly<Record<string, string>> = { bot: "AI", user: "User", system: "System" }

const Turn = ({ message, tools, begin }: TurnProps) => {
  const role = textOf(message["role"])
  const time = numberOf(message["time"])
  if (role === "tool_call_result") return null
  if (role === "tool_calls") {
    return (
      <>
        {tools
          .filter((tool) => rowsOf(message["toolCalls"]).some(({ id }) => id === tool.id))
          .map((tool) => (
            <li class="turn tool">
              <span class="who">
                <Icon name="tool" label="Tool" />
              </span>
              <span class="words">
                <Text>{`${tool.name} ${tool.arguments}`}</Text>
                <span class="muted"> → </span>
                {tool.answer === undefined ? (
                  <span class="muted">no answer yet</span>
                ) : (
                  <Text>{textOf(tool.answer["result"])}</Text>
                )}
              </span>
              <span class="number">
                {tool.answer === undefined ? "" : duration(numberOf(tool.answer["time"]) - tool.at)}
              </span>
            </li>
          ))}
      </>
    )
  }
  return (
    <li class={`turn ${role === "user" ? "user" : ""}`}>
      <span class="who">{speakers[role] ?? role}</span>
      <Text class="words">{message["message"]}</Text>
      <span class="number">{Number.isNaN(time) ? "" : duration(Math.max(0, time - begin))}</span>
    </li>
  )
}
