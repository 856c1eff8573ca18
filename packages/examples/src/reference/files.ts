import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

/** Uploads a document and gives back its content, as the runtime has it. */
export const roundTrip = async (aywa: AywaRuntimeClient, path: string) => {
  const file = await aywa.files.upload({ file: { path }, purpose: "assistant" }, { timeout: 300_000 })
  return aywa.files.content(file.id)
}
