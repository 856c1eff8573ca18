/**
 * Lists as promises of their first page, which can be walked; and pages that know where they go on.
 */
import type { Arguments, Call } from "../call/call.ts"
import { cursorBehind, sameCursor } from "../call/pagination.ts"
import { invalidRequest } from "../call/request.ts"
import { isPrefetching, loopError } from "../call/surface.ts"
import type { Page } from "../contract/shared.ts"
import type { ListPage } from "./ClientTypes.ts"
import { asPlainPromise, end, failed, PromisedCall, queued, type Running } from "./promisedCall.ts"

/** A page, with the way to those behind it. Its own fields are its data alone. */
class WalkedPage<A> implements ListPage<A> {
  readonly items: ReadonlyArray<A>
  declare readonly nextCursor?: string
  declare readonly total?: number
  readonly #call: Call
  readonly #args: Arguments

  constructor(page: Page<A>, call: Call, args: Arguments) {
    this.items = page.items
    if (page.nextCursor !== undefined) this.nextCursor = page.nextCursor
    if (page.total !== undefined) this.total = page.total
    this.#call = call
    this.#args = args
    sameCursor(page, this)
  }

  hasNextPage(): boolean {
    return this.nextCursor !== undefined
  }

  getNextPage(): Promise<ListPage<A>> {
    if (this.nextCursor !== undefined) return new PagedCall<A>(this.#call, after(this.#args, this.nextCursor))
    const message = "This is the last page: ask hasNextPage() before getNextPage()"
    return failed(invalidRequest(this.#call, [{ path: ["cursor"], message }]))
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<A> {
    return items(new Pages<A>(this.#call, this.#args, Promise.resolve(this)))
  }
}

/** The arguments that ask for what comes behind a cursor. */
const after = (args: Arguments, cursor: string): Arguments => ({ ...args, query: { ...Object(args.query), cursor } })

/** The promise of a list, which can also be walked. */
export class PagedCall<A> extends PromisedCall<ListPage<A>> {
  // Out of sight: the arguments may hold secret headers, and a promise may be printed.
  readonly #call: Call
  readonly #args: Arguments
  readonly #running: Running

  constructor(call: Call, args: Arguments) {
    const running: Running = {
      failed: false,
      fiber: undefined,
      show: (page) => new WalkedPage(page as Page<A>, call, args)
    }
    super(call, args, running)
    this.#call = call
    this.#args = args
    this.#running = running
  }

  /** Gives the request up, if it is still under way. Nobody has to hear of it. */
  cancel(): void {
    this.catch(() => undefined)
    this.#running.fiber?.interruptUnsafe()
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<A> {
    if (!this.#running.failed) return items(new Pages<A>(this.#call, this.#args, this))
    // What has failed is asked for again: the loop says what is wrong, and nobody else has to hear of it.
    this.catch(() => undefined)
    return items(new Pages<A>(this.#call, this.#args, undefined))
  }
}
asPlainPromise(PagedCall.prototype)

/** Walks pages. After an error the same page is asked for again. */
export class Pages<A> {
  readonly #call: Call
  #args: Arguments
  /** The page that is already on its way, if the list was called before it was walked. */
  #pending: Promise<ListPage<A>> | undefined
  #done = false
  readonly #seen = new Set<string>()

  constructor(call: Call, args: Arguments, first: Promise<ListPage<A>> | undefined) {
    this.#call = call
    this.#args = args
    this.#pending = first
  }

  async next(): Promise<ListPage<A> | undefined> {
    if (this.#done) return undefined
    const pending = (this.#pending ??= new PagedCall<A>(this.#call, this.#args))
    try {
      const page = await pending
      const cursor = cursorBehind(page)
      if (cursor === undefined) this.#done = true
      else if (this.#seen.has(cursor)) return await failed(loopError(this.#call))
      else {
        this.#seen.add(cursor)
        this.#args = after(this.#args, cursor)
      }
      this.#pending = this.#ahead()
      return page
    } catch (error) {
      this.#pending = undefined
      // Whoever left the loop has given this page up.
      if (this.#done) return undefined
      throw error
    }
  }

  /** The next page, if it is asked for while this one is worked on. */
  #ahead(): Promise<ListPage<A>> | undefined {
    if (this.#done || !isPrefetching(this.#args)) return undefined
    const next = new PagedCall<A>(this.#call, this.#args)
    // Its failure is told to who asks for it.
    next.catch(() => undefined)
    return next
  }

  stop(): void {
    this.#done = true
    if (this.#pending instanceof PagedCall) this.#pending.cancel()
  }
}

/** Every row of every page. */
export const items = <A>(pages: Pages<A>): AsyncIterableIterator<A> => {
  let rows: ReadonlyArray<A> = []
  let at = 0
  let stopped = false
  const pull = async (): Promise<IteratorResult<A>> => {
    while (at >= rows.length) {
      const page = stopped ? undefined : await pages.next()
      if (page === undefined) return end
      rows = page.items
      at = 0
    }
    return stopped ? end : { done: false, value: rows[at++] as A } // `at` is within the array.
  }
  return queued(pull, () => {
    stopped = true
    pages.stop()
  })
}

/** Every page. */
export const pagesOf = <A>(pages: Pages<A>): AsyncIterableIterator<ListPage<A>> =>
  queued(
    async (): Promise<IteratorResult<ListPage<A>>> => {
      const page = await pages.next()
      return page === undefined ? end : { done: false, value: page }
    },
    () => pages.stop()
  )
