import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

/** Places a call, says goodbye, and waits for its end. */
export const remind = async (aywa: AywaRuntimeClient, assistantId: string, phoneNumberId: string) => {
  const call = await aywa.calls.create(
    { assistantId, phoneNumberId, customer: { number: "+14155550188" }, name: "Recall reminder" },
    { idempotencyKey: "reminder-88214" }
  )
  await aywa.calls.control(call.id, { type: "say", content: "Thank you, goodbye.", endCallAfterSpoken: true })
  return aywa.calls.waitUntilEnded(call.id, { deadline: 600_000 })
}
