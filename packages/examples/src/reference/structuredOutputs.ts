import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

/** Asks of a call that has ended whether it led to a booking. */
export const booked = async (aywa: AywaRuntimeClient, callId: string) => {
  const output = await aywa.structuredOutputs.create({
    name: "Booking outcome",
    schema: { type: "object", properties: { booked: { type: "boolean" } }, required: ["booked"] }
  })
  return aywa.structuredOutputs.run({ callIds: [callId], structuredOutputId: output.id, previewEnabled: true })
}
