/**
 * A circuit breaker: after some failures in a row nothing is let through for a while, then one call, which shows whether
 * the rest may follow.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { monotonic } from "./time.ts"

/**
 * Stops calling a runtime that keeps failing. Made by `circuitBreaker`; shared by every call that it governs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Breaker {
  readonly run: <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    options: {
      readonly key: string
      readonly isFailure: (error: E) => boolean
      readonly onOpen: (retryAfterMillis: number | undefined) => E
    }
  ) => Effect.Effect<A, E, R>
}

interface Circuit {
  /** Failures in a row while it is closed. */
  failures: number
  /** Monotonic; `undefined` while it is closed. */
  openUntil: number | undefined
  /** Whether the one call is under way that an open circuit lets through when its time is over. */
  probing: boolean
  /** Counts openings and closings: what began before the last one says nothing any more. */
  turn: number
}

/** One circuit per key, in this process. */
export const makeBreaker = (options: { readonly failures: number; readonly openFor: number }): Breaker => {
  const circuits = new Map<string, Circuit>()
  const circuitOf = (key: string): Circuit => {
    const circuit = circuits.get(key) ?? { failures: 0, openUntil: undefined, probing: false, turn: 0 }
    circuits.set(key, circuit)
    return circuit
  }
  return {
    run: (effect, { key, isFailure, onOpen }) =>
      Effect.withFiber((fiber) => {
        const clock = fiber.getRef(Clock.Clock)
        const circuit = circuitOf(key)
        const remaining = circuit.openUntil === undefined ? 0 : circuit.openUntil - monotonic(clock)
        if (remaining > 0) return Effect.fail(onOpen(remaining))
        if (circuit.probing) return Effect.fail(onOpen(undefined))
        circuit.probing = circuit.openUntil !== undefined
        const { turn } = circuit
        return Effect.onExit(effect, (exit) =>
          Effect.sync(() => {
            if (circuit.turn === turn) record(circuit, healthOf(exit, isFailure), options, monotonic(clock))
          })
        )
      })
  }
}

/** What the end of a call says of the runtime; an interruption says nothing. */
const healthOf = <A, E>(exit: Exit.Exit<A, E>, isFailure: (error: E) => boolean): "good" | "bad" | undefined => {
  if (Exit.isSuccess(exit)) return "good"
  const error = Cause.findErrorOption(exit.cause)
  return Option.isNone(error) ? undefined : isFailure(error.value) ? "bad" : "good"
}

const record = (
  circuit: Circuit,
  health: "good" | "bad" | undefined,
  { failures, openFor }: { readonly failures: number; readonly openFor: number },
  now: number
): void => {
  const { probing } = circuit
  circuit.probing = false
  if (health === undefined) return
  circuit.failures = health === "good" ? 0 : circuit.failures + 1
  if (health === "bad" && (probing || circuit.failures >= failures)) {
    circuit.openUntil = now + openFor
    circuit.turn++
  } else if (probing) {
    circuit.openUntil = undefined
    circuit.turn++
  }
}
