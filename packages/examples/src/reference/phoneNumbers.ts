import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

/** Brings a number of your own and binds it to an assistant. */
export const bind = async (aywa: AywaRuntimeClient, assistantId: string, credentialId: string) => {
  const number = await aywa.phoneNumbers.create(
    { provider: "byo-phone-number", number: "+14155550125", credentialId },
    { idempotencyKey: "number-14155550125" }
  )
  return aywa.phoneNumbers.update(number.id, { assistantId })
}
