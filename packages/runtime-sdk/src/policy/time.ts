/**
 * Time that nobody sets back: for deadlines and waits, where the wall clock may jump.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"

const system = Context.get(Context.empty(), Clock.Clock)

/** Whether a clock is the system's, and not one of the program's own. */
export const isSystem = (clock: Clock.Clock): boolean => clock === system

/** Milliseconds since some moment; only differences mean something. */
export const monotonic = (clock: Clock.Clock): number =>
  isSystem(clock) ? performance.now() : Number(clock.monotonicTimeNanosUnsafe()) / 1e6
