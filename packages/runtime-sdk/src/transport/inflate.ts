/**
 * We ask for no encoding; a gateway that compresses all the same is read through the platform's own inflater.
 */
import { WireFailure, type WireHead } from "./port.ts"

/** How the content of an answer is encoded; `undefined` when it stands as it is. */
export const encodingOf = ({ header }: WireHead): string | undefined => {
  const encoding = header("content-encoding")
  return encoding === "identity" ? undefined : encoding
}

/** Throws for an encoding that the platform does not know. */
export const inflate = (
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  encoding: string
): ReadableStream<Uint8Array> =>
  source.pipeThrough(
    new DecompressionStream(
      encoding.trim().toLowerCase().replace(/^x-/, "") as ConstructorParameters<typeof DecompressionStream>[0] // It says.
    )
  )

export const badEncoding = (cause: unknown, head: WireHead): WireFailure =>
  new WireFailure({ sent: "unknown", phase: "response", code: "BAD_ENCODING", cause, head })
