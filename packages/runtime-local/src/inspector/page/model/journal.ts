/**
 * The requests of the page: read once, kept up by the news, whatever view is open.
 */
import { useEffect, useState } from "preact/hooks"
import { api, type Page } from "./api.ts"
import { onNews } from "./news.ts"
import { add, noRequests, type Requests, type RequestSummary } from "./requests.ts"

/** What the view shows. */
export interface Journal {
  readonly requests: Requests
  /** The order that the reader sees: what came since waits. */
  readonly order: ReadonlyArray<string>
  readonly waiting: number
  /** Requests of each of the last 30 seconds, oldest first. */
  readonly rate: ReadonlyArray<number>
  readonly ready: boolean
  readonly error: unknown
  readonly show: () => void
  readonly setReading: (reading: boolean) => void
  readonly older: () => void
}

/** How much of the past the rate shows: bars, and seconds of each. */
const bars = 30
const barMillis = 2000

/** Follows the requests that a filter of the control route takes. */
class Follower {
  requests: Requests = noRequests
  shown: ReadonlyArray<string> = []
  reading = false
  ready = false
  error: unknown
  cursor: string | null = null
  busy = false
  readonly times: Array<number> = []
  readonly #filter: string
  readonly #draw: () => void
  constructor(filter: string, draw: () => void) {
    this.#filter = filter
    this.#draw = draw
  }
  async load(before?: string): Promise<void> {
    if (this.busy) return
    this.busy = true
    try {
      const cursor = before === undefined ? "" : `&before=${before}`
      const page = await api<Page<RequestSummary>>("GET", `requests?limit=200${this.#filter}${cursor}`)
      this.requests = add(this.requests, page.items, "older")
      this.cursor = page.nextCursor
      this.error = undefined
      if (!this.reading || before !== undefined || !this.ready) this.release()
    } catch (error) {
      this.error = error
    }
    this.busy = false
    this.ready = true
    this.#draw()
  }
  take(entries: ReadonlyArray<RequestSummary>): void {
    const now = Date.now()
    for (const _ of entries) this.times.push(now)
    while ((this.times[0] ?? now) < now - bars * barMillis) this.times.shift()
    // The runtime alone knows what is in bodies: with a filter it is asked again.
    if (this.#filter !== "") return void this.refresh()
    this.requests = add(this.requests, entries, "newer")
    if (!this.reading) this.release()
    this.#draw()
  }
  #waiting: ReturnType<typeof setTimeout> | undefined
  refresh(): void {
    if (this.#waiting !== undefined) return
    this.#waiting = setTimeout(async () => {
      this.#waiting = undefined
      try {
        const page = await api<Page<RequestSummary>>("GET", `requests?limit=50${this.#filter}`)
        this.requests = add(this.requests, page.items.toReversed(), "newer")
        if (!this.reading) this.release()
      } catch (error) {
        this.error = error
      }
      this.#draw()
    }, 250)
  }
  release(): void {
    this.shown = this.requests.order
  }
  get rate(): ReadonlyArray<number> {
    const begin = Date.now() - bars * barMillis
    const counts = Array.from({ length: bars }, () => 0)
    for (const time of this.times) {
      const at = Math.floor((time - begin) / barMillis)
      if (at >= 0 && at < bars) counts[at] = (counts[at] ?? 0) + 1
    }
    return counts
  }
}

/** Follows them. */
export const useJournal = (filter: string): Journal => {
  const [, redraw] = useState(0)
  const draw = () => redraw((n) => n + 1)
  const [follower, setFollower] = useState(() => new Follower(filter, draw))
  useEffect(() => {
    const begin = () => {
      const next = new Follower(filter, draw)
      setFollower(next)
      void next.load()
      return next
    }
    let current = begin()
    const stop = onNews((news) => {
      if (news.some(({ type }) => type === "reset")) current = begin()
      // News have the very summaries of the list.
      const entries = news.filter(({ type }) => type === "request").map(({ data }) => data as unknown as RequestSummary)
      if (entries.length > 0) current.take(entries)
    })
    const timer = setInterval(() => {
      if (current.times.length > 0) draw()
    }, barMillis)
    return () => {
      stop()
      clearInterval(timer)
    }
  }, [filter])
  const { requests, shown } = follower
  const known = new Set(shown)
  return {
    requests,
    order: shown,
    waiting: shown === requests.order ? 0 : requests.order.filter((key) => !known.has(key)).length,
    rate: follower.rate,
    ready: follower.ready,
    error: follower.error,
    show: () => {
      follower.release()
      draw()
    },
    setReading: (reading) => {
      follower.reading = reading
      if (reading) return
      follower.release()
      draw()
    },
    older: () => {
      if (follower.cursor !== null && follower.requests.order.length < 4800) void follower.load(follower.cursor)
    }
  }
}
