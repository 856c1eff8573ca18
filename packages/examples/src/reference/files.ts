import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

/** Gives every file that is still being processed. */
export const processing = async (aywa: AywaRuntimeClient) => {
  const names: Array<string> = []
  for await (const file of aywa.files.list({ purpose: "assistant" })) {
    if (file.status === "processing") names.push(file.name ?? file.id)
  }
  return names
}
