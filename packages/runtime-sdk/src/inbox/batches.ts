/**
 * Many small writes as few large ones: what comes while one is under way goes together with the next.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import type { InboxError } from "./model.ts"

/** How a batch is written, and what fits into one. */
export interface BatchOptions<A> {
  readonly write: (items: ReadonlyArray<A>) => Effect.Effect<void, InboxError>
  readonly maxItems: number
  /** Characters, so that some large bodies do not become one huge statement. */
  readonly maxSize: number
  readonly sizeOf: (item: A) => number
}

/** Two ways to have something written. */
export interface Batches<A> {
  /** Ends when the batch that it went with is written. An interruption ends the wait, not the write. */
  readonly add: (item: A) => Effect.Effect<void, InboxError>
  /** A write of the caller's, which takes along what waits just now. */
  readonly along: <B>(write: (items: ReadonlyArray<A>) => Effect.Effect<B, InboxError>) => Effect.Effect<B, InboxError>
}

interface Entry<A> {
  readonly item: A
  readonly done: Deferred.Deferred<void, InboxError>
}

/** What a closing scope leaves to a write that is under way. */
const patience = "5 seconds"

/** How often a batch gives way before it is written by itself: whoever is about to write may take it along. */
const courtesy = 4

const settle = (entries: ReadonlyArray<Entry<unknown>>, exit: Exit.Exit<void, InboxError>) => {
  for (const { done } of entries) Deferred.doneUnsafe(done, exit)
}

/** Makes them; the scope waits for what is under way, so that the database is not closed before. */
export const makeBatches = <A>(options: BatchOptions<A>): Effect.Effect<Batches<A>, never, Scope.Scope> => {
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
  const ended: Effect.Effect<void> = Effect.suspend(() => {
    writers--
    if (writers > 0) return Effect.void
    if (waiting.length > 0) return start
    return idle.open
  })
  const flush = Effect.gen(function* () {
    for (let i = 0; i < courtesy; i++) yield* Effect.yieldNow
    while (waiting.length > 0) {
      const entries = next()
      const exit = yield* Effect.exit(options.write(entries.map(({ item }) => item)))
      if (exit._tag === "Success" || entries.length === 1) settle(entries, exit)
      else yield* oneByOne(options.write, entries)
    }
    yield* ended
  })
  const start = Effect.suspend(() => {
    begun()
    return Effect.asVoid(Effect.forkDetach(flush))
  })
  const add = (item: A) =>
    Effect.suspend(() => {
      const done = Deferred.makeUnsafe<void, InboxError>()
      waiting.push({ item, done })
      return writers > 0 ? Deferred.await(done) : Effect.andThen(start, Deferred.await(done))
    })
  const along: Batches<A>["along"] = (write) =>
    Effect.suspend(() => {
      const entries = next()
      begun()
      return Effect.onExit(write(entries.map(({ item }) => item)), (exit) => {
        settle(entries, Exit.asVoid(exit))
        return ended
      })
    })
  return Effect.as(
    Effect.addFinalizer(() => Effect.timeoutOption(idle.await, patience)),
    { add, along }
  )
}

/** One that cannot be written does not take the others with it; a store that fails twice in a row is down. */
const oneByOne = Effect.fnUntraced(function* <A>(write: BatchOptions<A>["write"], entries: ReadonlyArray<Entry<A>>) {
  let failures = 0
  for (const [i, entry] of entries.entries()) {
    const exit = yield* Effect.exit(write([entry.item]))
    failures = exit._tag === "Success" ? 0 : failures + 1
    if (failures === 2) return settle(entries.slice(i), exit)
    settle([entry], exit)
  }
})
