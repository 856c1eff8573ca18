/**
 * `stream`: news of the runtime as server-sent events.
 */
import { HttpError, invalid } from "../http/errors.ts"
import { type Exchange, headerOf } from "../http/exchange.ts"
import { type Feed, type News, newsTypes } from "./feed.ts"
import { answersItself, type ControlHandler, onlyParameters } from "./route.ts"

/** Streams at a time. */
const mostStreams = 16

/** Bytes that a reader may be behind; it is cut off then, and goes on with `Last-Event-ID`. */
const mostBuffered = 1_048_576

/** Real milliseconds between two comments that keep the connection open. */
const commentMillis = 15_000

/** The handler. */
export const makeStream = (feed: Feed): ControlHandler => {
  let open = 0
  return ({ exchange, query }) => {
    onlyParameters(query, ["types"])
    const types = typesOf(query.get("types"))
    if (open >= mostStreams) {
      throw new HttpError(429, `There are ${mostStreams} streams already: close one`, {
        code: "too_many_streams",
        headers: { "retry-after": "5" }
      })
    }
    open += 1
    exchange.response.once("close", () => (open -= 1))
    stream(feed, exchange, types)
    return answersItself
  }
}

const typesOf = (text: string | null): ReadonlySet<string> => {
  const types = text === null ? newsTypes : text.split(",")
  const unknown = types.filter((type) => !newsTypes.some((known) => known === type))
  if (unknown.length === 0) return new Set(types)
  throw invalid([`types: there is no ${unknown.join(", ")}; there are ${newsTypes.join(", ")}`])
}

const stream = (feed: Feed, exchange: Exchange, types: ReadonlySet<string>): void => {
  const { response, request, requestId, signal } = exchange
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-request-id": requestId
  })
  const write = (text: string) => {
    response.write(text)
    if (response.writableLength > mostBuffered) response.destroy()
  }
  const tell = (news: News | undefined) => {
    if (news === undefined) write("event: reset\ndata: {}\n\n")
    else if (types.has(news.type)) write(`id: ${news.id}\nevent: ${news.type}\ndata: ${news.data}\n\n`)
  }
  write(": the local runtime\n\n")
  const leave = feed.watch(tell, headerOf(request, "last-event-id"))
  const comments = setInterval(() => write(": \n\n"), commentMillis)
  const end = () => response.destroy()
  signal.addEventListener("abort", end)
  response.once("close", () => {
    leave()
    clearInterval(comments)
    signal.removeEventListener("abort", end)
  })
}
