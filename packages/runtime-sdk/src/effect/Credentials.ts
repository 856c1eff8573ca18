/**
 * The credentials of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import { credentials } from "../contract/credentials.ts"
import { layerOf, type ServiceOf } from "./service.ts"
import type { RuntimeConfig } from "../config/RuntimeConfig.ts"
import type { Transport } from "../transport/Transport.ts"

/**
 * The credentials of a runtime: the operations of the contract, and streams over every list.
 *
 * @since 0.1.0
 * @category services
 */
export class Credentials extends Context.Service<Credentials, ServiceOf<typeof credentials>>()(
  "@aywa-ai/runtime-sdk/Credentials"
) {}

/**
 * Provides the service over a configuration and a transport.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Credentials, never, RuntimeConfig | Transport> = layerOf(
  Credentials,
  "credentials",
  credentials
)
