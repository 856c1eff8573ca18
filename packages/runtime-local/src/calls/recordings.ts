/**
 * Recordings of calls: nothing is heard here, so they are silence, as long as the call was, in a file that plays.
 */
import type { Answer } from "../http/answer.ts"
import { HttpError, notFound } from "../http/errors.ts"
import type { Handler } from "../http/handler.ts"
import { objectAt } from "../json/object.ts"
import { findRow } from "../rows/find.ts"
import type { CallContext } from "./calls.ts"

/** Samples a second, of a byte each. */
const rate = 8000

/** Silence, as unsigned bytes have it. */
const silence = 0x80

const longestSeconds = 3600
const pieceBytes = 65_536

/** `GET /call/:id/mono-recording` and the like. */
export const recording =
  ({ store, calls }: CallContext, channels: 1 | 2): Handler =>
  ({ organization, id }): Answer => {
    const call = findRow(store, organization, "calls", id)
    if (call === undefined) throw notFound("Call", id)
    if (objectAt(calls.runs.get(id)?.state.assistant, "artifactPlan")?.["recordingEnabled"] === false) {
      throw new HttpError(404, `Call ${id} has no recording: its assistant's artifactPlan.recordingEnabled is false`)
    }
    const [startedAt, endedAt] = [call["startedAt"], call["endedAt"]].map((time) => Date.parse(String(time)))
    const seconds = ((endedAt ?? Number.NaN) - (startedAt ?? Number.NaN)) / 1000
    if (!(seconds >= 0)) throw new HttpError(404, `Call ${id} has no recording: nobody answered, or it is under way`)
    const bytes = Math.round(Math.min(seconds, longestSeconds) * rate) * channels
    return {
      status: 200,
      headers: { "content-type": "audio/wav", "content-length": String(44 + bytes) },
      body: "",
      content: wave(bytes, channels)
    }
  }

/** A WAV file: the head, and then its samples in pieces. */
function* wave(bytes: number, channels: 1 | 2): Generator<Uint8Array> {
  const head = Buffer.alloc(44)
  head.write("RIFF", 0, "latin1")
  head.writeUInt32LE(36 + bytes, 4)
  head.write("WAVEfmt ", 8, "latin1")
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(channels, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * channels, 28)
  head.writeUInt16LE(channels, 32)
  head.writeUInt16LE(8, 34)
  head.write("data", 36, "latin1")
  head.writeUInt32LE(bytes, 40)
  yield head
  for (let left = bytes; left > 0; left -= pieceBytes) yield new Uint8Array(Math.min(left, pieceBytes)).fill(silence)
}
