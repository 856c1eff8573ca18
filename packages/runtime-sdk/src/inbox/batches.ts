/**
 * Many small writes as few large ones: what comes while one is under way goes together with the next.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
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

interface Entry<A> {
  readonly item: A
  readonly done: Deferred.Deferred<void, InboxError>
}

/** What a closing scope leaves to a write that is under way. */
const patience = "5 seconds"

const settle = (entries: ReadonlyArray<Entry<unknown>>, exit: Exit.Exit<void, InboxError>) => {
  for (const { done } of entries) Deferred.doneUnsafe(done, exit)
}

/**
 * Gives the way to write one: it ends when its batch is written. An interruption ends the wait, not the write; the
 * scope waits for it, so that the database is not closed before.
 */
export const makeBatches = <A>(
  options: BatchOptions<A>
): Effect.Effect<(item: A) => Effect.Effect<void, InboxError>, never, Scope.Scope> => {
  const waiting: Array<Entry<A>> = []
  const idle = Latch.makeUnsafe(true)
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
  const flush = Effect.gen(function* () {
    // Whoever writes in the same moment comes along.
    yield* Effect.yieldNow
    while (waiting.length > 0) {
      const entries = next()
      const exit = yield* Effect.exit(options.write(entries.map(({ item }) => item)))
      if (exit._tag === "Success" || entries.length === 1) settle(entries, exit)
      else yield* oneByOne(options.write, entries)
    }
    idle.openUnsafe()
  })
  const add = (item: A) =>
    Effect.suspend(() => {
      const done = Deferred.makeUnsafe<void, InboxError>()
      waiting.push({ item, done })
      if (!idle.isOpen()) return Deferred.await(done)
      idle.closeUnsafe()
      return Effect.andThen(Effect.forkDetach(flush), Deferred.await(done))
    })
  return Effect.as(
    Effect.addFinalizer(() => Effect.timeoutOption(idle.await, patience)),
    add
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
