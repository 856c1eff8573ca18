/**
 * Audio on its way out, in pieces as it is made.
 *
 * @since 0.1.0
 */
import type { VoiceReply } from "./replies.ts"
import type { Deadline } from "./within.ts"

/** Whether a reply is bytes, or gives them. */
export const isAudio = (reply: unknown): reply is VoiceReply =>
  reply instanceof Uint8Array || (typeof reply === "object" && reply !== null && Symbol.asyncIterator in reply)

/** Waits for the first piece, so that a failure before it can still become another answer. */
export const audioOf = async (
  reply: VoiceReply,
  deadline: Deadline | undefined
): Promise<AsyncIterable<Uint8Array>> => {
  const iterator = (reply instanceof Uint8Array ? once(reply) : reply)[Symbol.asyncIterator]()
  const first = await iterator.next()
  // Too late: another answer has been sent, and nobody will pull this one to its end.
  if (deadline?.signal.aborted === true) await iterator.return?.()
  return rest(iterator, first, deadline)
}

async function* once(bytes: Uint8Array) {
  yield bytes
}

async function* rest(
  iterator: AsyncIterator<Uint8Array>,
  first: IteratorResult<Uint8Array>,
  deadline: Deadline | undefined
): AsyncGenerator<Uint8Array, void> {
  try {
    for (let next = first; next.done !== true; next = await iterator.next()) {
      if (!(next.value instanceof Uint8Array))
        throw new TypeError("A voice-request handler must give Uint8Array pieces.")
      yield next.value
    }
  } finally {
    deadline?.close()
    await iterator.return?.()
  }
}
