/**
 * The way out: takes deliveries as handlers become free, handles them, and says what became of each.
 *
 * A delivery whose worker died is a suspect: it is handled alone, after all others of its process have ended, and the
 * store is told so before. Only if the process dies of that, was it this delivery.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Schedule from "effect/Schedule"
import type { Batches } from "./batches.ts"
import { makeStepWatch } from "./clock.ts"
import { type Delivery, InboxError } from "./model.ts"
import { backoffOf, type Settings } from "./options.ts"
import type { Outage } from "./outage.ts"
import type { Claim, Store, Taken } from "./Store.ts"
import { wellFormed } from "./text.ts"

/**
 * What a handler is told beside the delivery.
 *
 * @since 0.1.0
 * @category models
 */
export interface Attempt {
  /** 1 for the first. The death of a process counts if it handled nothing but this delivery. */
  readonly attempt: number
}

/** A handler of deliveries. */
export type Handler<E, R> = (delivery: Delivery, attempt: Attempt) => Effect.Effect<unknown, E, R>

/** What workers work with. */
export interface Workplace {
  readonly store: Store
  readonly settings: Settings
  readonly outage: Outage
  /** Opens when something may have come. */
  readonly wake: Latch.Latch
  /** Whether this process is told of what others store. */
  readonly isHeard: () => boolean
  /** Acknowledgements, together with others. */
  readonly acks: Batches<Claim>
}

/** How long a process sleeps that is told of what comes. */
const quietMillis = 5000
/** Without an answer for so long the store counts as down. */
const patience = 5000

/** What is said of a delivery whose last attempt nobody saw the end of. */
const unfinished = "Its last attempt did not come to an end: the process died while it handled nothing else"

/** A failure as text that every store takes; nobody reads more than a few pages. */
const reasonOf = (cause: Cause.Cause<unknown>): string =>
  wellFormed(Cause.pretty(cause).replaceAll("\0", "").slice(0, 4000))

/** Starts a fiber of its own. */
type Fork<R> = (effect: Effect.Effect<void, never, R>) => Fiber.Fiber<unknown, unknown>

interface Hand {
  readonly claim: Claim
  fiber: Fiber.Fiber<unknown, unknown> | undefined
  /** The worker ended the handler: that was no attempt. */
  isCut: boolean
}

const monotonic = () => performance.now()

