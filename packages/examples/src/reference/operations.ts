import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

/** Says what is still missing before the runtime can be used. */
export const missing = async (aywa: AywaRuntimeClient) => {
  const requirements = await aywa.operations.setupRequirements()
  return requirements.filter(({ ok }) => !ok).map(({ id, detail }) => `${id}: ${detail ?? "not met"}`)
}
