/**
 * Lists and details that follow the news.
 */
import { useEffect, useRef, useState } from "preact/hooks"
import { api, type Page, type Row } from "./api.ts"
import { onNews } from "./news.ts"

/** Reads something, and reads it again when news of these types come that `concerns` takes. */
export const useRead = <A>(
  path: string | undefined,
  types: ReadonlyArray<string> = [],
  concerns: (data: Row) => boolean = () => true
) => {
  const [value, setValue] = useState<A>()
  const [error, setError] = useState<unknown>()
  const latest = useRef(0)
  const read = async () => {
    if (path === undefined) return setValue(undefined)
    const mine = ++latest.current
    try {
      const answer = await api<A>("GET", path)
      if (mine !== latest.current) return
      setValue(() => answer)
      setError(undefined)
    } catch (failure) {
      if (mine === latest.current) setError(failure)
    }
  }
  useEffect(() => {
    setValue(undefined)
    setError(undefined)
    void read()
    if (path === undefined) return
    let timer: number | undefined
    const stop = onNews((news) => {
      if (!news.some(({ type, data }) => type === "reset" || (types.includes(type) && concerns(data)))) return
      // A burst of news is one reading.
      timer ??= window.setTimeout(() => {
        timer = undefined
        void read()
      }, 100)
    })
    return () => {
      stop()
      clearTimeout(timer)
      latest.current += 1
    }
  }, [path])
  return { value, error, read }
}

/** Items of a list that follows the news, newest first; new ones wait while somebody reads. */
export interface LiveList<A> {
  readonly items: ReadonlyArray<A>
  /** How many wait. */
  readonly waiting: number
  readonly show: () => void
  readonly setReading: (reading: boolean) => void
  readonly older: () => void
  readonly error: unknown
  /** Whether the first page has been read. */
  readonly ready: boolean
}

const mostItems = 5000

/** What a list is made of. */
interface ListOptions<A> {
  /** The route with its filter. */
  readonly path: string
  readonly type: string
  readonly idOf: (item: A) => string
  /** Whether a piece of news belongs into the list. */
  readonly takes: (item: A) => boolean
}

/** What is known of a list; `shown` is the order that the reader sees. */
class Known<A> {
  readonly byId = new Map<string, A>()
  order: Array<string> = []
  waiting: Array<string> = []
  cursor: string | null = null
  add(id: string, item: A, held: boolean): void {
    const isNew = !this.byId.has(id)
    this.byId.set(id, item)
    if (!isNew) return
    if (held) this.waiting.unshift(id)
    else this.order.unshift(id)
  }
  remove(id: string): void {
    this.byId.delete(id)
    this.order = this.order.filter((one) => one !== id)
    this.waiting = this.waiting.filter((one) => one !== id)
  }
  release(): void {
    this.order = [...this.waiting, ...this.order]
    this.waiting = []
    for (const id of this.order.splice(mostItems)) this.byId.delete(id)
  }
  get items(): ReadonlyArray<A> {
    return this.order.flatMap((id) => this.byId.get(id) ?? [])
  }
}

/** Follows a list. */
export const useLiveList = <A>({ path, type, idOf, takes }: ListOptions<A>): LiveList<A> => {
  const [, redraw] = useState(0)
  const known = useRef(new Known<A>())
  const state = useRef({ reading: false, busy: false, ready: false, error: undefined as unknown })
  const draw = () => redraw((n) => n + 1)

  const load = async (before: string | undefined) => {
    const mine = known.current
    state.current.busy = true
    try {
      const joint = path.includes("?") ? "&" : "?"
      const page = await api<Page<A>>("GET", before === undefined ? path : `${path}${joint}before=${before}`)
      if (mine !== known.current) return
      for (const item of page.items) {
        if (!mine.byId.has(idOf(item))) mine.order.push(idOf(item))
        mine.byId.set(idOf(item), item)
      }
      mine.cursor = page.nextCursor
      state.current.error = undefined
    } catch (error) {
      state.current.error = error
    }
    state.current.busy = false
    state.current.ready = true
    draw()
  }

  useEffect(() => {
    const begin = () => {
      known.current = new Known()
      state.current.ready = false
      void load(undefined)
    }
    begin()
    return onNews((news) => {
      if (news.some((one) => one.type === "reset")) return begin()
      const mine = news.filter((one) => one.type === type)
      if (mine.length === 0) return
      for (const { data } of mine) {
        // News have the very summaries of the lists.
        const item = data as A
        if (data["action"] === "deleted") known.current.remove(String(data["id"]))
        else if (takes(item)) known.current.add(idOf(item), item, state.current.reading)
      }
      draw()
    })
  }, [path])

  return {
    items: known.current.items,
    waiting: known.current.waiting.length,
    error: state.current.error,
    ready: state.current.ready,
    show: () => {
      known.current.release()
      draw()
    },
    setReading: (reading) => {
      state.current.reading = reading
      if (reading || known.current.waiting.length === 0) return
      known.current.release()
      draw()
    },
    older: () => {
      const { cursor, order } = known.current
      if (cursor !== null && !state.current.busy && order.length < mostItems) void load(cursor)
    }
  }
}
