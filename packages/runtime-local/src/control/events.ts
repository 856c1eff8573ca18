/**
 * `events`: what the runtime emitted, oldest first, a page at a time; with `wait`, as soon as there is something.
 */
import { json } from "../http/answer.ts"
import { notFound } from "../http/errors.ts"
import type { EventHead, EventPages } from "../outbox/events.ts"
import { type ControlRoutes, fitting, integerOf, onlyParameters, pageText, windowOf } from "./route.ts"

/** What these routes work with. */
export interface EventsContext {
  readonly eventPages: EventPages
}

/** Milliseconds that a request may wait for an event. */
const longestWait = 60_000

/** Bytes of a message that a page shows; of a longer one their number, and its id to read it by. */
const shownBytes = 262_144

/** The routes. */
export const eventRoutes = ({ eventPages }: EventsContext): ControlRoutes => ({
  "GET events": async ({ exchange, query }) => {
    onlyParameters(query, ["limit", "after", "type", "callId", "organization", "wait"])
    const { limit } = windowOf(query)
    const filter = {
      after: integerOf(query, "after", 0, Number.MAX_SAFE_INTEGER),
      type: query.get("type") ?? undefined,
      callId: query.get("callId") ?? undefined,
      organizationId: query.get("organization") ?? undefined
    }
    const wait = integerOf(query, "wait", 0, longestWait) ?? 0
    const look = () => eventPages.page({ ...filter, limit: limit + 1 })
    let page = look()
    if (page.length === 0 && wait > 0) {
      await eventPages.wait(filter, wait, exchange.signal)
      page = look()
    }
    const items = fitting(viewsOf(eventPages, page.slice(0, limit)))
    // Where there is nothing more yet, the cursor waits behind the last one.
    return json(200, pageText(items, page[items.length - 1]?.seq ?? filter.after))
  },
  "GET events/:id": ({ id }) => {
    const event = eventPages.find(id)
    if (event === undefined) throw notFound("Event", id)
    return event
  }
})

function* viewsOf(pages: EventPages, heads: ReadonlyArray<EventHead>): Generator<string> {
  for (const head of heads) yield JSON.stringify(viewOf(pages, head))
}

const viewOf = (pages: EventPages, head: EventHead) => {
  const { bytes, seq: _, createdAt, ...rest } = head
  return bytes <= shownBytes
    ? pages.read(head)
    : { ...rest, createdAt: new Date(createdAt).toISOString(), messageBytes: bytes }
}
