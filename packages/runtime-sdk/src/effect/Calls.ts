/**
 * The calls of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type Runtime, makeCall } from "../call/call.ts"
import type { WaitOptions } from "../call/CallOptions.ts"
import { makeWait } from "../call/waitUntilEnded.ts"
import { type Call, calls } from "../contract/calls.ts"
import type { TypesOf } from "../contract/Operation.ts"
import type { ErrorsOf } from "../contract/Signature.ts"
import { makeService, type ServiceOf } from "./service.ts"

/**
 * Waiting for calls.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallWaiting {
  /**
   * Reads a call until it has ended, with pauses that grow, and gives it. A wait that outlasts its deadline fails with
   * a TimeoutError of scope `deadline`; the call goes on. The fifth read in a row that fails ends it, and the first one
   * whose error would come again, such as NotFound. It has a span, `aywa.calls.waitUntilEnded`, over those of its reads.
   */
  readonly waitUntilEnded: (
    id: string,
    options?: WaitOptions | undefined
  ) => Effect.Effect<Call, ErrorsOf<TypesOf<(typeof calls)["get"]>>>
}

/**
 * The calls of a runtime: the operations of the contract, streams over every list, and waiting for a call to end.
 *
 * @since 0.2.0
 * @category models
 */
export interface Service extends ServiceOf<typeof calls>, CallWaiting {}

/**
 * The service's tag. `AywaRuntime.layer` provides it.
 *
 * @since 0.1.0
 * @category services
 */
export class Calls extends Context.Service<Calls, Service>()("@aywa-ai/runtime-sdk/Calls") {}

/**
 * Builds the service.
 *
 * @internal
 */
export const makeCalls = (runtime: Runtime): Service => {
  const wait = makeWait(makeCall(runtime, "calls.get", calls.get))
  const attributes = { "aywa.operation": wait.operation }
  const waits = {
    waitUntilEnded: (id: string, options?: WaitOptions) =>
      Effect.withSpan(wait({ id, options }), `aywa.${wait.operation}`, { attributes, captureStackTrace: false })
  }
  // The wait gives what it reads, and fails as reading does.
  return { ...makeService(runtime, "calls", calls), ...(waits as CallWaiting) }
}
