import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

/** Makes the next attempt of every webhook that was given up. */
export const revive = async (aywa: AywaRuntimeClient) => {
  let revived = 0
  for await (const job of aywa.webhookLogs.list({ status: "dead" })) {
    await aywa.webhookLogs.retry(job.id)
    revived++
  }
  return revived
}
