/**
 * News of a runtime for whoever watches: numbered, and kept for a while, so that a watcher that was cut off can go on.
 */
import * as crypto from "node:crypto"

/** What there is news of. */
export const newsTypes = ["request", "call", "event", "job", "attempt", "row", "fault", "clock"] as const

/** What a piece of news is about. */
export type NewsType = (typeof newsTypes)[number]

/** A piece of news: a summary, with the ids under which the details are found. */
export interface News {
  /** `<boot>-<number>`. */
  readonly id: string
  readonly type: NewsType
  /** JSON. */
  readonly data: string
}

/** A watcher. `undefined` says that everything is different now: what it knows is of no use any more. */
export type Watcher = (news: News | undefined) => void

/** The news of a runtime. */
export interface Feed {
  /** Tells the watchers. Costs nothing as long as nobody ever watched. */
  readonly publish: (type: NewsType, summary: () => unknown) => void
  /** Tells the watchers that everything is different now. */
  readonly reset: () => void
  /**
   * Begins to watch; with the id of the last piece that was seen, the ones since are told at once, or, where they are
   * not kept any more, that everything is different.
   */
  readonly watch: (watcher: Watcher, after?: string) => () => void
  /** Called when the first watcher comes, and when the last one is gone for good. */
  readonly onWatched: (change: (watched: boolean) => void) => void
}

/** Pieces that are kept. */
const ringSize = 2000

/** Real milliseconds in which a watcher that was cut off may come back and go on. */
const patience = 60_000

/** Makes a feed. */
export const makeFeed = (): Feed => {
  const boot = crypto.randomBytes(6).toString("hex")
  const watchers = new Set<Watcher>()
  const changes: Array<(watched: boolean) => void> = []
  let ring: Array<News> = []
  let count = 0
  let isWatched = false
  let leaving: NodeJS.Timeout | undefined

  const setWatched = (watched: boolean) => {
    clearTimeout(leaving)
    if (isWatched === watched) return
    isWatched = watched
    if (!watched) forget()
    for (const change of changes) change(watched)
  }
  const forget = () => {
    ring = []
    // Whoever saw the last piece has missed something all the same.
    count += 1
  }
  const backlog = (after: string): ReadonlyArray<News> | undefined => {
    const seen = new RegExp(`^${boot}-(\\d+)$`).exec(after)?.[1]
    if (seen === undefined || Number(seen) > count || count - Number(seen) > ring.length) return undefined
    return ring.slice(ring.length - (count - Number(seen)))
  }
  const tell = (news: News | undefined) => {
    for (const watcher of watchers) watcher(news)
  }
  return {
    publish: (type, summary) => {
      if (!isWatched) return
      const news = { id: `${boot}-${++count}`, type, data: JSON.stringify(summary()) }
      ring.push(news)
      if (ring.length > ringSize * 2) ring = ring.slice(-ringSize)
      tell(news)
    },
    reset: () => {
      forget()
      tell(undefined)
    },
    watch: (watcher, after) => {
      setWatched(true)
      if (after !== undefined) {
        const gap = backlog(after)
        if (gap === undefined) watcher(undefined)
        else for (const news of gap) watcher(news)
      }
      watchers.add(watcher)
      return () => {
        if (!watchers.delete(watcher) || watchers.size > 0) return
        leaving = setTimeout(() => setWatched(false), patience).unref()
      }
    },
    onWatched: (change) => void changes.push(change)
  }
}
