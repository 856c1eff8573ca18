/**
 * One timer for all that waits for an answer: one for each would cost more than what they wait for.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { monotonic } from "../policy/time.ts"

/**
 * Gives a function that waits for what `begin` says to the `settle` that it is given, and ends as `late` does where
 * that takes longer than so many milliseconds. What `begin` gives back is called then.
 */
export const makeDeadlines = Effect.fnUntraced(function* <E>(millis: number, late: Effect.Effect<never, E>) {
  type Settle = (exit: Exit.Exit<void, E>) => void
  const clock = yield* Clock.Clock
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  interface Wait {
    readonly at: number
    leave: (() => void) | void
  }
  /** The first one first. */
  const waiting = new Map<Settle, Wait>()
  let watch: Fiber.Fiber<void> | undefined
  const look = Effect.gen(function* () {
    for (let first = firstOf(waiting); first !== undefined; first = firstOf(waiting)) {
      const now = monotonic(clock)
      if (first.at > now) {
        yield* clock.sleep(Duration.millis(Math.ceil(first.at - now)))
        continue
      }
      const exit = yield* Effect.exit(late)
      for (const [settle, { at, leave }] of waiting) {
        if (at > now) break
        waiting.delete(settle)
        leave?.()
        settle(exit)
      }
    }
    watch = undefined
  })
  const end = (settle: Settle) => {
    if (!waiting.delete(settle) || waiting.size > 0) return
    // Its timer would keep the process.
    watch?.interruptUnsafe()
    watch = undefined
  }
  return (begin: (settle: Settle) => (() => void) | void): Effect.Effect<void, E> =>
    Effect.callback((resume) => {
      const wait: Wait = { at: monotonic(clock) + millis, leave: undefined }
      waiting.set(resume, wait)
      watch ??= fork(look)
      wait.leave = begin((exit) => {
        end(resume)
        resume(exit)
      })
    })
})

const firstOf = <A>(map: ReadonlyMap<unknown, A>): A | undefined => map.values().next().value
