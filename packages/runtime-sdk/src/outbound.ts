/**
 * Whether a URL may be called from a server: the guard that the runtime puts before `apiRequest` tools and webhook
 * targets, for a backend to vet a URL before it configures it. Imports nothing but Node's own modules.
 *
 * **Example**
 *
 * ```ts
 * import { OutboundPolicy, OutboundRefused } from "@aywa-ai/runtime-sdk/outbound"
 *
 * export const vet = async (url: string) => {
 *   try {
 *     return (await OutboundPolicy.check(url)).url
 *   } catch (error) {
 *     if (error instanceof OutboundRefused) console.error(error.reason._tag, error.message)
 *     throw error
 *   }
 * }
 * ```
 *
 * @since 0.1.0
 */
export * as OutboundPolicy from "./outbound/OutboundPolicy.ts"
export { isOutboundRefused, OutboundRefused } from "./outbound/OutboundRefused.ts"
export type { OutboundRefusal } from "./outbound/OutboundRefused.ts"
export type { CheckedAddress, CheckedTarget, OutboundPolicyOptions, Resolve } from "./outbound/OutboundPolicy.ts"
