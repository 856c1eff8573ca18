/**
 * Whether an address leads to this machine and nowhere else: what the SDK takes for that.
 */
import { OutboundPolicy } from "@aywa-ai/runtime-sdk/outbound"

export const isLoopbackUrl = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && OutboundPolicy.isLoopbackHost(url.hostname)
}
