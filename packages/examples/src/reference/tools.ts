import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

/** Names of the functions that assistants may call on your server. */
export const functionNames = async (aywa: AywaRuntimeClient) => {
  const names: Array<string> = []
  for await (const tool of aywa.tools.list()) {
    if (tool.type === "function" && tool.function) names.push(tool.function.name)
  }
  return names
}
