/**
 * The phone numbers of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { phoneNumbers } from "../contract/phoneNumbers.ts"
import type { ServiceOf } from "./service.ts"

/**
 * The phone numbers of a runtime: the operations of the contract, and `stream` and `pages` over the whole list.
 *
 * @since 0.2.0
 * @category models
 */
export interface Service extends ServiceOf<typeof phoneNumbers> {}

/**
 * The service's tag. `AywaRuntime.layer` provides it.
 *
 * @since 0.1.0
 * @category services
 */
export class PhoneNumbers extends Context.Service<PhoneNumbers, Service>()("@aywa-ai/runtime-sdk/PhoneNumbers") {}
