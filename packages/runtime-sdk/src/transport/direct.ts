/**
 * What transports that answer by a callback share.
 */
import * as Effect from "effect/Effect"
import { Send, WireFailure, type DirectTransport, type TransportShape } from "./port.ts"

/** Milliseconds; beyond this, timers fire at once. */
export const longestTimer = 2 ** 31 - 1

/** `execute`, by way of `send`. */
export const executeWith =
  (transport: Pick<DirectTransport, typeof Send>): TransportShape["execute"] =>
  (request) =>
    Effect.callback((resume) => {
      const pending = transport[Send](request, {
        end: (ending) => resume(ending instanceof WireFailure ? Effect.fail(ending) : Effect.succeed(ending))
      })
      request.onProgress?.(pending)
      return Effect.sync(() => pending.cancel())
    })
