/**
 * The news of the runtime, as they come: a stream that goes on where it was cut off.
 */
import { ApiError, type Row, send } from "./api.ts"

/** A piece of news; `reset` says that everything is different now. */
export interface News {
  readonly type: string
  readonly data: Row
}

/** How the stream is. */
export type Connection = "connecting" | "live" | "lost"

type Listener = (news: ReadonlyArray<News>) => void

const listeners = new Set<Listener>()
const watchers = new Set<() => void>()
let state: Connection = "connecting"
let lastId = ""
let pending: Array<News> = []
let flushing: number | undefined

/** Milliseconds over which news are collected before the page looks at them. */
const collectMillis = 50

/** Listens; gives the way to stop. */
export const onNews = (listener: Listener): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Watches how the stream is. */
export const onConnection = (watcher: () => void): (() => void) => {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** How the stream is now. */
export const connection = (): Connection => state

const become = (next: Connection): void => {
  if (state === next) return
  state = next
  for (const watcher of watchers) watcher()
}

const take = (block: string): void => {
  let type = ""
  let data = ""
  for (const line of block.split("\n")) {
    if (line.startsWith("id: ")) lastId = line.slice(4)
    else if (line.startsWith("event: ")) type = line.slice(7)
    else if (line.startsWith("data: ")) data = line.slice(6)
  }
  if (type === "") return
  pending.push({ type, data: JSON.parse(data) })
  flushing ??= window.setTimeout(() => {
    const news = pending
    pending = []
    flushing = undefined
    for (const listener of listeners) listener(news)
  }, collectMillis)
}

const read = async (): Promise<void> => {
  const response = await send("GET", "stream", undefined, lastId === "" ? {} : { "last-event-id": lastId })
  become("live")
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ""
  for (;;) {
    // The pieces of a stream come one after the other.
    // oxlint-disable-next-line no-await-in-loop
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done) return
    text += value
    const blocks = text.split("\n\n")
    text = blocks.pop() ?? ""
    for (const block of blocks) take(block)
  }
}

/** Reads until the token is refused; waits longer each time nobody answers. */
export const follow = async (): Promise<void> => {
  for (let wait = 250; ; wait = Math.min(5000, wait * 2)) {
    try {
      // One connection after the other.
      // oxlint-disable-next-line no-await-in-loop
      await read()
      wait = 250
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return
    }
    become("lost")
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => setTimeout(resolve, wait))
  }
}
