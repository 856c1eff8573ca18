/**
 * How a chat is answered: as a row, in the form of OpenAI's responses, or as a stream of either.
 */
import { type Answer, json } from "../http/answer.ts"
import { isObject, type JsonObject } from "../json/object.ts"

/** What the assistant said, message by message. */
const textsOf = (chat: JsonObject): ReadonlyArray<string> =>
  (Array.isArray(chat["output"]) ? chat["output"] : []).flatMap((message: unknown) =>
    isObject(message) && message["role"] === "assistant" && typeof message["content"] === "string"
      ? [message["content"]]
      : []
  )

/** Words with the space that follows them, as a model would give them. */
const pieces = (text: string): ReadonlyArray<string> => text.match(/\S+\s*|\s+/g) ?? []

const stream = (body: string): Answer => ({
  status: 200,
  headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
  body
})

/** The row, or its texts in pieces. */
export const chatAnswer = (text: string, streams: boolean): Answer => {
  if (!streams) return json(201, text)
  const chat = JSON.parse(text) as JsonObject // Written by this package: always an object.
  return stream(
    textsOf(chat)
      .flatMap((content, index) =>
        pieces(content).map((delta) => {
          const chunk = { id: chat["id"], path: `chat.output[${index}].content`, delta }
          return `data: ${JSON.stringify(chunk)}\n\n`
        })
      )
      .join("")
  )
}

/** The same as a response of OpenAI's API, or as its events. */
export const responseAnswer = (text: string, streams: boolean): Answer => {
  const chat = JSON.parse(text) as JsonObject // Written by this package: always an object.
  const id = String(chat["id"])
  const output = textsOf(chat).map((content, index) => ({
    id: `msg_${id}_${index}`,
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: content, annotations: [] }]
  }))
  const response = {
    id,
    object: "response",
    created_at: Math.floor(Date.parse(String(chat["createdAt"])) / 1000),
    status: "completed",
    error: null,
    output
  }
  if (!streams) return json(201, JSON.stringify(response))
  const event = (body: JsonObject) => `event: ${String(body["type"])}\ndata: ${JSON.stringify(body)}\n\n`
  const parts = output.flatMap(({ id: item_id, content }, output_index) => {
    const place = { item_id, output_index, content_index: 0 }
    const said = content[0]?.text ?? ""
    return [
      ...pieces(said).map((delta) => event({ type: "response.output_text.delta", ...place, delta })),
      event({ type: "response.output_text.done", ...place, text: said })
    ]
  })
  return stream([...parts, event({ type: "response.completed", response })].join(""))
}