/** The workers of one `run`: `loop` works until it is interrupted, `stop` takes nothing more, `end` ends what is left. */
export const makeWorkers = <E, R>(place: Workplace, handler: Handler<E, R>, concurrency: number) => {
  const { store, settings, outage, wake, acks } = place
  const hands = new Set<Hand>()
  const steps = makeStepWatch(settings.lockMillis, monotonic)
  const changed = Latch.makeUnsafe()
  const stopped = Latch.makeUnsafe()
  let running = 0

  const untilLapsed = Schedule.min([Schedule.exponential(100, 1.5), Schedule.spaced(2000)]).pipe(
    Schedule.upTo({ duration: settings.lockMillis })
  )
  /** Until the store has taken it, or the lock has ended and another worker has the delivery. */
  const insist = (effect: Effect.Effect<unknown, InboxError>): Effect.Effect<void> =>
    Effect.ignore(Effect.retry(outage.watch(effect), untilLapsed))

  /** What became of it is said, or another worker has it. */
  const over = (hand: Hand) => {
    hands.delete(hand)
    changed.openUnsafe()
  }

  const acknowledge = (hand: Hand, fork: Fork<never>) =>
    acks.put(hand.claim, (exit) => {
      if (exit._tag === "Success") over(hand)
      else
        fork(
          Effect.ensuring(
            insist(acks.add(hand.claim)),
            Effect.sync(() => over(hand))
          )
        )
    })

  const failed = ({ claim, isCut }: Hand, cause: Cause.Cause<unknown>): Effect.Effect<unknown, InboxError> => {
    if (isCut) return store.release([claim])
    const attempt = claim.attempts + 1
    const reason = reasonOf(cause)
    const say = (words: string) =>
      attempt < settings.maxAttempts
        ? store.retry(claim, backoffOf(settings, attempt), words)
        : store.park(claim, attempt, words)
    // A reason that cannot be written must not keep the delivery here.
    return Effect.catchCause(say(reason), () => say("It failed; its failure could not be written"))
  }

  const handle = (hand: Hand, fork: Fork<never>): Effect.Effect<void, never, R> => {
    const { claim } = hand
    const { key: _, lock: __, attempts, suspect: ___, ...delivery } = claim
    const free = () => {
      running--
      changed.openUnsafe()
    }
    const done = Effect.sync(() => over(hand))
    if (attempts >= settings.maxAttempts) {
      return Effect.ensuring(Effect.ensuring(insist(store.park(claim, attempts, unfinished)), Effect.sync(free)), done)
    }
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        Effect.exit(restore(Effect.suspend(() => handler(delivery, { attempt: attempts + 1 })))),
        (exit) => {
          free()
          // When it is due again is news to the loop.
          if (exit._tag === "Failure") {
            return Effect.ensuring(Effect.andThen(insist(failed(hand, exit.cause)), wake.open), done)
          }
          acknowledge(hand, fork)
          // With an order the loop takes the acknowledgement along, and what was behind it.
          if (settings.lines > 0) wake.openUnsafe()
          return Effect.void
        }
      )
    )
  }

  /** Handles it in a fiber of its own, which outlives the loop: what it did must be said. */
  const begin = (hand: Hand, fork: Fork<R>) => {
    running++
    hand.fiber = fork(handle(hand, fork))
  }

  const holding = (claim: Claim): Hand => {
    const hand: Hand = { claim, fiber: undefined, isCut: false }
    hands.add(hand)
    return hand
  }

  /** After all others, and with a note of it in the store. */
  const beginAlone = Effect.fnUntraced(function* (hand: Hand, fork: Fork<R>) {
    yield* until(() => running === 0)
    const isOurs = yield* Effect.option(outage.watch(store.begin(hand.claim)))
    if (isOurs._tag === "None" || !isOurs.value || stopped.isOpen()) {
      hands.delete(hand)
      return yield* insist(store.release([hand.claim]))
    }
    begin(hand, fork)
    yield* until(() => !hands.has(hand))
  })

  const until = (condition: () => boolean): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (condition()) return Effect.void
      changed.closeUnsafe()
      return Effect.andThen(changed.await, until(condition))
    })

  /** A take that nobody cuts off between the store and here: what it gives is held, or given back. */
  const take = Effect.gen(function* () {
    const hold = (taken: Taken) =>
      Effect.suspend(() => {
        if (!stopped.isOpen()) return Effect.succeed({ ...taken, hands: taken.claims.map(holding) })
        const release = taken.claims.length === 0 ? Effect.void : insist(store.release(taken.claims))
        return Effect.as(release, { ...taken, hands: [] })
      })
    // As many as are free when it is sent: handlers that end together have all ended by then.
    const claims = acks.along((handled) =>
      store.take({ max: concurrency - running, lapsedBefore: steps.lapsedBefore(), handled })
    )
    const fiber = yield* Effect.forkDetach(Effect.flatMap(claims, hold))
    pendingTake = fiber
    const slow = new InboxError("taking deliveries", new Error(`No answer within ${patience} ms`))
    const taken = yield* outage.watch(
      Effect.raceFirst(
        Fiber.join(fiber),
        Effect.andThen(Effect.andThen(Effect.sleep(patience), outage.down(slow)), Effect.never)
      )
    )
    if (steps.observe(taken.now)) {
      yield* Effect.forkDetach(
        Effect.andThen(Effect.sleep(settings.lockMillis), Effect.ignore(store.sweep(settings.rememberMillis)))
      )
    }
    return taken
  })
  let pendingTake: Fiber.Fiber<unknown, unknown> | undefined

  const idle = ({ now, next }: Taken) => {
    const most = place.isHeard() ? quietMillis : settings.pollMillis
    // A lock that has ended may not be taken over yet.
    const settles = steps.settlesIn()
    return Math.max(Math.min(most, next - now + 1, settles > 0 ? settles + 1 : Infinity), 5)
  }

  const round = Effect.fnUntraced(function* (fork: Fork<R>) {
    yield* until(() => running < concurrency && hands.size < 4 * concurrency)
    wake.closeUnsafe()
    const taken = yield* take
    if (taken.hands.length === 0) return yield* Effect.raceFirst(Effect.sleep(idle(taken)), wake.await)
    for (const hand of taken.hands) if (!hand.claim.suspect) begin(hand, fork)
    for (const hand of taken.hands) if (hand.claim.suspect) yield* beginAlone(hand, fork)
  })

  const renew = Effect.gen(function* () {
    yield* Effect.sleep(settings.lockMillis / 3)
    const ours = [...hands]
    if (ours.length === 0) return
    const held = yield* outage.watch(
      Effect.retry(store.extend(ours.map(({ claim }) => claim)), {
        schedule: Schedule.spaced(settings.lockMillis / 12),
        times: 3
      })
    )
    for (const hand of ours) {
      if (held.has(hand.claim.lock + hand.claim.key) || hand.fiber === undefined) continue
      // Another worker has it: whoever was away for so long must not go on.
      hand.isCut = true
      hand.fiber.interruptUnsafe()
    }
  })

  const again = <A, R2>(effect: Effect.Effect<A, InboxError, R2>): Effect.Effect<never, never, R2> =>
    Effect.forever(Effect.catchTag(effect, "InboxError", () => Effect.sleep(Math.min(1000, settings.pollMillis * 5))))

  const end = Effect.gen(function* () {
    stopped.openUnsafe()
    for (const hand of hands) {
      hand.isCut = true
      hand.fiber?.interruptUnsafe()
    }
    if (pendingTake !== undefined) yield* Effect.timeoutOption(Fiber.await(pendingTake), patience)
    yield* Effect.forEach(
      [...hands],
      (hand) => (hand.fiber === undefined ? insist(store.release([hand.claim])) : until(() => !hands.has(hand))),
      { concurrency: "unbounded", discard: true }
    )
  })

  return {
    loop: Effect.context<R>().pipe(
      Effect.flatMap((context) => Effect.raceFirst(again(round(Effect.runForkWith(context))), again(renew))),
      Effect.raceFirst(
        Effect.andThen(
          stopped.await,
          until(() => running === 0)
        )
      ),
      Effect.ensuring(end)
    ),
    stop: stopped.open
  }
}
