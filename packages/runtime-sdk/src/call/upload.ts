/**
 * Uploads: from a source of any kind to a multipart body that can be sent more than once, if the source can be read
 * more than once.
 */
import type { UploadFile } from "../contract/files.ts"
import type { Issue } from "../errors/Errors.ts"
import { unknownName } from "../config/unknownNames.ts"
import { explain, keysOf } from "../schema/codec.ts"
import { encodeBody } from "./encode.ts"
import type { Spec } from "../contract/table.ts"
import type { WireUpload, WireUploadBody } from "../transport/port.ts"

/** A form with one file. */
export interface Upload extends WireUpload {
  /** The same for every attempt, boundary included: the runtime may compare bodies. */
  readonly contentType: string
  /** Whether the source can be read only once. */
  readonly once: boolean
  /** Whether the source has been read from. */
  readonly isRead: () => boolean
  /** What the source failed with while it was read for the last attempt. */
  readonly sourceError: () => { readonly cause: unknown } | undefined
  /** Ends the reading of the last attempt: a transport that has its answer need not have read to the end. */
  readonly close: () => void
}

/** Prepares the upload of an operation: the fields of its form are checked like any body. */
export const prepareUpload = (spec: Spec, body: unknown): Upload | ReadonlyArray<Issue> => {
  const { file: _file, name: _name, contentType: _type, ...rest }: Record<string, unknown> = { ...Object(body) }
  const encoded = encodeBody(rest, new Set())
  if (typeof encoded !== "string") return [encoded]
  const fields: unknown = JSON.parse(encoded)
  const fieldNames = spec.body === undefined ? [] : [...keysOf(spec.body)].map((name) => [name, true] as const)
  const unknown = unknownName(Object(body), {
    file: true,
    name: true,
    contentType: true,
    ...Object.fromEntries(fieldNames)
  })
  const issues = [
    ...(unknown === undefined ? [] : [{ path: [unknown.name], message: unknown.message }]),
    ...(spec.body === undefined ? [] : explain(spec.body, fields))
  ]
  const upload = makeUpload(body, Object(fields))
  if (issues.length === 0) return upload
  return "open" in upload ? issues : [...upload, ...issues]
}

interface Source {
  readonly once: boolean
  /** Name and type that the source itself knows. */
  readonly name: string | undefined
  readonly type: string | undefined
  readonly open: () => Promise<WireUploadBody>
}

/** Prepares an upload, or says what is wrong with it. `fields` is the rest of the form as JSON. */
const makeUpload = (body: unknown, fields: Readonly<Record<string, unknown>>): Upload | ReadonlyArray<Issue> => {
  const file = Object(body) as Partial<UploadFile> // Every field is looked at before it is used.
  const issues: Array<Issue> = []
  const fault = (field: string, message: string) => issues.push({ path: [field], message })
  const source = sourceOf(file.file)
  if (source === undefined) {
    fault(
      "file",
      "Expected { path }, a Blob, bytes, a stream, or a function that opens a stream (a path alone: { path: … })"
    )
  }
  const name = file.name ?? source?.name ?? "file"
  if (typeof name !== "string" || name === "") fault("name", "Expected a file name")
  const type = file.contentType ?? (source?.type || "application/octet-stream")
  if (typeof type !== "string" || !mediaType.test(type))
    fault("contentType", "Expected a media type such as text/plain")
  if (issues.length > 0 || source === undefined) return issues
  // From the system's randomness: content that its author chose must not be able to contain the boundary.
  const boundary = `aywa-${[...crypto.getRandomValues(new Uint8Array(24))].map((b) => b.toString(16).padStart(2, "0")).join("")}`
  const head = encoder.encode(
    Object.entries(fields)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => {
        const text = typeof value === "string" ? value : JSON.stringify(value)
        return `--${boundary}\r\ncontent-disposition: form-data; name="${quotable(key)}"\r\n\r\n${text}\r\n`
      })
      .join("") +
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${quotable(name)}"\r\ncontent-type: ${type}\r\n\r\n`
  )
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`)
  let isRead = false
  let sourceError: { readonly cause: unknown } | undefined
  let reader: AsyncGenerator<Uint8Array> | undefined
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    once: source.once,
    isRead: () => isRead,
    sourceError: () => sourceError,
    close: () => void reader?.return(undefined).catch(() => undefined),
    open: async () => {
      sourceError = undefined
      const { size, chunks } = await source.open()
      reader = (async function* () {
        yield head
        // Whoever took the head may still give up without a connection; from here on the source is read.
        isRead = true
        try {
          yield* chunks
        } catch (cause) {
          sourceError = { cause }
          throw cause
        }
        yield tail
      })()
      return { size: size === undefined ? undefined : head.length + size + tail.length, chunks: reader }
    }
  }
}

const encoder = new TextEncoder()

const mediaType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;\s*[\w!#$&^.+-]+=("[^"\\\r\n]*"|[\w!#$&^.+-]+))*$/

/** Escaped as browsers do it: nothing in a name can end its quotes or its line. */
const quotable = (text: string): string =>
  text.toWellFormed().replace(/["\r\n]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`)

const sourceOf = (file: unknown): Source | undefined => {
  const bare = { name: undefined, type: undefined }
  if (typeof file === "function") {
    return {
      ...bare,
      once: false,
      open: async () => ({ size: undefined, chunks: pieces(() => file()) })
    }
  }
  if (typeof file !== "object" || file === null) return undefined
  if (file instanceof Uint8Array) {
    // Copied now: what is sent again is what was sent first, whatever the caller does with the buffer meanwhile.
    const bytes = file.slice()
    return { ...bare, once: false, open: async () => ({ size: bytes.length, chunks: only(bytes) }) }
  }
  if (file instanceof Blob) {
    return {
      once: false,
      name: "name" in file && typeof file.name === "string" ? file.name : undefined,
      type: file.type,
      open: async () => ({ size: file.size, chunks: pieces(() => file.stream()) })
    }
  }
  if (isIterable(file)) {
    return { ...bare, once: true, open: async () => ({ size: undefined, chunks: pieces(() => file) }) }
  }
  if ("path" in file && typeof file.path === "string" && file.path !== "") {
    const { path } = file
    return {
      once: false,
      name: path.split(/[/\\]/).pop() || undefined,
      type: undefined,
      open: async () => {
        // Loaded here, so that the package can be imported where there are no files.
        const fs = await import("node:fs")
        const stat = await fs.promises.stat(path)
        if (stat.isDirectory()) throw new TypeError("The path is a directory")
        return { size: stat.size, chunks: pieces(() => fs.createReadStream(path)) }
      }
    }
  }
  return undefined
}

type Iterable = AsyncIterable<unknown> | ReadableStream<unknown>

const isIterable = (u: unknown): u is Iterable =>
  typeof u === "object" && u !== null && (Symbol.asyncIterator in u || u instanceof ReadableStream)

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/**
 * The pieces of a stream; a piece that is text is sent as UTF-8. The stream is opened for the first piece: what is opened
 * for a request that never leaves would be closed by nobody.
 */
async function* pieces(open: () => unknown): AsyncGenerator<Uint8Array> {
  const stream = await open()
  if (!isIterable(stream)) throw new TypeError("The function gave no stream")
  // Node's streams of the web standard can be iterated; their type in the DOM library cannot say so.
  for await (const piece of stream as AsyncIterable<unknown>) {
    if (piece instanceof Uint8Array) yield piece
    else if (typeof piece === "string") yield encoder.encode(piece)
    else throw new TypeError("A piece of the stream is neither bytes nor text")
  }
}
