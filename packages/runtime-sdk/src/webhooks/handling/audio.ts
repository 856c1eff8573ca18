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

/** What is wrong with audio that has nothing in it: the runtime would take the silence for a success. */
export const emptyAudio: WebhookIssue = { path: [], expected: "audio, and there is less than one sample of 16 bits" }

/** A piece of audio that is none. */
export class NoPiece extends TypeError {
  override readonly name = "NoPiece"
  constructor() {
    super("A voice-request handler must give Uint8Array pieces.")
  }
}

/** Bytes of a sample. */
const sampleSize = 2

/** Waits for the first sample, so that a failure before it can still become another answer; an issue where there is none. */
export const audioOf = async (
  reply: VoiceReply,
  listener?: Listening
): Promise<AsyncIterable<Uint8Array> | WebhookIssue> => {
  const iterator = (reply instanceof Uint8Array ? once(reply) : reply)[Symbol.asyncIterator]()
  const first: Array<Uint8Array> = []
  for (let size = 0; size < sampleSize;) {
    const next: IteratorResult<unknown> = await iterator.next()
    if (next.done === true) return emptyAudio
    // Too late: another answer has been sent, and nobody will pull this one to its end.
    const isLate = listener?.signal.aborted === true
    const piece = next.value
    if (isLate || !(piece instanceof Uint8Array)) {
      await iterator.return?.()
      return noAudio
    }
    size += piece.length
    first.push(piece)
  }
  return remainder(iterator, first, listener)
}

async function* once(bytes: Uint8Array) {
  yield bytes
}

async function* remainder(
  iterator: AsyncIterator<Uint8Array>,
  first: ReadonlyArray<Uint8Array>,
  listener: Listening | undefined
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* first
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      if (!(next.value instanceof Uint8Array)) throw new NoPiece()
      yield next.value
    }
  } finally {
    listener?.close()
    await iterator.return?.()
  }
}

/** Audio whose failure is turned into another one, and told. */
export async function* failingAs(
  audio: AsyncIterable<Uint8Array>,
  failureOf: (cause: unknown) => unknown
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* audio
  } catch (cause) {
    throw failureOf(cause)
  }
}
