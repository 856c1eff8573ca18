/**
 * The SDK's own small port to HTTP: one request out, one whole answer back.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Guards from "../config/optionChecks.ts"
import { makeDispatcher } from "./dispatcher.ts"
import { makeFetch } from "./fetch.ts"
import type { TransportOptions, TransportShape } from "./port.ts"

export {
  /**
   * No whole answer; see `port.ts`.
   *
   * @since 0.1.0
   * @category models
   */
  WireFailure
} from "./port.ts"
export type {
  TransportOptions,
  TransportShape,
  WireHead,
  WireProgress,
  WireRequest,
  WireResponse,
  WireStream,
  WireUpload,
  WireUploadBody
} from "./port.ts"

/**
 * Sends requests. Follows no redirects, retries nothing, and stops reading when interrupted.
 *
 * @since 0.1.0
 * @category services
 */
export class Transport extends Context.Service<Transport, TransportShape>()("@aywa-ai/runtime-sdk/Transport") {}

/**
 * Node's built-in HTTP dispatcher where there is one (a third of the CPU of `fetch`), else `fetch`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: TransportOptions): Layer.Layer<Transport> => {
  if (options?.connections !== undefined) Guards.atLeastOne("connections", options.connections)
  return Layer.effect(
    Transport,
    Effect.acquireRelease(
      Effect.sync(() => makeDispatcher(options) ?? makeFetch()),
      (transport) => Effect.promise(() => transport.close())
    )
  )
}

/**
 * Always `fetch`.
 *
 * **Gotchas**
 *
 * Node's `fetch` has limits of its own: it waits at most five minutes for an answer to begin, and for each piece of it,
 * however long the policy would.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFetch: Layer.Layer<Transport> = Layer.sync(Transport, () => Transport.of(makeFetch()))
