/**
 * Names inside of a store.
 */
import { createHash } from "node:crypto"

/** Which line the deliveries of a call stand in. The same in every process, and forever. */
export const partitionOf = (callId: string | undefined, partitions: number): number =>
  partitions === 1
    ? 0
    : createHash("sha256")
        .update(callId ?? "")
        .digest()
        .readUInt32BE(0) % partitions

/** What a store knows a delivery by: its id, or a digest of an id that is too long for an index. */
export const keyOf = (id: string): string => (id.length <= 200 ? id : createHash("sha256").update(id).digest("hex"))
