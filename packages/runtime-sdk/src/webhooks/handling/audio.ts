/**
 * Audio on its way out, in pieces as it is made.
 *
 * @since 0.1.0
 */
import type { WebhookIssue } from "../events.ts"
import type { VoiceReply } from "./replies.ts"

/** Who may end the audio: whoever waits for its first piece, and whoever listens. */
interface Listening {
  readonly signal: AbortSignal
  /** Called when the audio has ended. */
  readonly close: () => void
}

/** Whether a reply is bytes, or gives them. */
export const isAudio = (reply: unknown): reply is VoiceReply =>
  reply instanceof Uint8Array || (typeof reply === "object" && reply !== null && Symbol.asyncIterator in reply)

/** What is wrong with a reply that is no audio. */
export const noAudio: WebhookIssue = { path: [], expected: "PCM bytes, or an async iterable of them" }

/** Waits for the first piece, so that a failure before it can still become another answer. */
export const audioOf = async (reply: VoiceReply, listener?: Listening): Promise<AsyncIterable<Uint8Array>> => {
  const iterator = (reply instanceof Uint8Array ? once(reply) : reply)[Symbol.asyncIterator]()
  const first = await iterator.next()
  // Too late: another answer has been sent, and nobody will pull this one to its end.
  if (listener?.signal.aborted === true) await iterator.return?.()
  return remainder(iterator, first, listener)
}

async function* once(bytes: Uint8Array) {
  yield bytes
}

async function* remainder(
  iterator: AsyncIterator<Uint8Array>,
  first: IteratorResult<Uint8Array>,
  listener: Listening | undefined
): AsyncGenerator<Uint8Array, void> {
  try {
    for (let next = first; next.done !== true; next = await iterator.next()) {
      if (!(next.value instanceof Uint8Array))
        throw new TypeError("A voice-request handler must give Uint8Array pieces.")
      yield next.value
    }
  } finally {
    listener?.close()
    await iterator.return?.()
  }
}
