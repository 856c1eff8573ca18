/**
 * What can be read without a tool: the contract, the documentation, assistants, transcripts.
 */
import { contract, openApi } from "@aywa-ai/runtime-sdk/contract"
import * as McpSchema from "effect/ai/McpSchema"
import * as McpServer from "effect/ai/McpServer"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { McpFailure, showError } from "../errors/McpFailure.ts"
import { entryOf } from "../operations/table.ts"
import { readPages } from "../pages/docs.ts"
import { notice, showAnswer, showFailure } from "../show/answer.ts"
import { boundValue } from "../show/bound.ts"
import { maskText, type MaskOptions } from "../show/mask.ts"
import { send } from "../tools/send.ts"
import type { Desk } from "../tools/tool.ts"

/** Characters of a transcript as a resource. */
const maxTranscript = 50_000

const mostCompletions = 50

const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

/** Runs something that asks the runtime; what goes wrong is the text. */
const shown = (mask: MaskOptions, run: (signal: AbortSignal) => Promise<string>): Effect.Effect<string> =>
  Effect.promise((signal) => run(signal).catch((error: unknown) => showFailure(showError(error), mask).text))

/** Ids of rows whose id begins, or whose name contains, what was typed. */
const completions = (desk: Desk, resource: "assistants" | "calls") => (input: string) =>
  Effect.promise(async (signal): Promise<Array<string>> => {
    try {
      const entry = desk.guard.admit(`${resource}.list`)
      const { value } = await send(desk, entry, { query: { limit: 100 } }, signal)
      const items: unknown = Reflect.get(Object(value), "items")
      const rows: ReadonlyArray<object> = Array.isArray(items) ? items.map(Object) : []
      const typed = input.toLowerCase()
      return rows
        .filter((row) => {
          const name = textOf(Reflect.get(row, "name")).toLowerCase()
          return textOf(Reflect.get(row, "id")).startsWith(input) || name.includes(typed)
        })
        .map((row) => textOf(Reflect.get(row, "id")))
        .slice(0, mostCompletions)
    } catch {
      return []
    }
  })

/** The completion of assistants, for prompts too. */
export const assistantIds = (desk: Desk) => completions(desk, "assistants")

/** The completion of calls, for prompts too. */
export const callIds = (desk: Desk) => completions(desk, "calls")

const registerDocs = Effect.fnUntraced(function* (folder: string) {
  const pages = readPages(folder)
  yield* McpServer.registerResource`aywa://docs/${McpSchema.param("page", Schema.String)}`({
    name: "Documentation",
    description: "Pages of the SDK's documentation",
    mimeType: "text/markdown",
    completion: {
      page: (input: string) => Effect.succeed([...pages.keys()].filter((name) => name.startsWith(input)))
    },
    content: (_, name) =>
      Effect.succeed(
        pages.get(name)?.text ?? `There is no page of this name. There are: ${[...pages.keys()].join(", ")}.`
      )
  })
  for (const { name, title, text } of pages.values()) {
    yield* McpServer.registerResource({
      uri: `aywa://docs/${name}`,
      name: title,
      mimeType: "text/markdown",
      content: Effect.succeed(text)
    })
  }
})

/** Registers them. */
export const registerResources = Effect.fnUntraced(function* (desk: Desk, mask: MaskOptions) {
  yield* McpServer.registerResource({
    uri: "aywa://openapi",
    name: "The runtime's HTTP API",
    description: "OpenAPI 3.1 of the whole contract; large: search_operations and describe_operation give parts",
    mimeType: "application/json",
    content: Effect.sync(() => JSON.stringify(openApi(contract)))
  })
  const { docs } = desk.options
  if (docs !== undefined) yield* registerDocs(docs)
  yield* McpServer.registerResource`aywa://assistants/${McpSchema.param("id", Schema.String)}`({
    name: "Assistant",
    description: "An assistant's row",
    mimeType: "text/plain",
    completion: { id: assistantIds(desk) },
    content: (_, id) =>
      shown(mask, async (signal) => {
        desk.guard.admit("assistants.get")
        const { value } = await send(desk, entryOf("assistants.get"), { id }, signal)
        return showAnswer({ data: { row: boundValue(value) }, hasRows: true }, mask).text
      })
  })
  yield* McpServer.registerResource`aywa://calls/${McpSchema.param("id", Schema.String)}/transcript`({
    name: "Transcript",
    description: "What was said in a call",
    mimeType: "text/plain",
    completion: { id: callIds(desk) },
    content: (_, id) =>
      shown(mask, async (signal) => {
        desk.guard.admit("calls.get")
        const { value } = await send(desk, entryOf("calls.get"), { id }, signal)
        const transcript = textOf(Reflect.get(Object(Reflect.get(Object(value), "artifact")), "transcript"))
        if (transcript === "") throw new McpFailure("no_transcript", "This call has no transcript.")
        const lines = maskText(transcript.slice(0, maxTranscript), mask).split(/\r\n|[\n\r\u2028\u2029]/)
        const rest = transcript.length - maxTranscript
        return [notice, ...lines.map((line) => `> ${line}`), ...(rest > 0 ? [`…(${rest} more)`] : [])].join("\n")
      })
  })
})
