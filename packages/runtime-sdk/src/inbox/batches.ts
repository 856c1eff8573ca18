/**
 * Many small writes as few large ones: what comes while one is under way goes together with the next.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import type { InboxError } from "./model.ts"

/** How a batch is written, and what fits into one. */
export interface BatchOptions<A> {
  readonly write: (items: ReadonlyArray<A>) => Effect.Effect<void, InboxError>
  readonly maxItems: number
  /** Characters, so that some large bodies do not become one huge statement. */
  readonly maxSize: number
  readonly sizeOf: (item: A) => number
}

/** How it went. */
export type Settle = (exit: Exit.Exit<void, InboxError>) => void

/** Ways to have something written. */
export interface Batches<A> {
  /** `settle` is told when the batch that it went with is written. What it gives takes back what is not under way. */
  readonly put: (item: A, settle: Settle) => () => void
  /** Ends when the batch that it went with is written. An interruption ends the wait, not the write. */
  readonly add: (item: A) => Effect.Effect<void, InboxError>
  /** A write of the caller's, which takes along what waits just now. */
  readonly along: <B>(write: (items: ReadonlyArray<A>) => Effect.Effect<B, InboxError>) => Effect.Effect<B, InboxError>
}

interface Entry<A> {
  readonly item: A
  readonly settle: Settle
}

/** What a closing scope leaves to a write that is under way. */
const patience = "5 seconds"

/** How often a batch gives way before it is written by itself: whoever is about to write may take it along. */
const courtesy = 5

const settleAll = (entries: ReadonlyArray<Entry<unknown>>, exit: Exit.Exit<void, InboxError>) => {
  for (const { settle } of entries) settle(exit)
}

/** Makes them; the scope waits for what is under way, so that the database is not closed before. */
export const makeBatches = Effect.fnUntraced(function* <A>(options: BatchOptions<A>) {
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const waiting: Array<Entry<A>> = []
  const idle = Latch.makeUnsafe(true)
  let writers = 0
  const next = (): Array<Entry<A>> => {
    let size = 0
    let count = 0
    for (const { item } of waiting) {
      size += options.sizeOf(item)
      if (count === options.maxItems || (count > 0 && size > options.maxSize)) break
      count++
    }
    return waiting.splice(0, count)
  }
  const begun = () => {
    writers++
    idle.closeUnsafe()
  }
  /** The last one sees to what came meanwhile. */
  const ended = () => {
    writers--
    if (writers > 0) return
    if (waiting.length > 0) start()
    else idle.openUnsafe()
  }
  const flush = Effect.gen(function* () {
    for (let i = 0; i < courtesy; i++) yield* Effect.yieldNow
    while (waiting.length > 0) {
      const entries = next()
      const exit = yield* Effect.exit(options.write(entries.map(({ item }) => item)))
      if (exit._tag === "Success" || entries.length === 1) settleAll(entries, exit)
      else yield* oneByOne(options.write, entries)
    }
    ended()
  })
  const start = () => {
    begun()
    fork(flush)
  }
  const put = (item: A, settle: Settle) => {
    const entry = { item, settle }
    waiting.push(entry)
    if (writers === 0) start()
    return () => {
      // Whoever has waited too long is among the first.
      const place = waiting.indexOf(entry)
      if (place >= 0) waiting.splice(place, 1)
    }
  }
  const along: Batches<A>["along"] = (write) =>
    Effect.suspend(() => {
      const entries = next()
      begun()
      return Effect.onExit(write(entries.map(({ item }) => item)), (exit) =>
        Effect.sync(() => {
          settleAll(entries, Exit.asVoid(exit))
          ended()
        })
      )
    })
  yield* Effect.addFinalizer(() => Effect.timeoutOption(idle.await, patience))
  return { put, add: (item) => Effect.callback((resume) => void put(item, resume)), along } satisfies Batches<A>
})

/** One that cannot be written does not take the others with it; a store that fails twice in a row is down. */
const oneByOne = Effect.fnUntraced(function* <A>(write: BatchOptions<A>["write"], entries: ReadonlyArray<Entry<A>>) {
  let failures = 0
  for (const [i, entry] of entries.entries()) {
    const exit = yield* Effect.exit(write([entry.item]))
    failures = exit._tag === "Success" ? 0 : failures + 1
    if (failures === 2) return settleAll(entries.slice(i), exit)
    entry.settle(exit)
  }
})
