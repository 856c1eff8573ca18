import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

/** Sends the account's end-of-call reports to a server of yours. */
export const reports = (aywa: AywaRuntimeClient, url: string) =>
  aywa.webhookEndpoints.create({ url, scope: "account", events: ["end-of-call-report"], enabled: true })
