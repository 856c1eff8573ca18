/**
 * Names inside of the queue.
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

/**
 * The id that the queue drops duplicates by. A delivery that is put back is a new item; SQL ids end at 255 characters.
 */
export const queueId = (id: string, requeued: number): string => {
  const short = id.length <= 200 ? id : createHash("sha256").update(id).digest("hex")
  return requeued === 0 ? short : `${short}~${requeued}`
}
