import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

/** Places a call, and says goodbye when it has gone on for long enough. */
export const remind = async (aywa: AywaRuntimeClient, assistantId: string, phoneNumberId: string) => {
  const call = await aywa.calls.create(
    { assistantId, phoneNumberId, customer: { number: "+14155550188" }, name: "Recall reminder" },
    { idempotencyKey: "reminder-88213" }
  )
  return aywa.calls.control(call.id, { type: "say", content: "Thank you, goodbye.", endCallAfterSpoken: true })
}
