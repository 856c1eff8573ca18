import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

/** Creates a draft once, however often this runs, and gives it a new greeting. */
export const concierge = async (aywa: AywaRuntimeClient) => {
  const draft = await aywa.assistants.create(
    { name: "Support concierge", model: { provider: "openai", model: "gpt-4.1-mini" } },
    { idempotencyKey: "assistant-support-concierge-v1" }
  )
  return aywa.assistants.update(draft.id, { firstMessage: "Hello! How can I help?" })
}
