/**
 * Lets Effect programs yield the errors: `yield* error` fails with it. The classes themselves know nothing of Effect,
 * because the other entries carry them too.
 *
 * @since 0.2.0
 */
import * as Effect from "effect/Effect"
import { CallError, ConfigError } from "../errors/Errors.ts"

declare module "../errors/Errors.ts" {
  interface CallError {
    /** For `yield*` in an Effect program, which fails with this error. */
    [Symbol.iterator](): Effect.EffectIterator<Effect.Effect<never, this>>
  }
  interface ConfigError {
    /** For `yield*` in an Effect program, which fails with this error. */
    [Symbol.iterator](): Effect.EffectIterator<Effect.Effect<never, this>>
  }
}

for (const { prototype } of [CallError, ConfigError]) {
  Object.defineProperty(prototype, Symbol.iterator, {
    value(this: CallError | ConfigError) {
      return Effect.fail(this)[Symbol.iterator]()
    },
    configurable: true,
    writable: true
  })
}
