/**
 * Undoes the content codings of an answer, as Node's `fetch` does. We ask for none; a gateway that compresses all the
 * same is read through Node's own `zlib`, which is loaded when the first such answer comes.
 */
import type { Transform } from "node:stream"
import type * as zlibModule from "node:zlib"
import { WireFailure, type WireHead } from "./port.ts"
import { badCoding } from "./wireFailure.ts"

type Zlib = typeof zlibModule

/** By the name of a coding. `cut`: what is there of a coding that ends too early is given, as `fetch` does it. */
const decoders: ReadonlyMap<string, (zlib: Zlib, first: Uint8Array, cut: boolean) => Transform> = new Map([
  ["gzip", (zlib, _, cut) => zlib.createGunzip(inflating(zlib, cut))],
  ["x-gzip", (zlib, _, cut) => zlib.createGunzip(inflating(zlib, cut))],
  // Some send it bare, though RFC 9110 wants the zlib format.
  ["deflate", (zlib, first, cut) => zlib[isZlib(first) ? "createInflate" : "createInflateRaw"](inflating(zlib, cut))],
  [
    "br",
    (zlib, _, cut) => zlib.createBrotliDecompress(cut ? { finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH } : {})
  ],
  ["zstd", (zlib) => zlib.createZstdDecompress()]
])

const inflating = (zlib: Zlib, cut: boolean): { readonly finishFlush?: number } =>
  cut ? { finishFlush: zlib.constants.Z_SYNC_FLUSH } : {}

const isZlib = (first: Uint8Array): boolean => ((first[0] ?? 0) & 0x0f) === 8

/**
 * The codings of an answer, in the order in which they are undo. None when there is one among them that nobody knows:
 * then the content is taken as it stands, as `fetch` does it.
 */
export const codingsOf = ({ header }: WireHead): ReadonlyArray<string> => {
  const field = header("content-encoding")
  if (field === undefined) return none
  const codings = field.split(",").map((coding) => coding.trim().toLowerCase())
  return zlib() !== undefined && codings.every((coding) => decoders.has(coding)) ? codings.toReversed() : none
}

const none: ReadonlyArray<string> = []

/** The content behind its codings, piece by piece. Fails with a WireFailure. */
export async function* decodePieces(
  pieces: AsyncIterable<Uint8Array>,
  codings: ReadonlyArray<string>,
  head: WireHead,
  cut = false
): AsyncGenerator<Uint8Array> {
  try {
    yield* codings.reduce((coded, coding) => undo(coded, coding, cut), pieces)
  } catch (cause) {
    throw cause instanceof WireFailure
      ? cause
      : new WireFailure({ sent: "unknown", phase: "response", code: badCoding, cause, head })
  }
}

/** The content of an answer that came whole. */
export const decodeBytes = async (
  content: Uint8Array,
  codings: ReadonlyArray<string>,
  head: WireHead
): Promise<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  for await (const piece of decodePieces(only(content), codings, head, true)) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function* only(piece: Uint8Array): AsyncGenerator<Uint8Array> {
  yield piece
}

async function* undo(pieces: AsyncIterable<Uint8Array>, coding: string, cut: boolean): AsyncGenerator<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]()
  const first = await iterator.next()
  const [library, streams] = [zlib(), builtIn("node:stream")]
  // Nothing is nothing in every coding.
  if (first.done === true || library === undefined || streams === undefined) return
  const { Readable, pipeline } = streams
  const all = async function* () {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  const decoder = decoders.get(coding)?.(library, first.value, cut)
  // Errors come out of the iteration.
  if (decoder !== undefined) yield* pipeline(Readable.from(all()), decoder, () => undefined)
}

const zlib = (): Zlib | undefined => builtIn("node:zlib")

/** A module of Node's, without an import that a bundler for another platform would have to resolve. */
const builtIn = <Name extends "node:zlib" | "node:stream">(name: Name) => globalThis.process?.getBuiltinModule?.(name)
