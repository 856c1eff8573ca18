/**
 * The calls of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { calls } from "./contract/calls.ts"
import type { WaitOptions } from "./CallOptions.ts"
import type { Call } from "./contract/calls.ts"
import type { TypesOf } from "./contract/Operation.ts"
import type { ErrorsOf } from "./contract/Signature.ts"
import { makeCall } from "./internal/pipeline.ts"
import { layerOver, makeService, type ServiceOf } from "./internal/service.ts"
import { makeWait } from "./internal/waiting.ts"
import type { RuntimeConfig } from "./RuntimeConfig.ts"
import type { Transport } from "./Transport.ts"

/**
 * Waiting for calls.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallWaiting {
  /**
   * Reads a call until it has ended, with pauses that grow, and gives it. A wait that outlasts its deadline fails with
   * a TimeoutError of scope `deadline`; the call goes on.
   */
  readonly waitUntilEnded: (
    id: string,
    options?: WaitOptions | undefined
  ) => Effect.Effect<Call, ErrorsOf<TypesOf<(typeof calls)["get"]>>>
}

/**
 * The calls of a runtime: the operations of the contract, and streams over every list.
 *
 * @since 0.1.0
 * @category services
 */
export class Calls extends Context.Service<Calls, ServiceOf<typeof calls> & CallWaiting>()(
  "@aywa-ai/runtime-sdk/Calls"
) {}

/**
 * Provides the service over a configuration and a transport.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Calls, never, RuntimeConfig | Transport> = layerOver(Calls, (runtime) => {
  const wait = makeWait(makeCall(runtime, "calls.get", calls.get))
  const waiting = { waitUntilEnded: (id: string, options?: WaitOptions) => wait({ id, options }) }
  // The wait gives what it reads, and fails as reading does.
  return Calls.of({ ...makeService(runtime, "calls", calls), ...(waiting as CallWaiting) })
})
