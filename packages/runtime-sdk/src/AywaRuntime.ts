/**
 * Everything an Effect program needs to talk to one runtime, as one Layer.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Assistants from "./Assistants.ts"
import type { RequestOptions, ResponseInfo } from "./CallOptions.ts"
import type { ConfigError } from "./Errors.ts"
import { ResponseSink } from "./internal/pipeline.ts"
import { Sink } from "./internal/sink.ts"
import * as PhoneNumbers from "./PhoneNumbers.ts"
import * as Request from "./Request.ts"
import * as RuntimeConfig from "./RuntimeConfig.ts"
import * as Tools from "./Tools.ts"
import * as Calls from "./Calls.ts"
import * as Credentials from "./Credentials.ts"
import * as WebhookEndpoints from "./WebhookEndpoints.ts"
import * as Files from "./Files.ts"
import * as StructuredOutputs from "./StructuredOutputs.ts"
import * as Imports from "./Imports.ts"
import * as WebhookLogs from "./WebhookLogs.ts"
import * as Operations from "./Operations.ts"
import * as Transport from "./Transport.ts"

/**
 * Every resource of a runtime.
 *
 * @since 0.1.0
 * @category models
 */
export type AywaRuntime =
  | Assistants.Assistants
  | PhoneNumbers.PhoneNumbers
  | Tools.Tools
  | Calls.Calls
  | Credentials.Credentials
  | WebhookEndpoints.WebhookEndpoints
  | Files.Files
  | StructuredOutputs.StructuredOutputs
  | Imports.Imports
  | WebhookLogs.WebhookLogs
  | Operations.Operations
  | Request.Request

/**
 * All services, over a configuration and a transport that the program provides. Over another configuration it is
 * another runtime, in the same program too.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerServices: Layer.Layer<AywaRuntime, never, RuntimeConfig.RuntimeConfig | Transport.Transport> =
  // Over what is provided where it is used: see `internal/service.ts`.
  Layer.fresh(
    Layer.mergeAll(
      Assistants.layer,
      PhoneNumbers.layer,
      Tools.layer,
      Calls.layer,
      Credentials.layer,
      WebhookEndpoints.layer,
      Files.layer,
      StructuredOutputs.layer,
      Imports.layer,
      WebhookLogs.layer,
      Operations.layer,
      Request.layer
    )
  )

/**
 * All services of the runtime at a given address. Every call gives a runtime of its own: a program may hold several,
 * side by side or one inside of the other.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Assistants, AywaRuntime } from "@aywa-ai/runtime-sdk/effect"
 *
 * const program = Effect.gen(function* () {
 *   const assistants = yield* Assistants.Assistants
 *   return yield* assistants.list({ limit: 20 })
 * })
 *
 * export const main = program.pipe(
 *   Effect.provide(
 *     AywaRuntime.layer({
 *       baseUrl: process.env["AYWA_RUNTIME_BASE_URL"] ?? "",
 *       apiKey: process.env["AYWA_RUNTIME_API_KEY"] ?? ""
 *     })
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: RuntimeConfig.Options & Transport.TransportOptions
): Layer.Layer<AywaRuntime, ConfigError> =>
  layerServices.pipe(Layer.provide([RuntimeConfig.layer(options), Transport.layer(options)]))

/**
 * All services of the runtime that the `AYWA_RUNTIME_*` variables name, read through `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options?: Omit<RuntimeConfig.Options, "baseUrl" | "apiKey" | "organizationId"> & Transport.TransportOptions
): Layer.Layer<AywaRuntime, ConfigError> =>
  layerServices.pipe(Layer.provide([RuntimeConfig.layerConfig(options), Transport.layer(options)]))

/**
 * Asks a route that this SDK has no operation for; see `Request`.
 *
 * **Example**
 *
 * ```ts
 * import { AywaRuntime } from "@aywa-ai/runtime-sdk/effect"
 *
 * export const document = AywaRuntime.request({ method: "GET", path: "/openapi.json" })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const request = (options: RequestOptions): Effect.Effect<unknown, Request.RequestError, Request.Request> =>
  Effect.flatMap(Request.Request, (service) => service.send(options))

/**
 * Runs a call and tells about its answer too: status, request id, headers, attempts. For an effect with several
 * calls it tells about the last one; `response` is `undefined` when there was none.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withResponse = <A, E, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<{ readonly value: A; readonly response: ResponseInfo | undefined }, E, R> =>
  Effect.suspend(() => {
    const sink = new Sink()
    return Effect.map(Effect.provideService(self, ResponseSink, sink), (value) => ({ value, response: sink.info }))
  })
