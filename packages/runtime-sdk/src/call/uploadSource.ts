/**
 * Where the content of an upload comes from: whatever a program has it in, read as pieces.
 */

/** Content, opened for one attempt. */
export interface Content {
  /** Bytes in all, where that is known. */
  readonly size: number | undefined
  /** The pieces; nothing is read before the first is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Closes what has been opened, read or not. */
  readonly close?: () => unknown
}

export interface Source {
  /** Whether it can be read only once. */
  readonly once: boolean
  /** Name and type that the source itself knows. */
  readonly name: string | undefined
  readonly type: string | undefined
  /** The same for the same source: a path, the bytes, or the very object. */
  readonly mark: () => string
  /** Whether it is a stream that somebody has read already: nothing, or a part, would be sent as the whole. */
  readonly isSpent?: () => boolean
  readonly open: () => Promise<Content>
}

const marks = new WeakMap<object, string>()
let marked = 0

const markOf = (source: object): string => {
  const mark = marks.get(source) ?? `#${++marked}`
  marks.set(source, mark)
  return mark
}

/** Short: it only tells bytes apart that one program uploads. */
const digestOf = (bytes: Uint8Array): string => {
  let digest = 1
  for (const byte of bytes) digest = Math.imul(digest ^ byte, 0x01000193)
  return `${bytes.length} ${digest}`
}

const unnamed = { once: false, name: undefined, type: undefined }

/** `undefined` for what nothing can be read from. */
export const sourceOf = (file: unknown): Source | undefined => {
  if (typeof file === "function")
    return { ...unnamed, mark: () => markOf(file), open: async () => contentOf(await file()) }
  if (typeof file !== "object" || file === null) return undefined
  const bytes = bytesOf(file)
  if (bytes !== undefined) {
    return { ...unnamed, mark: () => digestOf(bytes), open: async () => ({ size: bytes.length, chunks: only(bytes) }) }
  }
  if (file instanceof Blob) {
    return {
      once: false,
      name: "name" in file && typeof file.name === "string" ? file.name : undefined,
      type: file.type,
      mark: () => markOf(file),
      open: async () => ({ size: file.size, chunks: pieces(() => file.stream()) })
    }
  }
  const path = "path" in file ? pathOf(file.path) : undefined
  const name = path === undefined ? undefined : nameOf(path)
  // A stream of `createReadStream` knows what it reads.
  if (isIterable(file)) {
    // What nobody has read from may be sent by another call.
    const close = () => begun.has(file) && discard(file)
    const open = async () => ({ size: undefined, chunks: pieces(() => file), close })
    return { once: true, name, type: undefined, mark: () => markOf(file), isSpent: () => isSpent(file), open }
  }
  if (path === undefined) return undefined
  return { once: false, name, type: undefined, mark: () => path, open: () => openFile(path) }
}

/** A copy: what is sent again is what was sent first, whatever the caller does with the memory meanwhile. */
const bytesOf = (file: object): Uint8Array | undefined => {
  if (ArrayBuffer.isView(file)) return new Uint8Array(file.buffer, file.byteOffset, file.byteLength).slice()
  return isBuffer(file) ? new Uint8Array(file).slice() : undefined
}

/** Of any realm: `instanceof` knows only one. */
const isBuffer = (file: object): file is ArrayBuffer =>
  /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(file))

/** A path may be bytes, as `createReadStream` takes it. */
const pathOf = (path: unknown): string | undefined =>
  typeof path === "string" && path !== ""
    ? path
    : path instanceof Uint8Array
      ? new TextDecoder().decode(path)
      : undefined

/** The last part of a path. A backslash is a character like any other, but on Windows. */
const nameOf = (path: string): string | undefined =>
  path.split(globalThis.process?.platform === "win32" ? /[/\\]/ : "/").pop() || undefined

const openFile = async (path: string): Promise<Content> => {
  // Loaded here, so that the package can be imported where there are no files.
  const fs = await import("node:fs")
  const stat = await fs.promises.stat(path)
  if (stat.isDirectory()) throw new TypeError("The path is a directory")
  // What is appended meanwhile comes too late. A pipe, or a file that is made as it is read, says nothing of its size.
  const size = stat.size || undefined
  return { size, chunks: pieces(() => fs.createReadStream(path, { end: (size ?? Infinity) - 1 })) }
}

const contentOf = (stream: unknown): Content => {
  if (!isIterable(stream)) {
    throw new TypeError("The function gave no stream: return one, such as createReadStream(path) or blob.stream()")
  }
  if (isSpent(stream)) throw new TypeError(`The function gave a stream that ${spent}: open a new one each time`)
  // A stream of Node's may fail before anybody reads it. Whoever reads it is told.
  if ("on" in stream && typeof stream.on === "function") stream.on("error", () => undefined)
  return { size: undefined, chunks: pieces(() => stream), close: () => discard(stream) }
}

type Iterable = AsyncIterable<unknown> | ReadableStream<unknown>

const isIterable = (u: unknown): u is Iterable =>
  typeof u === "object" && u !== null && (Symbol.asyncIterator in u || u instanceof ReadableStream)

/** What was opened for a request that never left, or stalls, would be closed by nobody. */
const discard = (stream: Iterable): void => {
  if ("destroy" in stream && typeof stream.destroy === "function") stream.destroy()
  if (!(stream instanceof ReadableStream)) return
  const reader = readers.get(stream)
  if (reader !== undefined || !stream.locked) void (reader ?? stream).cancel().catch(() => undefined)
}

/** Of web streams that are being read: nobody else can cancel those. */
const readers = new WeakMap<object, ReadableStreamDefaultReader<unknown>>()

async function* read(stream: ReadableStream<unknown>): AsyncGenerator<unknown> {
  const reader = stream.getReader()
  readers.set(stream, reader)
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    void reader.cancel().catch(() => undefined)
  }
}

/** What uploads of this program have read from. */
const begun = new WeakSet<object>()

export const spent = "has been read already, or was closed"

const isSpent = (stream: Iterable): boolean => {
  const { destroyed, errored, readableEnded, locked } = Object(stream) as Partial<Record<string, unknown>>
  return (
    begun.has(stream) ||
    // What it failed with is told when it is read.
    (destroyed === true && !errored) ||
    readableEnded === true ||
    locked === true ||
    // Of a web stream nothing else tells that it is at its end. One of Node's may have been looked into, and put back.
    (stream instanceof ReadableStream && isDisturbed(stream))
  )
}

const isDisturbed = (stream: ReadableStream): boolean =>
  // Its type knows only Node's own streams.
  globalThis.process?.getBuiltinModule?.("node:stream").Readable.isDisturbed(stream as never) === true

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

const encoder = new TextEncoder()

/** The pieces of a stream, opened for the first of them; a piece that is text is sent as UTF-8. */
async function* pieces(open: () => Iterable): AsyncGenerator<Uint8Array> {
  const stream = open()
  begun.add(stream)
  for await (const piece of stream instanceof ReadableStream ? read(stream) : stream) {
    if (piece instanceof Uint8Array) yield piece
    else if (typeof piece === "string") yield encoder.encode(piece)
    else throw new TypeError("A piece of the stream is neither bytes nor text")
  }
}
