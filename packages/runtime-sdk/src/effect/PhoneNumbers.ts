/**
 * The phone numbers of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import { phoneNumbers } from "../contract/phoneNumbers.ts"
import { layerOf, type ServiceOf } from "./service.ts"
import type { RuntimeConfig } from "../config/RuntimeConfig.ts"
import type { Transport } from "../transport/Transport.ts"

/**
 * The phone numbers of a runtime: the operations of the contract, and `stream` and `pages` over the whole list.
 *
 * @since 0.1.0
 * @category services
 */
export class PhoneNumbers extends Context.Service<PhoneNumbers, ServiceOf<typeof phoneNumbers>>()(
  "@aywa-ai/runtime-sdk/PhoneNumbers"
) {}

/**
 * Provides the service over a configuration and a transport.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<PhoneNumbers, never, RuntimeConfig | Transport> = layerOf(
  PhoneNumbers,
  "phoneNumbers",
  phoneNumbers
)
