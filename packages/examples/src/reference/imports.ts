import type { AywaRuntimeClient, ImportBundle } from "@aywa-ai/runtime-sdk"

/** Imports an export of the source account and gives the new id of each of its rows. */
export const move = async (aywa: AywaRuntimeClient, bundle: ImportBundle) => {
  const { mappings } = await aywa.imports.createVapi(bundle, { idempotencyKey: "move-2026-01" })
  return new Map(mappings.map(({ sourceId, runtimeId }) => [sourceId, runtimeId]))
}
