import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

/** Stores what the runtime needs to reach a SIP trunk. The password never comes back. */
export const trunk = (aywa: AywaRuntimeClient, authPassword: string) =>
  aywa.credentials.create({
    provider: "byo-sip-trunk",
    name: "Downtown PBX",
    gateways: [{ ip: "192.0.2.10", inboundEnabled: true }],
    outboundAuthenticationPlan: { authUsername: "trunk", authPassword }
  })
